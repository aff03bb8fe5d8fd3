/**
 * KVM, one class per file descriptor and one method per ioctl, named after it: {@link
 * io.hyperlight.kvm.Kvm} is {@code /dev/kvm}, {@link io.hyperlight.kvm.VirtualMachine} a VM, {@link
 * io.hyperlight.kvm.Vcpu} a virtual CPU. Read it beside the kernel's {@code
 * Documentation/virt/kvm/api.rst}. Knows nothing of guests; depends only on {@code
 * io.hyperlight.os}.
 */
@NullMarked
package io.hyperlight.kvm;

import org.jspecify.annotations.NullMarked;
