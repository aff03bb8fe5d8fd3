/**
 * What a machine and all above it say of a processor, whichever kind it is: why a guest stopped,
 * and what kind of fault that is. The kinds of processors have packages of their own beside this
 * one, and are known to nobody above.
 */
@NullMarked
package io.hyperlight.internal.machine.arch;

import org.jspecify.annotations.NullMarked;
