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
 * The state of a sandbox between two calls: the guest's memory and the state of its processor. A
 * sandbox can be {@linkplain Sandbox#restore restored} to a snapshot any number of times. New
 * sandboxes can be {@linkplain #spawn spawned} from it, which neither loads nor starts anything.
 *
 * {@snippet file="io/hyperlight/snippets/SnapshotSnippets.java" region="restore"}
 *
 * <p>A restore undoes everything that a guest did after the snapshot: in memory, in its address
 * space, and in the processor. It does not undo what the guest did in the host through host
 * functions, and the time-stamp counter runs on. All sandboxes that come from a snapshot know what
 * the guest knew when it was taken, including a seed for random numbers. A guest that needs fresh
 * randomness has to ask for it in the call that uses it.
 *
 * <p><b>Memory.</b> The snapshot holds what the guest had written, once. Sandboxes share this
 * memory and have their own pages only for what they write.
 *
 * <p><b>Files.</b> A snapshot can be {@linkplain #save saved}, and {@linkplain #load loaded} by
 * another process.
 *
 * <p>A snapshot is immutable and safe for use by many threads. It holds a descriptor and memory
 * until it is {@linkplain #close closed}.
 */
public final class Snapshot implements AutoCloseable {
  private final Guest guest;
  private final InstanceImage image;

  Snapshot(Guest guest, InstanceImage image) {
    this.guest = guest;
    this.image = image;
  }

  /**
   * Saves the snapshot to a file, from which any process can {@linkplain #load} it. The file
   * contains the guest's program, but not host functions or output. Saving the same snapshot again
   * writes the same bytes.
   *
   * <p>The file contains everything that the guest knows, including its secrets. So only the owner
   * of the file can read it. A file that already exists is replaced atomically.
   *
   * @param path the file
   * @throws ClosedException if the snapshot is closed
   * @throws InvalidSnapshotException if the guest's program is too large for a snapshot file (64
   *     MiB)
   * @throws HypervisorException if KVM fails
   * @throws UncheckedIOException if the file cannot be written; a file that was there is unchanged
   *     then
   */
  public void save(Path path) {
    InstanceImage open = image();
    try {
      SnapshotFiles.save(guest, open, path);
    } catch (ImageClosedException e) {
      throw closed(); // another thread has just closed it
    }
  }

  /**
   * Loads a snapshot from a file that {@link #save} wrote, on this machine or another one. The
   * snapshot has no host functions. If the guest imports some, register them with the {@link
   * #spawner}.
   *
   * {@snippet file="io/hyperlight/snippets/SnapshotSnippets.java" region="load"}
   *
   * <p>The file is copied into memory, and every value is checked there. A file that was tampered
   * with can do what a guest can do, and no more. But the file does determine what the guest is and
   * knows, so load files only from sources that may choose the guest. Later changes to the file
   * have no effect.
   *
   * @param path the file
   * @return the snapshot, which the caller has to close
   * @throws InvalidSnapshotException if the file is not a snapshot, is damaged, or does not fit
   *     this library or machine
   * @throws HypervisorException if this machine, process or JVM cannot run sandboxes, if KVM fails,
   *     or if the host is out of memory
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
   * {@return the memory size of a sandbox that comes from this snapshot, in bytes, as set by {@link
   * Sandbox.Builder#memorySize}}
   */
  public long memorySize() {
    return image.machine().memorySizeBytes();
  }

  /**
   * {@return how much of that memory has contents, in bytes; this is about the memory that the
   * snapshot itself takes, which all its sandboxes share}
   */
  public long contentSize() {
    return image.machine().contentBytes();
  }

  /**
   * Makes a new sandbox that equals the frozen one, with the same host functions and the same
   * output. All these sandboxes call the same Java objects, each on the thread of its own caller.
   * If sandboxes on several threads share a host function, it must be safe for that.
   *
   * @return the sandbox, ready for calls
   * @throws InvalidGuestException if the guest imports functions and the snapshot was {@linkplain
   *     #load loaded}, and so has no host functions
   * @throws ClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host is out of memory
   */
  public Sandbox spawn() {
    return spawner().spawn();
  }

  /**
   * Returns a builder for sandboxes that equal the frozen one except for their host functions or
   * output.
   *
   * @return a spawner with the settings of the snapshot
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
      throw closed(); // another thread has just closed it
    }
  }

  /** The host functions, output and settings that its sandboxes have by default. */
  Embedding embedding() {
    return image.embedding();
  }

  /**
   * Returns the image of an open snapshot.
   *
   * @throws ClosedException if the snapshot is closed
   */
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
   * Closes the snapshot. Its descriptor and memory are freed when the last sandbox that came from
   * it is closed, too. Those sandboxes stay usable, but can no longer be restored to this snapshot.
   * A second call does nothing.
   *
   * @throws HypervisorException if the kernel reports that a descriptor or mapping was already
   *     closed, which other code in this process must have done; everything else is freed
   */
  @Override
  public void close() {
    StackRoom.require(); // before anything is half closed
    try {
      image.close(); // allocates nothing, since the heap may be full
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
   * Builds sandboxes from a snapshot. It sets the host functions that the guest can call, and where
   * the output goes. A spawner is for one thread and may spawn any number of sandboxes.
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
     * Makes a new sandbox. Host functions that are not registered here come from the snapshot.
     *
     * @return the sandbox, ready for calls
     * @throws InvalidGuestException if an import of the guest is registered neither here nor in the
     *     snapshot, or has other types
     * @throws ClosedException if the snapshot is closed
     * @throws HypervisorException if KVM fails, or the host is out of memory
     */
    public Sandbox spawn() {
      return snapshot.spawn(
          embedding(snapshot.image.embedding(), snapshot.guest.program(), hostFunctions));
    }
  }
}
