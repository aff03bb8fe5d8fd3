package io.hyperlight.internal.linux.task;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;

/**
 * The arguments of {@code clone(2)} or {@code clone3(2)}. All are hostile.
 *
 * @param flags without the signal in the lowest byte
 * @param exitSignal the signal that a new process sends when it ends
 * @param stackPointer where the new task's stack begins; 0 for that of its creator
 * @param parentNumber where the creator finds the new task's number
 * @param childNumber where the new task finds its number, and where it is cleared when it ends
 * @param threadPointer of the new task
 * @param processDescriptor where the creator finds a descriptor of the new task
 * @param chosenNumbers how many numbers the creator has chosen itself
 */
record CloneArguments(
    long flags,
    long exitSignal,
    long stackPointer,
    long parentNumber,
    long childNumber,
    long threadPointer,
    long processDescriptor,
    long chosenNumbers) {
  static final long VM = 0x100;
  static final long FS = 0x200;
  static final long FILES = 0x400;
  static final long SIGHAND = 0x800;
  static final long PIDFD = 0x1000;
  static final long PTRACE = 0x2000;
  static final long VFORK = 0x4000;
  static final long PARENT = 0x8000;
  static final long THREAD = 0x1_0000;
  static final long NEWNS = 0x2_0000;
  static final long SYSVSEM = 0x4_0000;
  static final long SETTLS = 0x8_0000;
  static final long PARENT_SETTID = 0x10_0000;
  static final long CHILD_CLEARTID = 0x20_0000;
  static final long DETACHED = 0x40_0000;
  static final long UNTRACED = 0x80_0000;
  static final long CHILD_SETTID = 0x100_0000;
  static final long NEWUSER = 0x1000_0000;
  static final long NEWPID = 0x2000_0000;

  /** CLONE_NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWNS, NEWTIME. */
  static final long NAMESPACES = 0x7e02_0080L;

  private static final long SIGNAL = 0xff;
  private static final long NEWTIME = 0x80;
  private static final long LEGACY = 0xffff_ffffL;
  private static final long CLEAR_SIGHAND = 0x1_0000_0000L;
  private static final long INTO_CGROUP = 0x2_0000_0000L;

  /** {@code CLONE_ARGS_SIZE_VER0} and {@code CLONE_ARGS_SIZE_VER2}. */
  private static final int SMALLEST = 64;

  private static final int COMPLETE = 88;
  private static final int PAGE = 4096;

  private static final int MAX_NUMBERS = 32;
  private static final int LAST_SIGNAL = 64;

  /** Takes the arguments of {@code clone(2)} on x86-64. */
  static CloneArguments of(long flags, long stack, long parent, long child, long threadPointer) {
    return new CloneArguments(
        flags & LEGACY & ~SIGNAL, flags & SIGNAL, stack, parent, child, threadPointer, parent, 0);
  }

  /**
   * Reads the structure of {@code clone3(2)} and makes the checks that only this call makes.
   *
   * @throws FileException for the error number of the call
   */
  static CloneArguments read(GuestMemory memory, long address, long size) {
    if (size > PAGE || size < 0) {
      throw new FileException(Errno.E2BIG);
    }
    if (size < SMALLEST) {
      throw new FileException(Errno.EINVAL);
    }
    ByteBuffer given = memory.readStruct(address, (int) size);
    for (int i = COMPLETE; i < size; i++) {
      if (given.get(i) != 0) {
        throw new FileException(Errno.E2BIG);
      }
    }
    ByteBuffer all = GuestMemory.struct(COMPLETE);
    all.put(0, given, 0, (int) Math.min(size, COMPLETE));
    long flags = all.getLong(0);
    long signal = all.getLong(32);
    long stack = all.getLong(40);
    long stackBytes = all.getLong(48);
    long numbers = all.getLong(64);
    long count = all.getLong(72);
    require(count >= 0 && count <= MAX_NUMBERS && (numbers == 0) == (count == 0));
    require((signal & ~SIGNAL) == 0 && signal <= LAST_SIGNAL);
    require(
        (flags & INTO_CGROUP) == 0
            || (all.getLong(80) >= 0 && all.getLong(80) <= Integer.MAX_VALUE && size >= COMPLETE));
    if (count > 0) {
      memory.read(numbers, count * Integer.BYTES);
    }
    require((flags & ~(LEGACY | CLEAR_SIGHAND | INTO_CGROUP)) == 0);
    require((flags & (DETACHED | (SIGNAL & ~NEWTIME))) == 0);
    require((flags & (SIGHAND | CLEAR_SIGHAND)) != (SIGHAND | CLEAR_SIGHAND));
    require((flags & (THREAD | PARENT)) == 0 || signal == 0);
    require((stack == 0) == (stackBytes == 0));
    require(
        stack >= 0
            && stackBytes >= 0
            && stack <= AddressSpace.USER_END
            && stackBytes <= AddressSpace.USER_END - stack);
    return new CloneArguments(
        flags,
        signal,
        stack + stackBytes,
        all.getLong(24),
        all.getLong(16),
        all.getLong(56),
        all.getLong(8),
        count);
  }

  private static void require(boolean condition) {
    if (!condition) {
      throw new FileException(Errno.EINVAL);
    }
  }

  boolean has(long flag) {
    return (flags & flag) != 0;
  }

  /** Returns whether all of these flags are set. */
  boolean hasAll(long wanted) {
    return (flags & wanted) == wanted;
  }
}
