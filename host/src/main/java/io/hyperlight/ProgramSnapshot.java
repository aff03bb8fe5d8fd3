package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.HypervisorException;

/**
 * A program that {@linkplain ProgramServer serves}, frozen between two requests: any number of
 * programs can be spawned from it that are as it was, without starting anything.
 *
 * <p>Everything the program knew is in it, a seed for random numbers included. It cannot be saved
 * to a file.
 *
 * <p>Immutable, and safe for use by many threads. It holds a descriptor and memory until it is
 * {@linkplain #close closed}.
 */
public final class ProgramSnapshot implements AutoCloseable {
  private final Snapshot snapshot;

  ProgramSnapshot(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  /** {@return the memory of a program that comes from it, in bytes} */
  public long memorySize() {
    return snapshot.memorySize();
  }

  /**
   * {@return how much of that memory has contents, in bytes: about what the snapshot itself takes,
   * shared by all programs that come from it}
   */
  public long contentSize() {
    return snapshot.contentSize();
  }

  /**
   * Makes a new program that equals the one that was frozen, in a VM of its own, with the same
   * output.
   *
   * @return the program, ready for requests; to be closed by the caller
   * @throws ClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host has no memory for it
   */
  public ProgramServer spawn() {
    return spawner().spawn();
  }

  /**
   * Gives a request to a new program, which is closed afterwards: every request finds the program
   * as it was when the snapshot was taken, and nothing of any other request. {@link
   * ProgramPool#serve} does the same with programs that are made before they are needed.
   *
   * @param request the bytes; they are copied
   * @return the answer, as {@link ProgramServer#serve} gives it
   * @throws ClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host has no memory for it
   * @throws GuestExitException and the other exceptions of {@link ProgramServer#serve}
   */
  public byte[] serve(byte[] request) {
    try (ProgramServer server = spawn()) {
      return server.serve(request);
    }
  }

  /**
   * Starts the description of programs that equal the one that was frozen but for their output,
   * clock, limits and the like.
   *
   * @return a spawner with those of the snapshot
   */
  public Spawner spawner() {
    return new Spawner(snapshot);
  }

  /**
   * Closes the snapshot. Programs that came from it stay usable, but can no longer be restored to
   * it. A second call does nothing.
   *
   * @throws HypervisorException as for {@link Snapshot#close}
   */
  @Override
  public void close() {
    snapshot.close();
  }

  @Override
  public String toString() {
    return "ProgramSnapshot[" + snapshot.guest().name() + "]";
  }

  /**
   * Describes programs to be spawned from a snapshot. For one thread; may spawn any number of them.
   */
  public static final class Spawner extends SandboxSettings<Spawner> {
    private final Snapshot snapshot;

    private Spawner(Snapshot snapshot) {
      this.snapshot = snapshot;
    }

    @Override
    Spawner self() {
      return this;
    }

    /**
     * Makes a new program.
     *
     * @return the program, ready for requests; to be closed by the caller
     * @throws ClosedException if the snapshot is closed
     * @throws HypervisorException if KVM fails, or the host has no memory for it
     */
    public ProgramServer spawn() {
      return new ProgramServer(
          snapshot.spawn(
              embedding(snapshot.embedding(), snapshot.guest().program(), new HostFunctions())));
    }
  }
}
