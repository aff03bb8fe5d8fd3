package io.hyperlight.vm;

import static io.hyperlight.vm.PhysicalMemory.PAGE_SIZE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The gate: the user-mode code that the host enters a call through, on a page that the guest can
 * read and run but not write, and beside it a page of facts that the guest can only read.
 *
 * <p>The gate loads the argument registers of the System V ABI from the {@link CallFrame}, calls
 * the target, moves the results to where the host finds them without looking into memory (RDI, RSI
 * and RDX for RAX, RDX and XMM0), and leaves with system call {@link #CALL_DONE}. Where user code
 * may use the port of system calls, it leaves by that itself, which is quicker. The host enters it
 * with all general registers written by itself, RSP at the frame.
 *
 * <p>When asked, it first resets what guest code can change outside memory and the general
 * registers: the data segment registers, x87, SSE, AVX and AVX-512 state with one XRSTOR of an
 * image whose header marks every component as initial, and the FS and GS bases.
 */
public final class Gate {
  /** The gate's code page. */
  public static final long ADDRESS = 0x1_0000;

  /** The page of facts: the guest ABI's information block, and the image for XRSTOR. */
  public static final long INFORMATION = ADDRESS + PAGE_SIZE;

  /** The end of the addresses reserved for the two. */
  public static final long END = INFORMATION + PAGE_SIZE;

  /** The system call by which the gate says that a call is over. */
  public static final int CALL_DONE = 0x484c_0000;

  /**
   * A function to call that starts a program of its own: its first stack argument is the stack
   * pointer of that, the second where it begins. It does not return.
   */
  static final long START = ADDRESS + 0x700;

  /** On machines where the system-call stub is user code, it lies on the gate's page. */
  static final long SYSTEM_CALL_STUB = ADDRESS + 0x800;

  private static final int EXTENDED_STATE = 0x400;

  /** The legacy region and header of an XSAVE area (Intel SDM vol. 1, "XSAVE Area"). */
  private static final int EXTENDED_STATE_SIZE = 512 + 64;

  private static final int MXCSR = 24;
  static final int MXCSR_INITIAL = 0x1f80;
  static final short X87_CONTROL_INITIAL = 0x037f;

  /** XSTATE_BV, the first word of the XSAVE header. Bit 0: load x87 state from the image. */
  private static final int STATE_COMPONENTS = 512;

  /** The code does not depend on the frame's address but for an operand. */
  static final long DONE = ADDRESS + enter(0).size();

  /** What follows the gate's own {@code syscall} or {@code out}, which are of the same length. */
  static final long DONE_RETURN = DONE + leave(SystemCallEntry.SUPERVISOR).size() - 2;

  private Gate() {}

  /** Maps and writes the two pages. */
  static void install(AddressSpace space, SystemCallEntry entry, long frame) {
    space.map(ADDRESS, PAGE_SIZE, Protection.READ_EXECUTE);
    space.map(INFORMATION, PAGE_SIZE, Protection.READ);
    put(space, ADDRESS, enter(frame));
    put(space, DONE, leave(entry));
    put(space, START, start());
    if (entry == SystemCallEntry.USER) {
      put(space, SYSTEM_CALL_STUB, Monitor.systemCallStub(entry));
    }
    setResetState(space, UserState.INITIAL);
  }

  /** Says what a reset loads: control words as given, all other x87 and vector state initial. */
  static void setResetState(AddressSpace space, UserState state) {
    byte[] image = new byte[EXTENDED_STATE_SIZE];
    ByteBuffer.wrap(image)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, state.x87Control())
        .putInt(MXCSR, state.mxcsr())
        .putLong(STATE_COMPONENTS, state.x87Control() == X87_CONTROL_INITIAL ? 0 : 1);
    space.initialise(INFORMATION + EXTENDED_STATE, image, 0, image.length);
  }

  private static void put(AddressSpace space, long address, MachineCode code) {
    space.initialise(address, code.toByteArray(), 0, code.size());
  }

  /**
   * From the host's entry to the call. RBX holds the frame: the ABI makes callees preserve it, but
   * nothing relies on it.
   */
  static MachineCode enter(long frame) {
    MachineCode code =
        new MachineCode()
            .addWithLong("movabs $0x%x, %%rbx", frame, 0x48, 0xbb)
            .add(
                "testb $1, 0x278(%rbx)",
                0xf6, 0x83, CallFrame.FLAGS & 0xff, CallFrame.FLAGS >> 8, 0, 0, 1)
            .add("jz 1f", 0x74, 0x31)
            // Null selectors, before the bases: loading one may clear the base or not.
            .add("xor %eax, %eax", 0x31, 0xc0)
            .add("mov %eax, %ds", 0x8e, 0xd8)
            .add("mov %eax, %es", 0x8e, 0xc0)
            .add("mov %eax, %fs", 0x8e, 0xe0)
            .add("mov %eax, %gs", 0x8e, 0xe8)
            // Where the last x87 instruction was: some processors leave that out of XRSTOR.
            .add("fninit", 0xdb, 0xe3)
            // EDX:EAX all ones: every component that XCR0 enables.
            .add("or $-1, %eax", 0x83, 0xc8, 0xff)
            .add("cltd", 0x99)
            .addWithInt(
                "xrstor64 0x%x", (int) INFORMATION + EXTENDED_STATE, 0x48, 0x0f, 0xae, 0x2c, 0x25)
            .addWithInt("mov 0x%x(%%rbx), %%rax", CallFrame.FS_BASE, 0x48, 0x8b, 0x83)
            .add("wrfsbase %rax", 0xf3, 0x48, 0x0f, 0xae, 0xd0)
            .addWithInt("mov 0x%x(%%rbx), %%rax", CallFrame.GS_BASE, 0x48, 0x8b, 0x83)
            .add("wrgsbase %rax", 0xf3, 0x48, 0x0f, 0xae, 0xd8)
            .label("1");
    for (int i = 0; i < 8; i++) {
      code.addWithInt(
          "movsd 0x%x(%%rbx), %%xmm" + i,
          CallFrame.SSE_ARGUMENTS + 8 * i,
          0xf2,
          0x0f,
          0x10,
          0x83 | i << 3);
    }
    return code.addWithInt("mov 0x%x(%%rbx), %%rdi", integer(0), 0x48, 0x8b, 0xbb)
        .addWithInt("mov 0x%x(%%rbx), %%rsi", integer(1), 0x48, 0x8b, 0xb3)
        .addWithInt("mov 0x%x(%%rbx), %%rdx", integer(2), 0x48, 0x8b, 0x93)
        .addWithInt("mov 0x%x(%%rbx), %%rcx", integer(3), 0x48, 0x8b, 0x8b)
        .addWithInt("mov 0x%x(%%rbx), %%r8", integer(4), 0x4c, 0x8b, 0x83)
        .addWithInt("mov 0x%x(%%rbx), %%r9", integer(5), 0x4c, 0x8b, 0x8b)
        // AL is an upper bound of the vector registers used, for targets that take variable
        // arguments.
        .addWithInt("mov $0x%x, %%eax", 8, 0xb8)
        .addWithInt("call *0x%x(%%rbx)", CallFrame.TARGET, 0xff, 0x93);
  }

  private static int integer(int index) {
    return CallFrame.INTEGER_ARGUMENTS + 8 * index;
  }

  /**
   * Behind the call, so that the return address is on top of the arguments. RDX is what a program
   * is to call at its end (System V ABI for AMD64, "Process Initialization"): nothing.
   */
  static MachineCode start() {
    return new MachineCode()
        .add("mov 16(%rsp), %rcx", 0x48, 0x8b, 0x4c, 0x24, 0x10)
        .add("mov 8(%rsp), %rsp", 0x48, 0x8b, 0x64, 0x24, 0x08)
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("jmp *%rcx", 0xff, 0xe1);
  }

  /** From the target's return to the exit. */
  static MachineCode leave(SystemCallEntry entry) {
    MachineCode code =
        new MachineCode()
            .add("mov %rax, %rdi", 0x48, 0x89, 0xc7)
            .add("mov %rdx, %rsi", 0x48, 0x89, 0xd6)
            .add("movq %xmm0, %rdx", 0x66, 0x48, 0x0f, 0x7e, 0xc2)
            .addWithInt("mov $0x%x, %%eax", CALL_DONE, 0xb8);
    switch (entry) {
      case SUPERVISOR -> code.add("syscall", 0x0f, 0x05);
      case USER -> Monitor.addSystemCallOut(code);
    }
    // The host enters every call at the start, and never resumes this one.
    return code.add("ud2", 0x0f, 0x0b);
  }
}
