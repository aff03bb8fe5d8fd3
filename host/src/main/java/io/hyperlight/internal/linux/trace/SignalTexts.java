package io.hyperlight.internal.linux.trace;

import io.hyperlight.internal.linux.signal.Signals;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.StringJoiner;

/** Formats sets of signals, handlers and their stacks for traces. */
final class SignalTexts {
  private static final int ACTION_SIZE = 32;
  private static final int STACK_SIZE = 24;
  private static final long SA_RESTORER = 0x0400_0000;

  /** A set with more signals than this is shown by the signals that it lacks. */
  private static final int MAX = Signals.COUNT * 2 / 3;

  private SignalTexts() {}

  static void register(Map<String, ArgumentKind> kinds) {
    kinds.put("signals", StructTexts.in(Long.BYTES, set -> set(set.getLong())));
    kinds.put("signalsout", StructTexts.out(Long.BYTES, set -> set(set.getLong())));
    kinds.put("action", StructTexts.in(ACTION_SIZE, SignalTexts::action));
    kinds.put("actionout", StructTexts.out(ACTION_SIZE, SignalTexts::action));
    kinds.put("stack", StructTexts.in(STACK_SIZE, SignalTexts::stack));
    kinds.put("stackout", StructTexts.out(STACK_SIZE, SignalTexts::stack));
  }

  private static String set(long bits) {
    boolean most = Long.bitCount(bits) >= MAX;
    long shown = most ? ~bits : bits;
    StringJoiner names = new StringJoiner(" ", most ? "~[" : "[", "]");
    for (int signal = 1; signal <= Signals.COUNT; signal++) {
      if ((shown >>> (signal - 1) & 1) != 0) {
        names.add(Signals.traced(signal).substring("SIG".length()));
      }
    }
    return names.toString();
  }

  private static String action(ByteBuffer action) {
    long handler = action.getLong();
    long flags = action.getLong();
    long restorer = action.getLong();
    String name =
        handler == 0 ? "SIG_DFL" : handler == 1 ? "SIG_IGN" : NumberTexts.pointer(handler);
    return "{sa_handler=%s, sa_mask=%s, sa_flags=%s%s}"
        .formatted(
            name,
            set(action.getLong()),
            FlagSets.of("sigaction").text(flags),
            (flags & SA_RESTORER) == 0 ? "" : ", sa_restorer=" + NumberTexts.pointer(restorer));
  }

  private static String stack(ByteBuffer stack) {
    return "{ss_sp=%s, ss_flags=%s, ss_size=%s}"
        .formatted(
            NumberTexts.pointer(stack.getLong(0)),
            FlagSets.of("sigstack").text(Integer.toUnsignedLong(stack.getInt(8))),
            Long.toUnsignedString(stack.getLong(16)));
  }
}
