/**
 * Chooses the hypervisor and keeps it open for the life of the process. This is the only package
 * that knows an implementation of {@link io.hyperlight.internal.hypervisor}.
 */
@NullMarked
package io.hyperlight.internal.host;

import org.jspecify.annotations.NullMarked;
