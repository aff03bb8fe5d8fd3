package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.fuzz.Choices;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes lists of system calls from choices. Most arguments are of the kind that the call takes:
 * descriptors, paths, buffers, or structures in a memory that is laid out for them.
 */
final class SystemCallScript {
  /**
   * Calls and the kinds of their arguments: F a descriptor, D a directory's, P a path, B a buffer,
   * I structures, S a size, L an offset, O flags, N a small number, A a page, R protection, G a
   * signal.
   */
  private static final List<String> CALLS =
      List.of(
          "0 FBS",
          "1 FBS",
          "2 POO",
          "3 F",
          "4 PB",
          "5 FB",
          "6 PB",
          "7 INN",
          "8 FLN",
          "9 ASRNFL",
          "10 ASR",
          "11 AS",
          "12 A",
          "13 GIIN",
          "14 NIIN",
          "15 ",
          "16 FNB",
          "17 FBSL",
          "18 FBSL",
          "19 FIN",
          "20 FIN",
          "21 PN",
          "22 B",
          "25 ASSNA",
          "28 ASN",
          "32 F",
          "33 FF",
          "35 IB",
          "39 ",
          "40 FFBS",
          "62 NG",
          "72 FNN",
          "73 FN",
          "74 F",
          "76 PL",
          "77 FL",
          "79 BS",
          "80 P",
          "81 F",
          "82 PP",
          "83 PO",
          "84 P",
          "85 PO",
          "86 PP",
          "87 P",
          "88 PP",
          "89 PBS",
          "90 PO",
          "91 FO",
          "95 O",
          "127 BN",
          "131 IB",
          "132 PI",
          "187 FLS",
          "200 NG",
          "217 FBS",
          "228 NB",
          "230 NNIB",
          "257 DPOO",
          "258 DPO",
          "260 DPNNN",
          "262 DPBN",
          "263 DPN",
          "264 DPDP",
          "265 DPDPN",
          "266 PDP",
          "267 DPBS",
          "268 DPO",
          "269 DPN",
          "270 NBBBII",
          "271 INII",
          "275 FBFBSN",
          "276 FFSN",
          "278 FINN",
          "259 DPOL",
          "280 DPIN",
          "285 FNLS",
          "292 FFO",
          "293 BO",
          "295 FINLN",
          "296 FINLN",
          "302 NNIB",
          "316 DPDPN",
          "318 BSN",
          "319 PN",
          "326 FBFBSN",
          "327 FINLNN",
          "328 FINLNN",
          "332 DPNNB",
          "334 BSNN",
          "424 NGIN",
          "436 NNN",
          "437 DPIS",
          "439 DPNN");

  private static final List<String> PATHS =
      List.of(
          "/f",
          "/h/f",
          "/h",
          "/h/../f",
          "new",
          "new/x",
          "/h/l",
          "/proc/self/fd/3",
          "/dev/zero",
          "/proc/self/maps",
          "..",
          ".",
          "/dev",
          "/proc/self/fd",
          "/dev/stdout",
          "a",
          "a/b",
          "/h/none",
          "/dev/null",
          "/",
          "/h/d/m",
          "/h/d/m/f",
          "/h/d/m/../../up",
          "",
          "/proc",
          "/dev/random",
          "/proc/self/exe",
          "/proc/self/status",
          "/h/d",
          "new/../a",
          "f/",
          "b");

  private static final int PATH_SIZE = 64;
  private static final int STRUCTURES = 4096;
  private static final int BUFFERS = 8192;
  private static final int MEMORY_SIZE = 16384;
  private static final int AT_FDCWD = -100;
  private static final int HIGHEST_CALL = 470;

  private final long area;
  private final ByteBuffer memory = ByteBuffer.allocate(MEMORY_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Integer> fields = new ArrayList<>();

  /**
   * For a guest.
   *
   * @param area where it has its memory
   */
  SystemCallScript(long area) {
    this.area = area;
    for (int i = 0; i < PATHS.size(); i++) {
      memory.put(i * PATH_SIZE, PATHS.get(i).getBytes(ISO_8859_1));
      fields.add(i * PATH_SIZE);
      fields.add(i * PATH_SIZE + 2);
    }
    for (int i = 0; i < 16; i++) {
      // At the same time vectors of buffers, times, descriptors to poll, and sets of signals.
      memory.putLong(STRUCTURES + 16 * i, i % 4 < 2 ? area + BUFFERS + 100L * i : i);
      memory.putLong(STRUCTURES + 16 * i + 8, i * 7L);
    }
    for (int at = STRUCTURES; at < STRUCTURES + 256; at += 4) {
      fields.add(at);
    }
  }

  /** Returns the contents of the guest's memory. */
  byte[] memory() {
    byte[] bytes = new byte[MEMORY_SIZE];
    memory.get(0, bytes);
    return bytes;
  }

  /** Where in it there are numbers and paths. */
  List<Integer> fields() {
    return fields;
  }

  /** Calls, eight words each: number, arguments, and which results to add to them. */
  byte[] calls(Choices choices, int most) {
    int count = 1 + choices.below(most);
    ByteBuffer calls = ByteBuffer.allocate(count * 64).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      putCall(calls, i, choices);
    }
    byte[] bytes = new byte[calls.capacity()];
    calls.get(0, bytes);
    return bytes;
  }

  private void putCall(ByteBuffer calls, int index, Choices choices) {
    String call = choices.of(CALLS);
    String kinds = call.substring(call.indexOf(' ') + 1);
    long number =
        choices.oneIn(32)
            ? choices.near(choices.below(HIGHEST_CALL))
            : Long.parseLong(call.substring(0, call.indexOf(' ')));
    calls.putLong(number);
    long sources = 0;
    for (int i = 0; i < 6; i++) {
      if (index > 0 && choices.oneIn(5)) {
        sources |= (1L + choices.below(index)) << (8 * (i + 1));
        calls.putLong(0);
      } else {
        calls.putLong(argument(i < kinds.length() ? kinds.charAt(i) : 'N', choices));
      }
    }
    calls.putLong(sources);
  }

  private long argument(char kind, Choices choices) {
    if (choices.oneIn(16)) {
      return choices.number();
    }
    return switch (kind) {
      case 'F' -> choices.below(10);
      case 'D' -> choices.oneIn(3) ? choices.below(10) : AT_FDCWD;
      case 'P' -> area + (long) PATH_SIZE * choices.below(PATHS.size());
      case 'B' -> area + BUFFERS + 16L * choices.octet();
      case 'I' -> choices.oneIn(8) ? 0 : area + STRUCTURES + 16L * choices.below(16);
      case 'S' -> choices.oneIn(4) ? choices.number() : 16L * choices.octet();
      case 'L' -> choices.oneIn(2) ? choices.number() : choices.below(5000);
      case 'O' -> choices.oneIn(2) ? choices.below(1 << 16) | (choices.below(64) << 16) : 0x42;
      case 'A' -> choices.oneIn(2) ? 0 : area + 4096L * choices.below(64);
      case 'R' -> choices.below(8);
      case 'G' -> choices.below(66);
      default -> choices.oneIn(4) ? choices.octet() : choices.below(8);
    };
  }
}
