/**
 * What every hypervisor has on an x86-64 processor: registers, segments, CPUID, and interfaces that
 * add them to those of {@link io.hyperlight.internal.hypervisor}.
 */
@NullMarked
package io.hyperlight.internal.hypervisor.x86;

import org.jspecify.annotations.NullMarked;
