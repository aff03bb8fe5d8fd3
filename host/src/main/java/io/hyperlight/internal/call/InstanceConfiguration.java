package io.hyperlight.internal.call;

import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;

/**
 * The configuration of an instance.
 *
 * @param memoryBytes size of the guest-physical memory, page-aligned
 * @param stackBytes size of the call stack, and of the stack that a program starts with,
 *     page-aligned
 * @param invocation arguments and environment of a program that starts by itself
 */
public record InstanceConfiguration(
    GuestProgram program,
    long memoryBytes,
    long stackBytes,
    Invocation invocation,
    Embedding embedding,
    Outcome.Reporter reporter) {}
