/**
 * Chooses what everything below is made with: the one place that knows an implementation of {@link
 * io.hyperlight.internal.hypervisor}, and keeps what is open for the life of the process.
 */
@NullMarked
package io.hyperlight.internal.host;

import org.jspecify.annotations.NullMarked;
