/**
 * The machine on which a guest runs: a VM with its memory and processor, the context that runs on
 * it, the run loop, and the calls for which it runs. It knows nothing of ELF files, functions or
 * Linux. Of the hypervisor and the kind of processor it knows only the interfaces.
 */
@NullMarked
package io.hyperlight.internal.machine;

import org.jspecify.annotations.NullMarked;
