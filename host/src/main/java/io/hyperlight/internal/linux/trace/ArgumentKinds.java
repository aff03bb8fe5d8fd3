package io.hyperlight.internal.linux.trace;

import static io.hyperlight.internal.linux.trace.ArgumentKind.input;
import static io.hyperlight.internal.linux.trace.ArgumentKind.output;

import io.hyperlight.internal.linux.signal.Signals;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Maps the names in {@link CallSignature} to kinds of arguments. Numbers, text and flags are here,
 * structures in {@link StructTexts}, and the others in classes of their families.
 */
final class ArgumentKinds {
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AT_FDCWD = -100;

  /** MREMAP_MAYMOVE and MREMAP_FIXED. */
  private static final int MREMAP_TO_THERE = 3;

  private static final Map<String, ArgumentKind> KINDS = new HashMap<>();

  static {
    numbers();
    text();
    structures();
    // Flags and choices are 32 bits wide, except those of memory, which are 64 bits wide.
    FlagSets.all()
        .forEach((name, set) -> KINDS.put(name, input((call, i) -> set.text(low(call, i, set)))));
    for (String wide : new String[] {"map", "protection"}) {
      FlagSet set = FlagSets.of(wide);
      KINDS.put(wide, input((call, i) -> set.text(call.get(i))));
    }
  }

  private ArgumentKinds() {}

  /** Values with a name may be negative. Bits never are. */
  private static long low(TracedArguments call, int index, FlagSet set) {
    return set.bits() ? Integer.toUnsignedLong(call.getInt(index)) : call.getInt(index);
  }

  /** Returns the kind with a name. */
  static ArgumentKind of(String name) {
    ArgumentKind kind = KINDS.get(name);
    if (kind == null) {
      throw new IllegalArgumentException("no kind of arguments is called " + name);
    }
    return kind;
  }

  private static void numbers() {
    KINDS.put("-", input((_, _) -> null)); // the argument exists but means nothing
    KINDS.put("int", input((call, i) -> Integer.toString(call.getInt(i))));
    KINDS.put("uint", input((call, i) -> Integer.toUnsignedString(call.getInt(i))));
    KINDS.put("long", input((call, i) -> Long.toString(call.get(i))));
    KINDS.put("size", input((call, i) -> Long.toUnsignedString(call.get(i))));
    KINDS.put("word", input((call, i) -> NumberTexts.hex(call.get(i))));
    KINDS.put("word32", input((call, i) -> NumberTexts.hex32(call.getInt(i))));
    KINDS.put("pointer", input((call, i) -> NumberTexts.pointer(call.get(i))));
    KINDS.put("folder", input((call, i) -> folder(call.getInt(i))));
    KINDS.put("mode", input((call, i) -> StructTexts.permissions(call.getInt(i))));
    KINDS.put("node", input((call, i) -> StructTexts.mode(call.getInt(i))));
    KINDS.put("created", input(ArgumentKinds::modeOfCreated));
    KINDS.put("way", input((call, i) -> FlagSets.open(call.get(i))));
    KINDS.put("socket", input((call, i) -> FlagSets.socket(call.get(i))));
    KINDS.put("spoken", input(ArgumentKinds::protocol));
    KINDS.put("signal", input((call, i) -> Signals.traced(call.getInt(i))));
    KINDS.put("moved", input(ArgumentKinds::newAddress));
  }

  private static String folder(int descriptor) {
    return descriptor == AT_FDCWD ? "AT_FDCWD" : Integer.toString(descriptor);
  }

  /** Formats the mode, which only exists if the flags create a file. */
  private static @Nullable String modeOfCreated(TracedArguments call, int index) {
    return FlagSets.makesFile(call.get(index - 1))
        ? StructTexts.permissions(call.getInt(index))
        : null;
  }

  /** Formats a protocol. Only protocols of the internet families have names. */
  private static String protocol(TracedArguments call, int index) {
    int family = call.getInt(0);
    int protocol = call.getInt(index);
    return family == AF_INET || family == AF_INET6
        ? FlagSets.of("protocol").text(protocol)
        : Integer.toString(protocol);
  }

  private static @Nullable String newAddress(TracedArguments call, int index) {
    return (call.get(index - 1) & MREMAP_TO_THERE) == MREMAP_TO_THERE
        ? NumberTexts.pointer(call.get(index))
        : null;
  }

  private static void text() {
    KINDS.put("path", input((call, i) -> call.string(call.get(i), TracedArguments.LONGEST_PATH)));
    KINDS.put("text", input((call, i) -> call.string(call.get(i), TracedArguments.LONGEST_BUFFER)));
    KINDS.put("texts", input(ArgumentKinds::texts));
    // The length of a buffer is the next argument. The length of the output is the result.
    KINDS.put("in", input((call, i) -> call.buffer(call.get(i), call.get(i + 1))));
    KINDS.put("out", output((call, i) -> call.buffer(call.get(i), written(call, i))));
    KINDS.put(
        "outpath", output((call, i) -> call.string(call.get(i), TracedArguments.LONGEST_PATH)));
    KINDS.put("bytes", output(ArgumentKinds::randomBytes));
  }

  /**
   * Returns the length of the output, limited to the buffer: some calls return how much they would
   * have written.
   */
  private static long written(TracedArguments call, int index) {
    long size = call.get(index + 1);
    return Long.compareUnsigned(call.result(), size) < 0 ? call.result() : size;
  }

  private static String randomBytes(TracedArguments call, int index) {
    boolean more = call.result() > TracedArguments.LONGEST_BUFFER;
    int length = Math.clamp(call.result(), 0, TracedArguments.LONGEST_BUFFER);
    byte[] bytes = call.read(call.get(index), length);
    return bytes == null
        ? NumberTexts.pointer(call.get(index))
        : QuotedBytes.hexadecimal(bytes, more);
  }

  /** Formats a table of pointers to text, which a null pointer ends. */
  private static String texts(TracedArguments call, int index) {
    long address = call.get(index);
    StringJoiner all = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < TracedArguments.MAX_ENTRIES; i++) {
      ByteBuffer entry = call.struct(address + (long) i * Long.BYTES, Long.BYTES);
      if (entry == null) {
        return i == 0 ? NumberTexts.pointer(address) : all.add("...").toString();
      }
      long text = entry.getLong();
      if (text == 0) {
        return all.toString();
      }
      all.add(call.string(text, TracedArguments.LONGEST_BUFFER));
    }
    return all.add("...").toString();
  }

  private static void structures() {
    StructTexts.register(KINDS);
    TimeTexts.register(KINDS);
    SignalTexts.register(KINDS);
    DescriptorTexts.register(KINDS);
    ProcessTexts.register(KINDS);
  }
}
