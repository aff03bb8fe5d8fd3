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

/**
 * A program that was {@linkplain Program#startServing started} in a micro-VM and serves: it waits
 * for requests on its standard input and answers them on its standard output.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="serve"}
 *
 * <p><b>State.</b> The program remembers earlier requests. To have each request start from the same
 * state, {@linkplain #restore restore} it in between, or use {@link ProgramSnapshot#serve} or
 * {@link ProgramPool#serve}. After a request that ends in an exception, and after the program has
 * exited, it is unusable until it is restored.
 *
 * <p><b>Threads.</b> It may be used from any thread, by one at a time; a second one is refused with
 * {@link SandboxInUseException}. The program runs on the thread that asks.
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
   * Gives the program a request, and waits for its answer. The program reads the request from its
   * standard input, to the end of it, and writes the answer to its standard output. The answer is
   * complete when the program exits, or when it has written something and asks for more input after
   * the end.
   *
   * @param request the bytes; they are copied
   * @return the answer
   * @throws GuestExitException if the program exits with another status than 0
   * @throws GuestFaultException if it does what it may not
   * @throws GuestAbortException if it ends by a signal of its own
   * @throws GuestDeadlockException if it waits for what cannot happen
   * @throws GuestTimeoutException if it takes longer than it may
   * @throws GuestLimitException if the answer is longer than the {@link Limits} allow, or the
   *     program uses more of something else
   * @throws CallInterruptedException if the request is {@linkplain #interrupt interrupted}, or the
   *     calling thread is
   * @throws SandboxUnusableException if an earlier request ended in an exception, or the program
   *     has exited
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if it is closed
   */
  public byte[] serve(byte[] request) {
    return serve(0, request);
  }

  byte[] serve(long timeoutNanos, byte[] request) {
    ProgramAnswer answer = sandbox.instance().proceed(request, timeoutNanos);
    return switch (answer.ending()) {
      case Outcome.WaitingForInput() -> answer.output();
      case Outcome.Exited(int status, String _) when status == 0 -> answer.output();
      case Outcome.Ending other ->
          throw new Outcomes(sandbox.guest().program()).exceptionFor(other);
    };
  }

  /**
   * The same program, with requests that may take another time than its {@link Limits#callTimeout}.
   *
   * @param timeout how long each request may take; {@link Limits#FOREVER} for no limit
   * @return a view of this program
   * @throws IllegalArgumentException if the time is not positive
   */
  public Timed within(Duration timeout) {
    return new Timed(this, timeout);
  }

  /**
   * Ends the request that is being answered, wherever the program is. It ends with {@link
   * CallInterruptedException}. From any thread; see {@link Sandbox#interrupt}.
   *
   * @return whether there was one; if not, nothing happens
   */
  public boolean interrupt() {
    return sandbox.interrupt();
  }

  /**
   * Freezes the program as it is now, between two requests. It goes on as before.
   *
   * @return the snapshot, to be closed by the caller
   * @throws SandboxUnusableException if an earlier request ended in an exception, or the program
   *     has exited
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if it is closed
   * @throws HypervisorException if KVM fails, or the host has no memory for it
   */
  public ProgramSnapshot snapshot() {
    return new ProgramSnapshot(sandbox.snapshot());
  }

  /**
   * Makes this program equal to one just {@linkplain ProgramSnapshot#spawn spawned} from a
   * snapshot, whatever it has done; see {@link Sandbox#restore}.
   *
   * @param snapshot of the same program
   * @throws InvalidSnapshotException if it is of another program; nothing is changed then
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if the snapshot is closed, and nothing is changed then; or if this is
   * @throws HypervisorException if KVM fails, or the host has no memory for it; the program is what
   *     it was, or is unusable until it is restored
   */
  public void restore(ProgramSnapshot snapshot) {
    sandbox.restore(snapshot.snapshot());
  }

  /**
   * Which Linux system calls the program was refused because they are not granted to it, and how
   * often, since it was started or restored.
   *
   * @return the numbers by the calls' names, in the order in which they were first refused
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if it is closed
   */
  public Map<String, Long> refusedSystemCalls() {
    return sandbox.refusedSystemCalls();
  }

  /**
   * What is in the files that the program can write, as it is now.
   *
   * @return a copy, which costs little
   * @throws SandboxInUseException if a request is being answered
   * @throws ClosedException if it is closed
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
   * @throws SandboxInUseException if a request is being answered; that goes on, and the program
   *     stays open
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
   * A program that serves, seen as one whose requests may take a certain time. The program itself
   * is not changed: views with several times can be used in turn.
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
     * As {@link ProgramServer#serve}.
     *
     * @param request the bytes; they are copied
     * @return the answer
     * @throws GuestTimeoutException if it takes longer
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
