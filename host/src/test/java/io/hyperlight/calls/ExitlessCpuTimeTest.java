package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.machine.VcpuStop;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.ResetOracle;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** If a guest's vCPU has a thread of its own, everything that it computes during a call counts. */
class ExitlessCpuTimeTest {
  private static final Duration LIMIT = Duration.ofMillis(100);

  /** How much a guest may have used beyond the limit when it is ended. It uses far less. */
  private static final long SLACK_NANOS = Duration.ofSeconds(2).toNanos();

  private static final Guest GUEST =
      CompiledGuest.of(
          """
          #include <hyperlight.h>

          HL_IMPORT(int64_t, outside, int64_t)
          HL_EXPORT(int64_t, work_meanwhile, int32_t)
          HL_EXPORT(int64_t, ping)

          extern const struct hl_function __start_hyperlight_functions[] __attribute__((visibility("hidden")));
          static struct hl_value arguments[2];

          int64_t ping(void) { return 1; }

          /* Host calls as the gate makes them, but computes instead of waiting for the answer. */
          int64_t work_meanwhile(int32_t rounds)
          {
              volatile uint64_t *frame = (volatile uint64_t *)HL_INFORMATION->frame;
              uint64_t n = 0;
              for (int32_t round = 0; round != rounds; round++) {
                  uint64_t asked = frame[0x300 / 8];
                  frame[0x350 / 8] = (uint64_t)(&hl_function_outside - __start_hyperlight_functions);
                  frame[0x358 / 8] = (uint64_t)arguments;
                  frame[0x348 / 8] = HL_CALL_HOST;
                  frame[0x340 / 8] = asked;
                  if (frame[0x310 / 8]) {
                      uint64_t rest = HL_CALL_REST;
                      __asm__ volatile("syscall" : "+a"(rest) : : "rcx", "r11", "memory");
                  }
                  while (frame[0x300 / 8] == asked) {
                      n++;
                  }
              }
              return (int64_t)n;
          }
          """);

  private interface Outside {
    void run() throws InterruptedException;
  }

  private static Sandbox sandbox(Outside outside) {
    return Sandbox.builder(GUEST)
        .exitless()
        .cpuTimeLimit(LIMIT)
        .hostFunction(
            "outside",
            (Long value) -> {
              outside.run();
              return value;
            })
        .build();
  }

  /** How much the vCPU's thread has used while a call ended for it. */
  private static void assertCutOff(Sandbox sandbox, boolean virtual) throws InterruptedException {
    sandbox.call("ping", long.class);
    Vm machine = ResetOracle.machineOf(sandbox);
    long before = VcpuStop.processorNanos(machine);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    (virtual ? Thread.ofVirtual() : Thread.ofPlatform())
        .start(() -> {
          try {
            sandbox.call("work_meanwhile", long.class, -1);
          } catch (HyperlightException e) {
            thrown.set(e);
          }
        })
        .join();
    assertThat(thrown.get())
        .isInstanceOfSatisfying(
            GuestTimeoutException.class,
            e -> assertThat(e.kind()).isEqualTo(GuestTimeoutException.Kind.CPU_TIME));
    VcpuStop.await(machine);
    long used = VcpuStop.processorNanos(machine) - before;
    assertThat(used).isBetween(LIMIT.toNanos() / 2, LIMIT.toNanos() + SLACK_NANOS);
    assertThatThrownBy(() -> sandbox.call("ping", long.class))
        .isInstanceOf(SandboxUnusableException.class);
  }

  /**
   * The host function waits as long as the guest computes, so the guest's computing ends the call.
   * If an exit had to wake the host, the guest would not compute.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void computingWhileAHostFunctionWaitsCounts(boolean virtual) throws InterruptedException {
    AtomicReference<Sandbox> running = new AtomicReference<>();
    try (Sandbox sandbox = sandbox(() -> VcpuStop.await(ResetOracle.machineOf(running.get())))) {
      running.set(sandbox);
      assertCutOff(sandbox, virtual);
    }
  }

  /** It goes on until the vCPU has stopped, and ignores interrupts. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theGuestIsStoppedThoughTheHostFunctionGoesOn(boolean virtual) throws InterruptedException {
    AtomicReference<Sandbox> running = new AtomicReference<>();
    AtomicBoolean begun = new AtomicBoolean();
    try (Sandbox sandbox =
        sandbox(() -> {
          begun.set(true);
          Vm machine = ResetOracle.machineOf(running.get());
          while (VcpuStop.isRunning(machine)) {
            Thread.onSpinWait();
          }
        })) {
      running.set(sandbox);
      assertCutOff(sandbox, virtual);
      assertThat(begun).isTrue();
    }
  }

  /** Many short ones: each by itself is far below the limit. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void computingBetweenShortAnswersAddsUp(boolean virtual) throws InterruptedException {
    try (Sandbox sandbox = sandbox(() -> {})) {
      assertCutOff(sandbox, virtual);
    }
  }
}
