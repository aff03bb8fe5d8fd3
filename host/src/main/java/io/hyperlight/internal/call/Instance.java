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
 * FunctionCall}. One thread at a time: see {@link Claim}.
 */
public final class Instance implements AutoCloseable {
  private final Outcome.Reporter reporter;
  private final Limits limits;

  /** Where the calls are, for those who want to end them. */
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
      state.machine().runFor(call);
      claim = new Claim(state, reporter);
      GuestRun run = new GuestRun(state, call, limits, reporter);
      calls = new FunctionCall(claim, state, run, call, limits, reporter);
      program = new ProgramRun(state, calls, run);
    } catch (Throwable t) {
      call.close();
      throw t;
    }
  }

  /**
   * Loads a program into a new machine. Of one with functions to call, runs the initialisers.
   *
   * @param platform where the machine runs
   * @throws GuestFormatException if the program is linked where it cannot be loaded
   * @throws GuestMemoryExhaustedException if it needs more memory than configured
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

  /** Of a program, which is closed if that fails. */
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

  /** Runs the program's own start up to where it says that calls may come. */
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
   * How often the guest was refused which system calls, by name; in the order of first refusal.
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
   * What is in the files that the guest can write.
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
   * What the guest has used.
   *
   * @param wallTime that it took
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

  /** What is behind it now. */
  LoadedProgram loaded() {
    return state.loaded;
  }

  /** A handle of exactly the declared types that calls a function of the program. */
  public MethodHandle bind(ExportedFunction function) {
    return function.bind(calls);
  }

  /**
   * Calls a function of the program with boxed values.
   *
   * @param arguments of the declared number and types, none null
   * @return the boxed result, null for void
   */
  public @Nullable Object call(ExportedFunction function, Object[] arguments) {
    return function.call(calls, arguments);
  }

  /**
   * Ends the running call. From any thread.
   *
   * @return whether there is one
   */
  public boolean interrupt() {
    return call.stop(Stop.INTERRUPTED);
  }

  // Whole programs.

  /**
   * Runs a whole program from its start until it ends, or asks for input there is not yet.
   *
   * @param timeoutNanos how long it may take; 0 for the instance's limit
   * @return how it stopped; {@link Outcome.WaitingForInput} if it can {@linkplain #proceed go on}
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable, or
   *     the program has been started already
   */
  public Ending runProgram(long timeoutNanos) {
    return program.start(timeoutNanos);
  }

  /**
   * Lets a whole program go on that waited for input, until it ends or waits again.
   *
   * @param request the input
   * @param timeoutNanos how long it may take; 0 for the instance's limit
   * @return how it stopped, as for {@link #runProgram}, and what it wrote to its standard output
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws IllegalStateException if no program waits in it
   */
  public ProgramAnswer proceed(byte[] request, long timeoutNanos) {
    return program.proceed(request, timeoutNanos);
  }

  // Between calls.

  /**
   * Freezes the instance as it is.
   *
   * @return the image, which the caller closes
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable
   * @throws HypervisorCallException if KVM fails
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no room for the image
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
   * Makes the instance equal to one that was spawned from the image just now, whatever state it is
   * in.
   *
   * @param image of the same program
   * @throws RuntimeException from the reporter, if the instance is in use or closed
   * @throws HypervisorCallException if KVM fails; the instance is what it was, or is unusable until
   *     it is restored
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no memory for it;
   *     likewise
   * @throws ImageClosedException if a new machine is needed and the image is closed; the instance
   *     is what it was
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
        state.unusableSince = before; // a new machine could not be made: this one is what it was
      } else if (e instanceof RuntimeException failure) {
        state.unusableSince = new Outcome.HypervisorFailed(failure);
      }
      throw e;
    } finally {
      calls.end();
    }
  }

  /**
   * Makes the instance closed to everybody but {@link #detach} and {@link #close}. A running call
   * goes on. From any thread.
   */
  public void refuseCalls() {
    claim.refuse();
  }

  /**
   * Moves everything to a new instance. This one is closed from now on, and so is every handle
   * bound to it.
   *
   * @throws RuntimeException from the reporter, if the instance is in use or closed; it then stays
   *     what it is
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
   * @throws RuntimeException from the reporter, if the instance is in use, or the kernel says that
   *     something was not its own; all else is freed then
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
            Stage.CLOSED; // not before: a full heap may end it half-way, and a second try help
      }
    } catch (SystemCallException e) {
      throw reporter.exceptionFor(new Outcome.HypervisorFailed(e));
    } finally {
      calls.end();
    }
  }
}
