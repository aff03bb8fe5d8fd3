/** The format of page tables in memory, as the processor reads them. */
@NullMarked
package io.hyperlight.internal.machine.memory.x86;

import org.jspecify.annotations.NullMarked;
