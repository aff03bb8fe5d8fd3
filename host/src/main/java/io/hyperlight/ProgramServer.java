package io.hyperlight;

import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidSnapshotException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.Outcome;
import io.hyperlight.internal.call.ProgramAnswer;
import io.hyperlight.internal.os.Durations;
import io.hyperlight.value.Limits;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * A program that was {@linkplain Program#startServing started} in a micro-VM and serves requests.
 * It waits for requests on its standard input and answers them on its standard output.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="serve"}
 *
 * <p><b>State.</b> The program remembers earlier requests. To start each request from the same
 * state, {@linkplain #restore restore} the program in between, or use {@link ProgramSnapshot#serve}
 * or {@link ProgramPool#serve}. After a request that ends in an exception, or after the program has
 * exited, it is unusable until it is restored.
 *
 * <p><b>Threads.</b> Any thread may use it, but only one at a time. A second one is refused with
 * {@link SandboxInUseException}. The program runs on the calling thread.
 *
 * <p><b>Closing.</b> It holds two descriptors and the program's memory until {@link #close}.
 */
public final class ProgramServer implements AutoCloseable {
  private final Sandbox sandbox;

  ProgramServer(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  Instance instance() {
    return sandbox.instance();
  }

  /**
   * Sends a request to the program and waits for the answer. The program reads the request from its
   * standard input until the end of file, and writes the answer to its standard output. The answer
   * is complete when the program exits. It is also complete when the program has written something
   * and asks for more input after the end of file.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws GuestExitException if the program exits with a status other than 0
   * @throws GuestFaultException if the program does something that is not allowed
   * @throws GuestAbortException if the program ends by a signal of its own
   * @throws GuestDeadlockException if the program waits for something that cannot happen
   * @throws GuestTimeoutException if the request takes longer than its limit
   * @throws GuestLimitException if the answer is longer than the {@link Limits} allow, or if the
   *     program uses more than any other limit
   * @throws CallInterruptedException if the request is {@linkplain #interrupt interrupted}, or the
   *     calling thread is
   * @throws SandboxUnusableException if an earlier request ended in an exception, or the program
   *     has exited
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if the program is closed
   */
  public byte[] serve(byte[] request) {
    return serve(0, request);
  }

  byte[] serve(long timeoutNanos, byte[] request) {
    ProgramAnswer answer =
        sandbox.instance().proceed(Objects.requireNonNull(request, "request"), timeoutNanos);
    return switch (answer.ending()) {
      case Outcome.WaitingForInput() -> answer.output();
      case Outcome.Exited(int status, String _) when status == 0 -> answer.output();
      case Outcome.Ending other ->
          throw new Outcomes(sandbox.guest().program()).exceptionFor(other);
    };
  }

  /**
   * Returns a view of this program whose requests have a time limit other than {@link
   * Limits#callTimeout}.
   *
   * @param timeout how long each request may take; {@link Limits#FOREVER} for no limit
   * @return a view of this program
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /**
   * Ends the running request, wherever the program is. The request ends with {@link
   * CallInterruptedException}. May be called from any thread; see {@link Sandbox#interrupt}.
   *
   * @return whether a request was running; if not, nothing happens
   */
  public boolean interrupt() {
    return sandbox.interrupt();
  }

  /**
   * Takes a snapshot of the program as it is now, between two requests. The program can be used as
   * before.
   *
   * @return the snapshot, which the caller has to close
   * @throws SandboxUnusableException if an earlier request ended in an exception, or the program
   *     has exited
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if the program is closed
   * @throws HypervisorException if KVM fails, or the host is out of memory
   */
  public ProgramSnapshot snapshot() {
    return new ProgramSnapshot(sandbox.snapshot());
  }

  /**
   * Puts this program into the state of a snapshot, whatever it has done. Afterwards it equals a
   * program just {@linkplain ProgramSnapshot#spawn spawned} from that snapshot; see {@link
   * Sandbox#restore}.
   *
   * @param snapshot a snapshot of the same program
   * @throws InvalidSnapshotException if the snapshot is of another program; nothing has changed
   *     then
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if the snapshot is closed, in which case nothing has changed, or if
   *     this program is closed
   * @throws HypervisorException if KVM fails, or the host is out of memory; the program is either
   *     unchanged, or unusable until it is restored
   */
  public void restore(ProgramSnapshot snapshot) {
    sandbox.restore(snapshot.snapshot());
  }

  /**
   * Returns which Linux system calls the program was refused because they are not granted to it,
   * and how often. It counts since the program was started or restored.
   *
   * @return the counts by system call name, in the order in which they were first refused
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if the program is closed
   */
  public Map<String, Long> refusedSystemCalls() {
    return sandbox.refusedSystemCalls();
  }

  /**
   * Returns the files that the program can write, as they are now.
   *
   * @return a cheap copy
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if the program is closed
   */
  public GuestFiles files() {
    return sandbox.files();
  }

  /** See {@link Sandbox#refuseCalls}. */
  void refuseCalls() {
    sandbox.refuseCalls();
  }

  /** See {@link Sandbox#detach}. */
  ProgramServer detach() {
    return new ProgramServer(sandbox.detach());
  }

  /**
   * Frees the VM, its memory and its descriptors. A second call does nothing.
   *
   * @throws SandboxInUseException if a request is being answered; it goes on, and the program stays
   *     open
   * @throws HypervisorException as for {@link Sandbox#close}
   */
  @Override
  public void close() {
    sandbox.close();
  }

  @Override
  public String toString() {
    return "ProgramServer[" + sandbox.guest().name() + "]";
  }

  /**
   * A view of a served program whose requests have a time limit of their own. The program itself
   * does not change, and views with different limits can be used in turn.
   */
  public static final class Timed {
    private final ProgramServer server;
    private final Duration timeout;
    private final long timeoutNanos;

    private Timed(ProgramServer server, Duration timeout) {
      this.server = server;
      this.timeout = timeout;
      timeoutNanos = Durations.positiveNanos("call timeout", timeout);
    }

    /**
     * Answers a request, as {@link ProgramServer#serve} does.
     *
     * @param request the bytes; they are copied
     * @return the answer
     * @throws GuestTimeoutException if the request takes longer than this view allows
     * @throws GuestExitException and the other exceptions of {@link ProgramServer#serve}
     */
    public byte[] serve(byte[] request) {
      return server.serve(timeoutNanos, request);
    }

    @Override
    public String toString() {
      return "%s within %s".formatted(server, timeout);
    }
  }
}
