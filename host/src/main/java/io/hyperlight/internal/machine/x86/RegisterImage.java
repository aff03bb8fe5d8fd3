package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters.DescriptorTable;
import io.hyperlight.internal.machine.arch.MachineOptions;

/**
 * The processor state with which every vCPU starts: 64-bit mode with paging from the first
 * instruction. It passes the guest-state checks of a VM entry (Intel SDM vol. 3, "Checks on the
 * Guest State Area"), which a test applies to it. The hidden parts of segment registers agree with
 * the GDT, as SVM needs.
 */
public final class RegisterImage {
  private static final long CR0_PE = 1;
  private static final long CR0_MP = 1 << 1;
  private static final long CR0_ET = 1 << 4;
  private static final long CR0_NE = 1 << 5;
  private static final long CR0_WP = 1 << 16;
  private static final long CR0_AM = 1 << 18;
  private static final long CR0_PG = 1L << 31;

  private static final long CR4_TSD = 1 << 2;
  private static final long CR4_PAE = 1 << 5;
  private static final long CR4_OSFXSR = 1 << 9;
  private static final long CR4_OSXMMEXCPT = 1 << 10;
  private static final long CR4_UMIP = 1 << 11;
  private static final long CR4_FSGSBASE = 1 << 16;
  private static final long CR4_OSXSAVE = 1 << 18;
  private static final long CR4_SMEP = 1 << 20;
  private static final long CR4_SMAP = 1 << 21;

  private static final long EFER_SCE = 1;
  private static final long EFER_LME = 1 << 8;
  private static final long EFER_LMA = 1 << 10;
  private static final long EFER_NXE = 1 << 11;

  private static final int TYPE_CODE = 11; // execute, read, accessed
  private static final int TYPE_DATA = 3; // read, write, accessed
  private static final int TYPE_BUSY_TSS = 11;

  private static final Segment USER_CODE = code(Monitor.USER_CODE, 3);
  private static final Segment USER_DATA = data(Monitor.USER_DATA, 3);
  private static final Segment KERNEL_CODE = code(Monitor.KERNEL_CODE, 0);
  private static final Segment KERNEL_DATA = data(Monitor.KERNEL_DATA, 0);
  private static final Segment NO_SEGMENT =
      new Segment(0, 0, 0, 0, false, 0, false, false, false, false, true);
  private static final DescriptorTable GDT = new DescriptorTable(Monitor.GDT, Monitor.GDT_LIMIT);
  private static final DescriptorTable IDT = new DescriptorTable(Monitor.IDT, Monitor.IDT_LIMIT);

  private RegisterImage() {}

  /**
   * Returns the state of a vCPU that rests in the system-call stub.
   *
   * @param cpu what the processor offers
   * @param pageTables the guest-physical address of the top page table
   */
  public static SpecialRegisters create(
      SystemCallEntry entry, CpuFeatures cpu, long pageTables, MachineOptions options) {
    boolean supervisor = entry == SystemCallEntry.SUPERVISOR;
    return new SpecialRegisters(
        supervisor ? KERNEL_CODE : USER_CODE,
        USER_DATA,
        USER_DATA,
        USER_DATA,
        USER_DATA,
        supervisor ? KERNEL_DATA : USER_DATA,
        new Segment(
            Monitor.TSS,
            Monitor.taskLimit(entry),
            Monitor.TASK,
            TYPE_BUSY_TSS,
            true,
            0,
            false,
            false,
            false,
            false,
            false),
        NO_SEGMENT,
        GDT,
        IDT,
        CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG,
        0,
        pageTables,
        cr4(supervisor, cpu) | (options.hidesTimeStampCounter() ? CR4_TSD : 0),
        0,
        EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE,
        cpu.apicBase());
  }

  /**
   * Returns the state of a further vCPU of the same VM. It has null selectors for data, as the
   * first one has since its first call.
   *
   * @param first what {@link #create} has returned for the first one
   */
  static SpecialRegisters ofFurther(SpecialRegisters first, int number) {
    return first.withData(NO_SEGMENT).withTask(first.tr().withBase(Monitor.taskAddress(number)));
  }

  /**
   * If stubs run at CPL 0, that level can neither run nor touch user pages (SMEP, SMAP). If the
   * stub is a user page, nothing in the VM runs at CPL 0, and the host's kernel sets these bits.
   */
  private static long cr4(boolean supervisor, CpuFeatures cpu) {
    long cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE;
    if (supervisor) {
      cr4 |= (cpu.smep() ? CR4_SMEP : 0) | (cpu.smap() ? CR4_SMAP : 0);
      cr4 |= cpu.umip() ? CR4_UMIP : 0;
    }
    return cr4;
  }

  /** Returns CS of user code. */
  public static Segment userCode() {
    return USER_CODE;
  }

  /** Returns SS of user code. The other selectors of user code start with it, too. */
  public static Segment userData() {
    return USER_DATA;
  }

  private static Segment code(int selector, int privilegeLevel) {
    return new Segment(
        0, -1, selector, TYPE_CODE, true, privilegeLevel, false, true, true, true, false);
  }

  private static Segment data(int selector, int privilegeLevel) {
    return new Segment(
        0, -1, selector, TYPE_DATA, true, privilegeLevel, true, true, false, true, false);
  }
}
