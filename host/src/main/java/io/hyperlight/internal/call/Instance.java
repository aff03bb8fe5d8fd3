package io.hyperlight.internal.call;

import io.hyperlight.internal.call.InstanceState.Stage;
import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.loader.FunctionTable;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.machine.Call;
import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.value.Limits;
import io.hyperlight.value.ProgramUsage;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program loaded into a machine, and the calls into it.
 *
 * <p>A call goes through a generated stub ({@link CallStubs}), which takes the steps of {@link
 * FunctionCall}. Only one thread at a time may use an instance; see {@link Claim}.
 */
public final class Instance implements AutoCloseable {
  private final Outcome.Reporter reporter;
  private final Limits limits;

  /** Lets other threads end the running call. */
  private final Call call;

  private final InstanceState state;
  private final Claim claim;
  private final FunctionCall calls;
  private final ProgramRun program;

  private Instance(InstanceState state, Limits limits, Outcome.Reporter reporter) {
    this.reporter = reporter;
    this.limits = limits;
    this.state = state;
    call = new Call(limits.cpuTimeNanos());
    try {
      claim = new Claim(state, reporter);
      GuestRun run = new GuestRun(state, call, limits, reporter);
      calls = new FunctionCall(claim, state, run, call, limits, reporter);
      program = new ProgramRun(state, calls, run);
      state.machine().runFor(call); // last: after an error, the machine still has its old call
    } catch (Throwable t) {
      call.close();
      throw t;
    }
  }

  /**
   * Loads a program into a new machine. If the program exports functions, this also runs its
   * initialisers.
   *
   * @param platform where the machine runs
   * @throws GuestFormatException if the program is linked where it cannot be loaded
   * @throws GuestMemoryExhaustedException if the program needs more memory than configured
   * @throws HypervisorCallException if KVM fails
   */
  public static Instance create(Platform platform, InstanceConfiguration configuration) {
    LoadedProgram loaded = LoadedProgram.load(platform, configuration);
    Instance instance =
        of(loaded, Stage.LOADED, configuration.embedding(), configuration.reporter());
    try {
      if (!configuration.program().isWhole()) {
        instance.initialise();
      }
      return instance;
    } catch (Throwable t) {
      instance.close();
      throw t;
    }
  }

  /** Makes an instance of a loaded program. If that fails, the program is closed. */
  private static Instance of(
      LoadedProgram loaded, Stage stage, Embedding embedding, Outcome.Reporter reporter) {
    try {
      return new Instance(
          new InstanceState(loaded, stage, null), embedding.settings().limits(), reporter);
    } catch (Throwable t) {
      loaded.close();
      throw t;
    }
  }

  /**
   * Makes an instance that equals the one that was frozen, in a new machine.
   *
   * @throws HypervisorCallException if KVM fails
   * @throws ImageClosedException if the image is closed
   */
  public static Instance spawn(
      InstanceImage image, Embedding embedding, Outcome.Reporter reporter) {
    return of(LoadedProgram.spawn(image, embedding), Stage.LIVE, embedding, reporter);
  }

  private void initialise() {
    if (state.loaded.program().startsItself()) {
      start();
    }
    FunctionTable.Export initialiser = state.loaded.program().initialiser();
    if (initialiser != null) {
      new ExportedFunction(initialiser).call(calls, new Object[0]);
    }
    state.stage = Stage.LIVE;
  }

  /** Runs the program's own start until it reports that it is ready for calls. */
  private void start() {
    calls.begin(limits.callTimeoutNanos());
    state.stage = Stage.STARTING;
    try {
      calls.executeStart();
    } finally {
      state.stage = Stage.LOADED;
      calls.end();
    }
  }

  /**
   * Returns how often the guest was refused each system call, by name, in the order of the first
   * refusals.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   */
  public Map<String, Long> refusals() {
    StackRoom.requireLittle(); // for end()
    claim.claimOpen();
    try {
      return state.loaded.hypercalls().refusals();
    } finally {
      calls.end();
    }
  }

  /**
   * Returns the contents of the files that the guest can write.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   */
  public FileSystem.State writtenFiles() {
    StackRoom.requireLittle(); // for end()
    claim.claimOpen();
    try {
      return state.loaded.hypercalls().writtenFiles();
    } finally {
      calls.end();
    }
  }

  /**
   * Returns what the guest has used.
   *
   * @param wallTime the time that the guest took
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   */
  public ProgramUsage usage(Duration wallTime) {
    StackRoom.requireLittle(); // for end()
    claim.claimOpen();
    try {
      return new ProgramUsage(
          wallTime, state.loaded.hypercalls().systemCallCount(), state.machine().peakMemoryBytes());
    } finally {
      calls.end();
    }
  }

  /** Returns the program that is loaded now. */
  LoadedProgram loaded() {
    return state.loaded;
  }

  /** Returns a handle of exactly the declared types that calls a function of the program. */
  public MethodHandle bind(ExportedFunction function) {
    return function.bind(calls);
  }

  /**
   * Calls a function of the program with boxed values.
   *
   * @param arguments arguments of the declared number and types, none null
   * @return the boxed result; null for {@code void}
   */
  public @Nullable Object call(ExportedFunction function, Object[] arguments) {
    return function.call(calls, arguments);
  }

  /**
   * Ends the running call. May be called from any thread.
   *
   * @return whether a call was running
   */
  public boolean interrupt() {
    return call.stop(Stop.INTERRUPTED);
  }

  // Whole programs.

  /**
   * Runs a whole program from its start until it ends, or asks for input that is not available yet.
   *
   * @param timeoutNanos the time limit; 0 for the instance's limit
   * @return how it stopped; {@link Outcome.WaitingForInput} if it can {@linkplain #proceed go on}
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable, or
   *     the program has been started already
   */
  public Ending runProgram(long timeoutNanos) {
    return program.start(timeoutNanos);
  }

  /**
   * Continues a whole program that waited for input, until it ends or waits again.
   *
   * @param request the input
   * @param timeoutNanos the time limit; 0 for the instance's limit
   * @return how it stopped, as for {@link #runProgram}, and what it wrote to its standard output
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws IllegalStateException if the instance has no program that waits
   */
  public ProgramAnswer proceed(byte[] request, long timeoutNanos) {
    return program.proceed(request, timeoutNanos);
  }

  // Between calls.

  /**
   * Takes a snapshot of the instance.
   *
   * @return the image, which the caller has to close
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws HypervisorCallException if KVM fails
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no memory for the image
   */
  public InstanceImage snapshot() {
    StackRoom.requireLittle(); // for end()
    claim.claimUsable();
    try {
      return state.loaded.freeze();
    } finally {
      calls.end();
    }
  }

  /**
   * Makes the instance equal to one just spawned from the image, whatever state it is in.
   *
   * @param image of the same program
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   * @throws HypervisorCallException if KVM fails; the instance is either unchanged, or unusable
   *     until it is restored
   * @throws io.hyperlight.internal.os.SystemCallException if the host is out of memory; the
   *     instance is in one of the same two states
   * @throws ImageClosedException if a new machine is needed and the image is closed; the instance
   *     is unchanged
   */
  public void restore(InstanceImage image) {
    StackRoom.requireLittle(); // for end()
    claim.claimOpen();
    Ending before = state.unusableSince;
    state.restoreBegins();
    try {
      state.loaded = state.loaded.restore(image);
      state.machine().runFor(call);
      state.unusableSince = null;
    } catch (RuntimeException | Error e) {
      if (before != null || !state.context().isBroken()) {
        state.unusableSince = before; // no new machine could be made, so this one is unchanged
      } else if (e instanceof RuntimeException failure) {
        state.unusableSince = new Outcome.HypervisorFailed(failure);
      }
      throw e;
    } finally {
      calls.end();
    }
  }

  /**
   * Makes the instance act as closed, except for {@link #detach} and {@link #close}. A running call
   * goes on. May be called from any thread.
   */
  public void refuseCalls() {
    claim.refuse();
  }

  /**
   * Moves everything to a new instance. This instance is closed from then on, and so is every
   * handle bound to it.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed; it is
   *     unchanged then
   */
  public Instance detach() {
    StackRoom.requireLittle(); // for end()
    claim.claim();
    try {
      if (state.stage == Stage.CLOSED) {
        throw reporter.exceptionFor(new Outcome.Closed());
      }
      Instance successor =
          new Instance(
              new InstanceState(state.loaded, state.stage, state.unusableSince), limits, reporter);
      try {
        call.close();
        state.stage =
            Stage.CLOSED; // last: nothing may fail once only the successor has the machine
        return successor;
      } catch (Throwable t) {
        successor.call.close();
        state.machine().runFor(call);
        throw t;
      }
    } finally {
      calls.end();
    }
  }

  /**
   * Frees everything. A second call does nothing.
   *
   * @throws RuntimeException from the reporter, if the instance is in use, or the kernel reports
   *     that a resource was already closed; everything else is freed in the second case
   */
  @Override
  public void close() {
    StackRoom.require(); // before anything is half closed
    claim.claim();
    try {
      if (state.stage != Stage.CLOSED) {
        claim.refuse();
        call.close();
        state.loaded.close();
        state.stage =
            Stage.CLOSED; // not earlier: a full heap may end this half-way, and then a second try
        // helps
      }
    } catch (SystemCallException e) {
      throw reporter.exceptionFor(new Outcome.HypervisorFailed(e));
    } finally {
      calls.end();
    }
  }
}
