package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.GuestFaultException;
import io.hyperlight.GuestInterruptedException;
import io.hyperlight.HyperlightException;
import io.hyperlight.Program;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
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
 * What a guest leaves in the processor, however it ends, nobody finds: no later request, no other
 * VM on the same thread, no other thread, and not the thread of the JVM itself.
 */
class LeftRegistersTest {
  /** Finds and leaves everything that user code can change beside the general registers. */
  private static final String REGISTERS =
      """
      #include <stdint.h>

      static uint8_t area[16384] __attribute__((aligned(64), used)), image[4096] __attribute__((aligned(64), used));
      static uint8_t tiles[64] __attribute__((aligned(64), used)) = {1, [16] = 16, [48] = 4};
      static uint64_t found[32] __attribute__((used));
      static uint32_t mxcsr = 0x1f80;

      static uint64_t hash(const uint8_t *bytes, int size)
      {
          uint64_t h = 14695981039346656037ul;
          for (int i = 0; i < size; i++) {
              h = (h ^ bytes[i]) * 1099511628211ul;
          }
          return h;
      }

      /* The instructions that find it all, in one piece: nothing comes before them. */
      #define FIND \\
          "mov %%ds, %%eax; mov %%rax, found(%%rip); mov %%es, %%eax; mov %%rax, found+8(%%rip)\\n" \\
          "mov %%fs, %%eax; mov %%rax, found+16(%%rip); mov %%gs, %%eax; mov %%rax, found+24(%%rip)\\n" \\
          "pushfq; popq found+32(%%rip); rdgsbase %%rax; mov %%rax, found+40(%%rip)\\n" \\
          "mov $-1, %%eax; mov $-1, %%edx; xsave64 area(%%rip)\\n"

      static void finish_finding(int keys, int has_tiles)
      {
          uint32_t pkru = 0, high;
          if (keys) {
              __asm__ volatile(".byte 0x0f, 0x01, 0xee" : "=a"(pkru), "=d"(high) : "c"(0));
          }
          found[6] = pkru;
          static uint8_t stored[64] __attribute__((aligned(64)));
          if (has_tiles) {
              __asm__ volatile(".byte 0xc4, 0xe2, 0x79, 0x49, 0x00" : : "a"(stored) : "memory");
          }
          found[7] = hash(stored, 64);
          found[8] = hash(area, 512);
          *(uint64_t *)(area + 512) = 0; /* which components are not initial: what they hold says more */
          found[9] = hash(area + 512, sizeof area - 512);
          found[4] &= 0x2c7700; /* not the arithmetic flags */
      }

      /* Leaves something in all of it. FS last: what follows has no thread-local storage. */
      static inline __attribute__((always_inline)) void leave_all(int selector, int keys, int has_tiles)
      {
          uint32_t low, high;
          __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
          for (int i = 0; i < 2688; i++) {
              image[i] = (uint8_t)(i * 3 + 1);
          }
          for (int i = 512; i < 576; i++) {
              image[i] = 0;
          }
          *(uint64_t *)(image + 512) = low & 0xe7;
          *(uint16_t *)image = 0x0b7f;
          *(uint16_t *)(image + 2) = 0x3800;
          *(uint32_t *)(image + 24) = 0x7fbf;
          *(uint32_t *)(image + 28) = 0;
          *(uint64_t *)(image + 8) = 0x123456;
          *(uint64_t *)(image + 16) = 0x654321;
          __asm__ volatile("mov $-1, %%eax; mov $-1, %%edx; xrstor64 image(%%rip)" : : : "eax", "edx", "memory");
          if (has_tiles) {
              __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0x00" : : "a"(tiles) : "memory");
          }
          if (keys) {
              __asm__ volatile(".byte 0x0f, 0x01, 0xef" : : "a"(0x55555550), "c"(0), "d"(0) : "memory");
          }
          __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs; movabs $0x123456789000, %%rax; wrgsbase %%rax\\n"
                           "mov %0, %%fs; movabs $0x12345678a000, %%rax; wrfsbase %%rax\\n"
                           "pushfq; orq $0x240400, (%%rsp); popfq"
                           : : "r"(selector) : "rax", "memory", "cc");
      }
      """;

  private static final String PROGRAM =
      REGISTERS
          + """
          #include <stdio.h>
          #include <string.h>

          static char request[64] __attribute__((used));

          int main(void)
          {
              __asm__ volatile("xor %%eax, %%eax; xor %%edi, %%edi; lea request(%%rip), %%rsi; mov $64, %%edx; syscall\\n" FIND
                               : : : "rax", "rcx", "rdx", "rdi", "rsi", "r11", "memory");
              __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
              unsigned selector;
              char how;
              int keys, tiles;
              if (sscanf(request, "%x %c %d %d", &selector, &how, &keys, &tiles) != 4) {
                  return 1;
              }
              finish_finding(keys, tiles);
              for (int i = 0; i < 10; i++) {
                  printf("%lx ", found[i]);
              }
              fflush(stdout);
              if (how == 'n') {
                  return 0;
              }
              leave_all(selector, keys, tiles);
              if (how == 'e') {
                  __asm__ volatile("mov $231, %eax; xor %edi, %edi; syscall");
              } else if (how == 'u') {
                  __asm__ volatile("ud2");
              } else if (how == 'o') {
                  __asm__ volatile("out %al, $0x70");
              } else if (how == 's') { /* reads, so that it waits where it waited before */
                  __asm__ volatile("xor %eax, %eax; xor %edi, %edi; lea request(%rip), %rsi; mov $64, %edx; syscall; ud2");
              }
              for (;;) {
              }
          }
          """;

  private static final String GUEST =
      "#include <hyperlight.h>\n"
          + REGISTERS
          + """
          HL_IMPORT(void, outside)
          HL_EXPORT(hl_bytes, find, int, int)
          HL_EXPORT(void, leave, int, int, int, int)
          HL_EXPORT(void, try_keys)
          HL_EXPORT(void, try_tiles)
          HL_EXPORT(void, try_selector, int)

          void try_keys(void) { __asm__ volatile(".byte 0x0f, 0x01, 0xee" : : "c"(0) : "rax", "rdx"); }
          void try_selector(int selector) { __asm__ volatile("mov %0, %%ds" : : "r"(selector)); }
          void try_tiles(void) { __asm__ volatile(".byte 0xc4, 0xe2, 0x79, 0x49, 0x00" : : "a"(area) : "memory"); }

          hl_bytes find(int keys, int tiles)
          {
              __asm__ volatile(FIND : : : "rax", "rdx", "memory");
              finish_finding(keys, tiles);
              return (hl_bytes){(const uint8_t *)found, 80};
          }

          void leave(int selector, int how, int keys, int tiles)
          {
              leave_all(selector, keys, tiles);
              switch (how) {
              case 0: __asm__ volatile("cld"); return;
              case 1: __asm__ volatile("ud2");
              case 2: for (;;) { }
              case 3: *(volatile char *)16 = 0; break;
              case 4: __asm__ volatile("out %al, $0x70"); break;
              case 5: __asm__ volatile("mov $0x999, %%eax; syscall; ud2" : : : "rax", "rcx", "r11"); break;
              case 6: __asm__ volatile("cld"); outside(); break;
              case 7: __asm__ volatile("mov $0x484c0000, %%eax; syscall; ud2" : : : "rax"); break;
              case 8: { /* the gate's own exit, without what the gate does before */
                  const volatile uint8_t *at = (const volatile uint8_t *)0x10000;
                  while (at[0] != 0xb8 || *(const volatile uint32_t *)(at + 1) != HL_CALL_DONE) {
                      at++;
                  }
                  __asm__ volatile("mov $0x484c0000, %%eax; jmp *%0" : : "r"(at + 5) : "rax");
              }
              case 9: __asm__ volatile("pushfq; orq $0x100, (%rsp); popfq; nop; nop"); break;
              case 10: __asm__ volatile("mov $35, %%eax; syscall" : : "D"((uint64_t[]){1000, 0}), "S"(0) : "rax", "rcx", "r11"); break;
              }
              __asm__ volatile("cld");
          }
          """;

  /** What {@code find} returns. */
  private static final List<String> FOUND =
      List.of("DS", "ES", "FS", "GS", "flags", "GS base", "PKRU", "tiles", "x87 and SSE", "AVX");

  private static final int ENDINGS = 11;

  /** What user code can load where it runs on the processor as it is, and what the GDT has here. */
  private static final int[] SELECTORS = {3, 0x2b, 0x23, 0x33};

  /** Whether guests can use protection keys and tiles: what CPUID says of it differs. */
  private static final int KEYS = canCall("try_keys");

  private static final int TILES = canCall("try_tiles");

  /**
   * Those that do not fault. Where a KVM gives a vCPU the GDT that it was told of, 0x33 is that of
   * the task, which no data segment register takes; where user code runs on the processor as it is,
   * it is Linux's code segment of programs.
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

  private static String serve(Sandbox sandbox, String request) {
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
    try (Sandbox first = program().startServing();
        Snapshot snapshot = first.snapshot()) {
      try (Sandbox newborn = snapshot.spawn()) {
        expected = serve(newborn, "0 n");
      }
      try (Sandbox sandbox = snapshot.spawn()) {
        for (int selector : SELECTORS) {
          for (char how : "euosl".toCharArray()) {
            serve(sandbox, Integer.toHexString(selector) + " " + how);
            sandbox.restore(snapshot);
            found.put(selector + " " + how + ", restored", serve(sandbox, "0 n"));
            sandbox.restore(snapshot);
            serve(sandbox, Integer.toHexString(selector) + " " + how);
            try (Sandbox newborn = snapshot.spawn()) {
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

  /** What a thread finds that this one starts. */
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
        } catch (GuestInterruptedException e) {
          interrupted++;
        }
        interrupting.join();
        assertThat(ThreadRegisters.read()).isEqualTo(before);
      }
    }
    assertThat(interrupted).isEqualTo(LOADABLE.size());
    assertThat(outside).hasSize(LOADABLE.size()).allSatisfy(o -> assertThat(o).isEqualTo(before));
  }

  /** Who runs it makes no difference. */
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
