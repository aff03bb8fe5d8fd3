package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.abi.InformationBlock;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.machine.memory.AddressSpace;
import java.util.Locale;

/**
 * The gate's code by which a vCPU goes on with another context. It runs at CPL 3, without an exit.
 *
 * <p>RDI is the save area of the context whose vector state is in the vCPU, or 0. RSI is the save
 * area of the context that comes, or 0. EDX:EAX is XCR0 as the host has set it, since XGETBV shows
 * more on some machines. The code first saves vector state and bases, and then loads the others. At
 * last it loads all general registers and RFLAGS from {@link #REGISTERS}, which user code cannot
 * write. It touches no stack.
 *
 * <p>User code may jump here, too. It can do nothing here that it could not do by itself.
 */
public final class ContextSwitchCode {
  /** Where the host enters on machines whose guests can set protection keys. */
  public static final long UNLOCK = Gate.ADDRESS + 0xc00;

  /** Where the host enters on other machines. */
  public static final long SWITCH = UNLOCK + unlock().size();

  /** From here on, the vector state that was in the vCPU is in its save area. */
  public static final long LOAD = SWITCH + save().size();

  /** From here on, the vector state of the context that comes is in the vCPU. */
  public static final long LOADED = LOAD + load().size();

  /** The end of the code. */
  public static final long END = LOADED + loadRegisters().size();

  /**
   * The general registers of the context that comes, in the order of {@link Register}. The block is
   * on the information page, which the guest can only read.
   */
  public static final long REGISTERS = InformationBlock.ADDRESS + 0x800;

  /** Where FS base and GS base are in a save area. XSAVE writes less. */
  public static final int FS_BASE = 0xff0;

  public static final int GS_BASE = 0xff8;

  /** The maximum number of contexts of a VM, each with its save area. */
  public static final int MAXIMUM_CONTEXTS = 1008;

  /** The number of pages for save areas and for {@link #pageOf pages of further vCPUs}. */
  private static final int PAGES = 1024;

  /** The address of the first save area. Behind the last are the pages of further vCPUs. */
  public static final long AREAS = AddressSpace.USER_END - (long) PAGES * PAGE_SIZE;

  /** Where a further vCPU's page has the general registers of the context that comes. */
  public static final int REGISTERS_IN_PAGE = 0x800;

  private ContextSwitchCode() {}

  /** Returns whether an address is in this code. */
  public static boolean contains(long address) {
    return address >= UNLOCK && address < END;
  }

  /** Returns all of the code. */
  public static MachineCode all() {
    MachineCode code = unlock();
    save().addTo(code);
    load().addTo(code);
    loadRegisters().addTo(code);
    return code;
  }

  /**
   * Returns the address of a page that has this code for one further vCPU, and the general
   * registers of the context that comes to it. User code cannot write it.
   *
   * @param number of the vCPU, from 1 on
   */
  public static long pageOf(int number) {
    return AREAS + (long) (MAXIMUM_CONTEXTS + number - 1) * PAGE_SIZE;
  }

  /** Returns the code at the beginning of such a page. It is the same for all of them. */
  public static MachineCode ofPage() {
    MachineCode code = unlock();
    save().addTo(code);
    load().addTo(code);
    int before = code.size();
    int ofFlags = REGISTERS_IN_PAGE + Register.RFLAGS.place * Long.BYTES;
    MachineCode registers = new MachineCode();
    registers
        .addWithInt("lea 0x%x(%%rip), %%rsp", ofFlags - before - 7, 0x48, 0x8d, 0x25)
        .add("popfq", 0x9d);
    for (Register register : Register.values()) {
      switch (register) {
        case RSP, RIP, RFLAGS -> {}
        default -> loadFromPage(registers, before, register);
      }
    }
    loadFromPage(registers, before, Register.RSP);
    int ofRip = REGISTERS_IN_PAGE + Register.RIP.place * Long.BYTES;
    registers.addWithInt("jmp *0x%x(%%rip)", ofRip - before - registers.size() - 6, 0xff, 0x25);
    registers.addTo(code);
    return code;
  }

  private static void loadFromPage(MachineCode code, int before, Register register) {
    int number = encoding(register);
    int size = 7;
    code.addWithInt(
        "mov 0x%x(%%rip), %%" + register.name().toLowerCase(Locale.ROOT),
        REGISTERS_IN_PAGE + register.place * Long.BYTES - before - code.size() - size,
        number < 8 ? 0x48 : 0x4c,
        0x8b,
        0x05 | (number & 7) << 3);
  }

  /** Returns code that resets the rights of protection keys. It keeps EAX, and sets EDX to 0. */
  private static MachineCode unlock() {
    return new MachineCode()
        .add("mov %eax, %r8d", 0x41, 0x89, 0xc0)
        .add("xor %eax, %eax", 0x31, 0xc0)
        .add("xor %ecx, %ecx", 0x31, 0xc9)
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("wrpkru", 0x0f, 0x01, 0xef)
        .add("mov %r8d, %eax", 0x44, 0x89, 0xc0);
  }

  private static MachineCode save() {
    return new MachineCode()
        .add("test %rdi, %rdi", 0x48, 0x85, 0xff)
        .add("jz 1f", 0x74, 0x1c)
        .add("xsave64 (%rdi)", 0x48, 0x0f, 0xae, 0x27)
        .add("rdfsbase %rcx", 0xf3, 0x48, 0x0f, 0xae, 0xc1)
        .addWithInt("mov %%rcx, 0x%x(%%rdi)", FS_BASE, 0x48, 0x89, 0x8f)
        .add("rdgsbase %rcx", 0xf3, 0x48, 0x0f, 0xae, 0xc9)
        .addWithInt("mov %%rcx, 0x%x(%%rdi)", GS_BASE, 0x48, 0x89, 0x8f)
        .label("1");
  }

  private static MachineCode load() {
    return new MachineCode()
        .add("test %rsi, %rsi", 0x48, 0x85, 0xf6)
        .add("jz 2f", 0x74, 0x1c)
        .addWithInt("mov 0x%x(%%rsi), %%rcx", FS_BASE, 0x48, 0x8b, 0x8e)
        .add("wrfsbase %rcx", 0xf3, 0x48, 0x0f, 0xae, 0xd1)
        .addWithInt("mov 0x%x(%%rsi), %%rcx", GS_BASE, 0x48, 0x8b, 0x8e)
        .add("wrgsbase %rcx", 0xf3, 0x48, 0x0f, 0xae, 0xd9)
        .add("xrstor64 (%rsi)", 0x48, 0x0f, 0xae, 0x2e)
        .label("2");
  }

  /** Flags come first, since no instruction behind POPFQ changes them. TF must not be set. */
  private static MachineCode loadRegisters() {
    MachineCode code =
        new MachineCode()
            .addWithInt("mov $0x%x, %%esp", (int) place(Register.RFLAGS), 0xbc)
            .add("popfq", 0x9d);
    for (Register register : Register.values()) {
      switch (register) {
        case RSP, RIP, RFLAGS -> {}
        default -> load(code, register);
      }
    }
    load(code, Register.RSP);
    return code.addWithInt("jmp *0x%x", (int) place(Register.RIP), 0xff, 0x24, 0x25);
  }

  private static void load(MachineCode code, Register register) {
    int number = encoding(register);
    code.addWithInt(
        "mov 0x%x, %%" + register.name().toLowerCase(Locale.ROOT),
        (int) place(register),
        number < 8 ? 0x48 : 0x4c,
        0x8b,
        0x04 | (number & 7) << 3,
        0x25);
  }

  /** Returns the number of a register in instructions (Intel SDM vol. 2, "REX Prefixes"). */
  private static int encoding(Register register) {
    return switch (register) {
      case RAX -> 0;
      case RCX -> 1;
      case RDX -> 2;
      case RBX -> 3;
      case RSP -> 4;
      case RBP -> 5;
      case RSI -> 6;
      case RDI -> 7;
      default -> register.place; // R8 to R15
    };
  }

  private static long place(Register register) {
    return REGISTERS + (long) register.place * Long.BYTES;
  }
}
