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
 * A micro-VM with a {@link Guest} loaded into it, whose functions can be called.
 *
 * <p>The guest has its own memory and its own virtual processor. It has no network, no devices and
 * no other processes. Beyond its memory it can reach only its host functions and the {@linkplain
 * Builder#mount files} mounted for it. Its code runs at the processor's lowest privilege level
 * inside the VM.
 *
 * {@snippet file="io/hyperlight/snippets/SandboxSnippets.java" region="overview"}
 *
 * <p><b>State.</b> The guest's memory keeps its contents from call to call. A call that ends in the
 * middle of guest code leaves the sandbox unusable. The reason may be a fault, an abort, an
 * interrupt, a limit, or a failed host function that the guest does not handle. Every later call
 * then fails with {@link SandboxUnusableException}, whose cause is the first failure, until the
 * sandbox is {@linkplain #restore restored} to a {@link Snapshot}. A call that is refused changes
 * nothing. A call whose result cannot be read has run to its end.
 *
 * <p><b>Threads.</b> Any thread may use a sandbox, but only one at a time. A second one is refused
 * with {@link SandboxInUseException}. A call runs on the calling thread, and so do its host
 * functions. If that is a virtual thread, the guest's own code runs on a platform thread of the
 * library, so the carrier thread stays free.
 *
 * <p><b>Ends.</b> Every call comes to an end. A guest that loops, sleeps, or floods its output or
 * its host functions reaches one of its {@link Limits}. By default a call may take one minute.
 * {@link #interrupt} ends a call at once.
 *
 * <p><b>Closing.</b> A sandbox holds two descriptors and its guest's memory until {@link #close}.
 * It also keeps alive what it shares with the snapshot that it came from. Nothing else frees these
 * resources.
 */
public final class Sandbox implements AutoCloseable {
  private final Guest guest;
  private final Instance instance;

  Sandbox(Guest guest, Instance instance) {
    this.guest = guest;
    this.instance = instance;
  }

  /**
   * Returns a builder for a sandbox with this guest.
   *
   * @param guest the guest to load
   * @return a builder with default settings
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
   * <p>Strings and byte arrays are copied into guest memory, and results are copied out of it. For
   * functions of numbers only, {@link #function} is faster, because it boxes nothing.
   *
   * @param <T> the result's type, boxed
   * @param name the function's name
   * @param resultType the Java type of the declared result: {@code int.class} or {@code
   *     Integer.class}, {@code String.class}, {@code byte[].class}, {@code void.class} and so on
   * @param arguments values of the declared types; smaller integer types are widened
   * @return the result; null for {@code void}
   * @throws InvalidCallException if the guest exports no such function, if arguments or result type
   *     do not match the declaration, or if guest memory has no room for the arguments
   * @throws GuestErrorException if the guest reports an error, or returns something that is not a
   *     value of the declared type; the sandbox stays usable
   * @throws GuestFaultException if the guest does something that is not allowed, such as an access
   *     to unmapped memory
   * @throws GuestAbortException if the guest aborts
   * @throws GuestExitException if the guest's program exits
   * @throws GuestDeadlockException if the guest waits for something that cannot happen
   * @throws HostFunctionException if a host function fails and the guest aborts because of that
   * @throws GuestTimeoutException if the call takes longer than its limit
   * @throws GuestLimitException if the guest uses more than its {@link Limits} allow
   * @throws CallInterruptedException if the call is {@linkplain #interrupt interrupted}, or the
   *     calling thread is; the call does not begin if the thread's interrupt status is already set
   * @throws SandboxUnusableException if an earlier call ended in a {@link GuestFaultException},
   *     {@link GuestAbortException}, {@link GuestExitException}, {@link GuestDeadlockException},
   *     {@link HostFunctionException}, {@link GuestTimeoutException}, {@link GuestLimitException}
   *     or, having begun, in a {@link CallInterruptedException}
   * @throws SandboxInUseException if the sandbox is in use
   * @throws ClosedException if the sandbox is closed
   */
  public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
    return call(0, name, resultType, arguments);
  }

  // checkResult has checked the type. For a primitive's Class<T>, T is the box. Null is the only
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
   * Returns a method handle that calls a function of the guest. It has exactly the types of the
   * function's {@linkplain Guest#exports declaration}, so call it with {@code invokeExact}. Keep
   * the handle, ideally in a final field. Its calls throw the same exceptions as {@link #call}.
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
   * Returns a view of this sandbox whose calls have a time limit other than {@link
   * Limits#callTimeout}.
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
   * Ends the running call, wherever it is. The guest may be computing or asleep, or the call may be
   * in a host function, whose thread is then interrupted. The call ends with {@link
   * CallInterruptedException}. This takes microseconds as a rule; a call in a host function ends as
   * soon as the host function returns. A call that completes in the same moment ends normally. In
   * either case the next call is not affected.
   *
   * <p>May be called from any thread, also from a host function. {@linkplain Thread#interrupt
   * Interrupting} the calling thread has the same effect within some milliseconds.
   *
   * @return whether a call was running; if not, nothing happens, and the next call is not affected
   */
  public boolean interrupt() {
    return instance.interrupt();
  }

  /**
   * Finds a function.
   *
   * @param timeoutNanos the time limit of its calls; 0 for the sandbox's own limit
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
   * Takes a snapshot of the sandbox as it is now, between two calls. The sandbox can be used as
   * before.
   *
   * <p>The time depends on how much memory the guest has written, not on the sandbox's memory size.
   * The snapshot keeps everything in the guest's memory, including what earlier calls left there.
   * Take it before the guest has seen a secret.
   *
   * @return the snapshot, which the caller has to close
   * @throws SandboxUnusableException if an earlier call left the sandbox unusable
   * @throws SandboxInUseException if a call is running
   * @throws ClosedException if the sandbox is closed
   * @throws HypervisorException if KVM fails, or the host is out of memory
   */
  public Snapshot snapshot() {
    return new Snapshot(
        guest, Failures.translate(guest, "take a snapshot", () -> instance.snapshot()));
  }

  /**
   * Puts this sandbox into the state of a snapshot, whatever its guest has done and however its
   * last call ended. Afterwards it equals a sandbox just {@linkplain Snapshot#spawn spawned} from
   * that snapshot. Host functions, output, and the handles from {@link #function} stay as they are.
   *
   * <p>A restore copies back the pages that changed since the last restore, as a rule without a
   * system call. A sandbox that did not come from this snapshot gets a new VM, with the snapshot's
   * memory size. So does a sandbox that was built, at its first restore, and a sandbox whose
   * processor is in a doubtful state. The new VM is made before the old one is closed. A JVM error
   * during the restore, such as a full heap, leaves the sandbox unusable until it is restored
   * again.
   *
   * @param snapshot a snapshot of the same guest
   * @throws InvalidSnapshotException if the snapshot is of another guest; nothing has changed then
   * @throws ClosedException if the snapshot is closed, in which case nothing has changed, or if the
   *     sandbox is closed
   * @throws SandboxInUseException if a call is running
   * @throws HypervisorException if KVM fails, or the host is out of memory; the sandbox is either
   *     unchanged, or unusable until it is restored
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
      throw snapshot.closed(); // another thread has just closed it
    } catch (HypervisorCallException | SystemCallException | FileException e) {
      throw new HypervisorException(
          HypervisorException.Kind.FAILED, "cannot restore the sandbox: " + e.getMessage(), e);
    }
  }

  /**
   * Returns which Linux system calls the guest was refused because they are not granted to it, and
   * how often. It counts since the sandbox was made or restored. Look here first when a guest does
   * not work.
   *
   * @return the counts by system call name, in the order in which they were first refused
   * @throws SandboxInUseException if a call is running
   * @throws ClosedException if the sandbox is closed
   */
  public Map<String, Long> refusedSystemCalls() {
    return instance.refusals();
  }

  /**
   * Returns the files that the guest can write, as they are now. These are the files in mounted
   * trees {@linkplain FileTree#memory in memory}; see {@link Builder#mount}.
   *
   * @return a cheap copy: it shares what the guest does not change afterwards
   * @throws SandboxInUseException if a call is running
   * @throws ClosedException if the sandbox is closed
   */
  public GuestFiles files() {
    return new GuestFiles(instance.writtenFiles());
  }

  /**
   * Makes every further call fail as if the sandbox were closed. A running call goes on. May be
   * called from any thread. {@link #detach} and {@link #close} still work.
   */
  void refuseCalls() {
    instance.refuseCalls();
  }

  /**
   * Moves the VM, as it is, into a new sandbox object. This object is closed from then on, and so
   * are the handles from {@link #function}. Code that still holds them cannot reach the VM any
   * more. Takes no system call.
   *
   * @return the sandbox that has the VM
   * @throws SandboxInUseException if a call is running; nothing has changed then
   * @throws ClosedException if the sandbox is closed
   */
  Sandbox detach() {
    return new Sandbox(guest, instance.detach());
  }

  /**
   * Frees the VM, its memory and its descriptors. A second call does nothing.
   *
   * @throws SandboxInUseException if a call is running; it goes on, and the sandbox stays open
   * @throws HypervisorException if the kernel reports that a descriptor or mapping was already
   *     closed, which other code in this process must have done; everything else is freed
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
   * A view of a {@link Sandbox} whose calls have a time limit of their own, instead of the {@link
   * Limits#callTimeout} of the sandbox. The sandbox itself does not change, and views with
   * different limits can be used in turn. Threads may share a view as they may share the sandbox.
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
     * Calls a function of the guest, as {@link Sandbox#call} does.
     *
     * @param <T> the result's type, boxed
     * @param name the function's name
     * @param resultType the Java type of the declared result
     * @param arguments values of the declared types; smaller integer types are widened
     * @return the result; null for {@code void}
     * @throws GuestTimeoutException if the call takes longer than this view allows
     * @throws InvalidCallException and the other exceptions of {@link Sandbox#call}
     */
    public <T> T call(String name, Class<T> resultType, @Nullable Object... arguments) {
      return sandbox.call(timeoutNanos, name, resultType, arguments);
    }

    /**
     * Returns a method handle, as {@link Sandbox#function} does. Each of its calls has the time
     * limit of this view.
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
   * Builds sandboxes. It sets their memory, the host functions that the guest can call, and where
   * the output goes. A builder is for one thread and may build any number of sandboxes.
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
     * @throws HypervisorException if this machine, process or JVM cannot run sandboxes, or KVM
     *     fails
     * @throws InvalidGuestException if an import of the guest has no registered host function or
     *     one with other types, if the guest is linked where it cannot be loaded, or if it does not
     *     fit into the memory
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
