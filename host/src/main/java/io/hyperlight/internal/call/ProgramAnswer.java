package io.hyperlight.internal.call;

/**
 * What a program did with a request.
 *
 * @param ending how the program stopped
 * @param output what the program wrote before that
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record ProgramAnswer(Outcome.Ending ending, byte[] output) {}
