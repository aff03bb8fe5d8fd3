/**
 * KVM, one class per file descriptor and one method per ioctl, named after it: {@link
 * io.hyperlight.internal.hypervisor.kvm.Kvm} is {@code /dev/kvm}, {@link
 * io.hyperlight.internal.hypervisor.kvm.KvmVm} a VM, {@link
 * io.hyperlight.internal.hypervisor.kvm.KvmVcpu} a virtual CPU. Read it beside the kernel's {@code
 * Documentation/virt/kvm/api.rst}. Knows nothing of guests; depends only on {@code
 * io.hyperlight.internal.os}.
 */
@NullMarked
package io.hyperlight.internal.hypervisor.kvm;

import org.jspecify.annotations.NullMarked;
