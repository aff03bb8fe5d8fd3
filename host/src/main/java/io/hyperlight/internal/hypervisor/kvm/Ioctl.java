package io.hyperlight.internal.hypervisor.kvm;

import java.lang.foreign.MemoryLayout;

/**
 * The ioctls that this library uses. {@code <linux/kvm.h>} computes their request numbers from
 * direction, number and argument size. A test compares each with the C compiler's value.
 */
enum Ioctl {
  // Ioctls of /dev/kvm.
  KVM_GET_API_VERSION(none(0x00)),
  KVM_CREATE_VM(none(0x01)),
  KVM_CHECK_EXTENSION(none(0x03)),
  KVM_GET_VCPU_MMAP_SIZE(none(0x04)),
  KVM_GET_SUPPORTED_CPUID(readWrite(0x05, Structs.KVM_CPUID2)),
  // Ioctls of a VM.
  KVM_CREATE_VCPU(none(0x41)),
  KVM_GET_DIRTY_LOG(write(0x42, Structs.KVM_DIRTY_LOG)),
  KVM_SET_USER_MEMORY_REGION(write(0x46, Structs.KVM_USERSPACE_MEMORY_REGION)),
  KVM_ENABLE_CAP(write(0xa3, Structs.KVM_ENABLE_CAP)),
  KVM_CLEAR_DIRTY_LOG(readWrite(0xc0, Structs.KVM_CLEAR_DIRTY_LOG)),
  KVM_RESET_DIRTY_RINGS(none(0xc7)),
  // Ioctls of a vCPU.
  KVM_RUN(none(0x80)),
  KVM_GET_REGS(read(0x81, Structs.KVM_REGS)),
  KVM_SET_REGS(write(0x82, Structs.KVM_REGS)),
  KVM_GET_SREGS(read(0x83, Structs.KVM_SREGS)),
  KVM_SET_SREGS(write(0x84, Structs.KVM_SREGS)),
  KVM_GET_MSRS(readWrite(0x88, Structs.KVM_MSRS)),
  KVM_SET_MSRS(write(0x89, Structs.KVM_MSRS)),
  KVM_SET_SIGNAL_MASK(write(0x8b, Structs.KVM_SIGNAL_MASK)),
  KVM_SET_CPUID2(write(0x90, Structs.KVM_CPUID2)),
  KVM_GET_VCPU_EVENTS(read(0x9f, Structs.KVM_VCPU_EVENTS)),
  KVM_SET_VCPU_EVENTS(write(0xa0, Structs.KVM_VCPU_EVENTS)),
  KVM_GET_DEBUGREGS(read(0xa1, Structs.KVM_DEBUGREGS)),
  KVM_SET_DEBUGREGS(write(0xa2, Structs.KVM_DEBUGREGS)),
  KVM_GET_XSAVE(read(0xa4, Structs.KVM_XSAVE)),
  KVM_SET_XSAVE(write(0xa5, Structs.KVM_XSAVE)),
  KVM_GET_XCRS(read(0xa6, Structs.KVM_XCRS)),
  KVM_SET_XCRS(write(0xa7, Structs.KVM_XCRS));

  final long request;

  Ioctl(long request) {
    this.request = request;
  }

  private static long none(int number) {
    return encode(0, number, 0);
  }

  private static long write(int number, MemoryLayout argument) {
    return encode(1, number, argument.byteSize());
  }

  private static long read(int number, MemoryLayout argument) {
    return encode(2, number, argument.byteSize());
  }

  private static long readWrite(int number, MemoryLayout argument) {
    return encode(3, number, argument.byteSize());
  }

  /**
   * Encodes a request number: direction in bits 31:30, size in 29:16, KVM's type 0xAE in 15:8,
   * number in 7:0 ({@code asm-generic/ioctl.h}).
   */
  private static long encode(int direction, int number, long sizeBytes) {
    return ((long) direction << 30) | (sizeBytes << 16) | (0xAEL << 8) | number;
  }
}
