package io.hyperlight.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.ProgramServer;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxInternals;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.call.Machines;
import io.hyperlight.internal.linux.LinuxView;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.value.Limits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds what a restore leaves behind. A guest that has the functions of {@link #FUNCTIONS} dirties
 * everything that code at CPL 3 can reach, ends in one way or another, and is restored. Then every
 * byte of its memory and every register is compared with those of a newly spawned sandbox, as the
 * host reads them and as the guest sees them.
 */
public final class ResetOracle {
  /** How a dirtying call can end. */
  public enum Ending {
    RETURN(0),
    INVALID_INSTRUCTION(1),
    PAGE_FAULT(2),
    ABORT(3),
    OWN_OUT(4),
    OWN_IN(5),
    REPEATED_OUT(6),
    PRIVILEGED_INSTRUCTION(7),
    STUB_WITH_TRAP_FLAG(8),
    BREAKPOINT(9),
    DIVISION_BY_ZERO(10),
    ENDLESS_REPEATED_IN(11),
    SINGLE_STEP(12),
    NON_CANONICAL_JUMP(13),
    /** In a loop, from another thread. */
    INTERRUPTED(14),
    /** In a loop, by the watchdog. */
    TIMED_OUT(14);

    /** Its place in the guest's jump table. */
    private final int number;

    Ending(int number) {
      this.number = number;
    }
  }

  /** How a page can be used. */
  public enum Access {
    READ,
    WRITE,
    EXECUTE
  }

  /** Can be appended to any guest. */
  public static final String FUNCTIONS = SourceFile.of(ResetOracle.class, "reset_oracle.c");

  private final Snapshot snapshot;

  public ResetOracle(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  public static Vm machineOf(Sandbox sandbox) {
    return Machines.machineOf(SandboxInternals.instanceOf(sandbox));
  }

  /** The same of a program that serves. */
  public static Vm machineOf(ProgramServer server) {
    return Machines.machineOf(SandboxInternals.instanceOf(server));
  }

  /** Writes everything that can be written, and ends. */
  public static void dirty(Sandbox sandbox, long growth, Ending ending) {
    sandbox.call("oracle_grow", void.class, growth);
    long frame = Machines.frameOf(SandboxInternals.instanceOf(sandbox));
    long status = frame + CallFrame.STATUS;
    for (long[] range : MachineState.writableRanges(machineOf(sandbox))) {
      if (range[0] <= frame && frame < range[1]) {
        // The call's own stack, and the word that makes an error of a return.
        fill(sandbox, range[0], frame - 512);
        fill(sandbox, frame, status);
        fill(sandbox, status + Long.BYTES, range[1]);
      } else {
        fill(sandbox, range[0], range[1]);
      }
    }
    end(sandbox, ending);
  }

  private static void fill(Sandbox sandbox, long start, long end) {
    sandbox.call("oracle_fill", void.class, start, end, 0xa5);
  }

  /**
   * Makes the dirtying call that ends in this way.
   *
   * @throws AssertionError if it ends in another way
   */
  public static void end(Sandbox sandbox, Ending ending) {
    Class<? extends HyperlightException> how = null;
    CompletableFuture<Void> interrupting =
        ending == Ending.INTERRUPTED
            ? interruptSoon(sandbox)
            : CompletableFuture.completedFuture(null);
    try {
      sandbox
          .within(ending == Ending.TIMED_OUT ? Duration.ofMillis(3) : Limits.FOREVER)
          .call("oracle_end", void.class, ending.number);
    } catch (GuestFaultException
        | GuestAbortException
        | CallInterruptedException
        | GuestTimeoutException e) {
      how = e.getClass();
    }
    interrupting.join();
    assertThat(how)
        .isEqualTo(
            switch (ending) {
              case RETURN -> null;
              case ABORT -> GuestAbortException.class;
              case INTERRUPTED -> CallInterruptedException.class;
              case TIMED_OUT -> GuestTimeoutException.class;
              default -> GuestFaultException.class;
            });
  }

  /** Interrupts a call that is about to begin, after a random time. */
  private static CompletableFuture<Void> interruptSoon(Sandbox sandbox) {
    int spins = ThreadLocalRandom.current().nextInt(100_000);
    return CompletableFuture.runAsync(() -> {
      for (int i = 0; i < spins; i++) {
        Thread.onSpinWait();
      }
      while (!sandbox.interrupt()) {
        Thread.onSpinWait();
      }
    });
  }

  /** Compares a sandbox that was restored just now with one spawned just now. */
  public List<String> leaksOf(Sandbox restored) {
    try (Sandbox newborn = snapshot.spawn()) {
      List<String> leaks = new ArrayList<>();
      leaks.addAll(linuxLeaks(newborn, restored));
      leaks.addAll(
          MachineState.ofMemory(machineOf(newborn))
              .differencesOf(MachineState.ofMemory(machineOf(restored))));
      byte[] observed = restored.call("oracle_observe", byte[].class);
      leaveSelectorsInThread();
      byte[] expected = newborn.call("oracle_observe", byte[].class);
      int first = Arrays.mismatch(expected, observed);
      if (first >= 0) {
        leaks.add(
            "the guest sees byte %d of its registers as 0x%02x instead of 0x%02x"
                .formatted(first, observed[first], expected[first]));
      }
      leaks.addAll(
          MachineState.of(machineOf(newborn)).differencesOf(MachineState.of(machineOf(restored))));
      return leaks;
    }
  }

  /** Returns the differences in the Linux state of the guest, in the same form. */
  public List<String> linuxLeaksOf(Sandbox restored) {
    try (Sandbox newborn = snapshot.spawn()) {
      return linuxLeaks(newborn, restored);
    }
  }

  private static List<String> linuxLeaks(Sandbox newborn, Sandbox restored) {
    return linuxOf(newborn).differencesOf(linuxOf(restored));
  }

  private static LinuxView linuxOf(Sandbox sandbox) {
    return LinuxView.of(Machines.systemCallsOf(SandboxInternals.instanceOf(sandbox)));
  }

  /**
   * Returns the differences of a served program that was restored to one that was spawned from the
   * same snapshot, in the machine, in the Linux state, and in what the host holds of it. The new
   * one is used up.
   */
  public static List<String> differences(ProgramServer newborn, ProgramServer restored) {
    List<String> differences = new ArrayList<>(linuxOf(newborn).differencesOf(linuxOf(restored)));
    differences.addAll(MachineState.differences(machineOf(newborn), machineOf(restored)));
    differences.addAll(
        HostState.differences(
            SandboxInternals.instanceOf(newborn), SandboxInternals.instanceOf(restored)));
    return differences;
  }

  private static LinuxView linuxOf(ProgramServer server) {
    return LinuxView.of(Machines.systemCallsOf(SandboxInternals.instanceOf(server)));
  }

  /** Returns the differences in memory and address space only, for any guest. */
  public List<String> differencesInMemory(Sandbox restored) {
    try (Sandbox newborn = snapshot.spawn()) {
      return MachineState.ofMemory(machineOf(newborn))
          .differencesOf(MachineState.ofMemory(machineOf(restored)));
    }
  }

  /** Returns the differences in all that the host holds for the guest. */
  public List<String> differencesInHost(Sandbox restored) {
    try (Sandbox newborn = snapshot.spawn()) {
      return HostState.differences(
          SandboxInternals.instanceOf(newborn), SandboxInternals.instanceOf(restored));
    }
  }

  // These read what oracle_observe has found.

  public static long fsBase(byte[] observed) {
    return values(observed).getLong(160);
  }

  public static int x87Control(byte[] observed) {
    return values(observed).getShort(1024);
  }

  public static int mxcsr(byte[] observed) {
    return values(observed).getInt(1024 + 24);
  }

  private static ByteBuffer values(byte[] observed) {
    return ByteBuffer.wrap(observed).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * If KVM left a guest's selectors in the thread, the next guest would find them. So this leaves
   * other selectors than those of the dirty guest, which shows whether they are kept.
   */
  private void leaveSelectorsInThread() {
    try (Sandbox other = snapshot.spawn()) {
      other.call("oracle_select", void.class, 0x2b);
    }
  }

  /** Returns the pages that are or were mapped, and their neighbours. */
  public static SortedSet<Long> pagesOf(Sandbox sandbox) {
    SortedSet<Long> pages = new TreeSet<>();
    for (long[] range : MachineState.mappedRanges(machineOf(sandbox))) {
      for (long page = range[0] - 4096; page <= range[1]; page += 4096) {
        pages.add(page);
      }
    }
    return pages;
  }

  /** Returns what happens when the guest uses a page. */
  public static String use(Sandbox sandbox, long page, Access access) {
    try {
      Object result =
          switch (access) {
            case READ -> sandbox.<Integer>call("oracle_read", int.class, page);
            case WRITE -> sandbox.call("oracle_write", void.class, page);
            case EXECUTE -> sandbox.call("oracle_execute", void.class, page);
          };
      return String.valueOf(result);
    } catch (HyperlightException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
