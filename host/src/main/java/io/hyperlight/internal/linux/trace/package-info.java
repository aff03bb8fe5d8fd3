/** Formats system calls as lines of text, as {@code strace(1)} shows them. */
@NullMarked
package io.hyperlight.internal.linux.trace;

import org.jspecify.annotations.NullMarked;
