/**
 * Guest programs before they run: ELF files, the function table, where things lie in a guest's
 * address space, the stack that a program starts with. Knows nothing of calls.
 */
@NullMarked
package io.hyperlight.internal.loader;

import org.jspecify.annotations.NullMarked;
