package io.hyperlight;

import io.hyperlight.internal.call.Outcome;
import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.linux.LimitKind;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.machine.Stop;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MemoryAccess;
import io.hyperlight.internal.machine.arch.Trap;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the exception that tells the user of each {@link Outcome}: the one place where that is
 * decided, for all of them.
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
      case Outcome.Closed() -> new SandboxClosedException("the sandbox is closed");
      case Outcome.Unusable(Outcome.Ending since) -> {
        RuntimeException cause = exceptionFor(since);
        yield new SandboxUnusableException(
            "the sandbox is unusable since an earlier call failed: " + cause.getMessage(), cause);
      }
      case Outcome.BadArgument(String problem) -> new InvalidArgumentException(problem);
      case Outcome.Fault(Trap trap, Outcome.Place place) -> fault(trap, place);
      case Outcome.Violation(String what, Map<Register, Long> registers) ->
          fault(GuestFaultException.Kind.PROTOCOL_VIOLATION, what, null, registers);
      case Outcome.NotWaiting() ->
          new NotServingException(
              "no program in the sandbox waits for a request: start one with Program.startServing");
      case Outcome.Aborted(String message, int signal) ->
          new GuestAbortException("the guest aborted: " + message, signal);
      case Outcome.LimitPassed(LimitKind kind, long most) ->
          new GuestLimitException(kind(kind), most, kind.text());
      case Outcome.NotBegun() ->
          new GuestInterruptedException(
              "the call was not begun: its thread is interrupted", false, Whereabouts.NOWHERE);
      case Outcome.Stopped(Stop why, long limitNanos, Map<Register, Long> registers) ->
          stopped(why, Duration.ofNanos(limitNanos), Whereabouts.of(program, registers));
      case Outcome.WaitingForInput() ->
          new GuestDeadlockException("the guest can never go on: it waits for input");
      case Outcome.Exited(int status, String explanation) ->
          new GuestExitException(
              status,
              "the guest exited with status %d%s"
                  .formatted(status, explanation.isEmpty() ? "" : ": " + explanation));
      case Outcome.Stuck(String what) ->
          new GuestDeadlockException("the guest can never go on: it " + what);
      case Outcome.HostFunctionFailed(String declaration, Throwable cause) ->
          new HostFunctionException(declaration, cause);
      case Outcome.HostError(Error error) -> new HostFunctionException("of the sandbox", error);
      case Outcome.HypervisorFailed(RuntimeException cause) ->
          new HypervisorException(String.valueOf(cause.getMessage()), cause);
      case Outcome.GuestError(String message) ->
          new GuestErrorException(
              message.isBlank() ? "the guest reported an error and no message" : message);
      case Outcome.InvalidResult(String problem) -> new InvalidResultException(problem);
    };
  }

  private static HyperlightException stopped(Stop why, Duration limit, Whereabouts whereabouts) {
    return switch (why) {
      case INTERRUPTED ->
          new GuestInterruptedException("the call was interrupted, ", true, whereabouts);
      case THREAD_INTERRUPTED ->
          new GuestInterruptedException(
              "the thread of the call was interrupted, the guest was ", true, whereabouts);
      case TIMED_OUT ->
          new GuestTimeoutException(GuestTimeoutException.Kind.CALL_TIMEOUT, limit, whereabouts);
      case PROCESSOR_TIME_USED ->
          new GuestTimeoutException(GuestTimeoutException.Kind.CPU_TIME, limit, whereabouts);
    };
  }

  private static GuestLimitException.Kind kind(LimitKind kind) {
    return switch (kind) {
      case HOST_CALLS -> GuestLimitException.Kind.HOST_CALLS;
      case HOST_CALL_BYTES -> GuestLimitException.Kind.HOST_CALL_BYTES;
      case VALUE_BYTES -> GuestLimitException.Kind.VALUE_BYTES;
      case OUTPUT_BYTES -> GuestLimitException.Kind.OUTPUT_BYTES;
      case SYSTEM_CALLS -> GuestLimitException.Kind.SYSTEM_CALLS;
    };
  }

  private GuestFaultException fault(Trap trap, Outcome.Place place) {
    return switch (trap) {
      case Trap.ProcessorException exception -> processorException(exception, place);
      case Trap.DeviceAccess(String what, Map<Register, Long> registers) ->
          fault(GuestFaultException.Kind.PORT_ACCESS, what + " by its own code", null, registers);
      case Trap.BadReturnAddress(long address, Map<Register, Long> registers) ->
          fault(
              GuestFaultException.Kind.PROTOCOL_VIOLATION,
              "a system call that could only return to 0x%x".formatted(address),
              null,
              registers);
      case Trap.BadMessage(long number, Map<Register, Long> registers) ->
          fault(
              GuestFaultException.Kind.PROTOCOL_VIOLATION,
              "a message to the host with number 0x%x, which is none of the gate's"
                  .formatted(number),
              null,
              registers);
      case Trap.ExitBesideMessage(CpuExit exit, Map<Register, Long> registers) ->
          fault(
              GuestFaultException.Kind.PROTOCOL_VIOLATION,
              "its own code went on after a message to the host, and left the virtual machine: "
                  + exit,
              null,
              registers);
      case Trap.PrivilegeLost(String how, Map<Register, Long> registers) ->
          fault(GuestFaultException.Kind.MACHINE_STOPPED, how, null, registers);
      case Trap.Stopped(Map<Register, Long> registers) ->
          fault(GuestFaultException.Kind.MACHINE_STOPPED, "stopped by the host", null, registers);
      case Trap.Unexpected(CpuExit exit, Map<Register, Long> registers) ->
          fault(
              GuestFaultException.Kind.MACHINE_STOPPED,
              "the virtual machine stopped: " + exit,
              null,
              registers);
    };
  }

  private GuestFaultException processorException(
      Trap.ProcessorException exception, Outcome.Place place) {
    if (exception.kind() == FaultKind.MEMORY_ACCESS) {
      long address = exception.address();
      return fault(
          place == Outcome.Place.STACK_GUARD
              ? GuestFaultException.Kind.STACK_OVERFLOW
              : GuestFaultException.Kind.PAGE_FAULT,
          switch (place) {
            case STACK_GUARD -> "stack overflow (0x%x)".formatted(address);
            case ANYWHERE ->
                "page fault (%s of 0x%x)".formatted(access(exception.access()), address);
            case BEHIND_FILE ->
                "page fault (%s of 0x%x, behind the end of the file that is mapped there)"
                    .formatted(access(exception.access()), address);
          },
          address,
          exception.registers());
    }
    return fault(kind(exception.kind()), exception.what(), null, exception.registers());
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
      case MEMORY_ACCESS -> GuestFaultException.Kind.PAGE_FAULT;
      case DIVISION -> GuestFaultException.Kind.DIVIDE_ERROR;
      case SINGLE_STEP, BREAKPOINT -> GuestFaultException.Kind.DEBUG;
      case ILLEGAL_INSTRUCTION -> GuestFaultException.Kind.INVALID_OPCODE;
      case STACK_ADDRESS, PROTECTION -> GuestFaultException.Kind.GENERAL_PROTECTION;
      case FLOATING_POINT -> GuestFaultException.Kind.FLOATING_POINT;
      case ALIGNMENT -> GuestFaultException.Kind.ALIGNMENT;
      case NOT_PRESENT, CHECK, OTHER -> GuestFaultException.Kind.PROCESSOR_EXCEPTION;
    };
  }

  private GuestFaultException fault(
      GuestFaultException.Kind kind,
      String what,
      @Nullable Long address,
      Map<Register, Long> registers) {
    return new GuestFaultException(kind, what, address, Whereabouts.of(program, registers));
  }
}
