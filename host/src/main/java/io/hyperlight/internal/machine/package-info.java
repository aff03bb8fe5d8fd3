/**
 * The machine a guest runs on: a VM with its memory and processor, the context that runs on it, the
 * run loop, and the calls that it runs for. Knows nothing of ELF files, functions or Linux, and of
 * the hypervisor and the kind of processor only the interfaces.
 */
@NullMarked
package io.hyperlight.internal.machine;

import org.jspecify.annotations.NullMarked;
