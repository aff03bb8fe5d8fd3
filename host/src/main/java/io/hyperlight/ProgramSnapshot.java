package io.hyperlight;

import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.HypervisorException;

/**
 * The state of a {@linkplain ProgramServer served program} between two requests. Any number of
 * programs can be spawned from it, which start in that state without starting anything.
 *
 * <p>The snapshot contains everything that the program knew, including a seed for random numbers.
 * It cannot be saved to a file.
 *
 * <p>A snapshot is immutable and safe for use by many threads. It holds a descriptor and memory
 * until it is {@linkplain #close closed}.
 */
public final class ProgramSnapshot implements AutoCloseable {
  private final Snapshot snapshot;

  ProgramSnapshot(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  /** {@return the memory size of a program that comes from this snapshot, in bytes} */
  public long memorySize() {
    return snapshot.memorySize();
  }

  /**
   * {@return how much of that memory has contents, in bytes; this is about the memory that the
   * snapshot itself takes, which all its programs share}
   */
  public long contentSize() {
    return snapshot.contentSize();
  }

  /**
   * Makes a new program that equals the frozen one, in a VM of its own, with the same output.
   *
   * @return the program, ready for requests; the caller has to close it
   * @throws ClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host is out of memory
   */
  public ProgramServer spawn() {
    return spawner().spawn();
  }

  /**
   * Answers a request with a new program, which is closed afterwards. Every request finds the
   * program in the state of the snapshot and nothing of any other request. {@link
   * ProgramPool#serve} does the same with programs that are made in advance.
   *
   * @param request the bytes; they are copied
   * @return the answer, as from {@link ProgramServer#serve}
   * @throws ClosedException if the snapshot is closed
   * @throws HypervisorException if KVM fails, or the host is out of memory
   * @throws GuestExitException and the other exceptions of {@link ProgramServer#serve}
   */
  public byte[] serve(byte[] request) {
    try (ProgramServer server = spawn()) {
      return server.serve(request);
    }
  }

  /**
   * Returns a builder for programs that equal the frozen one except for settings such as output,
   * clock or limits.
   *
   * @return a spawner with the settings of the snapshot
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
   * Builds programs from a snapshot. A spawner is for one thread and may spawn any number of
   * programs.
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
     * @return the program, ready for requests; the caller has to close it
     * @throws ClosedException if the snapshot is closed
     * @throws HypervisorException if KVM fails, or the host is out of memory
     */
    public ProgramServer spawn() {
      return new ProgramServer(
          snapshot.spawn(
              embedding(snapshot.embedding(), snapshot.guest().program(), new HostFunctions())));
    }
  }
}
