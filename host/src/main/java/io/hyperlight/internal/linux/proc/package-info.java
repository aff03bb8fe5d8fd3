/** Processes and threads: identity, attributes, limits, scheduling. */
@NullMarked
package io.hyperlight.internal.linux.proc;

import org.jspecify.annotations.NullMarked;
