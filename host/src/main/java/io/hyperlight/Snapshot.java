package io.hyperlight;

import io.hyperlight.guest.GuestOutput;
import io.hyperlight.guest.HostBinding;
import io.hyperlight.guest.Instance;
import io.hyperlight.guest.InstanceImage;
import java.io.PrintStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox, frozen between two calls: the guest's memory and the state of its processor. A sandbox
 * can be {@linkplain Sandbox#restore restored} to it again and again, and new ones can be
 * {@linkplain #spawn spawned} from it without loading or starting anything.
 *
 * {@snippet file="io/hyperlight/SnapshotSnippets.java" region="restore"}
 *
 * <p>What a guest did after the snapshot is gone after a restore, whatever it was: in memory, in
 * the address space, in the processor. What it did in the host, by way of host functions, is not.
 * Everything the guest knew when the snapshot was taken, all sandboxes that come from it know, a
 * seed for random numbers included: a guest that needs fresh randomness asks for it in the call
 * that uses it.
 *
 * <p><b>Memory.</b> The snapshot holds what the guest had written, once; sandboxes share it and
 * have pages of their own only for what they write.
 *
 * <p>Immutable, and safe for use by many threads. It holds a descriptor and memory until it is
 * {@linkplain #close closed}.
 */
public final class Snapshot implements AutoCloseable {
  private final Guest guest;
  private final InstanceImage image;

  Snapshot(Guest guest, InstanceImage image) {
    this.guest = guest;
    this.image = image;
  }

  /** {@return the guest whose sandbox was frozen} */
  public Guest guest() {
    return guest;
  }

  /**
   * {@return the memory of a sandbox that comes from it, in bytes, as set by {@link
   * Sandbox.Builder#memorySize}}
   */
  public long memorySize() {
    return image.machine().memorySizeBytes();
  }

  /**
   * {@return how much of that memory has contents, in bytes: what the snapshot itself takes, shared
   * by all sandboxes that come from it}
   */
  public long contentSize() {
    return image.machine().contentBytes();
  }

  /**
   * Makes a new sandbox that equals the one that was frozen, with the same host functions and the
   * same output.
   *
   * @return the sandbox, ready for calls
   * @throws SnapshotClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host has no memory for it
   */
  public Sandbox spawn() {
    return spawn(image.bindings(), image.output());
  }

  /**
   * Starts the description of sandboxes that equal the one that was frozen but for their host
   * functions or output.
   *
   * @return a spawner with those of the snapshot
   */
  public Spawner spawner() {
    return new Spawner(this);
  }

  private Sandbox spawn(List<@Nullable HostBinding> bindings, GuestOutput output) {
    InstanceImage open = image();
    return new Sandbox(
        guest,
        Failures.translate(
            guest,
            "spawn a sandbox",
            () -> Instance.spawn(open, bindings, output, new Outcomes(guest.program()))));
  }

  /** The image, if the snapshot is open. */
  InstanceImage image() {
    if (image.isClosed()) {
      throw new SnapshotClosedException("the snapshot of " + guest.name() + " is closed");
    }
    return image;
  }

  /**
   * Gives up the snapshot's descriptor and, once the last sandbox that came from it is closed, its
   * memory. Those sandboxes stay usable, but can no longer be restored to it. A second call does
   * nothing.
   */
  @Override
  public void close() {
    image.close();
  }

  @Override
  public String toString() {
    return "Snapshot[" + guest.name() + "]";
  }

  /**
   * Describes sandboxes to be spawned from a snapshot: which host functions their guest can call,
   * where its output goes. For one thread; may spawn any number of sandboxes.
   */
  public static final class Spawner extends HostFunctionRegistry<Spawner> {
    private final Snapshot snapshot;
    private @Nullable PrintStream print;
    private System.@Nullable Logger logger;

    private Spawner(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    /**
     * Where the guest's standard output and standard error go.
     *
     * @param stream takes the bytes
     * @return this spawner
     * @see Sandbox.Builder#hostPrint
     */
    public Spawner hostPrint(PrintStream stream) {
      print = Objects.requireNonNull(stream, "stream");
      return this;
    }

    /**
     * Where the guest's log goes.
     *
     * @param target takes the lines
     * @return this spawner
     * @see Sandbox.Builder#logger
     */
    public Spawner logger(System.Logger target) {
      logger = Objects.requireNonNull(target, "target");
      return this;
    }

    @Override
    Spawner self() {
      return this;
    }

    /**
     * Makes a new sandbox. Host functions that were not registered here are the snapshot's.
     *
     * @return the sandbox, ready for calls
     * @throws InvalidHostFunctionException if the guest imports what is registered neither here nor
     *     in the snapshot, or with other types
     * @throws SnapshotClosedException if the snapshot is closed
     * @throws HypervisorException if KVM fails, or the host has no memory for it
     */
    public Sandbox spawn() {
      return snapshot.spawn(
          hostFunctions()
              .bind(snapshot.guest.program().importsByNumber(), snapshot.image.bindings()),
          StreamOutput.changed(snapshot.image.output(), print, logger));
    }
  }
}
