/**
 * The system calls of ordinary programs, answered in Java from guest memory by a table. Nothing is
 * forwarded to the host's kernel. Depends on {@code io.hyperlight.internal.machine}.
 */
@NullMarked
package io.hyperlight.internal.linux;

import org.jspecify.annotations.NullMarked;
