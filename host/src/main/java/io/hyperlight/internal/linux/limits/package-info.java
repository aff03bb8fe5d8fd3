/** Limits what a guest may use: in a call, on the host's heap, and by resource limits. */
@NullMarked
package io.hyperlight.internal.linux.limits;

import org.jspecify.annotations.NullMarked;
