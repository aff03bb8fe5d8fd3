package io.hyperlight.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.SandboxInternals;
import io.hyperlight.internal.call.MovingProgram;
import io.hyperlight.internal.call.MovingProgram.Moment;
import io.hyperlight.internal.call.MovingProgram.Place;
import io.hyperlight.internal.linux.LinuxState;
import io.hyperlight.internal.linux.task.TaskState;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A program with threads is frozen in a certain state, and goes on in other VMs. It notices
 * nothing: it prints what it prints natively.
 */
@Tag("slow")
class FrozenStatesTest {
  /** How often the program is frozen in each state. */
  private static final int FREEZES = Integer.getInteger("hyperlight.test.freezes", 4);

  private static final Path PROGRAM =
      CompiledGuest.program(SourceFile.of(FrozenStatesTest.class, "frozen_states.c"))
          .toAbsolutePath();

  /** The rounds of each run. A state is there several times in each round. */
  private static final int ROUNDS = 4;

  private static final Moment NEXT_CALL = new Moment(Place.AT_CALL, 0);

  /** A state in which the program is frozen. */
  @SuppressWarnings("ImmutableEnumChecker") // they are
  enum State {
    IN_A_FUTEX_WAIT(program -> has(program, 2, "waits for another thread (futex)")),
    IN_EPOLL(program -> has(program, 3, "waits for events (epoll_wait)")),
    WITH_A_HALF_WRITTEN_PIPE(
        program -> has(program, 4, "waits for room in a pipe (write)") && progress(program, 4) > 0),
    /** Only the handler reads from a pipe in this thread, after it has looked at its stack. */
    IN_A_HANDLER_ON_AN_ALTERNATE_STACK(
        program -> has(program, 5, "waits for bytes in a pipe (read)")),
    IN_A_SLEEP(program -> has(program, 9, "sleeps (nanosleep)")),
    AT_A_PAGE_FAULT(new Moment(Place.AT_FAULT, 3)),
    AT_THE_SWITCH_TO_ANOTHER_THREAD(new Moment(Place.AT_SWITCH, 2)),
    BEHIND_A_CALL(new Moment(Place.READY, 5)),
    COMPUTING(new Moment(Place.KICKED, 2_000_000)),
    /** Needs several processors. */
    COMPUTING_ON_SEVERAL_PROCESSORS(
        program -> program.place() == Place.TOGETHER && program.stoppedTogether() > 1);

    private final Predicate<MovingProgram> isThere;
    private final Moment moment;

    State(Predicate<MovingProgram> isThere) {
      this.isThere = isThere;
      moment = NEXT_CALL;
    }

    State(Moment moment) {
      isThere = program -> program.place() == moment.place();
      this.moment = moment;
    }
  }

  private static boolean has(MovingProgram program, int thread, String state) {
    return program.threads().stream()
        .anyMatch(report -> report.number() == thread && report.state().equals(state));
  }

  private static long progress(MovingProgram program, int thread) {
    try (LinuxState state = program.systemCalls().state()) {
      return state.tasks().tasks().stream()
          .filter(task -> task.thread() == thread)
          .map(TaskState::waiting)
          .findFirst()
          .orElseThrow()
          .progress();
    }
  }

  private static String expected() {
    Command.RawResult result =
        Command.runAlone(List.of(PROGRAM.toString()), String.valueOf(ROUNDS).getBytes(UTF_8));
    return new String(result.output(), UTF_8);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "COMPUTING_ON_SEVERAL_PROCESSORS")
  void aProgramThatIsFrozenInAStateGoesOnInOtherVms(State state) {
    freezeOften(state, 1);
  }

  @ParameterizedTest
  @EnumSource
  void aProgramWithSeveralProcessorsDoesSoToo(State state) {
    freezeOften(state, 2);
  }

  private static void freezeOften(State state, int processors) {
    String expected = expected();
    Random random = new Random(state.name().hashCode());
    int frozen = 0;
    try (ProgramServer server = Program.of(PROGRAM).processors(processors).startServing()) {
      while (frozen < FREEZES) {
        MovingProgram program =
            MovingProgram.of(SandboxInternals.instanceOf(server), String.valueOf(ROUNDS));
        try {
          while (frozen < FREEZES && comesTo(program, state, processors > 1, random)) {
            frozen++;
            program =
                continued(
                    program, expected, processors > 1, random.nextInt(Math.max(8, FREEZES / 10)));
          }
          assertThat(resultOf(program)).startsWith(expected + "Exited[status=0,");
        } finally {
          program.close();
        }
      }
    }
    System.out.println("frozen " + state + " with " + processors + " processors: " + frozen);
  }

  /** Runs a program to a state, and asserts that it is there. Returns false if it has ended. */
  private static boolean comesTo(
      MovingProgram program, State state, boolean together, Random random) {
    // To somewhere else first.
    program.run(
        together
            ? new Moment(Place.TOGETHER, random.nextInt(2_000_000))
            : new Moment(Place.AT_CALL, random.nextInt(100)));
    do {
      if (program.hasEnded()) {
        return false;
      }
      program.run(
          together && state.moment.equals(NEXT_CALL)
              ? new Moment(Place.TOGETHER, random.nextInt(200_000))
              : state.moment);
    } while (!program.hasEnded() && !state.isThere.test(program));
    return !program.hasEnded();
  }

  /**
   * Freezes a program and returns one that goes on.
   *
   * @param which also tells what else goes on to its end
   */
  private static MovingProgram continued(
      MovingProgram program, String expected, boolean together, int which) {
    if (which > 1) {
      MovingProgram moved =
          which % 3 == 0
              ? program.spawnAndRestore(
                  together
                      ? new Moment(Place.TOGETHER, 100_000L * which)
                      : new Moment(Place.AT_CALL, 100L * which),
                  new Moment(together ? Place.TOGETHER : Place.KICKED, 2_000_000))
              : program.spawn(1).getFirst();
      program.close();
      return moved;
    }
    List<MovingProgram> spawned = program.spawn(3);
    try {
      assertThat(resultOf(spawned.get(0))).startsWith(expected);
      if (which == 0) {
        assertThat(resultOf(program)).startsWith(expected);
      }
      assertThat(resultOf(spawned.get(1))).startsWith(expected);
    } finally {
      program.close();
      spawned.get(0).close();
      spawned.get(1).close();
    }
    return spawned.get(2);
  }

  private static String resultOf(MovingProgram program) {
    return program.hasEnded() ? program.result() : program.finish();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aProgramThatIsNotFrozenPrintsTheSame(int processors) {
    try (ProgramServer server = Program.of(PROGRAM).processors(processors).startServing();
        MovingProgram program =
            MovingProgram.of(SandboxInternals.instanceOf(server), String.valueOf(ROUNDS))) {
      assertThat(program.finish()).startsWith(expected());
    }
  }
}
