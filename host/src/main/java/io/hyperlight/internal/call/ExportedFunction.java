package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.loader.FunctionTable;
import io.hyperlight.internal.os.Unchecked;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * A function of a guest that can be called: its declaration, where it is, and the code that calls
 * it. Belongs to the program, not to a sandbox; safe for use by many threads.
 */
public final class ExportedFunction {
  private final Declaration declaration;
  private final long address;
  private final long timeoutNanos;
  private volatile @Nullable MethodHandle stub;
  private volatile @Nullable MethodHandle generic;

  /** What a program exports, to be called. */
  public ExportedFunction(FunctionTable.Export export) {
    this(export.declaration(), export.address(), 0);
  }

  private ExportedFunction(Declaration declaration, long address, long timeoutNanos) {
    this.declaration = declaration;
    this.address = address;
    this.timeoutNanos = timeoutNanos;
  }

  /** The same function, with a limit to the time that a call may take. */
  public ExportedFunction within(long nanos) {
    ExportedFunction limited = new ExportedFunction(declaration, address, nanos);
    limited.stub = stub();
    limited.generic = generic();
    return limited;
  }

  /** How long a call may take; 0 for as long as calls of the instance may. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  public Declaration declaration() {
    return declaration;
  }

  /** Where it starts in the guest's code. */
  public long address() {
    return address;
  }

  /** A handle of exactly the declared types that calls the function in an instance. */
  MethodHandle bind(FunctionCall calls) {
    return MethodHandles.insertArguments(stub(), 0, calls, this);
  }

  /**
   * Calls the function with boxed values.
   *
   * @param arguments of the declared number and types, none null
   * @return the boxed result, null for void
   */
  @Nullable Object call(FunctionCall calls, Object[] arguments) {
    try {
      return (Object) generic().invokeExact(calls, this, arguments);
    } catch (Throwable t) {
      throw Unchecked.rethrow(t);
    }
  }

  private MethodHandle generic() {
    MethodHandle handle = generic;
    if (handle == null) {
      int count = declaration.signature().parameters().size();
      handle =
          stub()
              .asType(
                  MethodType.genericMethodType(2 + count)
                      .changeParameterType(0, FunctionCall.class)
                      .changeParameterType(1, ExportedFunction.class))
              .asSpreader(Object[].class, count);
      generic = handle;
    }
    return handle;
  }

  private MethodHandle stub() {
    MethodHandle handle = stub;
    if (handle == null) {
      handle = CallStubs.of(declaration.signature());
      stub = handle;
    }
    return handle;
  }
}
