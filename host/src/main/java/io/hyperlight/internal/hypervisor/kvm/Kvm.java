package io.hyperlight.internal.hypervisor.kvm;

import io.hyperlight.internal.hypervisor.DirtyTracking;
import io.hyperlight.internal.hypervisor.HypervisorMissingException;
import io.hyperlight.internal.hypervisor.x86.Cpuid;
import io.hyperlight.internal.hypervisor.x86.X86Hypervisor;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.NativeAccessException;
import io.hyperlight.internal.os.Posix;
import io.hyperlight.internal.os.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code /dev/kvm}: says what this machine's KVM can do, and makes VMs. Many threads may use it at
 * the same time. It is opened once in the life of the process.
 */
public final class Kvm extends KvmFile implements X86Hypervisor {
  /** 0 until the library has asked KVM. The size never changes. */
  private volatile int vcpuMmapSize;

  private final NewVcpu newVcpu;

  /** The device. Users may need permission to open it. */
  public static final String DEVICE = "/dev/kvm";

  /** The only version of the API. It is stable since Linux 2.6.22. */
  private static final int API_VERSION = 12;

  private static final int MAX_CPUID_ENTRIES = 256;

  private Kvm(NewVcpu newVcpu, int fd) {
    super(fd);
    this.newVcpu = newVcpu;
  }

  /**
   * Opens the device and checks that it can do what this library needs.
   *
   * @throws HypervisorMissingException if anything is missing; the message says what, and what to
   *     do
   */
  public static Kvm open() {
    return open(System.getProperty("os.name", ""), System.getProperty("os.arch", ""), DEVICE);
  }

  static Kvm open(String operatingSystem, String architecture, String device) {
    if (!operatingSystem.equals("Linux")) {
      throw unavailable(
          "KVM is a part of Linux, and this is " + operatingSystem + ": use a Linux machine or VM",
          null);
    }
    if (!architecture.equals("amd64")) {
      throw unavailable(
          "guests are x86-64 programs, and this JVM runs on "
              + architecture
              + ": use an x86-64 machine",
          null);
    }
    // Everything else is allocated before the device is opened. Otherwise a full heap would leave
    // it open.
    Kvm kvm = new Kvm(new NewVcpu(), openDevice(device));
    try {
      kvm.check(device);
      return kvm;
    } catch (Throwable t) { // errors, too: a caller whose stack or heap is full may ask again later
      kvm.close();
      throw t;
    }
  }

  private static int openDevice(String device) {
    try {
      Posix.requireNativeAccess();
      return HostDescriptors.open(device, HostDescriptors.O_RDWR);
    } catch (NativeAccessException e) {
      throw unavailable(e.getMessage(), e);
    } catch (SystemCallException e) {
      throw unavailable(
          switch (e.errno()) {
            case Errno.ENOENT ->
                device
                    + " does not exist: "
                    + DeviceAdvice.ifMissing()
                    + "load the kernel module (modprobe kvm_intel or kvm_amd), and"
                    + " if that fails switch on virtualisation in the firmware, or nested"
                    + " virtualisation in the machine's own hypervisor";
            case Errno.EACCES, Errno.EPERM ->
                "no permission to open " + device + ": " + DeviceAdvice.ifRefused(device);
            case Errno.ENODEV, Errno.ENXIO ->
                device
                    + " is there but no module serves it: switch on virtualisation in the firmware,"
                    + " then modprobe kvm_intel or kvm_amd";
            case Errno.EMFILE, Errno.ENFILE ->
                "cannot open "
                    + device
                    + ": too many files are open; raise the limit (ulimit -n, or fs.file-max)";
            default -> "cannot open " + device + ": " + e.getMessage();
          },
          e);
    }
  }

  private void check(String device) {
    try {
      checkApiVersion(getApiVersion());
    } catch (KvmException e) {
      throw unavailable(
          device + " does not answer like KVM (the device is " + DEVICE + "): " + e.getMessage(),
          e);
    }
    for (Capability capability : Capability.values()) {
      checkCapability(capability, checkExtension(capability));
    }
  }

  static void checkApiVersion(int version) {
    if (version != API_VERSION) {
      throw unavailable(
          "KVM speaks API version " + version + ", this library " + API_VERSION + ": update Linux",
          null);
    }
  }

  static void checkCapability(Capability capability, int answer) {
    if (answer == 0 && capability.required()) {
      throw unavailable(
          "this KVM lacks "
              + capability
              + " ("
              + capability.purpose()
              + "): use Linux 5.15 or newer",
          null);
    }
  }

  private static HypervisorMissingException unavailable(
      @Nullable String message, @Nullable Throwable cause) {
    return new HypervisorMissingException(String.valueOf(message), cause);
  }

  /** {@code KVM_GET_API_VERSION}. */
  int getApiVersion() {
    return ioctl(Ioctl.KVM_GET_API_VERSION, 0);
  }

  /** {@code KVM_CHECK_EXTENSION}: 0 if the capability is missing, else a positive number. */
  int checkExtension(Capability capability) {
    return ioctl(Ioctl.KVM_CHECK_EXTENSION, capability.number);
  }

  /** {@code KVM_GET_VCPU_MMAP_SIZE}: the size in bytes of the memory that {@link KvmVcpu} maps. */
  int getVcpuMmapSize() {
    if (vcpuMmapSize == 0) {
      vcpuMmapSize = ioctl(Ioctl.KVM_GET_VCPU_MMAP_SIZE, 0);
    }
    return vcpuMmapSize;
  }

  @Override
  public String name() {
    return DEVICE;
  }

  @Override
  public String version() {
    return "API version " + getApiVersion();
  }

  @Override
  public List<String> capabilities() {
    return Stream.of(Capability.values())
        .filter(capability -> checkExtension(capability) != 0)
        .map(capability -> capability.name().replace("KVM_CAP_", ""))
        .toList();
  }

  @Override
  public boolean offers(DirtyTracking tracking) {
    return tracking != DirtyTracking.RING
        || checkExtension(Capability.KVM_CAP_DIRTY_LOG_RING) >= DirtyRing.sizeBytes();
  }

  /** {@code KVM_CREATE_VM}. */
  @Override
  public KvmVm createVm(DirtyTracking tracking) {
    KvmVm vm = createVm();
    try {
      vm.enable(tracking);
      return vm;
    } catch (Throwable t) {
      vm.close();
      throw t;
    }
  }

  private KvmVm createVm() {
    int size = getVcpuMmapSize(); // asked before the VM has a descriptor that could leak
    int vm = create(Ioctl.KVM_CREATE_VM, 0);
    try {
      return new KvmVm(vm, size, newVcpu);
    } catch (Throwable t) {
      HostDescriptors.close(vm); // the heap is full
      throw t;
    }
  }

  /** {@code KVM_GET_SUPPORTED_CPUID}. */
  @Override
  public Cpuid supportedCpuid() {
    try (Arena arena = Arena.ofConfined()) {
      long size =
          Structs.KVM_CPUID2.byteSize() + MAX_CPUID_ENTRIES * Structs.KVM_CPUID_ENTRY2.byteSize();
      MemorySegment cpuid = arena.allocate(size, 8);
      cpuid.set(ValueLayout.JAVA_INT, 0, MAX_CPUID_ENTRIES);
      ioctl(arena, Ioctl.KVM_GET_SUPPORTED_CPUID, cpuid);
      return KvmCpuid.copyOf(cpuid);
    }
  }
}
