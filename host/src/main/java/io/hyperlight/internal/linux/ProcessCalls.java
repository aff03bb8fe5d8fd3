package io.hyperlight.internal.linux;

import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The process itself: its identity, limits, machine, thread-local storage and end. It is process 1
 * with one thread, of a user without rights, on a machine with one processor.
 */
final class ProcessCalls {
  static final int PROCESS = 1;

  /** Of the kernel that this looks like. */
  static final String RELEASE = "6.1.0";

  static final String HOST_NAME = "sandbox";

  /** {@code nobody}. */
  static final int USER = 65534;

  private static final long ARCH_SET_GS = 0x1001;
  private static final long ARCH_SET_FS = 0x1002;
  private static final long ARCH_GET_FS = 0x1003;
  private static final long ARCH_GET_GS = 0x1004;

  private static final int CAPABILITY_VERSION_1 = 0x1998_0330;
  private static final int CAPABILITY_VERSION_2 = 0x2007_1026;
  private static final int CAPABILITY_VERSION_3 = 0x2008_0522;
  private static final int CAPABILITY_SIZE = 12;

  private static final int AUXILIARY_SIZE = 16;
  private static final int MOST_AUXILIARY = 64;

  private static final int UTSNAME_FIELD = 65;

  private final SystemCalls guest;
  private final long memoryBytes;
  private final PrctlCalls attributes;
  private final LimitCalls limits;
  private final SchedulingCalls scheduling;
  private final UsageCalls usage;

  /** Where the program's auxiliary vector is; 0 if it has none. */
  private long auxiliary;

  private ProcessState.ThreadState thread = ProcessState.ThreadState.INITIAL;

  ProcessCalls(SystemCalls guest, AddressRanges ranges, long memoryBytes, int descriptors) {
    this.guest = guest;
    this.memoryBytes = memoryBytes;
    attributes = new PrctlCalls(guest);
    limits =
        new LimitCalls(guest, ranges.programStackEnd() - ranges.programStackStart(), descriptors);
    scheduling = new SchedulingCalls(guest);
    usage = new UsageCalls(guest);
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
    table.on(99, (guest, a, b, c, d, e, f) -> guest.process().sysinfo(a));
    table.on(118, (guest, a, b, c, d, e, f) -> guest.process().users(a, b, c));
    table.on(120, (guest, a, b, c, d, e, f) -> guest.process().users(a, b, c));
    table.on(121, (guest, a, b, c, d, e, f) -> own((int) a)); // getpgid
    table.on(124, (guest, a, b, c, d, e, f) -> own((int) a)); // getsid
    table.on(158, (guest, a, b, c, d, e, f) -> guest.process().archPrctl(a, b));
    table.on(125, (guest, a, b, c, d, e, f) -> guest.process().capabilities(a, b));
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
          101, 103, 109, 112, 116, 122, 123, 126, 139, 153, 154, 155, 161, 163, 165, 166, 167, 168,
          169, 170, 171, 172, 173, 175, 176, 179, 246, 250, 272, 298, 304, 308, 310, 311, 313, 317,
          320, 321, 323
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
    return attributes.name();
  }

  PrctlCalls attributes() {
    return attributes;
  }

  LimitCalls limits() {
    return limits;
  }

  SchedulingCalls scheduling() {
    return scheduling;
  }

  UsageCalls usage() {
    return usage;
  }

  void setAuxiliary(long address) {
    auxiliary = address;
  }

  /** The auxiliary vector as the program has it now, with one character a byte. */
  String auxiliary() {
    StringBuilder vector = new StringBuilder();
    for (int pair = 0; pair < MOST_AUXILIARY && auxiliary != 0; pair++) {
      try {
        byte[] bytes = guest.mem().read(auxiliary + (long) AUXILIARY_SIZE * pair, AUXILIARY_SIZE);
        vector.append(new String(bytes, StandardCharsets.ISO_8859_1));
        if (ByteBuffer.wrap(bytes).getLong() == 0) {
          break;
        }
      } catch (GuestAddressException e) {
        break; // the program has unmapped it
      }
    }
    return vector.toString();
  }

  ProcessState.ThreadState thread() {
    return thread;
  }

  void setThread(ProcessState.ThreadState changed) {
    thread = changed;
  }

  ProcessState state() {
    return new ProcessState(
        attributes.ownName(),
        limits.state(),
        scheduling.state(),
        attributes.state(),
        thread,
        usage.state(),
        auxiliary);
  }

  void restore(ProcessState earlier) {
    attributes.restore(earlier.name(), earlier.attributes());
    limits.restore(earlier.limits());
    scheduling.restore(earlier.scheduling());
    thread = earlier.thread();
    usage.restore(earlier.usage());
    auxiliary = earlier.auxiliary();
  }

  /** The process that a number means, or that there is none. */
  static long own(int process) {
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
    String[] fields = {"Linux", HOST_NAME, RELEASE, "#1 Hyperlight", "x86_64", "(none)"};
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

  private long processor(long processor, long node) {
    if (processor != 0) {
      guest.mem().writeInt(processor, 0);
    }
    if (node != 0) {
      guest.mem().writeInt(node, 0);
    }
    return 0;
  }

  /** {@code capget(2)}: there are none. */
  private long capabilities(long header, long target) {
    int version = guest.mem().readInt(header);
    int parts =
        switch (version) {
          case CAPABILITY_VERSION_1 -> 1;
          case CAPABILITY_VERSION_2, CAPABILITY_VERSION_3 -> 2;
          default -> 0;
        };
    if (parts == 0) {
      guest.mem().writeInt(header, CAPABILITY_VERSION_3);
      return target == 0 ? 0 : -Errno.EINVAL;
    }
    if (target == 0) {
      return 0;
    }
    int process = guest.mem().readInt(header + Integer.BYTES);
    if (process < 0) {
      return -Errno.EINVAL;
    }
    if (own(process) < 0) {
      return -Errno.ESRCH;
    }
    guest.mem().write(target, new byte[parts * CAPABILITY_SIZE]);
    return 0;
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
