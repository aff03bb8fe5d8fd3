package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.ParkedRegisters;

/**
 * A frozen context of a machine with several. Its vector state is in the memory of the image.
 *
 * @param number of the context
 * @param state in which machines that are spawned from the image have it
 * @param resumable whether it was stopped at a point at which it can go on
 * @param registers its general registers, which no code changes
 */
record ContextImage(
    int number, Context.State state, boolean resumable, ParkedRegisters registers) {}
