package io.hyperlight.internal.call;

import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;

/**
 * What an instance is made of.
 *
 * @param memoryBytes guest-physical memory, page-aligned
 * @param stackBytes of the call stack and of the stack that a program starts with, page-aligned
 * @param invocation of a program that starts itself
 */
public record InstanceConfiguration(
    GuestProgram program,
    long memoryBytes,
    long stackBytes,
    Invocation invocation,
    Embedding embedding,
    Outcome.Reporter reporter) {}
