package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import io.hyperlight.testing.ThreadRegisters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a guest leaves in the processor, however it ends, is not visible to anything else. This
 * includes later requests, other VMs on the same thread, other threads, and the JVM's own thread.
 */
class LeftRegistersTest {
  /** Reads and sets everything that user code can change besides the general registers. */
  private static final String REGISTERS =
      SourceFile.of(LeftRegistersTest.class, "left_registers.h.c");

  private static final String PROGRAM =
      REGISTERS + SourceFile.of(LeftRegistersTest.class, "left_registers_program.c");

  private static final String GUEST =
      "#include <hyperlight.h>\n"
          + REGISTERS
          + SourceFile.of(LeftRegistersTest.class, "left_registers_guest.c");

  /** What {@code find} returns. */
  private static final List<String> FOUND =
      List.of("DS", "ES", "FS", "GS", "flags", "GS base", "PKRU", "tiles", "x87 and SSE", "AVX");

  private static final int ENDINGS = 11;

  /**
   * Selectors that user code can load where it runs directly on the processor, and those of the GDT
   * here.
   */
  private static final int[] SELECTORS = {3, 0x2b, 0x23, 0x33};

  /** Whether guests can use protection keys and tiles. CPUID reports this differently. */
  private static final int KEYS = canCall("try_keys");

  private static final int TILES = canCall("try_tiles");

  /**
   * The selectors that do not fault. Some KVMs give a vCPU the GDT that they were told of. Then
   * 0x33 is that of the task, which no data segment register accepts. Where user code runs directly
   * on the processor, 0x33 is Linux's code segment of programs.
   */
  private static final List<Integer> LOADABLE =
      Arrays.stream(SELECTORS)
          .filter(selector -> canCall("try_selector", selector) == 1)
          .boxed()
          .toList();

  private static int canCall(String function, Object... arguments) {
    try (Sandbox sandbox = guest(new ArrayList<>()).build()) {
      sandbox.call(function, void.class, arguments);
      return 1;
    } catch (GuestFaultException e) {
      return 0;
    }
  }

  private static Program program() {
    return Program.of(CompiledGuest.program(PROGRAM));
  }

  private static String serve(ProgramServer sandbox, String request) {
    try {
      return new String(
          sandbox
              .within(Duration.ofMillis(request.endsWith("l") ? 100 : 60_000))
              .serve("%s %d %d\0".formatted(request, KEYS, TILES).getBytes(UTF_8)),
          UTF_8);
    } catch (HyperlightException e) {
      return "";
    }
  }

  @Test
  void onlyTheTasksSelectorMayBeRefused() {
    assertThat(LOADABLE).contains(3, 0x2b, 0x23);
  }

  /** Else all the other tests would find nothing. */
  @Test
  void aGuestLeavesSomethingInEachOfThem() {
    try (Sandbox sandbox = guest(new ArrayList<>()).build()) {
      byte[] before = sandbox.call("find", byte[].class, KEYS, TILES);
      leave(sandbox, 3, 0);
      byte[] after = sandbox.call("find", byte[].class, KEYS, TILES);
      List<String> kept = new ArrayList<>();
      for (int i = 0; i < FOUND.size(); i++) {
        if (Arrays.equals(before, 8 * i, 8 * i + 8, after, 8 * i, 8 * i + 8)) {
          kept.add(FOUND.get(i));
        }
      }
      // Selectors, flags and keys are taken back before every call, or kept, as the KVM is.
      assertThat(kept).doesNotContain("GS base", "x87 and SSE");
      if (TILES == 1) {
        assertThat(kept).doesNotContain("tiles");
      }
    }
  }

  @Test
  void aServedRequestFindsWhatTheFirstOneFound() {
    Map<String, String> found = new LinkedHashMap<>();
    String expected;
    try (ProgramServer first = program().startServing();
        ProgramSnapshot snapshot = first.snapshot()) {
      try (ProgramServer newborn = snapshot.spawn()) {
        expected = serve(newborn, "0 n");
      }
      try (ProgramServer sandbox = snapshot.spawn()) {
        for (int selector : SELECTORS) {
          for (char how : "euosl".toCharArray()) {
            serve(sandbox, Integer.toHexString(selector) + " " + how);
            sandbox.restore(snapshot);
            found.put(selector + " " + how + ", restored", serve(sandbox, "0 n"));
            sandbox.restore(snapshot);
            serve(sandbox, Integer.toHexString(selector) + " " + how);
            try (ProgramServer newborn = snapshot.spawn()) {
              found.put(selector + " " + how + ", spawned", serve(newborn, "0 n"));
            }
            sandbox.restore(snapshot);
          }
        }
      }
    }
    assertThat(expected).startsWith("0 0 0 0 ");
    assertThat(found).allSatisfy((how, registers) -> assertThat(registers).isEqualTo(expected));
  }

  private static Sandbox.Builder guest(List<Map<String, String>> outside) {
    return Sandbox.builder(CompiledGuest.of(GUEST))
        .hostAction("outside", () -> outside.add(ThreadRegisters.read()));
  }

  private static void leave(Sandbox sandbox, int selector, int how) {
    try {
      sandbox
          .within(Duration.ofMillis(how == 2 || how == 10 ? 30 : 60_000))
          .call("leave", Object.class, selector, how, KEYS, TILES);
    } catch (HyperlightException e) {
      // However it ends.
    }
  }

  /** Returns what a newly started thread finds. */
  private static Map<String, String> inNewThread() throws InterruptedException {
    List<Map<String, String>> registers = new ArrayList<>();
    Thread.ofPlatform().start(() -> registers.add(ThreadRegisters.read())).join();
    Map<String, String> found = registers.getFirst();
    found.remove("FS base"); // its own
    return found;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theThreadThatCallsKeepsItsOwn(boolean exitless) throws InterruptedException {
    List<Map<String, String>> outside = new ArrayList<>();
    Map<String, String> before = ThreadRegisters.read();
    Map<String, String> beforeInThread = inNewThread();
    int interrupted = 0;
    try (Sandbox original = (exitless ? guest(outside).exitless() : guest(outside)).build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      for (int selector : SELECTORS) {
        for (int how = 0; how < ENDINGS; how++) {
          sandbox.restore(snapshot);
          leave(sandbox, selector, how);
          String what = "selector %x, ending %d".formatted(selector, how);
          assertThat(ThreadRegisters.read()).as(what).isEqualTo(before);
          assertThat(inNewThread()).as(what).isEqualTo(beforeInThread);
        }
        sandbox.restore(snapshot);
        if (!LOADABLE.contains(selector)) {
          continue; // the guest never gets to the loop that is interrupted
        }
        Thread interrupting =
            Thread.ofPlatform()
                .start(() -> {
                  while (!sandbox.interrupt()) {
                    Thread.onSpinWait();
                  }
                });
        try {
          sandbox.call("leave", Object.class, selector, 2, KEYS, TILES);
        } catch (CallInterruptedException e) {
          interrupted++;
        }
        interrupting.join();
        assertThat(ThreadRegisters.read()).isEqualTo(before);
      }
    }
    assertThat(interrupted).isEqualTo(LOADABLE.size());
    assertThat(outside).hasSize(LOADABLE.size()).allSatisfy(o -> assertThat(o).isEqualTo(before));
  }

  /** The thread that runs it makes no difference. */
  private static byte[] find(Sandbox sandbox, String thread) throws Exception {
    if (thread.equals("the same thread")) {
      return sandbox.call("find", byte[].class, KEYS, TILES);
    }
    List<byte[]> found = new ArrayList<>();
    (thread.equals("a virtual thread") ? Thread.ofVirtual() : Thread.ofPlatform())
        .start(() -> found.add(sandbox.call("find", byte[].class, KEYS, TILES)))
        .join();
    return found.getFirst();
  }

  private static void leave(Sandbox sandbox, int selector, int how, String thread)
      throws InterruptedException {
    if (thread.equals("the same thread")) {
      leave(sandbox, selector, how);
    } else {
      (thread.equals("a virtual thread") ? Thread.ofVirtual() : Thread.ofPlatform())
          .start(() -> leave(sandbox, selector, how))
          .join();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"the same thread", "a virtual thread", "a new thread"})
  void noOtherVmFindsAnything(String thread) throws Exception {
    for (boolean exitless : new boolean[] {false, true}) {
      try (Sandbox original =
              (exitless ? guest(new ArrayList<>()).exitless() : guest(new ArrayList<>())).build();
          Snapshot snapshot = original.snapshot();
          Sandbox hostile = snapshot.spawn();
          Sandbox other = snapshot.spawn()) {
        byte[] first = find(other, thread);
        byte[] later = find(other, thread);
        for (int selector : SELECTORS) {
          for (int how = 0; how < ENDINGS; how++) {
            leave(hostile, selector, how, thread);
            String what = "selector %x, ending %d, exitless %s".formatted(selector, how, exitless);
            assertThat(find(other, thread)).as(what).isEqualTo(later);
            try (Sandbox newborn = snapshot.spawn()) {
              assertThat(find(newborn, thread)).as("newborn, " + what).isEqualTo(first);
            }
            hostile.restore(snapshot);
            assertThat(find(hostile, thread)).as("restored, " + what).isEqualTo(first);
            hostile.restore(snapshot);
          }
        }
      }
    }
  }
}
