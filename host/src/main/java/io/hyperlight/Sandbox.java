package io.hyperlight;

import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.call.ExportedFunction;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.InstanceConfiguration;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.hypervisor.HypervisorCallException;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.internal.os.SystemCallException;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.value.Limits;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A micro-VM with a {@link Guest} loaded into it, and the functions of that guest ready to be
 * called.
 *
 * <p>The guest has its own memory and its own virtual processor and nothing else: no network, no
 * devices, no other process. What it can reach beyond its memory are the host functions and the
 * {@linkplain Builder#mount files} it was given. Its code runs at the processor's lowest privilege
 * level inside the VM.
 *
 * {@snippet file="io/hyperlight/snippets/SandboxSnippets.java" region="overview"}
 *
 * <p><b>State.</b> The guest's memory keeps its contents from call to call. A call that ends in the
 * middle of guest code (a fault, an abort, a host function's failure that the guest does not
 * handle, an interrupt, a limit) leaves the sandbox unusable: every later call fails with {@link
 * SandboxUnusableException}, whose cause is the first failure, until the sandbox is {@linkplain
 * #restore restored} to a {@link Snapshot}. A call that is refused changes nothing; one whose
 * result cannot be read has run to its end.
 *
 * <p><b>Threads.</b> A sandbox may be used from any thread, by one at a time; a second one is
 * refused with {@link SandboxInUseException}. A call runs on the calling thread, host functions
 * included. On a virtual thread the guest's own code runs on a platform thread of the library's, so
 * that the carrier is free meanwhile.
 *
 * <p><b>Ends.</b> Every call comes to an end: a guest that loops, sleeps, floods its output or its
 * host functions runs into one of its {@link Limits}, the first of which is a minute per call.
 * {@link #interrupt} ends a call at once.
 *
 * <p><b>Closing.</b> A sandbox holds two descriptors and its guest's memory until {@link #close},
 * and what it shares with the snapshot that it came from; nothing else frees them.
 */
public final class Sandbox implements AutoCloseable {
  private final Guest guest;
  private final Instance instance;

  Sandbox(Guest guest, Instance instance) {
    this.guest = guest;
    this.instance = instance;
  }

  /**
   * Starts the description of a sandbox.
   *
   * @param guest what to load into it
   * @return a builder with the defaults
   */
  public static Builder builder(Guest guest) {
    return new Builder(guest);
  }

  Instance instance() {
    return instance;
  }

  /** {@return the guest that was loaded} */
  public Guest guest() {
    return guest;
  }

  /**
   * Calls a function of the guest.
   *
   * <p>Strings and byte arrays are copied into guest memory, and the result out of it. For numbers
   * only, {@link #function} is the faster way, because nothing is boxed.
   *
   * @param <T> the result's type, boxed
   * @param name the function's name
   * @param resultType the Java type of the declared result: {@code int.class} or {@code
   *     Integer.class}, {@code String.class}, {@code byte[].class}, {@code void.class} and so on
   * @param arguments of the declared types; a smaller integer type is widened
   * @return the result; null for void
   * @throws InvalidCallException if the guest exports no such function, or arguments or result type
   *     do not fit the declaration, or guest memory
   * @throws GuestErrorException if the guest reports an error, or returns what is no value of the
   *     type; the sandbox stays usable
   * @throws GuestFaultException if the guest does what it may not
   * @throws GuestAbortException if the guest gives up
   * @throws GuestExitException if the guest's program exits
   * @throws GuestDeadlockException if the guest waits for what cannot happen
   * @throws HostFunctionException if a host function fails and the guest gives up over it
   * @throws GuestTimeoutException if the call takes longer than it may
   * @throws GuestLimitException if the guest uses more than its {@link Limits} allow
   * @throws CallInterruptedException if the call is {@linkplain #interrupt interrupted}, or the
   *     calling thread is; it is not even begun if the thread's interrupt status is set already
   * @throws SandboxUnusableException if an earlier call ended in a {@link GuestFaultException},
   *     {@link GuestAbortException}, {@link GuestExitException}, {@link GuestDeadlockException},
   *     {@link HostFunctionException}, {@link GuestTimeoutException}, {@link GuestLimitException}
   *     or, having begun, in a {@link CallInterruptedException}
   * @throws SandboxInUseException if the sandbox is in use
   * @throws ClosedException if it is closed
   */
  public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
    return call(0, name, resultType, arguments);
  }

  // checkResult sees to the type; a primitive's Class<T> has its box as T, and null is the one
  // value of Void.
  @SuppressWarnings({"unchecked", "NullAway"})
  <T> T call(long timeoutNanos, String name, Class<T> resultType, @Nullable Object... arguments) {
    ExportedFunction function = find(timeoutNanos, name);
    CallTypes.checkResult(function.declaration(), resultType);
    Object[] checked = CallTypes.checkArguments(function.declaration(), arguments);
    T result = (T) instance.call(function, checked);
    return result;
  }

  /**
   * A method handle that calls a function of the guest, of exactly the types of its {@linkplain
   * Guest#exports declaration}. To be called with {@code invokeExact}; keep it, ideally in a final
   * field. Calls throw the same exceptions as {@link #call}.
   *
   * {@snippet file="io/hyperlight/snippets/SandboxSnippets.java" region="function"}
   *
   * @param name the function's name
   * @return the handle, bound to this sandbox
   * @throws InvalidCallException if the guest exports no such function
   */
  public MethodHandle function(String name) {
    return function(0, name);
  }

  MethodHandle function(long timeoutNanos, String name) {
    return instance.bind(find(timeoutNanos, name));
  }

  /**
   * The same sandbox, with calls that may take another time than its {@link Limits#callTimeout}.
   *
   * {@snippet file="io/hyperlight/snippets/SandboxSnippets.java" region="within"}
   *
   * @param timeout how long each call may take; {@link Limits#FOREVER} for no limit
   * @return a view of this sandbox
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /**
   * Ends the call that is running in this sandbox, wherever it is: computing in the guest, asleep,
   * or in a host function, whose thread is interrupted for it. That call ends with {@link
   * CallInterruptedException}, in microseconds as a rule, or as soon as the host function returns.
   * If it comes to its end by itself in the same moment, it ends as if nobody had interrupted it,
   * and neither does the next one see anything of it.
   *
   * <p>From any thread, also a host function's. Interrupting the {@linkplain Thread#interrupt
   * thread} that called has the same effect, within some milliseconds.
   *
   * @return whether a call was running; if not, nothing happens, and the next one is not affected
   */
  public boolean interrupt() {
    return instance.interrupt();
  }

  /**
   * Finds a function.
   *
   * @param timeoutNanos how long calls may take; 0 for as long as the sandbox's
   */
  private ExportedFunction find(long timeoutNanos, String name) {
    ExportedFunction function = find(name);
    return timeoutNanos == 0 ? function : function.within(timeoutNanos);
  }

  private ExportedFunction find(String name) {
    ExportedFunction function = guest.functions().get(Objects.requireNonNull(name, "name"));
    if (function == null) {
      throw new InvalidCallException(
          InvalidCallException.Kind.NO_SUCH_FUNCTION,
          SimilarNames.message(guest, name, guest.functions().keySet()));
    }
    return function;
  }

  /**
   * Freezes the sandbox as it is now, between two calls. The sandbox goes on as before.
   *
   * <p>Takes as long as it takes to copy what the guest has written; how much memory the sandbox
   * has does not matter. Everything in the guest's memory is kept, also what earlier calls left
   * there: take it before the guest has seen a secret.
   *
   * @return the snapshot, to be closed by the caller
   * @throws SandboxUnusableException if an earlier call left the sandbox unusable
   * @throws SandboxInUseException if a call is running
   * @throws ClosedException if the sandbox is closed
   * @throws HypervisorException if KVM fails, or the host has no memory for it
   */
  public Snapshot snapshot() {
    return new Snapshot(
        guest, Failures.translate(guest, "take a snapshot", () -> instance.snapshot()));
  }

  /**
   * Makes this sandbox equal to one just {@linkplain Snapshot#spawn spawned} from a snapshot,
   * whatever its guest has done and however its last call ended. Host functions, output and the
   * handles from {@link #function} stay what they are.
   *
   * <p>Copies back the pages that changed since the last restore, as a rule without a system call.
   * A sandbox that did not come from this snapshot gets a new VM, with the snapshot's memory size,
   * before the old one is closed: so does one that was built, at its first restore, and one whose
   * processor is in doubt. An error of the JVM in the middle, such as a full heap, leaves the
   * sandbox unusable until it is restored.
   *
   * @param snapshot of the same guest
   * @throws InvalidSnapshotException if it is of another guest; nothing is changed then
   * @throws ClosedException if the snapshot is closed, and nothing is changed then; or if the
   *     sandbox is closed
   * @throws SandboxInUseException if a call is running
   * @throws HypervisorException if KVM fails, or the host has no memory for it; the sandbox is what
   *     it was, or is unusable until it is restored
   */
  public void restore(Snapshot snapshot) {
    if (!snapshot.guest().program().isSameAs(guest.program())) {
      throw new InvalidSnapshotException(
          "the snapshot is of guest %s, the sandbox has %s: restore it to a snapshot of its own guest"
              .formatted(snapshot.guest().name(), guest.name()),
          null);
    }
    InstanceImage image = snapshot.image();
    try {
      instance.restore(image);
    } catch (ImageClosedException e) {
      throw snapshot.closed(); // just now, by another thread
    } catch (HypervisorCallException | SystemCallException | FileException e) {
      throw new HypervisorException(
          HypervisorException.Kind.FAILED, "cannot restore the sandbox: " + e.getMessage(), e);
    }
  }

  /**
   * Which Linux system calls the guest was refused because they are not granted to it, and how
   * often, since the sandbox was made or restored: what to look at first when a guest does not
   * work.
   *
   * @return the numbers by the calls' names, in the order in which they were first refused
   * @throws SandboxInUseException if a call is running
   * @throws ClosedException if the sandbox is closed
   */
  public Map<String, Long> refusedSystemCalls() {
    return instance.refusals();
  }

  /**
   * What is in the files that the guest can write, in trees {@linkplain FileTree#memory in memory}
   * that were {@linkplain Builder#mount mounted}, as it is now.
   *
   * @return a copy, which costs little: what the guest does not change afterwards is shared
   * @throws SandboxInUseException if a call is running
   * @throws ClosedException if the sandbox is closed
   */
  public GuestFiles files() {
    return new GuestFiles(instance.writtenFiles());
  }

  /**
   * Makes every further call fail as if the sandbox were closed. One that is running goes on. From
   * any thread; {@link #detach} and {@link #close} work all the same.
   */
  void refuseCalls() {
    instance.refuseCalls();
  }

  /**
   * Moves the VM into a new sandbox object, as it is. This one is closed from now on, and so is
   * every handle from {@link #function}: whoever has it cannot reach the VM any more. Takes no
   * system call.
   *
   * @return the sandbox that has the VM
   * @throws SandboxInUseException if a call is running; nothing is changed then
   * @throws ClosedException if the sandbox is closed
   */
  Sandbox detach() {
    return new Sandbox(guest, instance.detach());
  }

  /**
   * Frees the VM, its memory and its descriptors. A second call does nothing.
   *
   * @throws SandboxInUseException if a call is running; it goes on, and the sandbox stays open
   * @throws HypervisorException if the kernel says that something was not open, which somebody else
   *     in the process must have closed. All the rest is freed
   */
  @Override
  public void close() {
    instance.close();
  }

  @Override
  public String toString() {
    return "Sandbox[" + guest.name() + "]";
  }

  /**
   * A {@link Sandbox} seen as one whose calls may take a certain time, instead of the {@link
   * Limits#callTimeout} that it was made with. The sandbox itself is not changed: views with
   * several times can be used in turn. Threads may share it as they may share the sandbox.
   */
  public static final class Timed {
    private final Sandbox sandbox;
    private final Duration timeout;
    private final long timeoutNanos;

    private Timed(Sandbox sandbox, Duration timeout) {
      this.sandbox = sandbox;
      this.timeout = timeout;
      timeoutNanos = Durations.positiveNanos("call timeout", timeout);
    }

    /**
     * As {@link Sandbox#call}.
     *
     * @param <T> the result's type, boxed
     * @param name the function's name
     * @param resultType the Java type of the declared result
     * @param arguments of the declared types; a smaller integer type is widened
     * @return the result; null for void
     * @throws GuestTimeoutException if it takes longer
     * @throws InvalidCallException and the other exceptions of {@link Sandbox#call}
     */
    public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
      return sandbox.call(timeoutNanos, name, resultType, arguments);
    }

    /**
     * As {@link Sandbox#function}: a handle whose calls may take this time each.
     *
     * @param name the function's name
     * @return the handle, bound to the sandbox
     * @throws InvalidCallException if the guest exports no such function
     */
    public MethodHandle function(String name) {
      return sandbox.function(timeoutNanos, name);
    }

    @Override
    public String toString() {
      return "%s within %s".formatted(sandbox, timeout);
    }
  }

  /**
   * Describes a sandbox: how much memory it has, which host functions its guest can call, where its
   * output goes. For one thread; may build any number of sandboxes.
   */
  public static final class Builder extends LoadSettings<Builder>
      implements HostFunctionRegistry<Builder> {
    /** The default of {@link #memorySize}: 16 MiB. */
    public static final long DEFAULT_MEMORY_SIZE = 16L << 20;

    /** The default of {@link #stackSize}: 256 KiB. */
    public static final long DEFAULT_STACK_SIZE = 256L << 10;

    private final Guest guest;
    private final HostFunctions hostFunctions = new HostFunctions();

    private Builder(Guest guest) {
      super(DEFAULT_MEMORY_SIZE, DEFAULT_STACK_SIZE);
      this.guest = Objects.requireNonNull(guest, "guest");
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public Builder exitless() {
      setExitless();
      return this;
    }

    @Override
    public Builder hostFunction(String name, MethodHandle function) {
      hostFunctions.addTyped(name, function);
      return this;
    }

    @Override
    public Builder hostFunction(String name, HostFunction function) {
      hostFunctions.addLambda(name, function);
      return this;
    }

    /**
     * Creates the VM, loads the guest into it and runs its initialisers.
     *
     * @return the sandbox, ready for calls
     * @throws HypervisorException if this machine, process or JVM cannot do it, or KVM fails
     * @throws InvalidGuestException if the guest imports what is not registered, or with other
     *     types, is linked where it cannot be loaded, or does not fit into the memory
     * @throws GuestFaultException and the other exceptions of {@link Sandbox#call}, if an
     *     initialiser fails
     */
    public Sandbox build() {
      InstanceConfiguration configuration =
          new InstanceConfiguration(
              guest.program(),
              memorySize(),
              stackSize(),
              Invocation.OF_GUEST,
              embedding(
                  new Embedding(
                      List.of(),
                      StreamOutput.initial(),
                      Settings.DEFAULT.withMounts(mounts()).withExtensions(extensions())),
                  guest.program(),
                  hostFunctions),
              new Outcomes(guest.program()));
      return new Sandbox(
          guest,
          Failures.translate(
              guest, "create a sandbox", () -> Instance.create(HostPlatform.get(), configuration)));
    }
  }
}
