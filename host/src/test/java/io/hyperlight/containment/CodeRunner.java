package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.GuestFaultException;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A guest that executes whatever bytes it is given, in a sandbox that may make code, and is
 * restored afterwards. Everything around the bytes is a breakpoint, so that an instruction that
 * does nothing, and a short jump to anywhere, end in a debug exception.
 */
final class CodeRunner implements AutoCloseable {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      #define SIZE 8192

      static uint8_t *code;
      static _Alignas(4096) uint8_t operand[8192];

      HL_EXPORT(void, prepare)
      void prepare(void)
      {
          register int64_t r10 __asm__("r10") = 0x22;
          register int64_t r8 __asm__("r8") = -1;
          register int64_t r9 __asm__("r9") = 0;
          int64_t place = 9;
          __asm__ volatile("syscall" : "+a"(place) : "D"(0), "S"(SIZE), "d"(7), "r"(r10), "r"(r8), "r"(r9)
              : "rcx", "r11", "memory");
          code = (uint8_t *)place;
          memset(code, 0xcc, SIZE);
      }

      HL_EXPORT(int64_t, code_address)
      int64_t code_address(void) { return (int64_t)code; }

      /* The place is the first byte's, so that instructions can end at a page's end or cross it. */
      HL_EXPORT(int64_t, run, hl_bytes, int)
      int64_t run(hl_bytes bytes, int place)
      {
          for (size_t i = 0; i < bytes.size; i++) {
              code[(size_t)place + i] = ((const uint8_t *)bytes.data)[i];
          }
          int64_t result;
          register uint8_t *start __asm__("r11") = code + place;
          __asm__ volatile("push %%rbx; push %%rbp; mov %1, %%rsi; mov %%rsi, %%rdi; mov %%rsi, %%rbx; mov %%rsi, %%rbp;"
                           "mov $2, %%ecx; mov $0x70, %%edx; mov %%rsi, %%r8; mov %%rsi, %%r9; mov %%rsi, %%r10;"
                           "mov %%rsi, %%r12; mov %%rsi, %%r13; mov %%rsi, %%r14; mov %%rsi, %%r15; mov %%rsi, %%rax;"
                           "call *%%r11; pop %%rbp; pop %%rbx"
                           : "=a"(result) : "r"(operand + 2048), "r"(start)
                           : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r12", "r13", "r14", "r15", "memory", "cc");
          return result;
      }

      HL_EXPORT(int, ping, int)
      int ping(int number) { return number + 1; }
      """;

  /** Where instructions go as a rule: a page of breakpoints before and nearly one behind. */
  static final int MIDDLE = 2048;

  /** The least size of the code's memory. */
  static final int SIZE = 8192;

  private final Sandbox original;
  private final Snapshot snapshot;
  private final ResetOracle oracle;
  private final Sandbox sandbox;

  CodeRunner() {
    original =
        Sandbox.builder(CompiledGuest.of(PROGRAM + ResetOracle.FUNCTIONS))
            .memorySize(4 << 20)
            .allowCodeGeneration()
            .build();
    original.call("prepare", void.class);
    snapshot = original.snapshot();
    sandbox = snapshot.spawn();
    oracle = new ResetOracle(snapshot);
  }

  /** Where the first byte of the code's memory is. */
  long address() {
    return original.<Long>call("code_address", long.class);
  }

  /**
   * Executes some bytes; afterwards the sandbox is restored and works.
   *
   * @return the fault it ended in, or null if the bytes returned to their caller
   */
  @Nullable GuestFaultException run(byte[] bytes, int place) {
    try {
      sandbox.<Long>call("run", long.class, bytes, place);
      return null;
    } catch (GuestFaultException e) {
      return e;
    } finally {
      recover();
    }
  }

  /** As {@link #run}, for bytes that do not return. */
  GuestFaultException fault(byte[] bytes, int place) {
    GuestFaultException fault = run(bytes, place);
    assertThat(fault).as("the end of %s", HexFormat.of().formatHex(bytes)).isNotNull();
    return Objects.requireNonNull(fault);
  }

  /** As {@link #run}, for bytes that return: what they leave in RAX. */
  long result(byte[] bytes) {
    try {
      return sandbox.<Long>call("run", long.class, bytes, MIDDLE);
    } finally {
      recover();
    }
  }

  private void recover() {
    sandbox.restore(snapshot);
    assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
  }

  /** What everything that ran before has left behind. */
  List<String> leaks() {
    sandbox.restore(snapshot);
    List<String> leaks = new ArrayList<>(oracle.leaksOf(sandbox));
    sandbox.restore(snapshot);
    return leaks;
  }

  @Override
  public void close() {
    sandbox.close();
    snapshot.close();
    original.close();
  }
}
