/**
 * The interfaces through which a machine uses a hypervisor. {@link
 * io.hyperlight.internal.hypervisor.Hypervisor} makes virtual machines, {@link
 * io.hyperlight.internal.hypervisor.VirtualMachine} has memory, and {@link
 * io.hyperlight.internal.hypervisor.VirtualCpu} runs the guest. What depends on the processor is in
 * a package of its own for each kind of processor. Implementations are packages below this one, and
 * the top of the library injects them. docs/porting.md says what an implementation has to do.
 */
@NullMarked
package io.hyperlight.internal.hypervisor;

import org.jspecify.annotations.NullMarked;
