package io.hyperlight.internal.hypervisor.fake;

import io.hyperlight.internal.hypervisor.CpuExit;
import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters.DescriptorTable;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Converts recordings to text and back. Each line begins with its name. */
public final class RecordingText {
  private static final HexFormat HEX = HexFormat.of();

  private RecordingText() {}

  /** Returns a recording as text. */
  public static String of(Recording recording) {
    StringBuilder text = new StringBuilder();
    recording.cpuid.forEach((leaf, value) ->
        line(text, "cpuid", hex(leaf.function()), hex(leaf.index()), leaf.output(), hex(value)));
    recording.offers.forEach((tracking, offered) -> line(text, "offers", tracking, offered));
    for (Recording.Vm vm : recording.vms) {
      line(text, "vm", vm.tracking);
      add(text, vm.cpu.initial);
      vm.cpu.runs.forEach(run -> add(text, run));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, Object... words) {
    text.append(Stream.of(words).map(String::valueOf).collect(Collectors.joining(" ")));
    text.append('\n');
  }

  private static String hex(long value) {
    return Long.toHexString(value);
  }

  private static String hex(int value) {
    return Integer.toHexString(value);
  }

  private static void add(StringBuilder text, Recording.Run run) {
    line(text, run.completes ? "complete" : "run", run.result, run.trackerFull, run.codeSegment);
    if (run.given != null) {
      line(text, "given", hex(run.given));
    }
    line(text, "exit", run.exit.getClass().getSimpleName(), values(run.exit));
    line(text, "registers", hex(run.registers));
    run.memory.forEach((at, bytes) -> line(text, "memory", hex(at), HEX.formatHex(bytes)));
    add(text, run.state);
  }

  private static void add(StringBuilder text, Recording.State state) {
    if (state.special != null) {
      line(text, "special", values(state.special));
    }
    if (state.extended != null) {
      line(text, "extended", sparse(state.extended));
    }
    if (state.events != null) {
      line(text, "events", sparse(state.events));
    }
    if (state.debug != null) {
      line(text, "debug", sparse(state.debug));
    }
    if (state.written != null) {
      line(
          text,
          "written",
          state.written.stream().map(Long::toHexString).collect(Collectors.joining(" ")));
    }
  }

  private static String hex(long[] values) {
    return LongStream.of(values).mapToObj(Long::toHexString).collect(Collectors.joining(" "));
  }

  /** Returns the size, and each word that is not zero with its place. */
  private static String sparse(byte[] bytes) {
    StringBuilder text = new StringBuilder(Integer.toString(bytes.length));
    for (int at = 0; at < bytes.length; at += 8) {
      byte[] word = Arrays.copyOfRange(bytes, at, Math.min(at + 8, bytes.length));
      if (!Arrays.equals(word, new byte[word.length])) {
        text.append(' ').append(at).append(':').append(HEX.formatHex(word));
      }
    }
    return text.toString();
  }

  private static byte[] fromSparse(Iterator<String> words) {
    byte[] bytes = new byte[Integer.parseInt(words.next())];
    while (words.hasNext()) {
      String[] parts = words.next().split(":", 2);
      byte[] word = HEX.parseHex(parts[1]);
      System.arraycopy(word, 0, bytes, Integer.parseInt(parts[0]), word.length);
    }
    return bytes;
  }

  /** Returns the components of a record and of the records in it. */
  private static String values(Record record) {
    List<String> values = new ArrayList<>();
    addValues(values, record);
    return String.join(" ", values);
  }

  private static String values(CpuExit exit) {
    return values((Record) exit);
  }

  private static void addValues(List<String> values, Record record) {
    try {
      for (RecordComponent component : record.getClass().getRecordComponents()) {
        Object value = component.getAccessor().invoke(record);
        if (value instanceof Record inner) {
          addValues(values, inner);
        } else if (value instanceof Long number) {
          values.add(hex(number));
        } else {
          values.add(String.valueOf(value));
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static <R extends Record> R record(Class<R> type, Iterator<String> words) {
    try {
      RecordComponent[] components = type.getRecordComponents();
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        Class<?> kind = components[i].getType();
        values[i] =
            kind == Segment.class || kind == DescriptorTable.class
                ? record(kind.asSubclass(Record.class), words)
                : value(kind, words.next());
      }
      Class<?>[] types =
          Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static Object value(Class<?> kind, String word) {
    if (kind == long.class) {
      return Long.parseUnsignedLong(word, 16);
    } else if (kind == int.class) {
      return Integer.parseInt(word);
    }
    return Boolean.parseBoolean(word);
  }

  private static CpuExit exit(Iterator<String> words) {
    String name = words.next();
    for (Class<?> type : CpuExit.class.getPermittedSubclasses()) {
      if (type.getSimpleName().equals(name)) {
        return (CpuExit) record(type.asSubclass(Record.class), words);
      }
    }
    throw new IllegalArgumentException("no exit is called " + name);
  }

  /** Returns the recording of a text. */
  public static Recording parse(String text) {
    Recording recording = new Recording();
    Recording.State state = new Recording.State();
    Recording.Run run = new Recording.Run();
    for (String line : text.lines().toList()) {
      Iterator<String> words = Arrays.asList(line.split(" ", -1)).iterator();
      String name = words.next();
      switch (name) {
        case "cpuid" ->
            recording.cpuid.put(
                new Recording.Leaf(
                    Integer.parseUnsignedInt(words.next(), 16),
                    Integer.parseUnsignedInt(words.next(), 16),
                    Cpuid.Output.valueOf(words.next())),
                Integer.parseUnsignedInt(words.next(), 16));
        case "offers" ->
            recording.offers.put(
                DirtyTracking.valueOf(words.next()), Boolean.parseBoolean(words.next()));
        case "vm" -> {
          recording.vms.add(new Recording.Vm(DirtyTracking.valueOf(words.next())));
          state = recording.vms.getLast().cpu.initial;
        }
        case "run", "complete" -> {
          run = new Recording.Run();
          run.completes = name.equals("complete");
          run.result = Integer.parseInt(words.next());
          run.trackerFull = Boolean.parseBoolean(words.next());
          run.codeSegment = Integer.parseInt(words.next());
          recording.vms.getLast().cpu.runs.add(run);
          state = run.state;
        }
        case "given" -> run.given = longs(words);
        case "registers" -> run.registers = longs(words);
        case "exit" -> run.exit = exit(words);
        case "memory" ->
            run.memory.put(Long.parseUnsignedLong(words.next(), 16), HEX.parseHex(words.next()));
        case "special" -> state.special = record(SpecialRegisters.class, words);
        case "extended" -> state.extended = fromSparse(words);
        case "events" -> state.events = fromSparse(words);
        case "debug" -> state.debug = fromSparse(words);
        case "written" -> state.written = LongStream.of(longs(words)).boxed().toList();
        default -> throw new IllegalArgumentException("no line of a recording: " + line);
      }
    }
    return recording;
  }

  private static long[] longs(Iterator<String> words) {
    LongStream.Builder values = LongStream.builder();
    words.forEachRemaining(word -> {
      if (!word.isEmpty()) {
        values.add(Long.parseUnsignedLong(word, 16));
      }
    });
    return values.build().toArray();
  }
}
