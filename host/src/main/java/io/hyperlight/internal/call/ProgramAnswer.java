package io.hyperlight.internal.call;

/**
 * What a program did with its input.
 *
 * @param ending how it stopped
 * @param output what it wrote before
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record ProgramAnswer(Outcome.Ending ending, byte[] output) {}
