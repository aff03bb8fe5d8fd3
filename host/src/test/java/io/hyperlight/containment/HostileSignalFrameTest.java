package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.internal.machine.x86.X86UserRegisters;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.Seeds;
import io.hyperlight.testing.SourceFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Signal frames that no signal has made, and handlers, stacks and registers with which no frame can
 * be made. The call goes on in user code or ends, and a restore leaves nothing of it.
 */
class HostileSignalFrameTest {
  private static final String PROGRAM =
      SourceFile.of(HostileSignalFrameTest.class, "hostile_signal_frames.c");

  // Offsets in a frame: return address, then struct ucontext.
  private static final int RSP = 8 + 40 + 15 * 8;
  private static final int RIP = 8 + 40 + 16 * 8;
  private static final int FLAGS = 8 + 40 + 17 * 8;
  private static final int SELECTORS = 8 + 40 + 18 * 8;
  private static final int STATE_POINTER = 8 + 40 + 23 * 8;
  private static final int STACK = 8 + 16;

  /** Where these tests keep x87 and vector state, and what it contains. */
  private static final int STATE = 512;

  private static final int MXCSR = STATE + 24;
  private static final int SOFTWARE = STATE + 464;
  private static final int HEADER = STATE + 512;
  private static final int SIZE = 4096;

  private static final long NON_CANONICAL = 0x8000_0000_0000L;
  private static final long KERNEL = 0xffff_ffff_8100_0000L;

  private final Sandbox original =
      Sandbox.builder(CompiledGuest.of(PROGRAM + ResetOracle.FUNCTIONS))
          .memorySize(4 << 20)
          .build();
  private final Snapshot snapshot = original.snapshot();
  private final Sandbox sandbox = snapshot.spawn();
  private final ResetOracle oracle = new ResetOracle(snapshot);
  private final long landing = addressOf(0);
  private final long stack = addressOf(1);
  private final long frame = addressOf(2);

  @AfterEach
  void close() {
    sandbox.close();
    snapshot.close();
    original.close();
  }

  private long addressOf(int what) {
    return original.<Long>call("address_of", long.class, what);
  }

  /** What is wrong with a frame, and how the call ends. */
  enum Frame {
    NOTHING("landed with flags 514", (f, t) -> {}),
    NO_STATE("landed", (f, t) -> f.putLong(STATE_POINTER, 0)),
    STATE_OUT_OF_LINE("landed", (f, t) -> f.putLong(STATE_POINTER, t.frame + STATE + 1)),
    NON_CANONICAL_RIP("SIGSEGV", (f, t) -> f.putLong(RIP, NON_CANONICAL)),
    HIGHEST_RIP("GuestFault", (f, t) -> f.putLong(RIP, NON_CANONICAL - 4096 - 1)),
    KERNEL_RIP("SIGSEGV", (f, t) -> f.putLong(RIP, KERNEL)),
    NULL_RIP("SIGSEGV", (f, t) -> f.putLong(RIP, 0)),
    UNMAPPED_RIP("page fault (execution", (f, t) -> f.putLong(RIP, 0x1234_5000L)),
    DATA_RIP("page fault (execution", (f, t) -> f.putLong(RIP, t.frame)),
    NON_CANONICAL_RSP("not canonical", (f, t) -> f.putLong(RSP, NON_CANONICAL + 1024)),
    KERNEL_RSP("page fault (write", (f, t) -> f.putLong(RSP, KERNEL)),
    FORBIDDEN_FLAGS("landed with flags 514", (f, t) -> f.putLong(FLAGS, ~0x24_0dd5L)),
    TRAP_FLAG("debug exception", (f, t) -> f.putLong(FLAGS, 0x100)),
    STATE_AT_ONE("SIGSEGV", (f, t) -> f.putLong(STATE_POINTER, 1)),
    STATE_OF_KERNEL("SIGSEGV", (f, t) -> f.putLong(STATE_POINTER, KERNEL)),
    STATE_NON_CANONICAL("SIGSEGV", (f, t) -> f.putLong(STATE_POINTER, NON_CANONICAL - 256)),
    STATE_ACROSS_THE_END("SIGSEGV", (f, t) -> f.putLong(STATE_POINTER, -64)),
    RESERVED_MXCSR("landed", (f, t) -> f.putInt(MXCSR, -1)),
    ALL_COMPONENTS("landed", (f, t) -> whole(f, t).putLong(HEADER, -1)),
    COMPACTED("landed", (f, t) -> whole(f, t).putLong(HEADER + 8, -1)),
    RESERVED_HEADER("landed", (f, t) -> whole(f, t).putLong(HEADER + 32, -1)),
    WRONG_SIZE("landed", (f, t) -> whole(f, t).putInt(SOFTWARE + 16, -1)),
    SELECTORS_OF_KERNEL("landed", (f, t) -> f.putLong(SELECTORS, 0x0010_0010_0010_0008L)),
    STACK_ANYWHERE("landed", (f, t) -> f.putLong(STACK, KERNEL).putLong(STACK + 16, -1 >>> 1));

    private final String end;

    @SuppressWarnings("ImmutableEnumChecker") // stateless, like all lambdas here
    private final BiConsumer<ByteBuffer, HostileSignalFrameTest> change;

    Frame(String end, BiConsumer<ByteBuffer, HostileSignalFrameTest> change) {
      this.end = end;
      this.change = change;
    }

    /** Says that there is more than x87 and SSE. */
    private static ByteBuffer whole(ByteBuffer frame, HostileSignalFrameTest test) {
      long xcr0 =
          ((X86UserRegisters) ResetOracle.machineOf(test.sandbox).context().userRegisters()).xcr0();
      int size = (xcr0 & 0xe0) != 0 ? 2688 : (xcr0 & 4) != 0 ? 832 : 576;
      return frame
          .putInt(SOFTWARE, 0x4650_5853)
          .putInt(SOFTWARE + 4, size + 4)
          .putLong(SOFTWARE + 8, xcr0)
          .putInt(SOFTWARE + 16, size)
          .putLong(HEADER, 3);
    }
  }

  private ByteBuffer frame() {
    return ByteBuffer.allocate(SIZE)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(RSP, stack - 1024 - 8)
        .putLong(RIP, landing)
        .putLong(FLAGS, 0x202)
        .putLong(STATE_POINTER, frame + STATE)
        .putShort(STATE, (short) 0x37f)
        .putInt(MXCSR, 0x1f80);
  }

  private String sigreturn(ByteBuffer contents, long at) {
    byte[] bytes = new byte[SIZE];
    contents.get(0, bytes);
    return ending(() -> sandbox.call("sigreturn", void.class, bytes, at));
  }

  /** Returns how a call ends, and checks that it leaves nothing behind. */
  private String ending(Runnable call) {
    String end;
    try {
      call.run();
      end = "returned";
    } catch (GuestAbortException | GuestFaultException e) {
      end = e.getClass().getSimpleName() + ": " + e.getMessage();
    }
    sandbox.restore(snapshot);
    assertThat(oracle.leaksOf(sandbox)).as("after %s", end).isEmpty();
    sandbox.restore(snapshot);
    return end;
  }

  @ParameterizedTest
  @EnumSource
  void aReturnFromNoSignalEndsInUserCodeOrNowhere(Frame wrong) {
    ByteBuffer contents = frame();
    wrong.change.accept(contents, this);
    assertThat(sigreturn(contents, frame)).contains(wrong.end);
  }

  @Test
  void soDoesOneWithoutAFrame() {
    for (long at :
        new long[] {0, 0x1234_5000L, frame + 8192 - 100, KERNEL, NON_CANONICAL, -8, -400}) {
      assertThat(sigreturn(frame(), at)).contains("SIGSEGV");
    }
  }

  @Test
  @NotInHardwareLane(
      "The emulated XRSTOR leaves contents of x87 registers where it makes them empty.")
  void soDoRandomOnes() {
    Random random = new Random(Seeds.all().findFirst().orElseThrow());
    for (int round = 0; round < 12; round++) {
      byte[] noise = new byte[SIZE];
      random.nextBytes(noise);
      ByteBuffer contents = ByteBuffer.wrap(noise).order(ByteOrder.LITTLE_ENDIAN);
      contents.putLong(RIP, landing).putLong(STATE_POINTER, frame + STATE);
      if (round % 2 == 0) {
        Frame.whole(contents, this).putLong(HEADER, random.nextLong());
      }
      if (round % 3 != 0) {
        contents.putLong(RSP, stack - 1024 - 8);
      }
      assertThat(sigreturn(contents, frame)).startsWith("Guest");
    }
  }

  @ParameterizedTest
  @CsvSource({
    // stack pointer, handler, restorer, alternate stack, its size, how it ends
    "0, 0, 1, 0, 0, landed",
    "0, 0, -1, 0, 0, landed",
    "0, 0xffffffff81000000, 1, 0, 0, page fault (read of 0x10)",
    "0, 0x800000000000, 1, 0, 0, page fault (read of 0x10)",
    "0, 0x12345000, 1, 0, 0, page fault (execution",
    "0xffffffff81000000, 0, 1, 0, 0, page fault (read of 0x10)",
    "0x800000000000, 0, 1, 0, 0, page fault (read of 0x10)",
    "0x12345000, 0, 1, 0, 0, page fault (read of 0x10)",
    "8, 0, 1, 0, 0, page fault (read of 0x10)",
    "0, 0, 1, 0xffffffff81000000, 4096, page fault (read of 0x10)",
    "0, 0, 1, 0x7fffffffffffffff, 0x7fffffffffffffff, page fault (read of 0x10)",
    "0, 0, 1, -4096, 8192, page fault (read of 0x10)",
    "0, 0, 1, 0x800000000000, 8192, page fault (read of 0x10)",
    "0, 0, 1, 0, -1, refused",
  })
  void aHandlerThatCannotBeCalledIsNot(
      String pointer, String handler, String restorer, String start, String size, String end) {
    assertThat(
            ending(() ->
                sandbox.call(
                    "fault_at",
                    void.class,
                    number(pointer),
                    number(handler),
                    number(restorer),
                    number(start),
                    number(size))))
        .contains(end);
  }

  @Test
  void noFrameIsWrittenWhereTheGuestCannotWrite() {
    long constants = addressOf(3);
    byte[] before = ResetOracle.machineOf(sandbox).addressSpace().read(constants, 4096);
    assertThat(ending(() -> sandbox.call("fault_at", void.class, constants + 4096, 0L, 1L, 0L, 0L)))
        .contains("page fault (read of 0x10)");
    assertThat(ResetOracle.machineOf(sandbox).addressSpace().read(constants, 4096))
        .isEqualTo(before);
  }

  @Test
  void signalsInSignalsEndWithTheStack() {
    assertThat(ending(() -> sandbox.call("fault_for_ever", void.class))).contains("page fault");
  }

  private static long number(String text) {
    return text.startsWith("0x")
        ? Long.parseUnsignedLong(text.substring(2), 16)
        : Long.parseLong(text);
  }
}
