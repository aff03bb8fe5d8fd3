package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** The pages of one sandbox that come from its snapshot, as this process has mapped them. */
final class GuestPages {
  private static final int PAGE = 4096;

  /** The name of a snapshot's memory in {@code /proc/self/maps}. */
  private static final String IMAGE = "/memfd:hyperlight-snapshot";

  private final List<Piece> pieces;

  private record Piece(long start, long end) {}

  private GuestPages(List<Piece> pieces) {
    this.pieces = pieces;
  }

  /** Returns the pages of all sandboxes. */
  static GuestPages now() throws IOException {
    List<Piece> pieces = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"), ISO_8859_1)) {
      if (line.contains(IMAGE)) {
        String[] range = line.split(" ", 2)[0].split("-", 2);
        pieces.add(
            new Piece(Long.parseUnsignedLong(range[0], 16), Long.parseUnsignedLong(range[1], 16)));
      }
    }
    return new GuestPages(pieces);
  }

  /** Returns the pages of the sandboxes that were made since an earlier moment. */
  GuestPages since(GuestPages earlier) {
    List<Piece> more = new ArrayList<>(pieces);
    more.removeAll(earlier.pieces);
    return new GuestPages(more);
  }

  /** Returns how many mappings there are. */
  int pieces() {
    return pieces.size();
  }

  /** Returns a checksum of each page. */
  long[] sums() throws IOException {
    long[] sums = new long[(int) pieces.stream().mapToLong(p -> (p.end - p.start) / PAGE).sum()];
    int next = 0;
    byte[] page = new byte[PAGE];
    try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
      for (Piece piece : pieces) {
        memory.seek(piece.start);
        for (long at = piece.start; at < piece.end; at += PAGE) {
          memory.readFully(page);
          CRC32C sum = new CRC32C();
          sum.update(page);
          sums[next++] = sum.getValue();
        }
      }
    }
    return sums;
  }
}
