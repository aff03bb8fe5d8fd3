/**
 * The few system calls the library makes besides KVM's: opening, mapping, closing. Together with
 * {@code io.hyperlight.internal.hypervisor.kvm} the only code that touches native memory or native
 * functions. Depends on nothing else in the library.
 */
@NullMarked
package io.hyperlight.internal.os;

import org.jspecify.annotations.NullMarked;
