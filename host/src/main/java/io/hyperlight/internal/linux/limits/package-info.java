/** What a guest may use: in a call, of the host's heap, by resource limits. */
@NullMarked
package io.hyperlight.internal.linux.limits;

import org.jspecify.annotations.NullMarked;
