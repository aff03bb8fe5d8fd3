package io.hyperlight.internal.loader;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.machine.arch.VdsoPages;
import io.hyperlight.internal.machine.memory.AddressSpace;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes what an ordinary program finds on its stack when it starts. These are the number of
 * arguments, pointers to arguments and environment, and the auxiliary vector. Above them are the
 * strings and bytes to which they point (System V ABI for AMD64, "Initial Stack and Register
 * State"; {@code getauxval(3)}).
 */
public final class ProgramStack {
  private static final int AT_NULL = 0;
  private static final int AT_PHDR = 3;
  private static final int AT_PHENT = 4;
  private static final int AT_PHNUM = 5;
  private static final int AT_PAGESZ = 6;
  private static final int AT_BASE = 7;
  private static final int AT_FLAGS = 8;
  private static final int AT_ENTRY = 9;
  private static final int AT_UID = 11;
  private static final int AT_EUID = 12;
  private static final int AT_GID = 13;
  private static final int AT_EGID = 14;
  private static final int AT_PLATFORM = 15;
  private static final int AT_HWCAP = 16;
  private static final int AT_CLKTCK = 17;
  private static final int AT_SECURE = 23;
  private static final int AT_RANDOM = 25;
  private static final int AT_HWCAP2 = 26;
  private static final int AT_EXECFN = 31;
  private static final int AT_SYSINFO_EHDR = 33;
  private static final int AT_MINSIGSTKSZ = 51;

  public static final int RANDOM_BYTES = 16;

  private static final int PROGRAM_HEADER_SIZE = 56;
  private static final int NOBODY = 65534;

  /** EDX of CPUID leaf 1, as every 64-bit processor has it. */
  private static final long HWCAP = 0x178b_fbffL;

  /** FSGSBASE: the program may use these instructions. */
  private static final long HWCAP2 = 2;

  private static final long LARGEST_SIGNAL_FRAME = 4096;

  private ProgramStack() {}

  /**
   * Returns the address of the auxiliary vector on a stack that begins with the number of
   * arguments.
   */
  public static long auxiliary(long stackPointer, Invocation invocation) {
    // Three words more: the number, and a zero behind arguments and behind environment.
    int words = 3 + invocation.arguments().size() + invocation.environment().size();
    return stackPointer + (long) Long.BYTES * words;
  }

  /**
   * Writes the stack.
   *
   * @param base where its interpreter lies; 0 if it has none
   * @param random {@link #RANDOM_BYTES} bytes that no other program gets
   * @return where RSP is to point, aligned to 16 bytes
   * @throws GuestFormatException if arguments and environment take more than a quarter of the stack
   */
  public static long write(
      AddressSpace space,
      GuestProgram program,
      Invocation invocation,
      GuestLayout layout,
      long base,
      byte[] random) {
    Strings strings = new Strings();
    List<Integer> arguments = strings.addAll(invocation.arguments());
    List<Integer> environment = strings.addAll(invocation.environment());
    int path = strings.add(invocation.path());
    int platform = strings.add("x86_64");
    int randomAt = strings.add(random);
    long end = layout.programStackEnd();
    long stringsAt = (end - strings.size()) & -16L;
    List<Long> words = new ArrayList<>();
    words.add((long) arguments.size());
    arguments.forEach(offset -> words.add(stringsAt + offset));
    words.add(0L);
    environment.forEach(offset -> words.add(stringsAt + offset));
    words.add(0L);
    long[] auxiliary = {
      AT_SYSINFO_EHDR,
      VdsoPages.OBJECT,
      AT_PHDR,
      program.programHeadersAddress(),
      AT_PHENT,
      PROGRAM_HEADER_SIZE,
      AT_PHNUM,
      program.programHeaderCount(),
      AT_PAGESZ,
      GuestAbi.PAGE_SIZE,
      AT_BASE,
      base,
      AT_FLAGS,
      0,
      AT_ENTRY,
      program.entry(),
      AT_UID,
      NOBODY,
      AT_EUID,
      NOBODY,
      AT_GID,
      NOBODY,
      AT_EGID,
      NOBODY,
      AT_PLATFORM,
      stringsAt + platform,
      AT_HWCAP,
      HWCAP,
      AT_HWCAP2,
      HWCAP2,
      AT_CLKTCK,
      100,
      AT_SECURE,
      0,
      AT_RANDOM,
      stringsAt + randomAt,
      AT_EXECFN,
      stringsAt + path,
      AT_MINSIGSTKSZ,
      LARGEST_SIGNAL_FRAME,
      AT_NULL,
      0
    };
    for (long word : auxiliary) {
      words.add(word);
    }
    long pointer = (stringsAt - (long) Long.BYTES * words.size()) & -16L;
    long most = (end - layout.programStack()) / 4; // the limit of execve(2)
    if (end - pointer > most) {
      throw new GuestFormatException(
          "its arguments and environment take %d bytes, and a quarter of its stack is %d: make the stack larger"
              .formatted(end - pointer, most));
    }
    ByteBuffer contents = ByteBuffer.allocate((int) (end - pointer)).order(ByteOrder.LITTLE_ENDIAN);
    words.forEach(contents::putLong);
    contents.put((int) (stringsAt - pointer), strings.toByteArray());
    space.write(pointer, contents.array());
    return pointer;
  }

  /** Zero-terminated strings, one behind another. */
  private static final class Strings {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Adds a string and returns its offset. */
    int add(byte[] string) {
      int at = bytes.size();
      bytes.writeBytes(string);
      bytes.write(0);
      return at;
    }

    int add(String string) {
      return add(string.getBytes(StandardCharsets.ISO_8859_1));
    }

    List<Integer> addAll(List<String> strings) {
      return strings.stream().map(this::add).toList();
    }

    int size() {
      return bytes.size();
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }
}
