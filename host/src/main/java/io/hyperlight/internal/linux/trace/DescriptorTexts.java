package io.hyperlight.internal.linux.trace;

import static io.hyperlight.internal.linux.trace.ArgumentKind.input;
import static io.hyperlight.internal.linux.trace.ArgumentKind.output;

import io.hyperlight.internal.linux.signal.Signals;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Formats arguments of system calls on descriptors, except buffers, for traces. */
final class DescriptorTexts {
  private static final int F_DUPFD = 0;
  private static final int F_GETFD = 1;
  private static final int F_SETFD = 2;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int F_GETLK = 5;
  private static final int F_SETLKW = 7;
  private static final int F_OFD_GETLK = 36;
  private static final int F_OFD_SETLKW = 38;
  private static final int F_DUPFD_CLOEXEC = 1030;

  private static final int PART_SIZE = 16;
  private static final int POLLFD_SIZE = 8;

  /** The size of {@code struct linux_dirent64} before the name. */
  private static final int ENTRY_SIZE = 19;

  /**
   * The maximum number of bytes in which entries are counted. Most programs ask for this much or
   * less.
   */
  private static final int LONGEST_LISTING = 1 << 16;

  private static final int MAX_IN_SET = 1024;

  private DescriptorTexts() {}

  static void register(Map<String, ArgumentKind> kinds) {
    kinds.put("inparts", input((call, i) -> parts(call, i, Long.MAX_VALUE)));
    kinds.put("outparts", output((call, i) -> parts(call, i, call.result())));
    kinds.put("entries", output(DescriptorTexts::entries));
    kinds.put("pollfds", input((call, i) -> polled(call, i, false)));
    kinds.put("fds", input(DescriptorTexts::set));
    kinds.put("fcntlargument", input(DescriptorTexts::fcntl));
  }

  /**
   * Formats the parts of a buffer. Their number is the next argument.
   *
   * @param total how many bytes all parts hold together
   */
  private static String parts(TracedArguments call, int index, long total) {
    long address = call.get(index);
    long count = call.get(index + 1);
    StringJoiner all = new StringJoiner(", ", "[", "]");
    long left = total;
    for (int i = 0; Long.compareUnsigned(i, count) < 0; i++) {
      long at = address + (long) i * PART_SIZE;
      ByteBuffer part = i == TracedArguments.MAX_ENTRIES ? null : call.struct(at, PART_SIZE);
      if (part == null) {
        return i == 0 ? NumberTexts.pointer(address) : all.add("...").toString();
      }
      long start = part.getLong();
      long size = part.getLong();
      long shown = Long.compareUnsigned(size, left) < 0 ? size : left;
      all.add(
          "{iov_base=%s, iov_len=%s}"
              .formatted(call.buffer(start, shown), Long.toUnsignedString(size)));
      left -= shown;
    }
    return all.toString();
  }

  private static String entries(TracedArguments call, int index) {
    int size = (int) Math.min(call.result(), LONGEST_LISTING);
    ByteBuffer listing = call.struct(call.get(index), size);
    String pointer = NumberTexts.pointer(call.get(index));
    if (listing == null) {
      return pointer;
    }
    int count = 0;
    for (int at = 0; at + ENTRY_SIZE <= size; count++) {
      // Each entry has some bytes. A smaller length would keep the loop from ending.
      at += Math.max(ENTRY_SIZE, Short.toUnsignedInt(listing.getShort(at + 16)));
    }
    return "%s /* %d%s entries */".formatted(pointer, count, size < call.result() ? "+" : "");
  }

  /** Formats the table of {@code poll(2)}: the events that it waits for, or those that it found. */
  private static String polled(TracedArguments call, int index, boolean answered) {
    long address = call.get(index);
    long count = Integer.toUnsignedLong(call.getInt(index + 1));
    StringJoiner all = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < count; i++) {
      long at = address + (long) i * POLLFD_SIZE;
      ByteBuffer entry = i == TracedArguments.MAX_ENTRIES ? null : call.struct(at, POLLFD_SIZE);
      if (entry == null) {
        return i == 0 ? NumberTexts.pointer(address) : all.add("...").toString();
      }
      String text = answered ? cameOf(entry) : waitedFor(entry);
      if (!text.isEmpty()) {
        all.add(text);
      }
    }
    return count == 0 && address == 0 ? "NULL" : all.toString();
  }

  private static String waitedFor(ByteBuffer entry) {
    int descriptor = entry.getInt(0);
    return descriptor < 0
        ? "{fd=%d}".formatted(descriptor)
        : "{fd=%d, events=%s}".formatted(descriptor, events(entry.getShort(4)));
  }

  private static String cameOf(ByteBuffer entry) {
    short events = entry.getShort(6);
    return events == 0 ? "" : "{fd=%d, revents=%s}".formatted(entry.getInt(0), events(events));
  }

  private static String events(short events) {
    return FlagSets.of("poll").text(Short.toUnsignedLong(events));
  }

  /** Formats the ready descriptors for the result. {@code select(2)} only returns their number. */
  static String ready(TracedArguments call) {
    return " (" + polled(call, 0, true) + ")";
  }

  /** Formats a set of {@code select(2)}. The first argument says how many descriptors a set has. */
  private static String set(TracedArguments call, int index) {
    long address = call.get(index);
    int count = Math.clamp(call.getInt(0), 0, MAX_IN_SET);
    byte[] bits = call.read(address, (count + 63) / 64 * Long.BYTES);
    if (address == 0 || bits == null) {
      return NumberTexts.pointer(address);
    }
    StringJoiner all = new StringJoiner(" ", "[", "]");
    for (int i = 0; i < count; i++) {
      if ((bits[i / 8] >> i % 8 & 1) != 0) {
        all.add(Integer.toString(i));
      }
    }
    return all.toString();
  }

  private static @Nullable String fcntl(TracedArguments call, int index) {
    int command = call.getInt(index - 1);
    int argument = call.getInt(index);
    return switch (command) {
      case F_GETFD, F_GETFL, 9, 11, 1025, 1032, 1034 -> null; // all F_GET without a structure
      case F_DUPFD, F_DUPFD_CLOEXEC, 8, 1031 -> Integer.toString(argument);
      case F_SETFD -> FlagSets.of("descriptor").text(Integer.toUnsignedLong(argument));
      case F_SETFL -> FlagSets.open(call.get(index));
      case 10 -> Signals.traced(argument);
      default ->
          (command >= F_GETLK && command <= F_SETLKW)
                  || (command >= F_OFD_GETLK && command <= F_OFD_SETLKW)
              ? StructTexts.read(call, call.get(index), 32, DescriptorTexts::lock)
              : NumberTexts.hex(call.get(index));
    };
  }

  private static String lock(ByteBuffer lock) {
    return "{l_type=%s, l_whence=%s, l_start=%d, l_len=%d}"
        .formatted(
            FlagSets.of("lock").text(lock.getShort(0)),
            FlagSets.of("whence").text(lock.getShort(2)),
            lock.getLong(8),
            lock.getLong(16));
  }

  /** Formats a result of {@code fcntl(2)} that is no error. */
  static String fcntlResult(TracedArguments call, long result) {
    return switch (call.getInt(1)) {
      case F_GETFL -> "%s (flags %s)".formatted(NumberTexts.hex(result), FlagSets.open(result));
      case F_GETFD ->
          result == 0
              ? "0"
              : "%s (flags %s)"
                  .formatted(NumberTexts.hex(result), FlagSets.of("descriptor").text(result));
      default -> Long.toString(result);
    };
  }
}
