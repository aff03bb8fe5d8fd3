package io.hyperlight.error;

import java.io.Serializable;

/**
 * A thread of a guest, as it was when a call ended.
 *
 * @param number its number, as {@code gettid(2)} returns it; the first thread has 1
 * @param name its name, which the guest chooses; without characters that cannot be printed
 * @param state what it did, in words: that it ran, was ready to run, or what it waited for
 * @param location where it was: the address of its next instruction. If it was in a system call,
 *     this is the instruction after the system call
 */
public record GuestThread(int number, String name, String state, GuestLocation location)
    implements Serializable {
  /** Returns the thread for a message. */
  @Override
  public String toString() {
    return "thread %d (%s) %s, %s".formatted(number, name, state, location);
  }
}
