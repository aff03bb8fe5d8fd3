package io.hyperlight.internal.linux;

import org.jspecify.annotations.Nullable;

/**
 * What answers each system call. One table for all guests: the state that answers depend on is
 * {@link SystemCalls}, which every handler is given.
 */
final class SystemCallTable {
  /** Answers one system call. Arguments are hostile: any value, or a pointer to anything. */
  @FunctionalInterface
  interface Handler {
    /**
     * The result, or a negated error number.
     *
     * @throws io.hyperlight.internal.machine.memory.GuestAddressException for EFAULT
     * @throws io.hyperlight.internal.vfs.FileException for the error in it
     */
    long call(SystemCalls guest, long a, long b, long c, long d, long e, long f);
  }

  private final @Nullable Handler[] handlers = new @Nullable Handler[SystemCallNames.END];

  SystemCallTable() {
    MemoryCalls.register(this);
    OpenCalls.register(this);
    DescriptorCalls.register(this);
    TransferCalls.register(this);
    SpliceCalls.register(this);
    PollCalls.register(this);
    StatCalls.register(this);
    DirectoryCalls.register(this);
    PathCalls.register(this);
    AttributeCalls.register(this);
    TimeCalls.register(this);
    TimerCalls.register(this);
    RandomCalls.register(this);
    ProcessCalls.register(this);
    PrctlCalls.register(this);
    LimitCalls.register(this);
    SchedulingCalls.register(this);
    UsageCalls.register(this);
    SignalCalls.register(this);
    SendCalls.register(this);
    ThreadCalls.register(this);
    FutexCalls.register(this);
    NetworkCalls.register(this);
  }

  /** Lets a handler answer a number, which no other one does. */
  void on(int number, Handler handler) {
    if (handlers[number] != null) {
      throw new IllegalStateException(SystemCallNames.of(number) + " has a handler");
    }
    handlers[number] = handler;
  }

  /** Answers a number by an error, as something that is not granted. */
  void refuse(int number, int errno) {
    on(
        number,
        (guest, a, b, c, d, e, f) -> {
          guest.refused(number);
          return -errno;
        });
  }

  /** Answers a number by an error, as something that a guest may not be able to do without. */
  void refuse(int number, int errno, Need need) {
    on(
        number,
        (guest, a, b, c, d, e, f) -> {
          guest.refused(number);
          guest.needs(need, number);
          return -errno;
        });
  }

  /** Null for numbers that nothing answers; any number may be asked for. */
  @Nullable Handler handler(long number) {
    return number >= 0 && number < handlers.length ? handlers[(int) number] : null;
  }
}
