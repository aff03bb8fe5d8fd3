/**
 * Guest programs before they run: ELF files, the function table, the layout of a guest's address
 * space, and the stack with which a program starts. It knows nothing of calls.
 */
@NullMarked
package io.hyperlight.internal.loader;

import org.jspecify.annotations.NullMarked;
