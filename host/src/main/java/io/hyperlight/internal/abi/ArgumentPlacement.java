package io.hyperlight.internal.abi;

import java.util.List;

/**
 * Computes where the arguments of a function go in the call frame. It follows the System V ABI for
 * AMD64, section 3.2.3: integers and pointers go in six registers, reals in eight, the rest on the
 * stack in order. A string or byte range is a structure of two integer words. It goes into two
 * integer registers. If fewer are left, all of it goes onto the stack.
 */
public final class ArgumentPlacement {
  private static final int INTEGER_REGISTERS = 6;
  private static final int SSE_REGISTERS = 8;

  private ArgumentPlacement() {}

  /**
   * Returns the offset in the frame of each parameter's first word. The second word follows the
   * first.
   */
  public static int[] place(List<ValueType> parameters) {
    int[] offsets = new int[parameters.size()];
    int integers = 0;
    int reals = 0;
    int stackWords = 0;
    for (int i = 0; i < offsets.length; i++) {
      ValueType type = parameters.get(i);
      int words = type.isRange() ? 2 : 1;
      if (type.isReal() && reals < SSE_REGISTERS) {
        offsets[i] = CallFrame.SSE_ARGUMENTS + 8 * reals++;
      } else if (!type.isReal() && integers + words <= INTEGER_REGISTERS) {
        offsets[i] = CallFrame.INTEGER_ARGUMENTS + 8 * integers;
        integers += words;
      } else {
        offsets[i] = CallFrame.STACK_ARGUMENTS + 8 * stackWords;
        stackWords += words;
      }
    }
    return offsets;
  }
}
