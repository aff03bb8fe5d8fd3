package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.linux.limits.LimitPassedException;
import io.hyperlight.internal.machine.Call;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.StackRoom;
import io.hyperlight.internal.os.StoppedException;
import io.hyperlight.value.Limits;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a call, for the generated stubs. {@link #begin} claims the instance for the thread.
 * The {@code put} methods write arguments into the call frame or the window. {@link #execute} runs
 * the guest until the gate reports the end of the call. The {@code result} methods read the result,
 * and {@link #end} releases the instance. If all values are numbers, no step allocates, and the
 * only system call is KVM_RUN.
 *
 * <p>All methods except {@link #begin} are for the thread that has claimed the instance.
 */
final class FunctionCall {
  /** Stubs release it with a store if the stack has no room for {@link #end}. */
  final Claim claim;

  private final InstanceState state;
  private final GuestRun run;
  private final Call call;
  private final long callTimeoutNanos;
  private final Outcome.Reporter reporter;

  // State of the running call.
  private @Nullable ExportedFunction function;
  private long windowNext;

  FunctionCall(
      Claim claim,
      InstanceState state,
      GuestRun run,
      Call call,
      Limits limits,
      Outcome.Reporter reporter) {
    this.claim = claim;
    this.state = state;
    this.run = run;
    this.call = call;
    callTimeoutNanos = limits.callTimeoutNanos();
    this.reporter = reporter;
  }

  /**
   * Claims the instance for this thread and starts a call.
   *
   * @throws RuntimeException from the reporter, if the instance is in use, closed or unusable; it
   *     is not claimed then
   */
  void begin(ExportedFunction called) {
    claim.claimUsable();
    try {
      if (function != called) {
        function = called;
      }
      windowNext = state.loaded.window().start();
      beginTimed(called.timeoutNanos());
    } catch (Throwable t) {
      claim.user = null; // the stub's exception handler does not cover this method yet
      throw t;
    }
  }

  /**
   * Claims the instance for this thread and starts a call that calls no function.
   *
   * @throws RuntimeException as {@link #begin}
   */
  void begin(long timeoutNanos) {
    StackRoom.requireLittle(); // for end()
    claim.claimUsable();
    try {
      beginTimed(timeoutNanos);
    } catch (Throwable t) {
      claim.user = null;
      throw t;
    }
  }

  /**
   * Starts the call. From here on it can be ended from outside, so this is the last step and
   * nothing fails after it.
   */
  private void beginTimed(long timeoutNanos) {
    Thread thread = Thread.currentThread();
    if (thread.isInterrupted()) {
      throw reporter.exceptionFor(new Outcome.NotBegun());
    }
    call.begin(thread, timeoutNanos == 0 ? callTimeoutNanos : timeoutNanos);
  }

  /** Releases the instance. */
  void end() {
    try {
      call.end();
    } finally {
      claim.release();
    }
  }

  void putBoolean(int offset, boolean value) {
    state.context().setFrameLong(offset, value ? 1 : 0);
  }

  /** Writes any signed integer, extended to the register's width. */
  void putInteger(int offset, long value) {
    state.context().setFrameLong(offset, value);
  }

  void putUnsigned(int offset, int index, long value, long maximum) {
    if (value < 0 || value > maximum) {
      throw badArgument(index, "is %d, and must be 0 to %d".formatted(value, maximum));
    }
    state.context().setFrameLong(offset, value);
  }

  void putFloat(int offset, float value) {
    state.context().setFrameLong(offset, Integer.toUnsignedLong(Float.floatToRawIntBits(value)));
  }

  void putDouble(int offset, double value) {
    state.context().setFrameLong(offset, Double.doubleToRawLongBits(value));
  }

  void putString(int offset, int index, @Nullable String value) {
    if (value != null && Text.exceeds(value, state.machine().memorySizeBytes())) {
      throw badArgument(
          index, "does not fit into the sandbox: it is longer than all of its memory");
    }
    byte[] bytes = value == null ? null : Text.encode(value);
    if (value != null && bytes == null) {
      throw badArgument(index, "has half of a surrogate pair in it, which UTF-8 cannot say");
    }
    putBytes(offset, index, bytes);
  }

  void putBytes(int offset, int index, byte @Nullable [] value) {
    if (value == null) {
      throw badArgument(index, "is null");
    }
    try {
      long address = state.loaded.window().put(windowNext, value);
      windowNext = address + value.length + 1;
      state.context().setFrameLong(offset, address);
      state.context().setFrameLong(offset + 8, value.length);
    } catch (GuestMemoryExhaustedException e) {
      throw badArgument(index, "does not fit into the sandbox: " + e.getMessage());
    } catch (StoppedException _) {
      throw run.fail(run.stopped(state.context().location()));
    }
  }

  private RuntimeException badArgument(int index, String problem) {
    return reporter.exceptionFor(
        new Outcome.BadArgument(
            "argument %d of %s %s".formatted(index + 1, declaration(), problem)));
  }

  /**
   * Runs the guest until the call is done.
   *
   * @throws RuntimeException from the reporter, if the call ends in another way
   */
  void execute(ExportedFunction called) {
    state.context().setFrameLong(CallFrame.TARGET, called.address());
    run.prepareFrame(windowNext);
    state.guestRuns();
    state.context().enterGate();
    run.toEndOfCall();
  }

  // Results. The gate left RAX in RDI, RDX in RSI and XMM0 in RDX; all are hostile.

  boolean resultBoolean() {
    long value = state.context().argument(0) & 0xff;
    if (value > 1) {
      throw badResult("a bool of value %d".formatted(value));
    }
    return value != 0;
  }

  long resultInteger() {
    return state.context().argument(0);
  }

  long resultUnsigned64() {
    long value = state.context().argument(0);
    if (value < 0) {
      throw badResult(
          "%s, and a Java long ends at %d".formatted(Long.toUnsignedString(value), Long.MAX_VALUE));
    }
    return value;
  }

  float resultFloat() {
    return Float.intBitsToFloat((int) state.context().argument(2));
  }

  double resultDouble() {
    return Double.longBitsToDouble(state.context().argument(2));
  }

  byte[] resultBytes() {
    long size = state.context().argument(1);
    try {
      if (size <= state.machine().memorySizeBytes()) {
        state
            .loaded
            .budget()
            .requireValue(size); // a larger size cannot be a range of the guest's memory
      }
      return state.machine().addressSpace().read(state.context().argument(0), size);
    } catch (LimitPassedException e) {
      throw run.fail(new Outcome.LimitPassed(e.kind(), e.most()));
    } catch (GuestAddressException e) {
      throw badResult("a range that is not its own: " + e.getMessage());
    } catch (StoppedException _) {
      throw run.fail(run.stopped(state.context().location()));
    }
  }

  String resultString() {
    String text = Text.decode(resultBytes());
    if (text == null) {
      throw badResult("a string that is not UTF-8");
    }
    return text;
  }

  private RuntimeException badResult(String what) {
    return run.fail(new Outcome.InvalidResult(declaration() + " returned " + what));
  }

  private String declaration() {
    return function == null ? "a function" : function.declaration().toString();
  }

  /**
   * Starts a program that exports functions, and runs it until it reports that it is ready for
   * calls.
   */
  void executeStart() {
    run.prepareFrame(state.loaded.window().start());
    state.guestRuns();
    state.context().enterProgram(state.loaded.entry(), state.loaded.stackPointer());
    run.toEndOfCall();
  }
}
