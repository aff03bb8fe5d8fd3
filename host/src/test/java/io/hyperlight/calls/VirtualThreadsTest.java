package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.value.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Guests that are called on virtual threads. */
class VirtualThreadsTest {
  private static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(bool, stop)

      /* Computes until the host says stop; gives up after many rounds. */
      HL_EXPORT(bool, compute)
      bool compute(void)
      {
          for (int round = 0; round < 1000000; round++) {
              for (volatile int i = 0; i < 1000; i++) {
              }
              if (stop()) {
                  return true;
              }
          }
          return false;
      }
      """;

  @Test
  @NotInHardwareLane("Says nothing about the processor, and starts a JVM.")
  void aGuestThatComputesLeavesTheCarrierToOthers() {
    List<String> command = new ArrayList<>(ChildJvm.commandLineWithOneCarrier(OneCarrier.class));
    command.add(CompiledGuest.fileOf(PROGRAM).toString());
    assertThat(Command.run(command).outputOfSuccess()).isEqualTo("stopped\n");
  }

  /**
   * The main class of a separate JVM with a single carrier. The guest stops when another virtual
   * thread has run. That thread cannot run while the carrier is held.
   */
  static final class OneCarrier {
    private OneCarrier() {}

    public static void main(String[] arguments) throws InterruptedException {
      Guest guest = Guest.load(Path.of(arguments[0]));
      CountDownLatch computing = new CountDownLatch(1);
      AtomicBoolean otherHasRun = new AtomicBoolean();
      AtomicBoolean stopped = new AtomicBoolean();
      Thread caller =
          Thread.ofVirtual()
              .start(() -> {
                try (Sandbox sandbox =
                    Sandbox.builder(guest)
                        .hostFunction(
                            "stop",
                            () -> {
                              computing.countDown();
                              return otherHasRun.get();
                            })
                        .build()) {
                  stopped.set(sandbox.call("compute", boolean.class));
                }
              });
      computing.await();
      Thread.ofVirtual().start(() -> otherHasRun.set(true)).join();
      caller.join();
      System.out.println(stopped.get() ? "stopped" : "the other thread never ran");
    }
  }

  @Test
  void hostFunctionsRunOnTheThreadThatCalls() throws InterruptedException {
    AtomicReference<Thread> of = new AtomicReference<>();
    AtomicBoolean stopped = new AtomicBoolean();
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .hostFunction(
                "stop",
                () -> {
                  of.set(Thread.currentThread());
                  return true;
                })
            .build()) {
      Thread caller =
          Thread.ofVirtual().start(() -> stopped.set(sandbox.call("compute", boolean.class)));
      caller.join();
      assertThat(stopped).isTrue();
      assertThat(of.get()).isSameAs(caller);
    }
  }

  @Test
  void anInterruptOfTheCallerEndsTheCallAtOnceAndIsKept() throws InterruptedException {
    AtomicReference<CallInterruptedException> end = new AtomicReference<>();
    AtomicBoolean interrupted = new AtomicBoolean();
    CountDownLatch computing = new CountDownLatch(1);
    try (Sandbox sandbox =
        Sandbox.builder(CompiledGuest.of(PROGRAM))
            .limits(Limits.NONE)
            .hostFunction(
                "stop",
                () -> {
                  computing.countDown();
                  return false;
                })
            .build()) {
      Thread caller =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  sandbox.call("compute", boolean.class);
                } catch (CallInterruptedException e) {
                  end.set(e);
                  interrupted.set(Thread.interrupted());
                }
              });
      computing.await();
      caller.interrupt();
      caller.join();
    }
    assertThat(end.get()).isNotNull().satisfies(e -> assertThat(e.begun()).isTrue());
    assertThat(interrupted).isTrue();
  }
}
