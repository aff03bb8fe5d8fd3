package io.hyperlight.testing;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import java.lang.invoke.MethodHandle;

/** A guest that makes whatever system call it is told to, and touches memory as told. */
public final class RawSystemCalls {
  static final String PROGRAM =
      """
      #include <hyperlight.h>

      static uint8_t area[16384] __attribute__((aligned(4096)));

      HL_EXPORT(int64_t, area_address)
      int64_t area_address(void) { return (int64_t)area; }

      HL_EXPORT(int64_t, system_call, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)
      int64_t system_call(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
      {
          register int64_t r10 __asm__("r10") = d;
          register int64_t r8 __asm__("r8") = e;
          register int64_t r9 __asm__("r9") = f;
          __asm__ volatile("syscall"
                           : "+a"(n), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                           : : "rcx", "r11", "rbx", "r12", "r13", "r14", "r15", "memory");
          return n;
      }

      HL_EXPORT(int, peek, int64_t)
      int peek(int64_t address) { return *(volatile uint8_t *)address; }

      HL_EXPORT(void, poke, int64_t, int)
      void poke(int64_t address, int value) { *(volatile uint8_t *)address = (uint8_t)value; }

      HL_EXPORT(int, jump, int64_t)
      int jump(int64_t address) { return ((int (*)(void))address)(); }

      /* mov $42, %eax; ret */
      HL_EXPORT(void, put_code, int64_t)
      void put_code(int64_t address)
      {
          static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3};
          for (unsigned i = 0; i < sizeof code; i++) {
              ((volatile uint8_t *)address)[i] = code[i];
          }
      }
      """
          + ResetOracle.FUNCTIONS;

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
