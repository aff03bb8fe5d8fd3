package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.ParkedRegisters;

/**
 * A frozen context of a machine with several. Its vector state is in the memory of the image.
 *
 * @param number of the context
 * @param place where it stands
 * @param registers its general registers, which no code changes
 */
record ContextImage(int number, Place place, ParkedRegisters registers) {
  /** Where a context stands that can be frozen. */
  enum Place {
    /** Between two calls. */
    AT_REST,
    /** At a system call that is not answered yet. */
    AT_CALL,
    /** Where a kick has stopped it. */
    STOPPED,
    /** It goes on with the registers. */
    READY
  }
}
