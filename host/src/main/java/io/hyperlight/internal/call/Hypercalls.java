package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.linux.GuestMessage;
import io.hyperlight.internal.linux.LinuxState;
import io.hyperlight.internal.linux.ProcessEnding;
import io.hyperlight.internal.linux.SystemCalls;
import io.hyperlight.internal.linux.limits.CallBudget;
import io.hyperlight.internal.linux.limits.LimitPassedException;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.internal.vfs.FileSystem;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a guest requests while a call runs: host functions, the log, a larger window, its
 * own end, and the system calls of ordinary programs. Numbers and registers are in
 * docs/guest-abi.md.
 *
 * <p><b>Boundary.</b> Every register here is hostile. Addresses and sizes go to the address space,
 * which checks and copies. Numbers are compared with those that exist.
 */
final class Hypercalls {
  /** The maximum length of a guest's message, in bytes. Longer ones are cut. */
  private static final long LONGEST_MESSAGE = 1 << 16;

  private static final long SUCCEEDED = 0;
  private static final long FAILED = 1;

  /** The context of calls, which has the call frame. */
  private final Context first;

  private final Window window;
  private final List<@Nullable HostBinding> bindings;
  private final SystemCalls systemCalls;
  private final GuestOutput output;
  private final long memoryBytes;
  private final CallBudget budget;

  private Outcome.@Nullable HostFunctionFailed lastFailure;

  /**
   * Makes the answers for one guest.
   *
   * @param bindings host functions by import number; null for numbers without an import
   */
  Hypercalls(
      Context context,
      Window window,
      List<@Nullable HostBinding> bindings,
      SystemCalls systemCalls,
      GuestOutput output,
      long memoryBytes,
      CallBudget budget) {
    first = context;
    this.window = window;
    this.bindings = bindings;
    this.systemCalls = systemCalls;
    this.output = output;
    this.memoryBytes = memoryBytes;
    this.budget = budget;
  }

  /** Returns the state that a snapshot has to keep. */
  LinuxState state() {
    return systemCalls.state();
  }

  /** Discards the state of the previous call. */
  void beginCall() {
    lastFailure = null;
    systemCalls.beginCall();
  }

  /** Returns how often the guest was refused each system call. */
  Map<String, Long> refusals() {
    return systemCalls.refusals();
  }

  /** Returns the contents of the files that the guest can write. */
  FileSystem.State writtenFiles() {
    return systemCalls.writtenFiles();
  }

  long systemCallCount() {
    return systemCalls.count();
  }

  /**
   * Returns whether the guest stopped at the system call that reports that the program has started.
   */
  boolean isReady() {
    return first.state() == Context.State.IN_SYSTEM_CALL
        && first.callNumber() == Hypercall.READY
        && systemCalls.context() == first;
  }

  /**
   * Passes a processor exception to the guest's own handler.
   *
   * @return whether the guest has one
   */
  boolean handle(Trap.ProcessorException exception) {
    return systemCalls.handle(exception);
  }

  /** Returns whether a page fault was an access after the end of a mapped file. */
  boolean isBehindFile(Trap.ProcessorException pageFault) {
    return systemCalls.isBehindFile(pageFault);
  }

  /** Returns whether a context stands at a request that is no system call of Linux. */
  static boolean isOwn(Context context) {
    return Hypercall.isOne(context.callNumber());
  }

  /**
   * Lets one of several processors begin, which has no thread of the guest yet.
   *
   * @return as {@link #answer}
   */
  @Nullable Ending beginOn(int processor) {
    return ending(systemCalls.begin(processor));
  }

  /**
   * Answers the system call at which the guest stopped, and prepares the guest to go on.
   *
   * @param hostCallsAllowed whether a call from Java is running
   * @return null if the guest goes on; otherwise how the call ended
   */
  @Nullable Ending answer(boolean hostCallsAllowed) {
    Context context = systemCalls.context();
    long number = context.callNumber();
    if (!Hypercall.isOne(number)) {
      return ending(systemCalls.answer());
    }
    Ending ending = answerOwn(context, number, hostCallsAllowed);
    if (ending == null) {
      systemCalls.answeredElsewhere();
      context.resume();
    }
    return ending;
  }

  /**
   * Goes on after the program has waited for input.
   *
   * @return as {@link #answer}
   */
  @Nullable Ending proceed() {
    return ending(systemCalls.proceed());
  }

  /**
   * Goes on after the machine has stopped a thread for the others.
   *
   * @return as {@link #answer}
   */
  @Nullable Ending preempted() {
    return ending(systemCalls.preempted());
  }

  private @Nullable Ending ending(@Nullable ProcessEnding ending) {
    return switch (ending) {
      case null -> null;
      case ProcessEnding.Exited(int status, String explanation) ->
          new Outcome.Exited(status, explanation);
      case ProcessEnding.Killed(int signal, String name, String explanation) ->
          new Outcome.Aborted(explanation.isEmpty() ? "killed by " + name : explanation, signal);
      case ProcessEnding.WaitingForInput() -> new Outcome.WaitingForInput();
      case ProcessEnding.Stuck(String what) -> new Outcome.Stuck(what, systemCalls.threads(null));
    };
  }

  private @Nullable Ending answerOwn(Context context, long number, boolean hostCallsAllowed) {
    long argument0 = context.argument(0);
    long argument1 = context.argument(1);
    long argument2 = context.argument(2);
    if (number == Hypercall.HOST) {
      return hostCallsAllowed
          ? callHost(context, argument0, argument1)
          : violation("a host call while it was being initialised");
    }
    if (number == Hypercall.GIVE_UP) {
      return lastFailure != null
          ? lastFailure
          : violation("giving up although no host function had failed");
    }
    if (number == Hypercall.ABORT) {
      return new Outcome.Aborted(
          systemCalls.explain(readMessage(argument0, argument1)), Outcome.Aborted.SIGABRT);
    }
    if (number == Hypercall.LOG) {
      if (argument0 < 0 || argument0 >= Hypercall.LOG_LEVELS) {
        return violation("log level " + argument0);
      }
      budget.useLogLine(messageLength(argument2));
      log((int) argument0, readMessage(argument1, argument2));
      context.answer(SUCCEEDED);
      return null;
    }
    if (number == Hypercall.GROW_WINDOW) {
      context.answer(growWindow(argument0));
      return null;
    }
    if (number == Hypercall.READY) {
      return violation("saying that it has started, long after its start");
    }
    if (number == Hypercall.REST) {
      return violation("waiting for a message in a sandbox whose calls are none");
    }
    context.answer(-Errno.ENOSYS);
    return null;
  }

  private void log(int level, String message) {
    if (first.call().goOutside()) {
      try {
        output.log(level, message);
      } finally {
        first.call().comeBack();
      }
    }
  }

  /**
   * Reads a message for people. Whatever the guest passed, this returns text, since an unreadable
   * message must not hide that there was one.
   */
  String readMessage(long address, long size) {
    try {
      return GuestMessage.decode(first.addressSpace().read(address, messageLength(size)));
    } catch (GuestAddressException e) {
      return "(a message that cannot be read: " + e.getMessage() + ")";
    }
  }

  private static long messageLength(long size) {
    return size < 0 ? LONGEST_MESSAGE : Math.min(size, LONGEST_MESSAGE);
  }

  private long growWindow(long end) {
    try {
      window.reserve(end);
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM; // the guest has to handle this
    }
    first.setFrameLong(CallFrame.WINDOW_END, window.mappedEnd());
    return SUCCEEDED;
  }

  private @Nullable Ending callHost(Context context, long number, long arguments) {
    HostBinding binding =
        number >= 0 && number < bindings.size() ? bindings.get((int) number) : null;
    if (binding == null) {
      return violation(
          "a host call of function number %s, which is not one of its imports"
              .formatted(Long.toUnsignedString(number)));
    }
    long next = first.frameLong(CallFrame.WINDOW_NEXT);
    if (!window.contains(next)) {
      return violation(
          "a host call with a window that ends outside of it, at 0x%x".formatted(next));
    }
    budget.useHostCall();
    try {
      Object[] values = binding.readArguments(first.addressSpace(), arguments, memoryBytes, budget);
      if (first.call().goOutside()) {
        giveResult(context, callOutside(binding, values), next);
      }
    } catch (LimitPassedException | StoppedException e) {
      throw e;
    } catch (HostBinding.BadCallException e) {
      return violation("a host call of " + binding.declaration() + ": " + e.getMessage());
    } catch (Exception e) {
      lastFailure = new Outcome.HostFunctionFailed(binding.declaration().toString(), e);
      context.answer(FAILED, 0, 0);
    }
    return null;
  }

  private Object callOutside(HostBinding binding, Object[] values) throws Exception {
    try {
      return binding.call(values, first.memorySizeBytes());
    } finally {
      first.call().comeBack();
    }
  }

  private void giveResult(Context context, Object result, long next) {
    long first;
    long second = 0;
    if (result instanceof byte[] bytes) {
      budget.useHostCallBytes(bytes.length);
      first = putResult(next, bytes);
      second = bytes.length;
      this.first.setFrameLong(CallFrame.WINDOW_NEXT, first + second + 1);
      this.first.setFrameLong(CallFrame.WINDOW_END, window.mappedEnd());
    } else {
      first = (long) result;
    }
    context.answer(SUCCEEDED, first, second);
  }

  private long putResult(long next, byte[] bytes) {
    try {
      return window.put(next, bytes);
    } catch (GuestMemoryExhaustedException e) {
      // The guest may handle this like any other failure of the host function.
      throw new IllegalStateException(
          "its result does not fit into the sandbox: " + e.getMessage(), e);
    }
  }

  private Outcome.Violation violation(String what) {
    return new Outcome.Violation(what, systemCalls.context().registers());
  }
}
