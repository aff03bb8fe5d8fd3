package io.hyperlight.testing;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;

/** A guest that makes any system call and touches any memory, as it is told. */
public final class RawSystemCalls {
  static final String PROGRAM =
      SourceFile.of(RawSystemCalls.class, "raw_system_calls.c") + ResetOracle.FUNCTIONS;

  public static final Guest GUEST = CompiledGuest.of(PROGRAM);

  private final Sandbox sandbox;
  private final MethodHandle handle;

  public RawSystemCalls(Sandbox sandbox) {
    this.sandbox = sandbox;
    handle = sandbox.function("system_call");
  }

  /** The result, or a negated error number. */
  public long call(long number, long... arguments) {
    long[] all = new long[6];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    try {
      return (long) handle.invokeExact(number, all[0], all[1], all[2], all[3], all[4], all[5]);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  public int peek(long address) {
    return sandbox.call("peek", int.class, address);
  }

  public void poke(long address, int value) {
    sandbox.call("poke", void.class, address, value);
  }

  public int jump(long address) {
    return sandbox.call("jump", int.class, address);
  }

  public void putCode(long address) {
    sandbox.call("put_code", void.class, address);
  }

  public long area() {
    return sandbox.call("area_address", long.class);
  }
}
