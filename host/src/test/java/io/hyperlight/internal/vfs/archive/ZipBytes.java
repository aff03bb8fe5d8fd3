package io.hyperlight.internal.vfs.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.fuzz.Choices;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Makes ZIP files from choices. The files are valid, except for a field that is wrong now and then.
 */
final class ZipBytes {
  private static final int LOCAL = 0x0403_4b50;
  private static final int CENTRAL = 0x0201_4b50;
  private static final int END = 0x0605_4b50;
  private static final int END_64 = 0x0606_4b50;
  private static final int LOCATOR_64 = 0x0706_4b50;

  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int MAX_ENTRIES = 6;

  private static final List<String> NAMES =
      List.of("a", "b", "a/", "a/b", "a/b/c", "d/", "..", "a/../b", "./a", "/a", "a//b", "\u00e4");

  /** Zip64, NTFS, the extended timestamp, a UNIX owner, a Unicode name. */
  private static final List<Integer> EXTRAS = List.of(1, 0xa, 0x5455, 0x7875, 0x7075);

  private final Choices choices;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream directory = new ByteArrayOutputStream();

  private ZipBytes(Choices choices) {
    this.choices = choices;
  }

  static byte[] of(Choices choices) {
    return new ZipBytes(choices).make();
  }

  private byte[] make() {
    int entries = 0;
    do {
      addEntry();
      entries++;
    } while (entries < MAX_ENTRIES && choices.hasMore());
    long start = choices.near(out.size());
    out.writeBytes(directory.toByteArray());
    if (choices.oneIn(8)) {
      addEnd64(entries, start);
    }
    put(out, 4, END);
    put(out, 4, 0);
    put(out, 2, choices.near(entries));
    put(out, 2, choices.near(entries));
    put(out, 4, choices.near(directory.size()));
    put(out, 4, start);
    byte[] comment = choices.bytes(choices.below(4));
    put(out, 2, choices.near(comment.length));
    out.writeBytes(comment);
    return out.toByteArray();
  }

  private void addEnd64(int entries, long start) {
    long end = out.size();
    put(out, 4, END_64);
    put(out, 8, choices.near(44));
    put(out, 2, 45);
    put(out, 2, 45);
    put(out, 8, 0);
    put(out, 8, choices.near(entries));
    put(out, 8, choices.near(entries));
    put(out, 8, choices.near(directory.size()));
    put(out, 8, choices.near(start));
    put(out, 4, LOCATOR_64);
    put(out, 4, 0);
    put(out, 8, choices.near(end));
    put(out, 4, 1);
  }

  private void addEntry() {
    byte[] name = name();
    byte[] contents = new byte[choices.oneIn(16) ? choices.below(1 << 16) * 8 : choices.below(40)];
    int method = choices.oneIn(16) ? choices.octet() : choices.oneIn(2) ? DEFLATED : STORED;
    byte[] data = method == DEFLATED ? deflated(contents) : contents;
    int flags = (int) choices.near(0x800);
    byte[] extra = extra();
    long offset = out.size();

    put(out, 4, LOCAL);
    putCommon(out, flags, method, contents, data);
    put(out, 2, choices.near(name.length));
    put(out, 2, choices.near(extra.length));
    out.writeBytes(name);
    out.writeBytes(extra);
    out.writeBytes(data);

    put(directory, 4, CENTRAL);
    put(directory, 2, choices.near(20));
    putCommon(directory, flags, method, contents, data);
    byte[] comment = choices.bytes(choices.below(4));
    put(directory, 2, choices.near(name.length));
    put(directory, 2, choices.near(extra.length));
    put(directory, 2, choices.near(comment.length));
    put(directory, 2, 0);
    put(directory, 2, 0);
    put(directory, 4, choices.near(0));
    put(directory, 4, choices.near(offset));
    directory.writeBytes(name);
    directory.writeBytes(extra);
    directory.writeBytes(comment);
  }

  /** Writes the fields that the local header and the directory both have. */
  private void putCommon(
      ByteArrayOutputStream target, int flags, int method, byte[] contents, byte[] data) {
    CRC32 checksum = new CRC32();
    checksum.update(contents);
    put(target, 2, 20);
    put(target, 2, flags);
    put(target, 2, method);
    put(target, 4, choices.near(0x5a21_6000));
    put(target, 4, choices.near(checksum.getValue()));
    put(target, 4, choices.near(data.length));
    put(target, 4, choices.near(contents.length));
  }

  private byte[] name() {
    return switch (choices.below(8)) {
      case 6 -> choices.bytes(choices.below(12));
      case 7 -> choices.of(NAMES).repeat(1 + choices.below(300)).getBytes(UTF_8);
      default -> choices.of(NAMES).getBytes(UTF_8);
    };
  }

  private byte[] extra() {
    ByteArrayOutputStream extra = new ByteArrayOutputStream();
    while (choices.oneIn(4)) {
      byte[] field = choices.bytes(choices.below(40));
      put(extra, 2, choices.oneIn(8) ? choices.number() : choices.of(EXTRAS));
      put(extra, 2, choices.near(field.length));
      extra.writeBytes(field);
    }
    return extra.toByteArray();
  }

  private static byte[] deflated(byte[] contents) {
    try (Deflater deflater = new Deflater(Deflater.BEST_SPEED, true)) {
      deflater.setInput(contents);
      deflater.finish();
      byte[] data = new byte[contents.length / 100 + 200];
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      while (!deflater.finished()) {
        all.write(data, 0, deflater.deflate(data));
      }
      return all.toByteArray();
    }
  }

  private static void put(ByteArrayOutputStream target, int size, long value) {
    for (int i = 0; i < size; i++) {
      target.write((byte) (value >> (8 * i)));
    }
  }
}
