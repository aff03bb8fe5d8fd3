/**
 * The machine a guest runs on: its physical memory, address space and page tables, the processor
 * state it starts with, the monitor and gate pages, and the run loop. Knows nothing of ELF files,
 * functions or Linux; depends on {@code io.hyperlight.internal.hypervisor.kvm} and {@code
 * io.hyperlight.internal.os}.
 */
@NullMarked
package io.hyperlight.internal.machine;

import org.jspecify.annotations.NullMarked;
