/**
 * Runs functions nobody trusts, each inside a micro-VM of its own, from an ordinary JVM program.
 *
 * <p>{@link io.hyperlight.Guest} is a program, {@link io.hyperlight.Sandbox} a micro-VM with a
 * guest in it, {@link io.hyperlight.SandboxPool} many of them. {@link io.hyperlight.Program} is an
 * ordinary Linux program, {@link io.hyperlight.ProgramServer} one that answers requests, {@link
 * io.hyperlight.ProgramPool} many of them. Everything that can go wrong is a {@link
 * io.hyperlight.error.HyperlightException}.
 */
@NullMarked
package io.hyperlight;

import org.jspecify.annotations.NullMarked;
