/**
 * Runs untrusted functions and programs from a JVM application, each in a micro-VM of its own.
 *
 * <p>For functions, {@link io.hyperlight.Guest} is the guest's program, {@link
 * io.hyperlight.Sandbox} is a micro-VM with a guest in it, and {@link io.hyperlight.SandboxPool}
 * keeps many sandboxes ready. For ordinary Linux programs, {@link io.hyperlight.Program} describes
 * one and runs it, {@link io.hyperlight.ProgramServer} is a program that answers requests, and
 * {@link io.hyperlight.ProgramPool} keeps many of those ready. Failures are reported as a {@link
 * io.hyperlight.error.HyperlightException}.
 */
@NullMarked
package io.hyperlight;

import org.jspecify.annotations.NullMarked;
