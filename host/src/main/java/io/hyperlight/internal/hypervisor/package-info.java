/**
 * What a machine asks of a hypervisor, as interfaces: {@link
 * io.hyperlight.internal.hypervisor.Hypervisor} makes virtual machines, {@link
 * io.hyperlight.internal.hypervisor.VirtualMachine} has memory, {@link
 * io.hyperlight.internal.hypervisor.VirtualCpu} runs. What depends on the processor is in a package
 * beside it, one for each kind of processor. Implementations stand below and are injected from the
 * top. docs/porting.md says what an implementation has to do.
 */
@NullMarked
package io.hyperlight.internal.hypervisor;

import org.jspecify.annotations.NullMarked;
