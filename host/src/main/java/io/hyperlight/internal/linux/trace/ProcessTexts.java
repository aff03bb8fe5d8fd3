package io.hyperlight.internal.linux.trace;

import static io.hyperlight.internal.linux.trace.ArgumentKind.input;
import static io.hyperlight.internal.linux.trace.ArgumentKind.output;

import io.hyperlight.internal.linux.signal.Signals;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Formats arguments of system calls on processes and threads, for traces. */
final class ProcessTexts {
  private static final int FUTEX_PRIVATE_FLAG = 128;
  private static final int FUTEX_CLOCK_REALTIME = 256;
  private static final int FUTEX_COMMAND = ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  private static final int FUTEX_WAIT = 0;
  private static final int FUTEX_WAKE = 1;
  private static final int FUTEX_WAIT_BITSET = 9;
  private static final int FUTEX_WAKE_BITSET = 10;

  private static final int ARCH_GET_FS = 0x1003;
  private static final int ARCH_GET_GS = 0x1004;

  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_NAME = 15;
  private static final int PR_GET_NAME = 16;
  private static final int NAME_SIZE = 16;

  private static final long CLONE_SETTLS = 0x8_0000;
  private static final long CLONE_PARENT_SETTID = 0x10_0000;
  private static final long CLONE_CHILD_TID = 0x120_0000;

  private static final int UTSNAME_FIELD = 65;
  private static final int MAX_PROCESSORS = 1024;

  private ProcessTexts() {}

  static void register(Map<String, ArgumentKind> kinds) {
    kinds.put("clonecall", input(ProcessTexts::cloneCall));
    kinds.put("futexop", input((call, i) -> futexOperation(call.getInt(i))));
    kinds.put("futexrest", input(ProcessTexts::futexRest));
    kinds.put("archaddress", output(ProcessTexts::archAddress));
    kinds.put("prctlrest", output(ProcessTexts::prctlRest));
    kinds.put("limit", StructTexts.in(16, ProcessTexts::limit));
    kinds.put("limitout", StructTexts.out(16, ProcessTexts::limit));
    kinds.put("unameout", StructTexts.out(6 * UTSNAME_FIELD, ProcessTexts::uname));
    kinds.put("sysinfoout", StructTexts.out(112, ProcessTexts::sysinfo));
    kinds.put("processors", input((call, i) -> processors(call, i, call.get(i - 1))));
    kinds.put("processorsout", output((call, i) -> processors(call, i, call.result())));
  }

  /**
   * Formats the arguments of clone, in the order of traces. Those that the flags do not use are
   * left out.
   */
  private static String cloneCall(TracedArguments call, int index) {
    long flags = call.get(index);
    FlagSet set = FlagSets.of("clone");
    long bits = flags & 0xffff_ff00L;
    int signal = (int) flags & 0xff;
    StringJoiner all = new StringJoiner(", ");
    all.add("child_stack=" + NumberTexts.pointer(call.get(1)));
    if (signal == 0) {
      all.add("flags=" + set.text(bits));
    } else {
      String names = bits == 0 ? "" : set.text(bits) + "|";
      all.add("flags=" + names + Signals.traced(signal));
    }
    if ((flags & CLONE_PARENT_SETTID) != 0) {
      all.add("parent_tid=" + NumberTexts.pointer(call.get(2)));
    }
    if ((flags & CLONE_SETTLS) != 0) {
      all.add("tls=" + NumberTexts.pointer(call.get(4)));
    }
    if ((flags & CLONE_CHILD_TID) != 0) {
      all.add("child_tidptr=" + NumberTexts.pointer(call.get(3)));
    }
    return all.toString();
  }

  private static String futexOperation(int operation) {
    String name = FlagSets.of("futex").text(operation & FUTEX_COMMAND);
    return name
        + ((operation & FUTEX_PRIVATE_FLAG) != 0 ? "_PRIVATE" : "")
        + ((operation & FUTEX_CLOCK_REALTIME) != 0 ? "|FUTEX_CLOCK_REALTIME" : "");
  }

  /** Formats all arguments after the operation, on which they depend. */
  private static String futexRest(TracedArguments call, int index) {
    String value = Integer.toUnsignedString(call.getInt(index));
    String timeout = StructTexts.read(call, call.get(index + 1), 16, TimeTexts::timespec);
    int set = call.getInt(5);
    String bits = set == -1 ? "FUTEX_BITSET_MATCH_ANY" : NumberTexts.hex32(set);
    return switch (call.getInt(index - 1) & FUTEX_COMMAND) {
      case FUTEX_WAKE -> value;
      case FUTEX_WAIT -> value + ", " + timeout;
      case FUTEX_WAIT_BITSET -> value + ", " + timeout + ", " + bits;
      case FUTEX_WAKE_BITSET -> value + ", " + bits;
      default ->
          "%s, %s, %s, %s"
              .formatted(
                  value,
                  NumberTexts.hex(call.get(index + 1)),
                  NumberTexts.pointer(call.get(index + 2)),
                  NumberTexts.hex32(set));
    };
  }

  private static String archAddress(TracedArguments call, int index) {
    long address = call.get(index);
    int operation = call.getInt(index - 1);
    return operation == ARCH_GET_FS || operation == ARCH_GET_GS
        ? StructTexts.read(
            call, address, Long.BYTES, base -> "[" + NumberTexts.hex(base.getLong()) + "]")
        : NumberTexts.pointer(address);
  }

  /** Formats all arguments after the operation, on which they depend. */
  private static @Nullable String prctlRest(TracedArguments call, int index) {
    return switch (call.getInt(index - 1)) {
      case PR_SET_NAME, PR_GET_NAME -> call.string(call.get(index), NAME_SIZE - 1);
      case PR_GET_DUMPABLE -> null;
      default -> {
        StringJoiner rest = new StringJoiner(", ");
        for (int i = index; i < index + 4; i++) {
          rest.add(NumberTexts.hex(call.get(i)));
        }
        yield rest.toString();
      }
    };
  }

  private static String limit(ByteBuffer limit) {
    return "{rlim_cur=%s, rlim_max=%s}".formatted(bound(limit.getLong()), bound(limit.getLong()));
  }

  private static String bound(long bound) {
    if (bound == -1) {
      return "RLIM64_INFINITY";
    }
    return Long.compareUnsigned(bound, 1024) > 0 && (bound & 1023) == 0
        ? Long.toUnsignedString(bound >>> 10) + "*1024"
        : Long.toUnsignedString(bound);
  }

  private static String uname(ByteBuffer names) {
    return "{sysname=%s, nodename=%s, ...}"
        .formatted(
            StructTexts.field(names, 0, UTSNAME_FIELD),
            StructTexts.field(names, UTSNAME_FIELD, UTSNAME_FIELD));
  }

  private static String sysinfo(ByteBuffer info) {
    return "{uptime=%d, totalram=%s, freeram=%s, procs=%d, mem_unit=%s, ...}"
        .formatted(
            info.getLong(0),
            Long.toUnsignedString(info.getLong(32)),
            Long.toUnsignedString(info.getLong(40)),
            Short.toUnsignedInt(info.getShort(80)),
            Integer.toUnsignedString(info.getInt(104)));
  }

  /**
   * Formats a set of processors.
   *
   * @param size its size in bytes
   */
  private static String processors(TracedArguments call, int index, long size) {
    long address = call.get(index);
    int length = Math.clamp(size, 0, MAX_PROCESSORS / 8);
    byte[] bits = call.read(address, length);
    if (address == 0 || bits == null) {
      return NumberTexts.pointer(address);
    }
    StringJoiner all = new StringJoiner(" ", "[", "]");
    for (int i = 0; i < length * 8; i++) {
      if ((bits[i / 8] >> i % 8 & 1) != 0) {
        all.add(Integer.toString(i));
      }
    }
    return all.toString();
  }
}
