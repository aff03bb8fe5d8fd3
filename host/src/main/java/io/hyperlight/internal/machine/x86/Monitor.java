package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.memory.Protection;
import java.util.Arrays;

/**
 * The supervisor pages: GDT, TSS, IDT, exception stubs, the exception stack, and the system-call
 * stub if it runs at CPL 0. They lie in the upper half of the address space, where no table grants
 * user access at any level.
 *
 * <p>The stubs are the only supervisor code. Each leaves the guest at once by a one-byte {@code
 * out} to a port that tells the reason. No exception stub ever goes on. If one did, it would meet
 * an invalid instruction.
 *
 * <p>The processor never needs to write the descriptors: accessed and busy bits are set from the
 * start, and the page is read-only even for the stubs.
 */
public final class Monitor {
  public static final int KERNEL_CODE = 0x08;
  public static final int KERNEL_DATA = 0x10;
  public static final int USER_DATA = 0x20 | 3;
  public static final int USER_CODE = 0x28 | 3;
  public static final int TASK = 0x30;

  /** The bits of the selector in CS that are the privilege level. */
  static final int PRIVILEGE_MASK = 3;

  /** The port of the system-call stub. Exception vector {@code v} uses port {@code v}. */
  public static final int SYSTEM_CALL_PORT = 0x70;

  /**
   * Vectors 0 to 31, which the processor raises. {@code int n} beyond them is a general-protection
   * fault.
   */
  public static final int VECTORS = 32;

  public static final long BASE = 0xffff_8000_0000_0000L;
  public static final long DATA = BASE + PAGE_SIZE;
  public static final long CODE = BASE + 2 * PAGE_SIZE;
  // No page is mapped below the stack.
  public static final long STACK = BASE + 4 * PAGE_SIZE;
  public static final long STACK_TOP = STACK + PAGE_SIZE;

  public static final long GDT = DATA;
  public static final int GDT_LIMIT = 0x3f;
  public static final long TSS = DATA + 0x100;
  public static final long IDT = DATA + 0x200;
  public static final int IDT_LIMIT = VECTORS * 16 - 1;

  private static final int TSS_BITMAP = 0x68;

  /** The limit of a TSS without an I/O bitmap. The processor then refuses every port. */
  private static final int TSS_LIMIT_NO_PORTS = TSS_BITMAP - 1;

  /**
   * The limit of a TSS with one bit for each port up to 0x7f, and the byte of ones that has to
   * follow.
   */
  private static final int TSS_LIMIT_ONE_PORT = TSS_BITMAP + 16;

  /** Where the host lets a vCPU at CPL 0 return to user code, at RCX with the flags in R11. */
  public static final long RETURN = CODE + 0x80;

  private static final long STUBS = CODE + 0x100;
  private static final int STUB_SIZE = 16;

  /**
   * The length of {@code out %al, imm8}. A KVM leaves RIP at such an exit either before or behind
   * it.
   */
  public static final int OUT_LENGTH = 2;

  /** The pages of further vCPUs begin here: for each a page of its TSS, and one of its stack. */
  private static final long FURTHER = BASE + 8 * PAGE_SIZE;

  private Monitor() {}

  /** Returns the address of the TSS of a vCPU, by its number. */
  static long taskAddress(int number) {
    return number == 0 ? TSS : FURTHER + 4L * (number - 1) * PAGE_SIZE;
  }

  /** Returns the address of a further vCPU's exception stack. No page is mapped below it. */
  static long stackAddress(int number) {
    return taskAddress(number) + 2 * PAGE_SIZE;
  }

  /** Returns the end of the exception stack of a vCPU, by its number. */
  static long stackTop(int number) {
    return number == 0 ? STACK_TOP : stackAddress(number) + PAGE_SIZE;
  }

  /** Returns the system-call stub. The host resumes the guest behind the {@code out}. */
  public static MachineCode systemCallStub(SystemCallEntry entry) {
    MachineCode code = addSystemCallOut(new MachineCode());
    return switch (entry) {
      case SUPERVISOR -> code.add("sysretq", 0x48, 0x0f, 0x07);
      case USER -> code.add("jmp *%rcx", 0xff, 0xe1);
    };
  }

  public static MachineCode addSystemCallOut(MachineCode code) {
    return code.add("out %al, $0x70", 0xe6, SYSTEM_CALL_PORT);
  }

  /** Returns the code at {@link #RETURN}. */
  public static MachineCode returnStub() {
    return new MachineCode().add("sysretq", 0x48, 0x0f, 0x07);
  }

  public static MachineCode exceptionStub(int vector) {
    return new MachineCode().add("out %al, $" + vector, 0xe6, vector).add("ud2", 0x0f, 0x0b);
  }

  public static long exceptionStubAddress(int vector) {
    return STUBS + (long) STUB_SIZE * vector;
  }

  /** Returns the vector of the exception stub in which an address is, or -1. */
  static int vectorOfStub(long address) {
    boolean isInStub = address >= STUBS && address < exceptionStubAddress(VECTORS);
    return isInStub ? (int) (address - STUBS) / STUB_SIZE : -1;
  }

  /**
   * Returns whether a vCPU whose RIP is in the upper half is not in the monitor: it is at CPL 3,
   * and the next thing that happens is a fault.
   */
  static boolean isOutside(X86VirtualCpu vcpu) {
    return (vcpu.specialRegisters().cs().selector() & PRIVILEGE_MASK) != 0;
  }

  /** Returns the address to which {@code syscall} goes. */
  public static long systemCallStubAddress(SystemCallEntry entry) {
    return switch (entry) {
      case SUPERVISOR -> CODE;
      case USER -> Gate.SYSTEM_CALL_STUB;
    };
  }

  public static int taskLimit(SystemCallEntry entry) {
    return entry == SystemCallEntry.USER ? TSS_LIMIT_ONE_PORT : TSS_LIMIT_NO_PORTS;
  }

  /**
   * Writes the pages.
   *
   * @return the guest-physical address of the exception stack's top
   */
  public static long install(PhysicalMemory memory, PageTables tables, SystemCallEntry entry) {
    long data = memory.allocate(PAGE_SIZE);
    long code = memory.allocate(PAGE_SIZE);
    long stack = memory.allocate(PAGE_SIZE);
    tables.map(DATA, data, PAGE_SIZE, Protection.READ, false);
    tables.map(CODE, code, PAGE_SIZE, Protection.READ_EXECUTE, false);
    tables.map(STACK, stack, PAGE_SIZE, Protection.READ_WRITE, false);
    writeGdt(memory, data + (GDT - DATA), entry);
    writeTask(memory, data + (TSS - DATA), entry, STACK_TOP);
    for (int vector = 0; vector < VECTORS; vector++) {
      writeGate(memory, data + (IDT - DATA) + 16L * vector, vector);
      put(memory, code + (exceptionStubAddress(vector) - CODE), exceptionStub(vector));
    }
    put(memory, code + (RETURN - CODE), returnStub());
    if (entry == SystemCallEntry.SUPERVISOR) {
      put(memory, code, systemCallStub(entry));
    }
    return stack + PAGE_SIZE;
  }

  public static void put(PhysicalMemory memory, long physicalAddress, MachineCode code) {
    memory.put(physicalAddress, code.toByteArray(), 0, code.size());
  }

  /**
   * Writes flat descriptors, in the order that STAR needs for {@code syscall} and {@code sysretq}.
   * There is no 32-bit user code at 0x18: {@code sysretq} does not read the table, and 32-bit code
   * could make system calls whose entry point is not ours.
   */
  private static void writeGdt(PhysicalMemory memory, long at, SystemCallEntry entry) {
    memory.putLong(at + KERNEL_CODE, 0x00af_9b00_0000_ffffL);
    memory.putLong(at + KERNEL_DATA, 0x00cf_9300_0000_ffffL);
    memory.putLong(at + (USER_DATA & ~3), 0x00cf_f300_0000_ffffL);
    memory.putLong(at + (USER_CODE & ~3), 0x00af_fb00_0000_ffffL);
    writeTaskDescriptor(memory, at + TASK, TSS, taskLimit(entry));
  }

  /** Writes a busy 64-bit TSS (type 11) of 16 bytes, with the base in three pieces. */
  private static void writeTaskDescriptor(PhysicalMemory memory, long at, long base, int limit) {
    memory.putLong(
        at, limit | (base & 0xff_ffffL) << 16 | 0x8bL << 40 | (base >>> 24 & 0xffL) << 56);
    memory.putLong(at + 8, base >>> 32);
  }

  /**
   * Writes the TSS. Intel SDM vol. 3, "64-bit TSS": RSP0 at 4, IST1 at 0x24, the offset of the I/O
   * bitmap at 0x66.
   */
  static void writeTask(PhysicalMemory memory, long at, SystemCallEntry entry, long stackTop) {
    byte[] tss = new byte[TSS_LIMIT_ONE_PORT + 1];
    putLittleEndian(tss, 0x04, stackTop);
    putLittleEndian(tss, 0x24, stackTop);
    tss[0x66] = TSS_BITMAP;
    Arrays.fill(tss, TSS_BITMAP, tss.length, (byte) 0xff);
    if (entry == SystemCallEntry.USER) {
      tss[TSS_BITMAP + SYSTEM_CALL_PORT / 8] &= (byte) ~(1 << SYSTEM_CALL_PORT % 8);
    }
    memory.put(at, tss, 0, tss.length);
  }

  private static void putLittleEndian(byte[] target, int at, long value) {
    for (int i = 0; i < Long.BYTES; i++) {
      target[at + i] = (byte) (value >>> (8 * i));
    }
  }

  /**
   * Writes an interrupt gate on the IST stack. Without that stack, a fault inside a CPL 0 stub
   * would push onto the user's stack. {@code int3} and {@code into} may raise vectors 3 and 4, and
   * take the gate's DPL into account.
   */
  private static void writeGate(PhysicalMemory memory, long at, int vector) {
    long handler = exceptionStubAddress(vector);
    long type = vector == 3 || vector == 4 ? 0xee : 0x8e;
    memory.putLong(
        at,
        (handler & 0xffff)
            | (long) KERNEL_CODE << 16
            | 1L << 32
            | type << 40
            | (handler >>> 16 & 0xffff) << 48);
    memory.putLong(at + 8, handler >>> 32);
  }
}
