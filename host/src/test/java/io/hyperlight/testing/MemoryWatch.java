package io.hyperlight.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Watches what the host reads and writes in guest memory; {@link WatchingLoader} adds the calls. A
 * unit is one system call, or what the host does between two runs of the guest. Another processor
 * may change the memory at any time in it. So no unit may read a byte twice, or read what it has
 * written.
 *
 * <p>It can also change each byte as soon as it was read, until the unit ends. A host that reads
 * each byte once does not notice.
 *
 * <p>Some reads may be made again:
 *
 * <ul>
 *   <li>that of a word which is replaced by compare and swap, after that has failed. If bytes are
 *       changed, the first attempt at each word fails;
 *   <li>those of two arguments of a call that have the same text, or of which one is the other's
 *       end;
 *   <li>of contents that are only copied, such as those of buffers. Two buffers may overlap.
 * </ul>
 */
public final class MemoryWatch {
  private static final int MOST_FRAMES = 7;
  private static final int LONGEST_READ = 1 << 20;

  /** What only copies or compares contents. */
  private static final Set<String> CONTENTS =
      Set.of(
          "Buffers.take",
          "SharedPages.putBack",
          "MappedFiles.addUnchanged",
          "TracedArguments.read");

  /** Copies text, and looks at nothing behind its zero byte. */
  private static final String TEXT = "GuestMemory.readPrefix";

  /** Reads what user code cannot touch. */
  private static final String OF_MONITOR = "X86Exits.processorException";

  /** Writes the first contents of a page, in any unit that touches it. */
  private static final String FIRST_TOUCH = "FirstTouch.giveMemory";

  /** What all accesses pass through. */
  private static final Set<String> PLUMBING =
      Set.of(
          "PhysicalMemory.get",
          "PhysicalMemory.put",
          "UserBytes.read",
          "UserBytes.copyIn",
          "UserBytes.copyOut",
          "AddressSpace.read",
          "AddressSpace.write",
          "AddressSpace.copyOut",
          "GuestMemory.read",
          "GuestMemory.readStruct",
          "GuestMemory.readInt",
          "GuestMemory.readLong");

  private static final StackWalker STACK = StackWalker.getInstance();

  private static @Nullable MemoryWatch watching;

  /** What was read. */
  private static final class Seen {
    final MemorySegment memory;
    final long start;
    final byte[] contents;

    /** The methods that have read it, the innermost first. */
    final List<String> place;

    Seen(MemorySegment memory, long start, byte[] contents, List<String> place) {
      this.memory = memory;
      this.start = start;
      this.contents = contents;
      this.place = place;
    }

    long from() {
      return memory.address() + start;
    }

    long to() {
      return from() + contents.length;
    }
  }

  private final Thread thread = Thread.currentThread();
  private final @Nullable Random changes;

  // The present unit.
  private long number = -1;
  private final List<Long> arguments = new ArrayList<>();

  /** Whether the text that is read is an argument, and was not read as that argument before. */
  private boolean isArgument;

  private final TreeMap<Long, Seen> seen = new TreeMap<>();
  private final TreeMap<Long, Seen> changed = new TreeMap<>();
  private final TreeMap<Long, Long> written = new TreeMap<>();
  private final Set<Long> disturbed = new LinkedHashSet<>();

  // The results.
  private final Map<String, String> twice = new LinkedHashMap<>();
  private final Set<Long> reading = new TreeSet<>();
  private long reads;
  private long failedSwaps;

  private MemoryWatch(@Nullable Random changes) {
    this.changes = changes;
  }

  /**
   * Says what some work has read.
   *
   * @param twice where bytes were read a second time
   * @param readingCalls the numbers of the system calls that have read anything
   * @param reads how often anything was read
   * @param failedSwaps how often a word was changed before it was replaced
   */
  public record Result(List<String> twice, Set<Long> readingCalls, long reads, long failedSwaps) {}

  /** Watches this thread. */
  public static Result watch(Runnable work) {
    return watch(work, new MemoryWatch(null));
  }

  /** Does the same, and changes what was read. */
  public static Result change(Runnable work, Random changes) {
    return watch(work, new MemoryWatch(changes));
  }

  private static Result watch(Runnable work, MemoryWatch watch) {
    watching = watch;
    try {
      work.run();
    } finally {
      watching = null;
      watch.begin(-1);
    }
    return new Result(
        List.copyOf(watch.twice.values()),
        Set.copyOf(watch.reading),
        watch.reads,
        watch.failedSwaps);
  }

  private static @Nullable MemoryWatch ofThisThread() {
    MemoryWatch now = watching;
    return now != null && now.thread == Thread.currentThread() ? now : null;
  }

  // What the library reports.

  /** The guest runs next, or another call begins. */
  public static void endOfUnit() {
    MemoryWatch now = ofThisThread();
    if (now != null) {
      now.begin(-1);
    }
  }

  /** A system call begins. */
  public static void systemCall(
      long number, long first, long second, long third, long fourth, long fifth, long sixth) {
    MemoryWatch now = ofThisThread();
    if (now != null) {
      now.begin(number);
      now.arguments.addAll(List.of(first, second, third, fourth, fifth, sixth));
    }
  }

  /** Text of a guest is read next. */
  public static void text(long address) {
    MemoryWatch now = ofThisThread();
    if (now != null) {
      now.isArgument = now.arguments.remove(Long.valueOf(address));
    }
  }

  /** Bytes are copied out of guest memory next. */
  public static void reads(MemorySegment memory, long start, int length) {
    MemoryWatch now = ofThisThread();
    if (now != null && !now.changed.isEmpty()) {
      long from = memory.address() + start;
      Seen before = overlapping(now.changed, from, from + length);
      if (before != null && now.mayReadAgain(before, place())) {
        now.putBack(from, from + length);
      }
    }
  }

  /** Bytes were copied out of guest memory. */
  public static void read(MemorySegment memory, long start, int length) {
    MemoryWatch now = ofThisThread();
    if (now != null && length > 0) {
      now.addRead(memory, start, length, false);
    }
  }

  /** A word was read, which may be replaced next. */
  public static void word(MemorySegment memory, long start) {
    MemoryWatch now = ofThisThread();
    if (now != null) {
      now.addRead(memory, start, Integer.BYTES, true);
    }
  }

  /** A word is compared and replaced next. */
  public static void replaces(MemorySegment memory, long start) {
    MemoryWatch now = ofThisThread();
    if (now != null && now.changes != null && now.disturbed.add(memory.address() + start)) {
      flip(memory, start);
      now.failedSwaps++;
    }
  }

  /** A word was replaced, or was another one than expected. */
  public static void replaced(boolean success, MemorySegment memory, long start) {
    MemoryWatch now = ofThisThread();
    if (now != null) {
      now.afterReplacing(success, memory, start);
    }
  }

  /** The host writes to guest memory next. */
  public static void written(MemorySegment memory, long start, int length) {
    MemoryWatch now = ofThisThread();
    if (now != null && length > 0) {
      long from = memory.address() + start;
      now.putBack(from, from + length);
      if (!place().contains(FIRST_TOUCH)) {
        now.written.merge(from, from + length, Math::max);
      }
    }
  }

  /** Whole pages are used next. */
  public static void putBack() {
    MemoryWatch now = ofThisThread();
    if (now != null) {
      now.putBack(0, Long.MAX_VALUE);
    }
  }

  // The present unit.

  private void begin(long ofCall) {
    putBack(0, Long.MAX_VALUE);
    seen.clear();
    written.clear();
    disturbed.clear();
    arguments.clear();
    number = ofCall;
  }

  private void addRead(MemorySegment memory, long start, int length, boolean isWord) {
    List<String> place = place();
    if (place.contains(OF_MONITOR)) {
      return;
    }
    reads++;
    reading.add(number);
    byte[] contents = memory.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
    Seen now = new Seen(memory, start, isText(place) ? upToZero(contents) : contents, place);
    Seen before = overlapping(seen, now.from(), now.to());
    if (before == null ? wasWritten(now) : !mayReadAgain(before, place)) {
      report(now, before);
    }
    seen.put(now.from(), now);
    if (changes != null
        && !isWord
        && !isContents(place)
        && overlapping(changed, now.from(), now.to()) == null) {
      changed.put(now.from(), now);
      change(now, changes);
    }
  }

  private static boolean isContents(List<String> place) {
    return place.stream().anyMatch(CONTENTS::contains);
  }

  private static boolean isText(List<String> place) {
    return place.contains(TEXT);
  }

  private static byte[] upToZero(byte[] text) {
    int end = 0;
    while (end < text.length && text[end] != 0) {
      end++;
    }
    return Arrays.copyOf(text, Math.min(text.length, end + 1));
  }

  private boolean mayReadAgain(Seen before, List<String> place) {
    return isContents(place) || (isArgument && isText(place) && isText(before.place));
  }

  private boolean wasWritten(Seen now) {
    Map.Entry<Long, Long> write = written.lowerEntry(now.to());
    return write != null && write.getValue() > now.from() && !isContents(now.place);
  }

  private void report(Seen now, @Nullable Seen before) {
    String earlier =
        before == null ? "was written before" : "was read before by " + text(before.place);
    String what = "in call %d, %s reads what %s".formatted(number, text(now.place), earlier);
    twice.putIfAbsent(what, what);
  }

  private static String text(List<String> place) {
    return String.join(" < ", place);
  }

  private static @Nullable Seen overlapping(NavigableMap<Long, Seen> all, long from, long to) {
    for (Seen earlier : all.headMap(to, false).descendingMap().values()) {
      if (earlier.to() > from) {
        return earlier;
      }
      if (earlier.from() < from - LONGEST_READ) {
        break;
      }
    }
    return null;
  }

  /** Writes what another processor could write: numbers that are too large, and any others. */
  private static void change(Seen read, Random random) {
    byte[] other = new byte[read.contents.length];
    random.nextBytes(other);
    byte fill = (byte) (random.nextBoolean() ? -1 : random.nextInt(3));
    for (int i = 0; i < other.length; i++) {
      switch (i / Long.BYTES % 4 + random.nextInt(2)) {
        case 0, 2 -> other[i] = fill;
        case 1 -> {} // random
        default -> other[i] = (byte) (read.contents[i] + 1);
      }
    }
    MemorySegment.copy(
        other, 0, read.memory, ValueLayout.JAVA_BYTE, read.start, read.contents.length);
  }

  private void putBack(long from, long to) {
    changed
        .values()
        .removeIf(read -> {
          boolean overlaps = read.from() < to && read.to() > from;
          if (overlaps) {
            MemorySegment.copy(
                read.contents,
                0,
                read.memory,
                ValueLayout.JAVA_BYTE,
                read.start,
                read.contents.length);
          }
          return overlaps;
        });
  }

  private void afterReplacing(boolean success, MemorySegment memory, long start) {
    long at = memory.address() + start;
    if (success) {
      written.merge(at, at + Integer.BYTES, Math::max);
      return;
    }
    seen.remove(at); // it is to be read again
    if (disturbed.contains(at)) {
      flip(memory, start);
    }
  }

  private static void flip(MemorySegment memory, long start) {
    memory.set(ValueLayout.JAVA_INT, start, ~memory.get(ValueLayout.JAVA_INT, start));
  }

  private static List<String> place() {
    return STACK.walk(frames ->
        frames
            .filter(frame -> frame.getClassName().startsWith("io.hyperlight.internal."))
            .map(frame -> simpleName(frame.getClassName()) + "." + frame.getMethodName())
            .filter(name -> !PLUMBING.contains(name))
            .limit(MOST_FRAMES)
            .toList());
  }

  private static String simpleName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }
}
