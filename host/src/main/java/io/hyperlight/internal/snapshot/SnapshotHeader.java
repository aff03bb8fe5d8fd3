package io.hyperlight.internal.snapshot;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.GuestProcessor;
import io.hyperlight.internal.machine.x86.UserState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The fixed part of a snapshot file. The sizes of all other parts follow from it. The format is in
 * docs/snapshot-format.md.
 *
 * <p><b>Boundary.</b> {@link #parse} takes any bytes. What it returns is within the limits of the
 * format, so sums of sizes cannot overflow. It does not check whether the addresses make sense: the
 * reader compares them with the program.
 *
 * @param breakEnd where the mapped part of the heap ends
 * @param programBytes and the other sizes and counts: of the parts that follow the header
 * @param monotonicNanos the guest's monotonic clock; 0 if the guest has never read it
 */
record SnapshotHeader(
    GuestProcessor processor,
    long memoryBytes,
    long stackBytes,
    long windowEnd,
    long programBreak,
    long breakEnd,
    UserState userState,
    int versionBytes,
    int nameBytes,
    int mappings,
    int runs,
    int programBytes,
    int pages,
    long monotonicNanos) {
  static final int FORMAT_VERSION = 1;

  static final int SIZE = 128;
  static final int MAPPING_SIZE = 24;
  static final int RUN_SIZE = 16;
  static final int DIGEST_SIZE = 32;

  static final int LONGEST_VERSION = 64;
  static final int LONGEST_NAME = 1024;

  /**
   * The size limit of a program, in bytes. The program is held in the Java heap, so a file that
   * claims more is refused before it is read.
   */
  static final int LARGEST_PROGRAM = 64 << 20;

  private static final long LARGEST_STACK = 1 << 30;

  /** A century, in nanoseconds. */
  private static final long LONGEST_TIME = 100L * 366 * 86_400 * 1_000_000_000;

  /** The maximum number of segments of a program, and the stack, the window and the heap. */
  private static final int MAX_MAPPINGS = 256 + 3;

  private static final byte[] MAGIC = {'H', 'L', 'S', 'N', 'A', 'P', '\r', '\n'};

  /** Returns the magic number, for callers that want to find out what a file is. */
  static byte[] magic() {
    return MAGIC.clone();
  }

  byte[] toByteArray() {
    return ByteBuffer.allocate(SIZE)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putInt(FORMAT_VERSION)
        .putInt(GuestAbi.VERSION)
        .putLong(processor.features())
        .putLong(processor.xcr0())
        .putLong(memoryBytes)
        .putLong(stackBytes)
        .putLong(windowEnd)
        .putLong(programBreak)
        .putLong(breakEnd)
        .putLong(userState.fsBase())
        .putLong(userState.gsBase())
        .putInt(userState.mxcsr())
        .putShort(userState.x87Control())
        .putShort((short) 0)
        .putInt(versionBytes)
        .putInt(nameBytes)
        .putInt(mappings)
        .putInt(runs)
        .putInt(programBytes)
        .putInt(pages)
        .putLong(monotonicNanos)
        .array();
  }

  /**
   * Reads a header.
   *
   * @param bytes any {@link #SIZE} bytes, or fewer if the file has no more
   * @throws SnapshotFormatException if it is not a header, or not of this version
   */
  static SnapshotHeader parse(byte[] bytes) {
    if (bytes.length < MAGIC.length
        || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new SnapshotFormatException("it is no snapshot file");
    }
    if (bytes.length < SIZE) {
      throw truncated();
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.position(MAGIC.length);
    requireVersion("format", buffer.getInt(), FORMAT_VERSION);
    requireVersion("guest ABI", buffer.getInt(), GuestAbi.VERSION);
    GuestProcessor processor = new GuestProcessor(buffer.getLong(), buffer.getLong());
    long memoryBytes = buffer.getLong();
    long stackBytes = buffer.getLong();
    long windowEnd = buffer.getLong();
    long programBreak = buffer.getLong();
    long breakEnd = buffer.getLong();
    long fsBase = buffer.getLong();
    long gsBase = buffer.getLong();
    UserState state = new UserState(buffer.getInt(), buffer.getShort(), fsBase, gsBase);
    require(buffer.getShort() == 0, "a reserved field is not 0");
    int versionBytes = buffer.getInt();
    int nameBytes = buffer.getInt();
    int mappings = buffer.getInt();
    int runs = buffer.getInt();
    int programBytes = buffer.getInt();
    int pages = buffer.getInt();
    long monotonicNanos = buffer.getLong();
    require(monotonicNanos >= 0 && monotonicNanos <= LONGEST_TIME, "a clock of " + monotonicNanos);
    require(isSize(memoryBytes, Vm.MAXIMUM_MEMORY), "its memory cannot have " + memoryBytes);
    require(isSize(stackBytes, LARGEST_STACK), "its stack cannot have " + stackBytes);
    require(state.isPossible(), "no processor can be in its state");
    long memoryPages = memoryBytes / GuestAbi.PAGE_SIZE;
    require(isCount(versionBytes, 1, LONGEST_VERSION), "a version of " + versionBytes);
    require(isCount(nameBytes, 0, LONGEST_NAME), "a name of " + nameBytes);
    require(isCount(mappings, 1, MAX_MAPPINGS), "mappings: " + mappings);
    require(isCount(pages, 0, memoryPages), "pages: " + pages);
    require(isCount(runs, 0, pages), "runs of pages: " + runs);
    require(isCount(programBytes, 1, LARGEST_PROGRAM), "a program of " + programBytes);
    return new SnapshotHeader(
        processor,
        memoryBytes,
        stackBytes,
        windowEnd,
        programBreak,
        breakEnd,
        state,
        versionBytes,
        nameBytes,
        mappings,
        runs,
        programBytes,
        pages,
        monotonicNanos);
  }

  private static void requireVersion(String what, int actual, int expected) {
    if (actual != expected) {
      throw new SnapshotFormatException(
          "it has %s version %s, and this library reads version %d: make a new snapshot with this library, or use the library that made it"
              .formatted(what, Integer.toUnsignedString(actual), expected));
    }
  }

  private static boolean isSize(long bytes, long largest) {
    return bytes > 0 && bytes <= largest && bytes % GuestAbi.PAGE_SIZE == 0;
  }

  private static boolean isCount(long count, long least, long most) {
    return count >= least && count <= most;
  }

  private static void require(boolean condition, String problem) {
    if (!condition) {
      throw invalid(problem);
    }
  }

  static SnapshotFormatException invalid(String problem) {
    return new SnapshotFormatException("it is damaged: " + problem);
  }

  static SnapshotFormatException truncated() {
    return new SnapshotFormatException("it is truncated");
  }

  /** Returns the code of a mapping's rights: bit 0 may be written, bit 1 may be executed. */
  static int code(Protection protection) {
    return (protection.writable() ? 1 : 0) | (protection.executable() ? 2 : 0);
  }

  /**
   * Returns the rights of a code. Other numbers have no rights, nor has a code with both bits.
   *
   * @throws SnapshotFormatException for such a code
   */
  static Protection protection(int code) {
    return switch (code) {
      case 0 -> Protection.READ;
      case 1 -> Protection.READ_WRITE;
      case 2 -> Protection.READ_EXECUTE;
      default -> throw invalid("a mapping has unknown rights");
    };
  }

  /** Returns the size of the padding behind the name, up to a multiple of eight. */
  int namePadding() {
    return -(versionBytes + nameBytes) & 7;
  }

  private long programEnd() {
    return SIZE
        + (long) versionBytes
        + nameBytes
        + namePadding()
        + (long) MAPPING_SIZE * mappings
        + (long) RUN_SIZE * runs
        + programBytes;
  }

  /** Returns the size of the padding behind the program, up to a page. */
  int programPadding() {
    return (int) (-programEnd() & (GuestAbi.PAGE_SIZE - 1));
  }

  long fileBytes() {
    return programEnd() + programPadding() + (long) GuestAbi.PAGE_SIZE * pages + DIGEST_SIZE;
  }
}
