package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.SystemCallException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A sandbox, frozen between two calls: the guest's memory and the state of its processor. A sandbox
 * can be {@linkplain Sandbox#restore restored} to it again and again, and new ones can be
 * {@linkplain #spawn spawned} from it without loading or starting anything.
 *
 * {@snippet file="io/hyperlight/snippets/SnapshotSnippets.java" region="restore"}
 *
 * <p>What a guest did after the snapshot is gone after a restore, whatever it was: in memory, in
 * the address space, in the processor. What it did in the host, by way of host functions, is not,
 * and the time-stamp counter runs on. Everything the guest knew when the snapshot was taken, all
 * sandboxes that come from it know, a seed for random numbers included: a guest that needs fresh
 * randomness asks for it in the call that uses it.
 *
 * <p><b>Memory.</b> The snapshot holds what the guest had written, once; sandboxes share it and
 * have pages of their own only for what they write.
 *
 * <p><b>Files.</b> A snapshot can be {@linkplain #save saved}, and {@linkplain #load loaded} by
 * another process.
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

  /**
   * Saves the snapshot to a file, from which any process can {@linkplain #load} it. The guest's
   * program is in it; host functions and output are not. The same snapshot gives the same bytes.
   *
   * <p>What the guest knows is in the file, its secrets included, so that only the owner can read
   * it. A file that is there already is replaced, at once and as a whole.
   *
   * @param path the file
   * @throws ClosedException if the snapshot is closed
   * @throws InvalidSnapshotException if the guest's program is too large for a snapshot file (64
   *     MiB)
   * @throws HypervisorException if KVM fails
   * @throws UncheckedIOException if the file cannot be written; what was there is unchanged then
   */
  public void save(Path path) {
    InstanceImage open = image();
    try {
      SnapshotFiles.save(guest, open, path);
    } catch (ImageClosedException e) {
      throw closed(); // just now, by another thread
    }
  }

  /**
   * Loads a snapshot from a file that {@link #save} wrote, on this machine or another one. It has
   * no host functions; a guest that imports some gets them from the {@link #spawner}.
   *
   * {@snippet file="io/hyperlight/snippets/SnapshotSnippets.java" region="load"}
   *
   * <p>The file is copied into memory and checked there, every value of it: one that somebody
   * tampered with can do what a guest can do, and no more. It does tell what the guest is and
   * knows, so load files only from those whom you would let choose the guest. What happens to the
   * file later does not matter.
   *
   * @param path the file
   * @return the snapshot, to be closed by the caller
   * @throws InvalidSnapshotException if the file is no snapshot, is damaged, or does not fit this
   *     library or machine
   * @throws HypervisorException if this machine, process or JVM cannot run sandboxes, KVM fails, or
   *     the host has no memory for it
   * @throws UncheckedIOException if the file cannot be read
   */
  public static Snapshot load(Path path) {
    return SnapshotFiles.load(path);
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
   * {@return how much of that memory has contents, in bytes: about what the snapshot itself takes,
   * shared by all sandboxes that come from it}
   */
  public long contentSize() {
    return image.machine().contentBytes();
  }

  /**
   * Makes a new sandbox that equals the one that was frozen, with the same host functions and the
   * same output. All such sandboxes call the same Java objects, each on its own caller's thread:
   * host functions that sandboxes on several threads share must be safe for that.
   *
   * @return the sandbox, ready for calls
   * @throws InvalidGuestException if the snapshot was {@linkplain #load loaded}, which gives it no
   *     host functions, and the guest imports some
   * @throws ClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host has no memory for it
   */
  public Sandbox spawn() {
    return spawner().spawn();
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

  Sandbox spawn(Embedding embedding) {
    InstanceImage open = image();
    try {
      return new Sandbox(
          guest,
          Failures.translate(
              guest,
              "spawn a sandbox",
              () -> Instance.spawn(open, embedding, new Outcomes(guest.program()))));
    } catch (ImageClosedException e) {
      throw closed(); // just now, by another thread
    }
  }

  /** What its sandboxes are given if nobody says anything else. */
  Embedding embedding() {
    return image.embedding();
  }

  /** The image, if the snapshot is open. */
  InstanceImage image() {
    if (image.isClosed()) {
      throw closed();
    }
    return image;
  }

  ClosedException closed() {
    return new ClosedException(
        ClosedException.Kind.SNAPSHOT, "the snapshot of " + guest.name() + " is closed");
  }

  /**
   * Closes the snapshot. Its descriptor and memory are freed once the last sandbox that came from
   * it is closed, too. Those sandboxes stay usable, but can no longer be restored to it. A second
   * call does nothing.
   *
   * @throws HypervisorException if the kernel says that something was not open, which somebody else
   *     in the process must have closed. All the rest is freed
   */
  @Override
  public void close() {
    StackRoom.require(); // before anything is half closed
    try {
      image.close(); // nothing is allocated on the way: the heap may be full
    } catch (SystemCallException e) {
      throw new HypervisorException(
          HypervisorException.Kind.FAILED, "cannot close the snapshot: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "Snapshot[" + guest.name() + "]";
  }

  /**
   * Describes sandboxes to be spawned from a snapshot: which host functions their guest can call,
   * where its output goes. For one thread; may spawn any number of sandboxes.
   */
  public static final class Spawner extends SandboxSettings<Spawner>
      implements HostFunctionRegistry<Spawner> {
    private final Snapshot snapshot;
    private final HostFunctions hostFunctions = new HostFunctions();

    private Spawner(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    Spawner self() {
      return this;
    }

    @Override
    public Spawner exitless() {
      setExitless();
      return this;
    }

    @Override
    public Spawner hostFunction(String name, MethodHandle function) {
      hostFunctions.addTyped(name, function);
      return this;
    }

    @Override
    public Spawner hostFunction(String name, HostFunction function) {
      hostFunctions.addLambda(name, function);
      return this;
    }

    /**
     * Makes a new sandbox. Host functions that were not registered here are the snapshot's.
     *
     * @return the sandbox, ready for calls
     * @throws InvalidGuestException if the guest imports what is registered neither here nor in the
     *     snapshot, or with other types
     * @throws ClosedException if the snapshot is closed
     * @throws HypervisorException if KVM fails, or the host has no memory for it
     */
    public Sandbox spawn() {
      return snapshot.spawn(
          embedding(snapshot.image.embedding(), snapshot.guest.program(), hostFunctions));
    }
  }
}
