package io.hyperlight.linux;

import io.hyperlight.os.Errno;
import io.hyperlight.vm.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The process itself: its identity, limits, machine, thread-local storage and end. It is process 1
 * with one thread, of a user without rights, on a machine with one processor.
 */
final class ProcessCalls {
  static final int PROCESS = 1;

  /** Of the kernel that this looks like. */
  static final String RELEASE = "6.1.0";

  /** What a program is called until it says otherwise. */
  static final String INITIAL_NAME = "guest";

  /** {@code nobody}. */
  static final int USER = 65534;

  private static final long ARCH_SET_GS = 0x1001;
  private static final long ARCH_SET_FS = 0x1002;
  private static final long ARCH_GET_FS = 0x1003;
  private static final long ARCH_GET_GS = 0x1004;

  private static final int RLIMIT_STACK = 3;
  private static final int RLIMIT_CORE = 4;
  private static final int RLIMIT_NPROC = 6;
  private static final int RLIMIT_NOFILE = 7;
  private static final int RLIMIT_MEMLOCK = 8;
  private static final int RLIMIT_AS = 9;
  private static final int RLIMITS = 16;
  private static final long INFINITY = -1;

  private static final long PR_GET_DUMPABLE = 3;
  private static final long PR_SET_NAME = 15;
  private static final long PR_GET_NAME = 16;
  private static final long PR_SET_NO_NEW_PRIVS = 38;
  private static final long PR_GET_NO_NEW_PRIVS = 39;

  private static final int NAME_SIZE = 16;
  private static final int UTSNAME_FIELD = 65;
  private static final int ROBUST_LIST_HEAD = 24;

  private final SystemCalls guest;
  private final AddressRanges ranges;
  private final long memoryBytes;

  /** With one character a byte. */
  private String name = INITIAL_NAME;

  ProcessCalls(SystemCalls guest, AddressRanges ranges, long memoryBytes) {
    this.guest = guest;
    this.ranges = ranges;
    this.memoryBytes = memoryBytes;
  }

  static void register(SystemCallTable table) {
    answer(table, PROCESS, 39, 186, 111, 218); // getpid, gettid, getpgrp, set_tid_address
    answer(table, 0, 110, 24); // getppid, sched_yield
    answer(table, USER, 102, 104, 107, 108); // getuid, getgid, geteuid, getegid
    answer(table, 0, 115); // getgroups
    answer(table, 0, 135); // personality
    answer(table, -Errno.ENOSYS, 334); // rseq, which libcs take as no offence
    table.on(60, (guest, a, b, c, d, e, f) -> guest.exit((int) a));
    table.on(231, (guest, a, b, c, d, e, f) -> guest.exit((int) a));
    table.on(63, (guest, a, b, c, d, e, f) -> guest.process().uname(a));
    table.on(97, (guest, a, b, c, d, e, f) -> guest.process().getLimit(a, b));
    table.on(99, (guest, a, b, c, d, e, f) -> guest.process().sysinfo(a));
    table.on(118, (guest, a, b, c, d, e, f) -> guest.process().users(a, b, c));
    table.on(120, (guest, a, b, c, d, e, f) -> guest.process().users(a, b, c));
    table.on(121, (guest, a, b, c, d, e, f) -> own(a)); // getpgid
    table.on(124, (guest, a, b, c, d, e, f) -> own(a)); // getsid
    table.on(157, (guest, a, b, c, d, e, f) -> guest.process().prctl(a, b));
    table.on(158, (guest, a, b, c, d, e, f) -> guest.process().archPrctl(a, b));
    table.on(204, (guest, a, b, c, d, e, f) -> guest.process().affinity(a, b, c));
    table.on(273, (guest, a, b, c, d, e, f) -> b == ROBUST_LIST_HEAD ? 0 : -Errno.EINVAL);
    table.on(302, (guest, a, b, c, d, e, f) -> guest.process().limit(a, b, c, d));
    table.on(309, (guest, a, b, c, d, e, f) -> guest.process().processor(a, b));
    // setuid, setgid, setreuid, setregid, setresuid, setresgid: to what they are already.
    table.on(105, (guest, a, b, c, d, e, f) -> own(guest, 105, a, a, a));
    table.on(106, (guest, a, b, c, d, e, f) -> own(guest, 106, a, a, a));
    table.on(113, (guest, a, b, c, d, e, f) -> own(guest, 113, a, b, b));
    table.on(114, (guest, a, b, c, d, e, f) -> own(guest, 114, a, b, b));
    table.on(117, (guest, a, b, c, d, e, f) -> own(guest, 117, a, b, c));
    table.on(119, (guest, a, b, c, d, e, f) -> own(guest, 119, a, b, c));
    // Other users, priorities, hardware, kernels.
    for (int number :
        new int[] {
          101, 103, 109, 112, 116, 122, 123, 126, 139, 141, 144, 153, 154, 155, 160, 161, 163, 165,
          166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 179, 203, 246, 250, 272, 298, 304, 308,
          310, 311, 313, 317, 320, 321, 323
        }) {
      table.refuse(number, Errno.EPERM);
    }
  }

  private static void answer(SystemCallTable table, long result, int... numbers) {
    for (int number : numbers) {
      table.on(number, (guest, a, b, c, d, e, f) -> result);
    }
  }

  String name() {
    return name;
  }

  void restore(String earlierName) {
    name = earlierName;
  }

  private static long own(long process) {
    return process == 0 || process == PROCESS ? PROCESS : -Errno.ESRCH;
  }

  private static long own(SystemCalls guest, int number, long... wanted) {
    for (long user : wanted) {
      if ((int) user != USER && (int) user != -1) {
        guest.refused(number);
        return -Errno.EPERM;
      }
    }
    return 0;
  }

  private long uname(long target) {
    ByteBuffer names = GuestMemory.struct(6 * UTSNAME_FIELD);
    String[] fields = {"Linux", "sandbox", RELEASE, "#1 Hyperlight", "x86_64", "(none)"};
    for (int i = 0; i < fields.length; i++) {
      names.position(i * UTSNAME_FIELD).put(fields[i].getBytes(StandardCharsets.US_ASCII));
    }
    guest.mem().write(target, names);
    return 0;
  }

  private long users(long real, long effective, long saved) {
    guest.mem().writeInt(real, USER);
    guest.mem().writeInt(effective, USER);
    guest.mem().writeInt(saved, USER);
    return 0;
  }

  /** {@code struct sysinfo}. */
  private long sysinfo(long target) {
    guest
        .mem()
        .write(
            target,
            GuestMemory.struct(112)
                .putLong(0, guest.time().now(false) / 1_000_000_000L)
                .putLong(32, memoryBytes)
                .putLong(40, guest.space().freeBytes())
                .putShort(80, (short) 1) // processes
                .putInt(104, 1)); // bytes in a unit
    return 0;
  }

  private long limitOf(int resource) {
    return switch (resource) {
      case RLIMIT_STACK -> ranges.programStackBytes();
      case RLIMIT_CORE, RLIMIT_MEMLOCK -> 0;
      case RLIMIT_NPROC -> 1;
      case RLIMIT_NOFILE -> Descriptors.MOST;
      case RLIMIT_AS -> INFINITY;
      default -> INFINITY;
    };
  }

  private long getLimit(long resource, long target) {
    if (resource < 0 || resource >= RLIMITS) {
      return -Errno.EINVAL;
    }
    long limit = limitOf((int) resource);
    guest.mem().write(target, GuestMemory.struct(16).putLong(limit).putLong(limit));
    return 0;
  }

  private long limit(long process, long resource, long changed, long target) {
    if (own(process) < 0) {
      return -Errno.ESRCH;
    }
    if (resource < 0 || resource >= RLIMITS) {
      return -Errno.EINVAL;
    }
    if (changed != 0) {
      guest.mem().read(changed, 16);
      guest.refused(302);
      return -Errno.EPERM;
    }
    return target == 0 ? 0 : getLimit(resource, target);
  }

  private long affinity(long process, long size, long target) {
    if (own(process) < 0) {
      return -Errno.ESRCH;
    }
    if (size < Long.BYTES || (size & 7) != 0) {
      return -Errno.EINVAL;
    }
    guest.mem().writeLong(target, 1); // the first processor
    return Long.BYTES;
  }

  private long processor(long processor, long node) {
    if (processor != 0) {
      guest.mem().writeInt(processor, 0);
    }
    if (node != 0) {
      guest.mem().writeInt(node, 0);
    }
    return 0;
  }

  private long prctl(long operation, long argument) {
    if (operation == PR_SET_NAME) {
      setName(argument);
      return 0;
    }
    if (operation == PR_GET_NAME) {
      byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
      guest.mem().write(argument, Arrays.copyOf(bytes, NAME_SIZE));
      return 0;
    }
    if (operation == PR_GET_NO_NEW_PRIVS) {
      return 1;
    }
    return operation == PR_SET_NO_NEW_PRIVS || operation == PR_GET_DUMPABLE ? 0 : -Errno.EINVAL;
  }

  /** What is too long is cut. */
  private void setName(long address) {
    byte[] text = guest.mem().readString(address, NAME_SIZE - 1);
    byte[] bytes = text != null ? text : guest.mem().read(address, NAME_SIZE - 1);
    name = new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private long archPrctl(long operation, long address) {
    if (operation == ARCH_GET_FS || operation == ARCH_GET_GS) {
      guest
          .mem()
          .writeLong(
              address,
              operation == ARCH_GET_FS ? guest.context().fsBase() : guest.context().gsBase());
      return 0;
    }
    if (operation != ARCH_SET_FS && operation != ARCH_SET_GS) {
      return -Errno.EINVAL;
    }
    if (address < 0 || address >= AddressSpace.USER_END) {
      return -Errno.EPERM;
    }
    if (operation == ARCH_SET_FS) {
      guest.context().setFsBase(address);
    } else {
      guest.context().setGsBase(address);
    }
    return 0;
  }
}
