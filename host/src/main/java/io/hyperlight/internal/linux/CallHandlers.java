package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.base.CallOutcome;
import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.linux.fd.FileSizeException;
import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.signal.Signals;
import io.hyperlight.internal.linux.task.Task;
import io.hyperlight.internal.linux.trace.CallSignature;
import io.hyperlight.internal.linux.trace.NumberTexts;
import io.hyperlight.internal.linux.trace.TracedCall;
import io.hyperlight.internal.linux.wait.BlockedException;
import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.InterruptedWaitException;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.vfs.FileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the handler of a system call, makes the call and reports it to the observer. The outcome of
 * the world says what becomes of the task.
 */
final class CallHandlers {
  private final Refusals refusals;
  private final @Nullable SystemCallObserver observer;

  /** The task that made the last call, and its families of calls. */
  private @Nullable Task owner;

  /** Null before the first system call: many guests are only called, and never make one. */
  private @Nullable TaskCalls calls;

  /** The calls of tasks by task. Immutable and empty before the first system call. */
  private Map<Task, TaskCalls> all = Map.of();

  CallHandlers(Refusals refusals, @Nullable SystemCallObserver observer) {
    this.refusals = refusals;
    this.observer = observer;
  }

  /** Forgets all tasks but these, which a restore has left. */
  void retain(List<Task> tasks) {
    if (all.size() > 1) {
      all.keySet().removeIf(task -> !tasks.contains(task));
      owner = null;
      calls = null;
    }
  }

  /** Forgets a task that has ended. */
  void forget(Task task) {
    if (!all.isEmpty()) {
      all.remove(task);
    }
    if (owner == task) {
      owner = null;
      calls = null;
    }
  }

  /** Makes the call at which a task stands. Returns its result. */
  long call(Task task) {
    long number = task.context().callNumber();
    return observer == null ? call(task, number) : callObserved(task, number, observer);
  }

  /** The arguments are read before the call, and its output before the guest's code runs again. */
  private long callObserved(Task task, long number, SystemCallObserver listening) {
    long[] arguments = arguments(task.context());
    TracedCall traced = trace(task.context().addressSpace(), number, arguments);
    long result = call(task, number);
    CallOutcome.Kind kind = task.outcome().kind();
    if (kind == CallOutcome.Kind.WAITING_FOR_INPUT || kind == CallOutcome.Kind.BLOCKED) {
      return result; // it is answered and reported later
    }
    boolean returned = !task.outcome().isEnd() || kind == CallOutcome.Kind.KILLED;
    report(task, number, arguments, result, traced, returned, listening);
    return result;
  }

  /** Reports a call that another task has completed. */
  void completed(Task task, long result) {
    report(task, result, true);
  }

  /** Reports a call that never ends. */
  void abandoned(Task task) {
    report(task, 0, false);
  }

  private void report(Task task, long result, boolean returned) {
    if (observer != null) {
      long number = task.context().callNumber();
      long[] arguments = arguments(task.context());
      TracedCall traced = trace(task.context().addressSpace(), number, arguments);
      report(task, number, arguments, result, traced, returned, observer);
    }
  }

  private static void report(
      Task task,
      long number,
      long[] arguments,
      long result,
      TracedCall traced,
      boolean returned,
      SystemCallObserver listening) {
    String line = returned ? traced.line(result) : traced.lineWithoutResult();
    if (!task.isFirst()) {
      line = "[thread %d] %s".formatted(task.identity().thread(), line);
    }
    Context context = task.context();
    if (context.call().isAwayFromCaller()) {
      String told = line;
      context.call().atCaller(() -> tell(context, number, arguments, result, told, listening));
    } else {
      tell(context, number, arguments, result, line, listening);
    }
  }

  private static boolean tell(
      Context context,
      long number,
      long[] arguments,
      long result,
      String line,
      SystemCallObserver listening) {
    boolean goesOn = context.call().goOutside();
    if (goesOn) {
      try {
        listening.answered(SystemCallTable.nameOf(number), arguments, result, line);
      } finally {
        context.call().comeBack();
      }
    }
    return goesOn;
  }

  /** Describes a call of any number for the observer. */
  static TracedCall trace(AddressSpace space, long number, long[] arguments) {
    SystemCall call = SystemCallTable.of(number);
    if (call == null) {
      return new TracedCall(space, "syscall_" + NumberTexts.hex(number), null, arguments);
    }
    String text = call.arguments();
    return new TracedCall(
        space, call.name(), text == null ? null : CallSignature.parse(text), arguments);
  }

  private static long[] arguments(Context context) {
    return new long[] {
      context.argument(0),
      context.argument(1),
      context.argument(2),
      context.argument(3),
      context.argument(4),
      context.argument(5)
    };
  }

  private long call(Task task, long number) {
    SystemCall call = SystemCallTable.of(number);
    SystemCall.Handler handler = call == null ? null : call.handler();
    if (handler == null) {
      return refuse(call, number);
    }
    TaskCalls families = calls;
    if (families == null || owner != task) {
      families = callsOf(task);
    }
    Context context = task.context();
    try {
      return handler.call(
          families,
          context.argument(0),
          context.argument(1),
          context.argument(2),
          context.argument(3),
          context.argument(4),
          context.argument(5));
    } catch (GuestAddressException e) {
      return -Errno.EFAULT;
    } catch (BlockedException e) {
      task.outcome().block();
      return 0;
    } catch (InterruptedWaitException e) {
      return interrupted(task);
    } catch (StandardStreams.WaitingException e) {
      return waitForInput(task);
    } catch (FileSizeException e) {
      task.signals().raise(Signals.SIGXFSZ);
      return -e.errno();
    } catch (FileException e) {
      return -e.errno();
    }
  }

  private static long interrupted(Task task) {
    task.outcome().interrupt();
    return -Errno.EINTR;
  }

  private static long waitForInput(Task task) {
    WaitSource arrival = task.world().files().streams().arrival();
    RuntimeException leaving =
        task.waiting().block("waits for input", Deadline.NEVER, Restart.IF_HANDLER_ASKS, arrival);
    if (leaving instanceof InterruptedWaitException) {
      return interrupted(task);
    }
    task.outcome().waitForInput();
    return 0;
  }

  /** Returns the calls of a task, and makes them the present ones. */
  private TaskCalls callsOf(Task task) {
    TaskCalls there = all.get(task);
    if (there == null) {
      StackRoom.require(); // this may load classes, which needs room on the stack
      there = new TaskCalls(task, refusals);
      if (all.isEmpty()) {
        all = new HashMap<>(2);
      }
      all.put(task, there);
    }
    owner = task;
    calls = there;
    return there;
  }

  /**
   * Counts unknown numbers under one name. A hostile guest must not make the table of refusals
   * grow.
   */
  private long refuse(@Nullable SystemCall call, long number) {
    if (call == null) {
      boolean between = number >= 0 && number < SystemCallTable.END;
      refusals.count(between ? SystemCallTable.nameOf(number) : "numbers that do not exist");
      return -Errno.ENOSYS;
    }
    refusals.count(call.name());
    Need need = call.need();
    if (need != null) {
      refusals.need(need, call.name());
    }
    return -call.errno();
  }
}
