/**
 * Answers the system calls of ordinary programs in Java, from guest memory and a table of calls.
 * Nothing is forwarded to the host's kernel. Depends on {@code io.hyperlight.internal.machine}.
 */
@NullMarked
package io.hyperlight.internal.linux;

import org.jspecify.annotations.NullMarked;
