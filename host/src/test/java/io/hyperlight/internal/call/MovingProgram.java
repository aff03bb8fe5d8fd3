package io.hyperlight.internal.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.linux.SystemCallParts;
import io.hyperlight.internal.linux.SystemCalls;
import io.hyperlight.internal.linux.ThreadReport;
import io.hyperlight.internal.machine.Call;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.Stops;
import io.hyperlight.internal.machine.VcpuTeam;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.machine.arch.Trap;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A running program that a test stops at any moment, freezes, and lets go on in other VMs. It does
 * what {@link GuestRun} does, and returns in between.
 *
 * <p>If the program has several processors, they run until its end, or until a moment at which all
 * of them are {@linkplain Place#TOGETHER stopped}. Until each other moment, one processor runs.
 */
public final class MovingProgram implements AutoCloseable {
  private static final long MINUTES = 900_000_000_000L;

  /** So that the turns of threads end although the test sets when the guest is kicked. */
  private static final long TURN_NANOS = 4_000_000;

  /** Where the program stands. */
  public enum Place {
    /** It waits for its input. */
    AT_REST,
    /** A thread stands at a system call that has no answer yet. */
    AT_CALL,
    /** A thread has its answer, and is about to go on. */
    READY,
    /** A kick has stopped a thread at any instruction. */
    KICKED,
    /** A kick came before the thread of which it is the turn was switched to. */
    AT_SWITCH,
    /** A thread has touched a page that has no memory yet. */
    AT_FAULT,
    /** All processors were stopped, at any instruction, system call or page fault. */
    TOGETHER,
    ENDED
  }

  /**
   * When a run is to stop.
   *
   * @param place what it stops at
   * @param after how many of such places it passes before; for {@link Place#KICKED} and {@link
   *     Place#TOGETHER}, how many nanoseconds
   */
  public record Moment(Place place, long after) {
    private boolean isTime() {
      return place == Place.KICKED || place == Place.TOGETHER;
    }

    private boolean isForSeveral() {
      return place == Place.TOGETHER || place == Place.ENDED;
    }
  }

  private final LoadedProgram loaded;
  private final Call call = new Call(Call.UNLIMITED);
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private Place place;
  private @Nullable Ending ending;

  /** How many of its threads ran when all processors were stopped last. */
  private int stoppedTogether;

  private MovingProgram(InstanceImage image, byte[] printed, Place place) {
    this.place = place;
    output.writeBytes(printed);
    loaded =
        LoadedProgram.spawn(
            image,
            new Embedding(
                image.embedding().bindings(), new Output(), image.embedding().settings()));
    loaded.machine().runFor(call);
  }

  /** Takes what the program prints. */
  private final class Output implements GuestOutput {
    @Override
    public void print(byte[] bytes, boolean error) {
      output.writeBytes(bytes);
    }

    @Override
    public void log(int level, String message) {
      throw new IllegalStateException(message);
    }
  }

  /**
   * Makes one that equals an instance of a served program, and gives it its only request. The
   * program has read the request to the end and has printed something since.
   */
  public static MovingProgram of(Instance waiting, String request) {
    MovingProgram made;
    try (InstanceImage image = waiting.snapshot()) {
      made = new MovingProgram(image, new byte[0], Place.AT_REST);
    }
    RequestStream stream = made.loaded.requestStream();
    stream.begin(request.getBytes(UTF_8));
    while (stream.isReady()) {
      made.run(new Moment(Place.AT_CALL, 0));
    }
    made.output.writeBytes(stream.end()); // a snapshot does not keep a request
    return made;
  }

  /** Freezes it, and makes others of it, each in a VM of its own. It can go on, too. */
  public List<MovingProgram> spawn(int count) {
    List<MovingProgram> made = new ArrayList<>();
    try (InstanceImage image = loaded.freeze()) {
      for (int i = 0; i < count; i++) {
        made.add(new MovingProgram(image, output.toByteArray(), place));
      }
      return made;
    } catch (Throwable t) {
      made.forEach(MovingProgram::close);
      throw t;
    }
  }

  /**
   * Freezes it, and makes another of it, which goes on until a moment and is then restored in
   * place, several times.
   */
  public MovingProgram spawnAndRestore(Moment... until) {
    try (InstanceImage image = loaded.freeze()) {
      MovingProgram made = new MovingProgram(image, output.toByteArray(), place);
      try {
        for (Moment moment : until) {
          made.run(moment);
          if (made.loaded.restore(image) != made.loaded) {
            throw new AssertionError("it was not restored in place");
          }
          made.place = place;
          made.output.reset();
          made.output.writeBytes(output.toByteArray());
        }
        return made;
      } catch (Throwable t) {
        made.close();
        throw t;
      }
    }
  }

  /** Returns how many threads ran when all processors were stopped last. */
  public int stoppedTogether() {
    return stoppedTogether;
  }

  public boolean hasEnded() {
    return place == Place.ENDED;
  }

  public Place place() {
    return place;
  }

  /** Returns all that it and those before it have printed, and how it has ended. */
  public String result() {
    return output.toString(UTF_8) + ending;
  }

  /** Returns what its threads do now. */
  public List<ThreadReport> threads() {
    return loaded.systemCalls().threads(loaded.systemCalls().context().location());
  }

  public SystemCalls systemCalls() {
    return loaded.systemCalls();
  }

  public Vm machine() {
    return loaded.machine();
  }

  /** Runs it to its end. */
  public String finish() {
    run(new Moment(Place.ENDED, 0));
    return result();
  }

  /**
   * Runs it until a moment or its end.
   *
   * @return where it stands
   */
  public Place run(Moment until) {
    call.begin(Thread.currentThread(), MINUTES);
    try {
      loaded.hypercalls().beginCall();
      runOn(until);
      return place;
    } finally {
      call.end();
    }
  }

  private void runOn(Moment until) {
    long left = until.after();
    long due = until.isTime() ? System.nanoTime() + left : Long.MAX_VALUE;
    while (true) {
      boolean touchesAgain = place == Place.AT_FAULT;
      if (!goesOn()) {
        return;
      }
      if (until.place() == Place.READY && left-- == 0) {
        return;
      }
      if (until.isForSeveral() && runTogether(due)) {
        if (place == Place.TOGETHER || place == Place.ENDED) {
          return;
        }
        continue;
      }
      if (until.place() == Place.AT_SWITCH
          && Stops.isAboutToSwitch(loaded.machine())
          && left-- == 0) {
        call.stop(Stop.INTERRUPTED); // so that the kick comes at once
      }
      runOnce(until.place() == Place.AT_FAULT && !touchesAgain, due);
      boolean isIt =
          switch (place) {
            case KICKED -> System.nanoTime() - due >= 0 && due != Long.MAX_VALUE;
            case AT_SWITCH -> true;
            default -> place == until.place() && left-- == 0;
          };
      if (isIt) {
        return;
      }
    }
  }

  /** Prepares the next entry into the guest. */
  private boolean goesOn() {
    ending =
        switch (place) {
          case AT_REST, TOGETHER -> loaded.hypercalls().proceed();
          case AT_CALL -> loaded.hypercalls().answer(true);
          case KICKED, AT_FAULT, AT_SWITCH -> loaded.hypercalls().preempted();
          case READY -> null;
          case ENDED -> throw new IllegalStateException("it has ended");
        };
    place = ending == null ? Place.READY : Place.ENDED;
    return ending == null;
  }

  /**
   * Runs threads on several processors, until one decides for all, or a time.
   *
   * @return false if the program has one processor, or one thread that can run
   */
  private boolean runTogether(long due) {
    VcpuTeam team = loaded.systemCalls().couldShare() ? loaded.machine().team() : null;
    if (team == null) {
      return false;
    }
    TeamRun shared = new TeamRun(new InstanceState(loaded, InstanceState.Stage.LIVE, null), team);
    Stopper stopper = new Stopper(team, due);
    try {
      shared.run();
    } finally {
      stopper.end();
    }
    ending = shared.ending();
    if (ending != null) {
      place = Place.ENDED;
    } else if (!shared.hasResult()) {
      place = Place.TOGETHER;
      stoppedTogether = SystemCallParts.stoppedTogether(loaded.systemCalls());
    } else {
      throw new AssertionError(
          "%s; %s; %s".formatted(shared.trap(), threads(), result()), shared.thrown());
    }
    return true;
  }

  /**
   * Stops a team at a time, as one of its own threads does when the call is over: each thread of
   * the guest is left where it can go on.
   */
  private static final class Stopper {
    private static final long AGAIN_NANOS = 1_000_000;

    private final VcpuTeam team;
    private final @Nullable Thread thread;
    private volatile boolean isOver;

    Stopper(VcpuTeam team, long due) {
      this.team = team;
      thread = due == Long.MAX_VALUE ? null : Thread.ofPlatform().daemon().start(() -> stopAt(due));
    }

    private void stopAt(long due) {
      while (!isOver) {
        long left = due - System.nanoTime();
        if (left <= 0) {
          team.stop();
          left = AGAIN_NANOS; // the team may not have begun
        }
        LockSupport.parkNanos(left);
      }
    }

    void end() {
      isOver = true;
      if (thread != null) {
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
          try {
            thread.join();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private void runOnce(boolean stopsAtFaults, long due) {
    Context context = loaded.systemCalls().context();
    if (due != Long.MAX_VALUE) {
      context.preemptAt(Math.min(due, System.nanoTime() + TURN_NANOS));
    }
    Trap trap = stopsAtFaults ? Stops.runToFault(context) : context.run();
    if (trap == null) {
      place = Place.AT_CALL;
    } else if (trap instanceof Trap.Preempted) {
      place = Place.KICKED;
    } else if (trap instanceof Trap.Stopped && call.stopped() == Stop.INTERRUPTED) {
      place = Place.AT_SWITCH;
    } else if (stopsAtFaults && Stops.isResumable(context)) {
      place = Place.AT_FAULT;
    } else if (!(trap instanceof Trap.ProcessorException exception)
        || !loaded.hypercalls().handle(exception)) {
      throw new AssertionError("%s; %s; %s".formatted(trap, threads(), result()));
    }
  }

  @Override
  public void close() {
    call.close();
    loaded.close();
  }
}
