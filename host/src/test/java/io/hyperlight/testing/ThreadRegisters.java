package io.hyperlight.testing;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads and writes those registers of the calling thread that neither calls of C functions nor the
 * kernel's system calls change. What other code leaves there, the next code on the thread finds.
 */
public final class ThreadRegisters {
  private static final int PROT_ALL = 7;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final long PAGE = 4096;

  /** Which flags count: all but the arithmetic ones, and IF. */
  private static final long FLAGS = 0x24_7500;

  /** Of exceptions that happened: any Java code may add some. */
  private static final long MXCSR_FLAGS = 0x3f;

  /** OSPKE: whether RDPKRU may be executed (Intel SDM vol. 2, "CPUID", leaf 7). */
  private static final long PROTECTION_KEYS = 1 << 4;

  private static final String CODE =
      """
      31c0 8cd8 488907       xor %eax, %eax; mov %ds, %eax; mov %rax, (%rdi)
      31c0 8cc0 48894708     es, 8
      31c0 8ce0 48894710     fs, 16
      31c0 8ce8 48894718     gs, 24
      f3480faec0 48894720    rdfsbase %rax; mov %rax, 32(%rdi)
      f3480faec8 48894728    rdgsbase %rax; mov %rax, 40(%rdi)
      0fae5f30               stmxcsr 48(%rdi)
      d97f38                 fnstcw 56(%rdi)
      9c 58 48894740         pushfq; pop %rax; mov %rax, 64(%rdi)
      85f6 740a              test %esi, %esi; jz 1f
      31c9 0f01ee 48894748   xor %ecx, %ecx; rdpkru; mov %rax, 72(%rdi)
      9090
      c3                     1: ret
      """;

  private static final String CPUID =
      """
      4889da                 mov %rbx, %rdx
      4989d0                 mov %rdx, %r8
      b807000000 31c9 0fa2   mov $7, %eax; xor %ecx, %ecx; cpuid
      4c89c3 89c8 c3         mov %r8, %rbx; mov %ecx, %eax; ret
      """;

  private static final MethodHandle READ = code(CODE, FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT));

  private static final boolean HAS_PROTECTION_KEYS = hasProtectionKeys();

  private ThreadRegisters() {}

  private static boolean hasProtectionKeys() {
    try {
      MethodHandle cpuid = code(CPUID, FunctionDescriptor.of(JAVA_INT));
      return ((int) cpuid.invokeExact() & PROTECTION_KEYS) != 0;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle code(String text, FunctionDescriptor type) {
    StringBuilder hex = new StringBuilder();
    text.lines().forEach(line -> hex.append(line.split("   ", 2)[0].replace(" ", "")));
    byte[] bytes = HexFormat.of().parseHex(hex);
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle mmap =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("mmap"),
              FunctionDescriptor.of(
                  ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
      MemorySegment page =
          (MemorySegment)
              mmap.invokeExact(MemorySegment.NULL, PAGE, PROT_ALL, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      MemorySegment code = page.reinterpret(PAGE);
      MemorySegment.copy(bytes, 0, code, JAVA_BYTE, 0, bytes.length);
      return linker.downcallHandle(code, type);
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  /** The registers of the calling platform thread, by name. */
  public static Map<String, String> read() {
    Map<String, String> registers = new LinkedHashMap<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(128, 16);
      READ.invokeExact(values, HAS_PROTECTION_KEYS ? 1 : 0);
      String[] names = {
        "DS", "ES", "FS", "GS", "FS base", "GS base", "MXCSR", "x87 control", "flags", "PKRU"
      };
      for (int i = 0; i < names.length; i++) {
        long value = values.getAtIndex(JAVA_LONG, i);
        long known =
            switch (names[i]) {
              case "flags" -> value & FLAGS;
              case "MXCSR" -> value & ~MXCSR_FLAGS;
              default -> value;
            };
        registers.put(names[i], Long.toHexString(known));
      }
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
    return registers;
  }
}
