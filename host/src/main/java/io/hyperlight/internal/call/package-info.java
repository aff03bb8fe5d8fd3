/**
 * Calls into guests: a program in a machine, the generated code of a call, marshalling in both
 * directions, and host functions. Reports to the API above it with {@link
 * io.hyperlight.internal.call.Outcome}s, which the API turns into its exceptions.
 */
@NullMarked
package io.hyperlight.internal.call;

import org.jspecify.annotations.NullMarked;
