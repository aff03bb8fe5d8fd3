package io.hyperlight.internal.linux.proc;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.Kernel;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.linux.time.GuestClock;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Vdso;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.x86.X86UserRegisters;
import io.hyperlight.internal.os.Errno;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * System calls about the process itself: its identity, machine, thread-local storage and end. Its
 * user has no privileges, and its machine has one processor.
 */
public final class ProcessCalls {
  private static final int ARCH_SET_GS = 0x1001;
  private static final int ARCH_SET_FS = 0x1002;
  private static final int ARCH_GET_FS = 0x1003;
  private static final int ARCH_GET_GS = 0x1004;

  private static final int CAPABILITY_VERSION_1 = 0x1998_0330;
  private static final int CAPABILITY_VERSION_2 = 0x2007_1026;
  private static final int CAPABILITY_VERSION_3 = 0x2008_0522;
  private static final int CAPABILITY_SIZE = 12;

  private static final int UTSNAME_FIELD = 65;

  private final TaskIdentity identity;
  private final IntPredicate isThread;
  private final Refusals refusals;
  private final GuestClock clock;
  private final @Nullable Vdso vdso;
  private final GuestMemory memory;
  private final Context context;
  private final IntSupplier currentProcessor;

  /**
   * Creates the calls of a task.
   *
   * @param isThread answers whether a number is 0, or that of a thread of the process
   * @param vdso null if the host must not write its numbers, or there is none
   * @param currentProcessor returns the number of the processor on which the task runs
   */
  public ProcessCalls(
      TaskIdentity identity,
      IntPredicate isThread,
      Refusals refusals,
      GuestClock clock,
      @Nullable Vdso vdso,
      GuestMemory memory,
      Context context,
      IntSupplier currentProcessor) {
    this.currentProcessor = currentProcessor;
    this.identity = identity;
    this.isThread = isThread;
    this.refusals = refusals;
    this.clock = clock;
    this.vdso = vdso;
    this.memory = memory;
    this.context = context;
  }

  public long getpid() {
    return identity.process();
  }

  public long gettid() {
    return identity.thread();
  }

  public long getppid() {
    return identity.parent();
  }

  /** Also answers {@code getsid(2)}. A process is alone in its group and its session. */
  public long getpgid(int process) {
    return isThread.test(process) ? identity.process() : -Errno.ESRCH;
  }

  public long getuid() {
    return identity.user();
  }

  public long setuid(int user) {
    return become("setuid", user, user, user);
  }

  public long setgid(int group) {
    return become("setgid", group, group, group);
  }

  public long setreuid(int real, int effective) {
    return become("setreuid", real, effective, effective);
  }

  public long setregid(int real, int effective) {
    return become("setregid", real, effective, effective);
  }

  public long setresuid(int real, int effective, int saved) {
    return become("setresuid", real, effective, saved);
  }

  public long setresgid(int real, int effective, int saved) {
    return become("setresgid", real, effective, saved);
  }

  /** Changes the user. Only a change to the present user is allowed; -1 means no change. */
  private long become(String call, int real, int effective, int saved) {
    if (isOwn(real) && isOwn(effective) && isOwn(saved)) {
      return 0;
    }
    refusals.count(call);
    return -Errno.EPERM;
  }

  private boolean isOwn(int user) {
    return user == -1 || user == identity.user();
  }

  public long uname(long target) {
    ByteBuffer names = GuestMemory.struct(6 * UTSNAME_FIELD);
    String[] fields = {
      "Linux", Kernel.HOST_NAME, Kernel.RELEASE, Kernel.VERSION, "x86_64", "(none)"
    };
    for (int i = 0; i < fields.length; i++) {
      names.position(i * UTSNAME_FIELD).put(fields[i].getBytes(StandardCharsets.US_ASCII));
    }
    memory.write(target, names);
    return 0;
  }

  /** Also answers {@code getresgid(2)}. */
  public long getresuid(long real, long effective, long saved) {
    memory.writeInt(real, identity.user());
    memory.writeInt(effective, identity.user());
    memory.writeInt(saved, identity.user());
    return 0;
  }

  /** Fills in a {@code struct sysinfo}. */
  public long sysinfo(long target) {
    memory.write(
        target,
        GuestMemory.struct(112)
            .putLong(0, clock.boot() / 1_000_000_000L)
            .putLong(32, context.memorySizeBytes())
            .putLong(40, context.addressSpace().freeBytes())
            .putShort(80, (short) 1) // processes
            .putInt(104, 1)); // bytes in a unit
    return 0;
  }

  public long getcpu(long processor, long node) {
    if (vdso != null) {
      vdso.publishOneProcessor();
    }
    if (processor != 0) {
      memory.writeInt(processor, currentProcessor.getAsInt());
    }
    if (node != 0) {
      memory.writeInt(node, 0);
    }
    return 0;
  }

  /** Answers {@code capget(2)}: the process has no capabilities. */
  public long capget(long header, long target) {
    int version = memory.readInt(header);
    int parts =
        switch (version) {
          case CAPABILITY_VERSION_1 -> 1;
          case CAPABILITY_VERSION_2, CAPABILITY_VERSION_3 -> 2;
          default -> 0;
        };
    if (parts == 0) {
      memory.writeInt(header, CAPABILITY_VERSION_3);
      return target == 0 ? 0 : -Errno.EINVAL;
    }
    if (target == 0) {
      return 0;
    }
    int process = memory.readInt(header + Integer.BYTES);
    if (process < 0) {
      return -Errno.EINVAL;
    }
    if (!isThread.test(process)) {
      return -Errno.ESRCH;
    }
    memory.write(target, new byte[parts * CAPABILITY_SIZE]);
    return 0;
  }

  public long archPrctl(int operation, long address) {
    if (operation == ARCH_GET_FS || operation == ARCH_GET_GS) {
      memory.writeLong(
          address,
          operation == ARCH_GET_FS
              ? ((X86UserRegisters) context.userRegisters()).fsBase()
              : ((X86UserRegisters) context.userRegisters()).gsBase());
      return 0;
    }
    if (operation != ARCH_SET_FS && operation != ARCH_SET_GS) {
      return -Errno.EINVAL;
    }
    if (address < 0 || address >= AddressSpace.USER_END) {
      return -Errno.EPERM;
    }
    if (operation == ARCH_SET_FS) {
      ((X86UserRegisters) context.userRegisters()).setFsBase(address);
    } else {
      ((X86UserRegisters) context.userRegisters()).setGsBase(address);
    }
    return 0;
  }
}
