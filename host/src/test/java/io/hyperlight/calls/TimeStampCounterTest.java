package io.hyperlight.calls;

import static io.hyperlight.testing.Kinds.kind;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Diagnosis;
import io.hyperlight.Guest;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.testing.CompiledGuest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keeping the time-stamp counter from guests: machines that can do it do it, others say that they
 * cannot before a guest runs.
 */
class TimeStampCounterTest {
  private static final Guest GUEST =
      CompiledGuest.of(
          """
          #include <hyperlight.h>

          HL_EXPORT(int64_t, rdtsc)
          int64_t rdtsc(void)
          {
              uint32_t low, high;
              __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
              return (int64_t)((uint64_t)high << 32 | low);
          }

          HL_EXPORT(int64_t, rdtscp)
          int64_t rdtscp(void)
          {
              uint32_t low, high;
              __asm__ volatile("rdtscp" : "=a"(low), "=d"(high) : : "rcx");
              return (int64_t)((uint64_t)high << 32 | low);
          }

          HL_EXPORT(int, ping, int)
          int ping(int number) { return number + 1; }
          """);

  private static boolean works() {
    return HostPlatform.get().hidesTimeStampCounter();
  }

  private static void assertHidden(Sandbox sandbox, String function) {
    assertThatThrownBy(() -> sandbox.call(function, long.class))
        .isInstanceOfSatisfying(
            GuestFaultException.class,
            e -> assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTECTION));
  }

  @Test
  void isThereUnlessItIsHidden() {
    try (Sandbox sandbox = Sandbox.builder(GUEST).build()) {
      long first = sandbox.<Long>call("rdtsc", long.class);
      assertThat(sandbox.<Long>call("rdtsc", long.class)).isGreaterThan(first);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rdtsc", "rdtscp"})
  void isOutOfReachWhereItIsHiddenAndStaysSo(String function) {
    Sandbox.Builder builder = Sandbox.builder(GUEST).hideTimeStampCounter();
    if (!works()) {
      assertThatThrownBy(builder::build)
          .satisfies(kind(HypervisorException.Kind.UNAVAILABLE))
          .hasMessageContaining("time-stamp counter")
          .hasMessageContaining("hideTimeStampCounter()");
      return;
    }
    try (Sandbox built = builder.build();
        Snapshot snapshot = built.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      for (Sandbox sandbox : new Sandbox[] {built, spawned}) {
        for (int i = 0; i < 3; i++) {
          assertThat(sandbox.<Integer>call("ping", int.class, 1)).isEqualTo(2);
          assertHidden(sandbox, function);
          sandbox.restore(snapshot);
        }
      }
    }
  }

  @Test
  void canBeHiddenFromWhatIsSpawned() {
    try (Sandbox built = Sandbox.builder(GUEST).build();
        Snapshot snapshot = built.snapshot()) {
      Snapshot.Spawner spawner = snapshot.spawner().hideTimeStampCounter();
      if (!works()) {
        assertThatThrownBy(spawner::spawn).satisfies(kind(HypervisorException.Kind.UNAVAILABLE));
        return;
      }
      try (Sandbox hidden = spawner.spawn();
          Sandbox other = snapshot.spawn()) {
        assertHidden(hidden, "rdtsc");
        assertThat(other.<Long>call("rdtsc", long.class)).isPositive();
      }
    }
  }

  @Test
  void canBeHiddenFromWholePrograms() {
    Path file =
        CompiledGuest.program(
            """
            #include <stdio.h>
            int main(void)
            {
                puts("started");
                fflush(stdout);
                return __builtin_ia32_rdtsc() == 0;
            }
            """);
    assertThat(Program.of(file).run().status()).isZero();
    Program program = Program.of(file).hideTimeStampCounter();
    if (!works()) {
      assertThatThrownBy(program::run).satisfies(kind(HypervisorException.Kind.UNAVAILABLE));
      assertThatThrownBy(program::startServing)
          .satisfies(kind(HypervisorException.Kind.UNAVAILABLE));
      return;
    }
    ProgramResult result = program.run();
    assertThat(result.outputText()).isEqualTo("started\n");
    assertThat(result.status()).isEqualTo(128 + 11);
    assertThat(result.failure()).containsInstanceOf(GuestFaultException.class);
  }

  @Test
  void canBeHiddenFromServedProgramsWhoseSnapshotHasIt() {
    Path file =
        CompiledGuest.program(
            """
            #include <stdio.h>
            #include <unistd.h>
            int main(void)
            {
                char byte;
                while (read(0, &byte, 1) == 1) {
                }
                printf("%d", __builtin_ia32_rdtsc() != 0);
                return 0;
            }
            """);
    try (ProgramServer built = Program.of(file).startServing();
        ProgramSnapshot snapshot = built.snapshot()) {
      ProgramSnapshot.Spawner spawner = snapshot.spawner().hideTimeStampCounter();
      if (!works()) {
        assertThatThrownBy(spawner::spawn).satisfies(kind(HypervisorException.Kind.UNAVAILABLE));
        return;
      }
      try (ProgramServer hidden = spawner.spawn();
          ProgramServer other = snapshot.spawn()) {
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> hidden.serve(new byte[1]))
              .isInstanceOf(GuestFaultException.class);
          hidden.restore(snapshot);
        }
        assertThat(other.serve(new byte[1])).containsExactly('1');
      }
    }
  }

  @Test
  void isInTheDiagnosis() {
    assertThat(Diagnosis.run().checks())
        .filteredOn(check -> check.subject().equals("time-stamp counter"))
        .singleElement()
        .satisfies(check -> assertThat(check.detail()).contains(works() ? "can be" : "cannot be"));
  }
}
