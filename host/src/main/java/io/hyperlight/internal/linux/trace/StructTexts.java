package io.hyperlight.internal.linux.trace;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;

/**
 * Reads structures for traces, and formats those of files. Offsets are those of the kernel's
 * structures on x86-64.
 */
final class StructTexts {
  private static final int S_IFMT = 0170000;
  private static final int S_IFCHR = 0020000;
  private static final int S_IFBLK = 0060000;

  private StructTexts() {}

  static void register(Map<String, ArgumentKind> kinds) {
    kinds.put("stat", out(144, StructTexts::stat));
    kinds.put("statx", out(256, StructTexts::statx));
    kinds.put("statfs", out(120, StructTexts::statfs));
    kinds.put("openhow", in(24, StructTexts::openHow));
    kinds.put("intout", out(4, number -> "[" + number.getInt() + "]"));
    kinds.put("longout", out(8, number -> "[" + number.getLong() + "]"));
    kinds.put("pair", out(8, pair -> "[%d, %d]".formatted(pair.getInt(), pair.getInt())));
    kinds.put("offset", in(8, number -> "[" + number.getLong() + "]"));
  }

  /**
   * Returns a kind for a structure that is read before the call. If it cannot be read, its pointer
   * is shown.
   */
  static ArgumentKind in(int size, Function<ByteBuffer, String> text) {
    return ArgumentKind.input((call, i) -> read(call, call.get(i), size, text));
  }

  /**
   * Returns a kind for a structure that is read after a successful call. If it cannot be read, its
   * pointer is shown.
   */
  static ArgumentKind out(int size, Function<ByteBuffer, String> text) {
    return ArgumentKind.output((call, i) -> read(call, call.get(i), size, text));
  }

  static String read(
      TracedArguments call, long address, int size, Function<ByteBuffer, String> text) {
    ByteBuffer struct = call.struct(address, size);
    return struct == null ? NumberTexts.pointer(address) : text.apply(struct);
  }

  /**
   * Reads text of a fixed length at an offset of a structure. It may end earlier with a zero byte.
   */
  static String field(ByteBuffer struct, int offset, int length) {
    byte[] bytes = new byte[length];
    struct.get(offset, bytes);
    int end = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(0);
    return QuotedBytes.of(end < 0 ? bytes : Arrays.copyOf(bytes, end), false);
  }

  /** Formats permissions in octal: three digits, and a zero in front of others. */
  static String permissions(int mode) {
    String octal = Integer.toOctalString(mode);
    return octal.length() < 3 ? "000".substring(octal.length()) + octal : "0" + octal;
  }

  /** Formats {@code st_mode}. */
  static String mode(int mode) {
    String type =
        switch (mode & S_IFMT) {
          case 0010000 -> "S_IFIFO";
          case S_IFCHR -> "S_IFCHR";
          case 0040000 -> "S_IFDIR";
          case S_IFBLK -> "S_IFBLK";
          case 0100000 -> "S_IFREG";
          case 0120000 -> "S_IFLNK";
          case 0140000 -> "S_IFSOCK";
          default -> "";
        };
    if (type.isEmpty()) {
      return permissions(mode);
    }
    StringJoiner all = new StringJoiner("|").add(type);
    int left = mode & ~S_IFMT;
    List<String> names = List.of("S_ISUID", "S_ISGID", "S_ISVTX");
    for (int i = 0; i < names.size(); i++) {
      int bit = 04000 >> i;
      if ((left & bit) != 0) {
        all.add(names.get(i));
        left &= ~bit;
      }
    }
    return all.add(permissions(left)).toString();
  }

  private static boolean isDevice(int mode) {
    return (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
  }

  private static String device(long major, long minor) {
    return "makedev(%s, %s)".formatted(NumberTexts.hex(major), NumberTexts.hex(minor));
  }

  private static String stat(ByteBuffer stat) {
    int mode = stat.getInt(24);
    long device = stat.getLong(40);
    return "{st_mode=%s, %s, ...}"
        .formatted(
            mode(mode),
            isDevice(mode)
                ? "st_rdev="
                    + device(
                        ((device >>> 8) & 0xfff) | ((device >>> 32) & ~0xfffL),
                        (device & 0xff) | ((device >>> 12) & 0xffffff00L))
                : "st_size=" + stat.getLong(48));
  }

  private static String statx(ByteBuffer stat) {
    int mode = Short.toUnsignedInt(stat.getShort(28));
    String device =
        isDevice(mode)
            ? ", stx_rdev="
                + device(
                    Integer.toUnsignedLong(stat.getInt(128)),
                    Integer.toUnsignedLong(stat.getInt(132)))
            : "";
    return "{stx_mask=%s, stx_attributes=%s, stx_mode=%s%s, stx_size=%s, ...}"
        .formatted(
            FlagSets.of("statxmask").text(Integer.toUnsignedLong(stat.getInt(0))),
            NumberTexts.hex(stat.getLong(8)),
            mode(mode),
            device,
            Long.toUnsignedString(stat.getLong(40)));
  }

  private static String statfs(ByteBuffer stat) {
    return "{f_type=%s, f_bsize=%d, f_blocks=%s, f_bfree=%s, ...}"
        .formatted(
            NumberTexts.hex(stat.getLong(0)),
            stat.getLong(8),
            Long.toUnsignedString(stat.getLong(16)),
            Long.toUnsignedString(stat.getLong(24)));
  }

  private static String openHow(ByteBuffer how) {
    long flags = how.getLong(0);
    return "{flags=%s%s, resolve=%s}"
        .formatted(
            FlagSets.open(flags),
            FlagSets.makesFile(flags) ? ", mode=" + permissions((int) how.getLong(8)) : "",
            FlagSets.of("resolve").text(how.getLong(16)));
  }
}
