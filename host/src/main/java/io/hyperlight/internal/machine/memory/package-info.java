/**
 * The memory of a VM: guest-physical pages and their holders, page tables, address spaces, and the
 * images that memory is frozen into and restored from. It knows nothing of processors, calls or
 * systems.
 */
@NullMarked
package io.hyperlight.internal.machine.memory;

import org.jspecify.annotations.NullMarked;
