package io.hyperlight;

import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestLocation;
import io.hyperlight.error.GuestThread;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidCallException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.call.Outcome;
import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.linux.ThreadReport;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MemoryAccess;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.arch.Trap;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the exception for each {@link Outcome}. This is the only place that decides which one it
 * is.
 */
final class Outcomes implements Outcome.Reporter {
  private final GuestProgram program;

  Outcomes(GuestProgram program) {
    this.program = program;
  }

  @Override
  public RuntimeException exceptionFor(Outcome outcome) {
    return switch (outcome) {
      case Outcome.InUse(Thread user) ->
          new SandboxInUseException(
              "the sandbox is in use by %s: use it from one thread at a time, or build one for each"
                  .formatted(user == null ? "another thread" : "thread " + user.getName()));
      case Outcome.Reentered() ->
          new SandboxInUseException(
              "a host function cannot use the sandbox that is calling it: give it another one");
      case Outcome.Closed() ->
          new ClosedException(ClosedException.Kind.SANDBOX, "the sandbox is closed");
      case Outcome.Unusable(Outcome.Ending since) -> {
        RuntimeException cause = exceptionFor(since);
        yield new SandboxUnusableException(
            "the sandbox is unusable since an earlier call failed: " + cause.getMessage(), cause);
      }
      case Outcome.BadArgument(String problem) ->
          new InvalidCallException(InvalidCallException.Kind.INVALID_ARGUMENT, problem);
      case Outcome.Fault(Trap trap, Outcome.Place place, List<ThreadReport> threads) ->
          fault(trap, place, threads(threads));
      case Outcome.Violation(String what, RegisterValues registers) ->
          fault(GuestFaultException.Kind.PROTOCOL_VIOLATION, what, null, registers, List.of());
      case Outcome.Aborted(String message, int signal) ->
          new GuestAbortException("the guest aborted: " + message, signal);
      case Outcome.LimitPassed(GuestLimitException.Kind kind, long most) ->
          new GuestLimitException(kind, most);
      case Outcome.NotBegun() ->
          new CallInterruptedException(
              "the call was not begun: its thread is interrupted", false, GuestLocation.NOWHERE);
      case Outcome.Stopped(
              Stop why,
              long limitNanos,
              RegisterValues registers,
              List<ThreadReport> threads) ->
          stopped(why, Duration.ofNanos(limitNanos), location(registers), threads(threads));
      case Outcome.WaitingForInput() ->
          new GuestDeadlockException("the guest can never go on: it waits for input");
      case Outcome.Exited(int status, String explanation) ->
          new GuestExitException(
              status,
              "the guest exited with status %d%s"
                  .formatted(status, explanation.isEmpty() ? "" : ": " + explanation));
      case Outcome.Stuck(String what, List<ThreadReport> threads) ->
          new GuestDeadlockException("the guest can never go on: it " + what, threads(threads));
      case Outcome.HostFunctionFailed(String declaration, Throwable cause) ->
          new HostFunctionException(declaration, cause);
      case Outcome.HostError(Error error) -> new HostFunctionException("of the sandbox", error);
      case Outcome.HypervisorFailed(RuntimeException cause) ->
          new HypervisorException(
              HypervisorException.Kind.FAILED, String.valueOf(cause.getMessage()), cause);
      case Outcome.GuestError(String message) ->
          new GuestErrorException(
              GuestErrorException.Kind.REPORTED,
              message.isBlank() ? "the guest reported an error and no message" : message);
      case Outcome.InvalidResult(String problem) ->
          new GuestErrorException(GuestErrorException.Kind.INVALID_RESULT, problem);
    };
  }

  private List<GuestThread> threads(List<ThreadReport> reports) {
    return reports.stream()
        .map(report ->
            new GuestThread(
                report.number(),
                Text.toName(report.name(), ThreadReport.NAME_BYTES),
                report.state(),
                location(report.registers())))
        .toList();
  }

  private static HyperlightException stopped(
      Stop why, Duration limit, GuestLocation location, List<GuestThread> threads) {
    return switch (why) {
      case INTERRUPTED ->
          new CallInterruptedException("the call was interrupted, ", true, location);
      case THREAD_INTERRUPTED ->
          new CallInterruptedException(
              "the thread of the call was interrupted, the guest was ", true, location);
      case TIMED_OUT ->
          new GuestTimeoutException(
              GuestTimeoutException.Kind.CALL_TIMEOUT, limit, location, threads);
      case PROCESSOR_TIME_USED ->
          new GuestTimeoutException(GuestTimeoutException.Kind.CPU_TIME, limit, location, threads);
    };
  }

  private GuestLocation location(RegisterValues registers) {
    return new GuestLocation(registers.instructionPointer(), registers.byName(), program::symbolAt);
  }

  private GuestFaultException fault(Trap trap, Outcome.Place place, List<GuestThread> threads) {
    return switch (trap) {
      case Trap.ProcessorException exception -> processorException(exception, place, threads);
      case Trap.DeviceAccess(String what, RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.DEVICE_ACCESS,
              what + " by its own code",
              null,
              registers,
              threads);
      case Trap.BadReturnAddress(long address, RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.PROTOCOL_VIOLATION,
              "a system call that could only return to 0x%x".formatted(address),
              null,
              registers,
              threads);
      case Trap.BadMessage(long number, RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.PROTOCOL_VIOLATION,
              "a message to the host with number 0x%x, which the gate does not use"
                  .formatted(number),
              null,
              registers,
              threads);
      case Trap.ExitBesideMessage(CpuExit exit, RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.PROTOCOL_VIOLATION,
              "its own code went on after a message to the host, and left the virtual machine: "
                  + exit,
              null,
              registers,
              threads);
      case Trap.PrivilegeLost(String how, RegisterValues registers) ->
          fault(GuestFaultException.Kind.MACHINE_STOPPED, how, null, registers, threads);
      case Trap.ForgedState(RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.MACHINE_STOPPED,
              "the saved state of a thread was overwritten with one that no processor can have",
              null,
              registers,
              threads);
      case Trap.Preempted(RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.MACHINE_STOPPED,
              "stopped by the host",
              null,
              registers,
              threads);
      case Trap.Stopped(RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.MACHINE_STOPPED,
              "stopped by the host",
              null,
              registers,
              threads);
      case Trap.Unexpected(CpuExit exit, RegisterValues registers) ->
          fault(
              GuestFaultException.Kind.MACHINE_STOPPED,
              "the virtual machine stopped: " + exit,
              null,
              registers,
              threads);
    };
  }

  private GuestFaultException processorException(
      Trap.ProcessorException exception, Outcome.Place place, List<GuestThread> threads) {
    if (exception.kind() == FaultKind.MEMORY_ACCESS) {
      long address = exception.address();
      return fault(
          place == Outcome.Place.STACK_GUARD
              ? GuestFaultException.Kind.STACK_OVERFLOW
              : GuestFaultException.Kind.MEMORY_ACCESS,
          switch (place) {
            case STACK_GUARD -> "stack overflow (0x%x)".formatted(address);
            case ANYWHERE ->
                "page fault (%s of 0x%x)".formatted(access(exception.access()), address);
            case BEHIND_FILE ->
                "page fault (%s of 0x%x, after the end of the file that is mapped there)"
                    .formatted(access(exception.access()), address);
          },
          address,
          exception.registers(),
          threads);
    }
    return fault(kind(exception.kind()), exception.what(), null, exception.registers(), threads);
  }

  private static String access(MemoryAccess access) {
    return switch (access) {
      case READ -> "read";
      case WRITE -> "write";
      case EXECUTE -> "execution";
    };
  }

  private static GuestFaultException.Kind kind(FaultKind kind) {
    return switch (kind) {
      case MEMORY_ACCESS -> GuestFaultException.Kind.MEMORY_ACCESS;
      case DIVISION -> GuestFaultException.Kind.DIVISION;
      case SINGLE_STEP, BREAKPOINT -> GuestFaultException.Kind.DEBUG;
      case ILLEGAL_INSTRUCTION -> GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
      case STACK_ADDRESS, PROTECTION -> GuestFaultException.Kind.PROTECTION;
      case FLOATING_POINT -> GuestFaultException.Kind.FLOATING_POINT;
      case ALIGNMENT -> GuestFaultException.Kind.ALIGNMENT;
      case NOT_PRESENT, CHECK, OTHER -> GuestFaultException.Kind.OTHER;
    };
  }

  private GuestFaultException fault(
      GuestFaultException.Kind kind,
      String what,
      @Nullable Long address,
      RegisterValues registers,
      List<GuestThread> threads) {
    return new GuestFaultException(kind, what, address, location(registers), threads);
  }
}
