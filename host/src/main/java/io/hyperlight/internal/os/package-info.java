/**
 * The few system calls that the library makes besides those of KVM: opening, mapping, closing. Only
 * this package and {@code io.hyperlight.internal.hypervisor.kvm} touch native memory or native
 * functions. Depends on nothing else in the library.
 */
@NullMarked
package io.hyperlight.internal.os;

import org.jspecify.annotations.NullMarked;
