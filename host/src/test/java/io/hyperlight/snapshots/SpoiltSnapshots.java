package io.hyperlight.snapshots;

import static io.hyperlight.snapshots.SnapshotBytes.ABI_VERSION;
import static io.hyperlight.snapshots.SnapshotBytes.BREAK;
import static io.hyperlight.snapshots.SnapshotBytes.BREAK_END;
import static io.hyperlight.snapshots.SnapshotBytes.FEATURES;
import static io.hyperlight.snapshots.SnapshotBytes.FORMAT_VERSION;
import static io.hyperlight.snapshots.SnapshotBytes.FS_BASE;
import static io.hyperlight.snapshots.SnapshotBytes.GS_BASE;
import static io.hyperlight.snapshots.SnapshotBytes.MAGIC;
import static io.hyperlight.snapshots.SnapshotBytes.MAPPINGS;
import static io.hyperlight.snapshots.SnapshotBytes.MEMORY;
import static io.hyperlight.snapshots.SnapshotBytes.MXCSR;
import static io.hyperlight.snapshots.SnapshotBytes.NAME_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.PAGES;
import static io.hyperlight.snapshots.SnapshotBytes.PROGRAM_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.RESERVED;
import static io.hyperlight.snapshots.SnapshotBytes.RESERVED_LAST;
import static io.hyperlight.snapshots.SnapshotBytes.RUNS;
import static io.hyperlight.snapshots.SnapshotBytes.STACK;
import static io.hyperlight.snapshots.SnapshotBytes.VERSION_SIZE;
import static io.hyperlight.snapshots.SnapshotBytes.WINDOW_END;
import static io.hyperlight.snapshots.SnapshotBytes.XCR0;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Ways to damage a snapshot file so that no library could have saved it, each with a part of the
 * message about it.
 */
final class SpoiltSnapshots {
  private static final long CANONICAL_END = 1L << 47;

  private SpoiltSnapshots() {}

  /** Returns the case's name, how to make it, and a part of the message. */
  private static Arguments spoilt(String name, String message, Consumer<SnapshotBytes> spoil) {
    return arguments(name, message, spoil);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        spoilt("magic", "no snapshot file", file -> file.setByte(MAGIC, 'h')),
        spoilt("end of the magic", "no snapshot file", file -> file.setByte(MAGIC + 7, 0)),
        spoilt(
            "older format", "format version 0, and this", file -> file.setInt(FORMAT_VERSION, 0)),
        spoilt(
            "newer format", "format version 2, and this", file -> file.setInt(FORMAT_VERSION, 2)),
        spoilt(
            "format in the far future",
            "format version 4294967295",
            file -> file.setInt(FORMAT_VERSION, -1)),
        spoilt("other ABI", "guest ABI version 2", file -> file.setInt(ABI_VERSION, 2)),
        spoilt(
            "every feature that exists",
            "a processor with",
            file -> file.setLong(FEATURES, (1L << 56) - 1)),
        spoilt(
            "a feature of the future",
            "feature number 63",
            file -> file.setLong(FEATURES, file.getLong(FEATURES) | 1L << 63)),
        spoilt("protection keys", "XCR0 0x2e7", file -> file.setLong(XCR0, 0x2e7)),
        spoilt("AVX without SSE", "XCR0 0x5", file -> file.setLong(XCR0, 5)),
        spoilt("a part of AVX-512", "XCR0 0x67", file -> file.setLong(XCR0, 0x67)),
        spoilt("no state at all", "XCR0 0x0", file -> file.setLong(XCR0, 0)),
        spoilt("all state", "XCR0 0xffffffffffffffff", file -> file.setLong(XCR0, -1)),
        spoilt("no memory", "memory", file -> file.setLong(MEMORY, 0)),
        spoilt("negative memory", "memory", file -> file.setLong(MEMORY, -4096)),
        spoilt("half a page of memory", "memory", file -> file.setLong(MEMORY, (16 << 20) + 2048)),
        spoilt("too much memory", "memory", file -> file.setLong(MEMORY, (3L << 30) + 4096)),
        spoilt("other memory", "is damaged", file -> file.setLong(MEMORY, 32 << 20)),
        spoilt("no stack", "stack", file -> file.setLong(STACK, 0)),
        spoilt("negative stack", "stack", file -> file.setLong(STACK, Long.MIN_VALUE)),
        spoilt("other stack", "is damaged", file -> file.setLong(STACK, 128 << 10)),
        spoilt("no window", "window or heap", file -> file.setLong(WINDOW_END, 0)),
        spoilt("negative window", "window or heap", file -> file.setLong(WINDOW_END, -4096)),
        spoilt(
            "half a page of window",
            "window or heap",
            file -> file.setLong(WINDOW_END, file.getLong(WINDOW_END) + 8)),
        spoilt(
            "larger window",
            "not mapped as",
            file -> file.setLong(WINDOW_END, file.getLong(WINDOW_END) + 4096)),
        spoilt(
            "window into the heap",
            "window or heap",
            file -> file.setLong(WINDOW_END, file.getLong(BREAK_END))),
        spoilt("no break", "window or heap", file -> file.setLong(BREAK, 0)),
        spoilt(
            "break beyond the heap",
            "window or heap",
            file -> file.setLong(BREAK, file.getLong(BREAK_END) + 1)),
        spoilt("no heap", "window or heap", file -> file.setLong(BREAK_END, 0)),
        spoilt("endless heap", "window or heap", file -> file.setLong(BREAK_END, -4096)),
        spoilt(
            "larger heap",
            "not mapped as",
            file -> file.setLong(BREAK_END, file.getLong(BREAK_END) + 4096)),
        spoilt(
            "FS base that is not canonical",
            "no processor",
            file -> file.setLong(FS_BASE, CANONICAL_END)),
        spoilt(
            "GS base that is not canonical",
            "no processor",
            file -> file.setLong(GS_BASE, -CANONICAL_END - 1)),
        spoilt("reserved bit of MXCSR", "no processor", file -> file.setInt(MXCSR, 0x1_1f80)),
        spoilt("flag of MXCSR", "no processor", file -> file.setInt(MXCSR, 0x1f81)),
        spoilt("reserved field", "reserved", file -> file.setShort(RESERVED, 1)),
        spoilt("last field", "clock", file -> file.setLong(RESERVED_LAST, 1L << 63)),
        spoilt("no version", "version", file -> file.setInt(VERSION_SIZE, 0)),
        spoilt("long version", "version", file -> file.setInt(VERSION_SIZE, 65)),
        spoilt("negative version", "version", file -> file.setInt(VERSION_SIZE, -1)),
        spoilt("long name", "name", file -> file.setInt(NAME_SIZE, 1025)),
        spoilt("negative name", "name", file -> file.setInt(NAME_SIZE, Integer.MIN_VALUE)),
        spoilt("no mappings", "mappings", file -> file.setInt(MAPPINGS, 0)),
        spoilt("many mappings", "mappings", file -> file.setInt(MAPPINGS, Integer.MAX_VALUE)),
        spoilt("negative mappings", "mappings", file -> file.setInt(MAPPINGS, -1)),
        spoilt("many runs", "runs", file -> file.setInt(RUNS, Integer.MAX_VALUE)),
        spoilt("negative runs", "runs", file -> file.setInt(RUNS, -1)),
        spoilt("more runs than pages", "runs", file -> file.setInt(RUNS, file.getInt(PAGES) + 1)),
        spoilt("no program", "program", file -> file.setInt(PROGRAM_SIZE, 0)),
        spoilt("huge program", "program", file -> file.setInt(PROGRAM_SIZE, Integer.MAX_VALUE)),
        spoilt("large program", "truncated", file -> file.setInt(PROGRAM_SIZE, 64 << 20)),
        spoilt("negative program", "program", file -> file.setInt(PROGRAM_SIZE, -1)),
        spoilt("many pages", "pages", file -> file.setInt(PAGES, Integer.MAX_VALUE)),
        spoilt("negative pages", "pages", file -> file.setInt(PAGES, -1)),
        spoilt("a page more", "truncated", file -> file.setInt(PAGES, file.getInt(PAGES) + 1)),
        spoilt("a page less", "after its end", file -> file.setInt(PAGES, file.getInt(PAGES) - 1)));
  }

  static Stream<Arguments> tables() {
    return Stream.of(
        spoilt("version", "version is no", file -> file.setByte(file.version(), '\n')),
        spoilt("name with an escape", "name is no", file -> file.setByte(file.name(), 0x1b)),
        spoilt("name that is not UTF-8", "name is no", file -> file.setByte(file.name(), 0xff)),
        spoilt("name with a zero", "name is no", file -> file.setByte(file.name(), 0)),
        spoilt(
            "name that turns around",
            "name is no",
            file -> file.set(file.name(), new byte[] {(byte) 0xe2, (byte) 0x80, (byte) 0xae})),
        spoilt("rights that are none", "rights", file -> file.setInt(file.mapping(0) + 16, 3)),
        spoilt("negative rights", "rights", file -> file.setInt(file.mapping(0) + 16, -1)),
        spoilt("reserved in a mapping", "reserved", file -> file.setInt(file.mapping(0) + 20, 1)),
        spoilt("writable code", "not mapped as", SpoiltSnapshots::makeCodeWritable),
        spoilt("mapping elsewhere", "not mapped as", file -> file.setLong(file.mapping(0), 4096)),
        spoilt(
            "mapping that ends elsewhere",
            "not mapped as",
            file -> file.setLong(file.mapping(0) + 8, file.getLong(file.mapping(0) + 8) + 4096)),
        spoilt(
            "the same mapping twice",
            "not mapped as",
            file -> {
              file.setLong(file.mapping(1), file.getLong(file.mapping(0)));
              file.setLong(file.mapping(1) + 8, file.getLong(file.mapping(0) + 8));
            }),
        spoilt("run at 0", "its pages", file -> file.setLong(file.run(0), 0)),
        spoilt("run in the monitor", "its pages", file -> file.setLong(file.run(0), -4096L << 30)),
        spoilt("run in the gate", "its pages", file -> file.setLong(file.run(0), 0x1_0000)),
        spoilt("run on the facts", "its pages", file -> file.setLong(file.run(0), 0x1_1000)),
        spoilt(
            "run in the code",
            "its pages",
            file -> file.setLong(file.run(0), file.getLong(codeMapping(file)))),
        spoilt(
            "run between pages",
            "its pages",
            file -> file.setLong(file.run(0), file.getLong(file.run(0)) + 8)),
        spoilt(
            "run in the guard",
            "its pages",
            file -> file.setLong(file.run(0), file.getLong(WINDOW_END))),
        spoilt("empty run", "its pages", file -> file.setLong(file.run(0) + 8, 0)),
        spoilt("negative run", "its pages", file -> file.setLong(file.run(0) + 8, -1)),
        spoilt("endless run", "its pages", file -> file.setLong(file.run(0) + 8, Long.MAX_VALUE)),
        spoilt(
            "run twice", "its pages", file -> file.setLong(file.run(1), file.getLong(file.run(0)))),
        spoilt(
            "runs that overlap",
            "its pages",
            file -> {
              file.setLong(file.run(0) + 8, file.getLong(file.run(0) + 8) + 8);
              int last = file.run(file.getInt(RUNS) - 1);
              file.setLong(last + 8, file.getLong(last + 8) - 8);
            }),
        spoilt(
            "runs in another order",
            "its pages",
            file -> {
              long first = file.getLong(file.run(0));
              file.setLong(file.run(0), file.getLong(file.run(1)));
              file.setLong(file.run(1), first);
            }),
        spoilt(
            "runs that are one",
            "its pages",
            file ->
                file.setLong(
                    file.run(1), file.getLong(file.run(0)) + 4096 * file.getLong(file.run(0) + 8))),
        spoilt(
            "fewer pages in runs than there are",
            "more pages than places",
            file -> {
              int last = file.run(file.getInt(RUNS) - 1);
              file.setLong(last + 8, file.getLong(last + 8) - 1);
            }),
        spoilt("page of zeros", "no contents", file -> file.set(file.page(0), new byte[4096])),
        spoilt("program", "is not a guest", file -> file.setByte(file.program(), 0)),
        spoilt(
            "program for other processors",
            "is not a guest",
            file -> file.setShort(file.program() + 18, 183)),
        spoilt(
            "padding",
            "padding",
            file -> file.setByte(file.program() + file.getInt(PROGRAM_SIZE), 1)),
        spoilt("digest", "digest", file -> {}));
  }

  private static int codeMapping(SnapshotBytes file) {
    for (int i = 0; i < file.getInt(MAPPINGS); i++) {
      if (file.getInt(file.mapping(i) + 16) == 2) {
        return file.mapping(i);
      }
    }
    throw new AssertionError("no code");
  }

  private static void makeCodeWritable(SnapshotBytes file) {
    file.setInt(codeMapping(file) + 16, 1);
  }
}
