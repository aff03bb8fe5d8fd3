package io.hyperlight.internal.abi;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Compares the frame with the guest library's header. */
@NotInHardwareLane("Asks the C compiler; no VM takes part.")
class CallFrameTest {
  @Test
  void everyFieldIsWhereTheGuestsHeaderPutsIt() {
    Map<String, Long> expected = new LinkedHashMap<>();
    expected.put(frame("stack_arguments"), (long) CallFrame.STACK_ARGUMENTS);
    expected.put(frame("integer_arguments"), (long) CallFrame.INTEGER_ARGUMENTS);
    expected.put(frame("sse_arguments"), (long) CallFrame.SSE_ARGUMENTS);
    expected.put(frame("target"), (long) CallFrame.TARGET);
    expected.put(frame("flags"), (long) CallFrame.FLAGS);
    expected.put(frame("fs_base"), (long) CallFrame.FS_BASE);
    expected.put(frame("window_next"), (long) CallFrame.WINDOW_NEXT);
    expected.put(frame("window_end"), (long) CallFrame.WINDOW_END);
    expected.put(frame("status"), (long) CallFrame.STATUS);
    expected.put(frame("error_address"), (long) CallFrame.ERROR_ADDRESS);
    expected.put(frame("error_length"), (long) CallFrame.ERROR_LENGTH);
    expected.put(frame("gs_base"), (long) CallFrame.GS_BASE);
    expected.put(
        "sizeof(((struct hl_frame *)0)->stack_arguments)",
        (long) CallFrame.STACK_WORDS * Long.BYTES);
    expected.put("sizeof(struct hl_frame) <= %d".formatted(CallFrame.SIZE), 1L);
    assertThat(CProgram.evaluate("hyperlight.h", expected.keySet())).isEqualTo(expected);
  }

  private static String frame(String member) {
    return "offsetof(struct hl_frame, %s)".formatted(member);
  }

  @Test
  void theStackIsAlignedWhenTheGateCallsAsTheAbiWants() {
    // System V ABI for AMD64, "The Stack Frame": before the call, RSP is a multiple of 16. The
    // gate's RSP is at the stack arguments, and the frame is the end of a page.
    long frame = -CallFrame.SIZE + CallFrame.STACK_ARGUMENTS;
    assertThat(frame % 16).isZero();
    assertThat(4096 % CallFrame.SIZE).isZero();
  }
}
