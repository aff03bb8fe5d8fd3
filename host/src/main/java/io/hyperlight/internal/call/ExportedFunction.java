package io.hyperlight.internal.call;

import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.loader.FunctionTable;
import io.hyperlight.internal.os.Unchecked;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * A guest function that can be called: its declaration, its address, and the code that calls it. It
 * belongs to the program, not to a sandbox. Safe for use by many threads.
 */
public final class ExportedFunction {
  private final Declaration declaration;
  private final long address;
  private final long timeoutNanos;
  private volatile @Nullable MethodHandle stub;
  private volatile @Nullable MethodHandle generic;

  /** Makes a callable function of an export. */
  public ExportedFunction(FunctionTable.Export export) {
    this(export.declaration(), export.address(), 0);
  }

  private ExportedFunction(Declaration declaration, long address, long timeoutNanos) {
    this.declaration = declaration;
    this.address = address;
    this.timeoutNanos = timeoutNanos;
  }

  /** Returns the same function with a time limit for each call. */
  public ExportedFunction within(long nanos) {
    ExportedFunction limited = new ExportedFunction(declaration, address, nanos);
    limited.stub = stub();
    limited.generic = generic();
    return limited;
  }

  /** Returns the time limit of a call; 0 for the instance's limit. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  public Declaration declaration() {
    return declaration;
  }

  /** Returns the function's address in the guest's code. */
  public long address() {
    return address;
  }

  /** Returns a handle of exactly the declared types that calls the function in an instance. */
  MethodHandle bind(FunctionCall calls) {
    return MethodHandles.insertArguments(stub(), 0, calls, this);
  }

  /**
   * Calls the function with boxed values.
   *
   * @param arguments arguments of the declared number and types, none null
   * @return the boxed result; null for {@code void}
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
