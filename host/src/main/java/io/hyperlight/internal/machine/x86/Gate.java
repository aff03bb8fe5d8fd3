package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.abi.InformationBlock;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The gate: the user-mode code through which the host enters a call. Its page is one that the guest
 * can read and run but not write. Beside it is the information page, which the guest can only read.
 *
 * <p>The gate loads the argument registers of the System V ABI from the {@link CallFrame}, and
 * calls the target. Then it moves the results to registers, where the host finds them without
 * reading memory: RDI, RSI and RDX for RAX, RDX and XMM0. It leaves with system call {@link
 * Hypercall#DONE}. Where user code may use the port of system calls, the gate uses that port
 * itself, which is quicker. When the host enters the gate, it has written all general registers,
 * and RSP is at the frame.
 *
 * <p>If calls make no exits, the gate writes a message into the frame instead, and waits some time
 * for the next one from the host. See {@code SharedMemoryTransport}. The routine by which guests
 * make host calls does the same.
 *
 * <p>When asked, the gate first resets what guest code can change outside memory and the general
 * registers. These are the data segment registers, the x87, SSE, AVX and AVX-512 state, and the FS
 * and GS bases. One XRSTOR resets the x87 and vector state, with an image whose header marks every
 * component as initial.
 */
public final class Gate {
  /** The gate's code page. */
  public static final long ADDRESS = InformationBlock.ADDRESS - PAGE_SIZE;

  /** The information page: the guest ABI's {@link InformationBlock}, and the image for XRSTOR. */
  private static final long INFORMATION = InformationBlock.ADDRESS;

  /** The end of the addresses that are reserved for the two pages. */
  public static final long END = INFORMATION + PAGE_SIZE;

  /**
   * The address of a function that starts a program with a stack of its own. Its first stack
   * argument is the program's stack pointer, and the second is where the program begins. The
   * function does not return.
   */
  public static final long START = ADDRESS + 0x700;

  /**
   * Where the host enters on machines whose guests can set protection keys. The code resets the
   * rights of the keys, and goes on at {@link #ADDRESS}. Before that, nothing can be read or
   * written.
   */
  public static final long UNLOCK = ADDRESS + 0x740;

  /** The system-call stub on machines where it is user code. It lies on the gate's page. */
  public static final long SYSTEM_CALL_STUB = ADDRESS + 0x800;

  /** Where the gate sends a message to the host and waits for the next one. */
  public static final long EXCHANGE = ADDRESS + 0x900;

  /**
   * The routine for host calls. Arguments and results are in the registers of system call {@link
   * Hypercall#HOST}. It also changes R9, R10 and the flags.
   */
  public static final long HOST_CALL_ROUTINE = ADDRESS + 0x980;

  /** Where the routine leaves the guest. */
  public static final long HOST_CALL_EXIT = HOST_CALL_ROUTINE + toHostCallExit(0).size();

  /**
   * A byte of the gate's page: whether the gate writes messages, instead of leaving the guest. The
   * host writes it. It is 0 in every image.
   */
  private static final long EXITLESS = ADDRESS + 0xff8;

  private static final int EXTENDED_STATE = 0x400;

  /** The legacy region and header of an XSAVE area (Intel SDM vol. 1, "XSAVE Area"). */
  private static final int EXTENDED_STATE_SIZE = 512 + 64;

  private static final int MXCSR = 24;
  public static final int MXCSR_INITIAL = 0x1f80;
  public static final short X87_CONTROL_INITIAL = 0x037f;

  /** The component XTILEDATA (Intel SDM vol. 1, "XSAVE-Supported Features"). */
  private static final int TILE_DATA = 1 << 18;

  /** XSTATE_BV, the first word of the XSAVE header. Bit 0: load x87 state from the image. */
  private static final int STATE_COMPONENTS = 512;

  /**
   * Where the gate goes on after the call. The code before does not depend on the frame's address
   * except for an operand.
   */
  public static final long DONE = ADDRESS + enter(0).size();

  /** Where the gate leaves the guest, whatever the frame says. */
  public static final long DONE_EXIT = DONE + results(0).size();

  /** Behind the gate's own {@code syscall} or {@code out}. Both have the same length. */
  public static final long DONE_RETURN = DONE_EXIT + exit(SystemCallEntry.SUPERVISOR).size();

  private Gate() {}

  /** Maps and writes the two pages. */
  public static void install(AddressSpace space, SystemCallEntry entry, long frame) {
    space.map(ADDRESS, PAGE_SIZE, Protection.READ_EXECUTE);
    space.map(INFORMATION, PAGE_SIZE, Protection.READ);
    put(space, ADDRESS, enter(frame));
    put(space, DONE, leave(entry, frame));
    put(space, START, start());
    put(space, UNLOCK, unlock());
    put(space, EXCHANGE, exchange());
    put(space, HOST_CALL_ROUTINE, callHost(entry, frame));
    put(space, ContextSwitchCode.UNLOCK, ContextSwitchCode.all());
    if (entry == SystemCallEntry.USER) {
      put(space, SYSTEM_CALL_STUB, Monitor.systemCallStub(entry));
    }
    setResetState(space, UserState.INITIAL);
  }

  /**
   * Sets what a reset loads: these control words, and the initial x87 and vector state for the
   * rest.
   */
  public static void setResetState(AddressSpace space, UserState state) {
    byte[] image = new byte[EXTENDED_STATE_SIZE];
    ByteBuffer.wrap(image)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, state.x87Control())
        .putInt(MXCSR, state.mxcsr())
        .putLong(STATE_COMPONENTS, state.x87Control() == X87_CONTROL_INITIAL ? 0 : 1);
    space.initialise(INFORMATION + EXTENDED_STATE, image, 0, image.length);
  }

  /** Sets whether the gate writes messages. */
  public static void setExitless(AddressSpace space, boolean exitless) {
    space.initialise(EXITLESS, new byte[] {(byte) (exitless ? 1 : 0)}, 0, 1);
  }

  private static void put(AddressSpace space, long address, MachineCode code) {
    space.initialise(address, code.toByteArray(), 0, code.size());
  }

  /**
   * Returns the code from the host's entry to the call. RBX holds the frame: the ABI makes callees
   * preserve it, but nothing relies on that.
   */
  public static MachineCode enter(long frame) {
    MachineCode code =
        new MachineCode()
            .addWithLong("movabs $0x%x, %%rbx", frame, 0x48, 0xbb)
            .add(
                "testb $1, 0x278(%rbx)",
                0xf6, 0x83, CallFrame.FLAGS & 0xff, CallFrame.FLAGS >> 8, 0, 0, 1)
            .add("jz 1f", 0x74, 0x33)
            // Null selectors come before the bases, since loading one may clear the base or not.
            .add("xor %eax, %eax", 0x31, 0xc0)
            .add("mov %eax, %ds", 0x8e, 0xd8)
            .add("mov %eax, %es", 0x8e, 0xc0)
            .add("mov %eax, %fs", 0x8e, 0xe0)
            .add("mov %eax, %gs", 0x8e, 0xe8)
            // Resets the address of the last x87 instruction, which XRSTOR does not do on some
            // processors.
            .add("fninit", 0xdb, 0xe3)
            // EDX:EAX selects every component that XCR0 enables except AMX tiles. The tiles' part
            // of the image is behind the page. The kernel lets guests use tiles no more than
            // programs.
            .addWithInt("mov $0x%x, %%eax", ~TILE_DATA, 0xb8)
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
        // AL is an upper bound of the number of vector registers in use, for targets with variable
        // arguments.
        .addWithInt("mov $0x%x, %%eax", 8, 0xb8)
        .addWithInt("call *0x%x(%%rbx)", CallFrame.TARGET, 0xff, 0x93);
  }

  private static int integer(int index) {
    return CallFrame.INTEGER_ARGUMENTS + 8 * index;
  }

  /**
   * Returns the code at {@link #START}. It runs behind the call, so the return address is on top of
   * the arguments. RDX is the function that a program calls at its end (System V ABI for AMD64,
   * "Process Initialization"): none.
   */
  public static MachineCode start() {
    return new MachineCode()
        .add("mov 16(%rsp), %rcx", 0x48, 0x8b, 0x4c, 0x24, 0x10)
        .add("mov 8(%rsp), %rsp", 0x48, 0x8b, 0x64, 0x24, 0x08)
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("jmp *%rcx", 0xff, 0xe1);
  }

  /**
   * Returns the code at {@link #UNLOCK}. PKRU 0 means every right for every key. WRPKRU needs ECX
   * and EDX to be 0 (Intel SDM vol. 2).
   */
  public static MachineCode unlock() {
    return new MachineCode()
        .add("xor %eax, %eax", 0x31, 0xc0)
        .add("xor %ecx, %ecx", 0x31, 0xc9)
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("wrpkru", 0x0f, 0x01, 0xef)
        .addWithInt("mov $0x%x, %%eax", (int) ADDRESS, 0xb8)
        .add("jmp *%rax", 0xff, 0xe0);
  }

  /** Returns the code from the target's return to the exit, or to the next call. */
  public static MachineCode leave(SystemCallEntry entry, long frame) {
    MachineCode code = results(frame);
    exit(entry).addTo(code);
    // The host enters every call at the start, and never resumes this code.
    code.add("ud2", 0x0f, 0x0b).label("1");
    putMessage(code, Hypercall.DONE)
        .addWithInt("mov %%rdx, 0x%x(%%r9)", CallFrame.MESSAGE_RDX, 0x49, 0x89, 0x91)
        .add("mov %r9, %rsp", 0x4c, 0x89, 0xcc);
    callExchange(code).add("mov %r9, %rsp", 0x4c, 0x89, 0xcc);
    return asEntered(code)
        .addWithInt("mov $0x%x, %%eax", (int) ADDRESS, 0xb8)
        .add("jmp *%rax", 0xff, 0xe0);
  }

  /**
   * Sets everything that the host would have written at an entry and the gate does not write
   * itself. So no call sees registers or flags of the one before.
   */
  private static MachineCode asEntered(MachineCode code) {
    return code.add("xor %ebp, %ebp", 0x31, 0xed)
        .add("xor %r10d, %r10d", 0x45, 0x31, 0xd2)
        .add("xor %r12d, %r12d", 0x45, 0x31, 0xe4)
        .add("xor %r13d, %r13d", 0x45, 0x31, 0xed)
        .add("xor %r14d, %r14d", 0x45, 0x31, 0xf6)
        .add("xor %r15d, %r15d", 0x45, 0x31, 0xff)
        .addWithInt("mov $0x%x, %%r11d", (int) Flags.FIXED, 0x41, 0xbb)
        .add("push %r11", 0x41, 0x53)
        .add("popfq", 0x9d);
  }

  /** Moves the results to where the host looks for them. The code goes to 1 if there is no exit. */
  private static MachineCode results(long frame) {
    MachineCode code =
        new MachineCode()
            .add("mov %rax, %rdi", 0x48, 0x89, 0xc7)
            .add("mov %rdx, %rsi", 0x48, 0x89, 0xd6)
            .add("movq %xmm0, %rdx", 0x66, 0x48, 0x0f, 0x7e, 0xc2);
    return testExitless(code, frame).add("jnz 1f", 0x75, 0x09);
  }

  private static MachineCode exit(SystemCallEntry entry) {
    return addExit(new MachineCode().addWithInt("mov $0x%x, %%eax", Hypercall.DONE, 0xb8), entry);
  }

  private static MachineCode addExit(MachineCode code, SystemCallEntry entry) {
    return switch (entry) {
      case SUPERVISOR -> code.add("syscall", 0x0f, 0x05);
      case USER -> Monitor.addSystemCallOut(code);
    };
  }

  private static MachineCode testExitless(MachineCode code, long frame) {
    return code.addWithLong("movabs $0x%x, %%r9", frame, 0x49, 0xb9)
        .add(
            "testb $1, 0x10ff8",
            0xf6,
            0x04,
            0x25,
            (int) EXITLESS & 0xff,
            (int) EXITLESS >> 8 & 0xff,
            (int) EXITLESS >> 16,
            0,
            1);
  }

  /** Writes into the frame the values that RAX, RDI and RSI would have at a system call. */
  private static MachineCode putMessage(MachineCode code, int number) {
    return code.addWithInt(
            "movq $0x%x, 0x348(%%r9)",
            number,
            0x49,
            0xc7,
            0x81,
            CallFrame.MESSAGE_RAX & 0xff,
            CallFrame.MESSAGE_RAX >> 8,
            0,
            0)
        .addWithInt("mov %%rdi, 0x%x(%%r9)", CallFrame.MESSAGE_RDI, 0x49, 0x89, 0xb9)
        .addWithInt("mov %%rsi, 0x%x(%%r9)", CallFrame.MESSAGE_RSI, 0x49, 0x89, 0xb1);
  }

  private static MachineCode callExchange(MachineCode code) {
    return code.addWithInt("mov $0x%x, %%eax", (int) EXCHANGE, 0xb8).add("call *%rax", 0xff, 0xd0);
  }

  /**
   * Returns code that sends a message, and waits for the next one from the host. R9 is the frame.
   * The XCHG of the message's number is a barrier: either this code sees that the host is going to
   * sleep, or the host sees the message.
   */
  public static MachineCode exchange() {
    return new MachineCode()
        .addWithInt("mov 0x%x(%%r9), %%r8", CallFrame.REQUEST, 0x4d, 0x8b, 0x81)
        .add("mov %r8, %rax", 0x4c, 0x89, 0xc0)
        .addWithInt("xchg %%rax, 0x%x(%%r9)", CallFrame.RESPONSE, 0x49, 0x87, 0x81)
        .addWithInt("mov 0x%x(%%r9), %%ecx", CallFrame.PATIENCE, 0x41, 0x8b, 0x89)
        .add(
            "cmpl $0, 0x310(%r9)",
            0x41, 0x83, 0xb9, CallFrame.ASLEEP & 0xff, CallFrame.ASLEEP >> 8, 0, 0, 0)
        .add("jne 2f", 0x75, 0x0f)
        .label("1")
        .addWithInt("cmp %%r8, 0x%x(%%r9)", CallFrame.REQUEST, 0x4d, 0x39, 0x81)
        .add("jne 3f", 0x75, 0x16)
        .add("pause", 0xf3, 0x90)
        .add("dec %ecx", 0xff, 0xc9)
        .add("jns 1b", 0x79, 0xf1)
        .label("2")
        .addWithInt("mov $0x%x, %%eax", Hypercall.REST, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .addWithInt("mov 0x%x(%%r9), %%ecx", CallFrame.PATIENCE, 0x41, 0x8b, 0x89)
        .add("jmp 1b", 0xeb, 0xe1)
        .label("3")
        .add("ret", 0xc3);
  }

  /** Returns the code at {@link #HOST_CALL_ROUTINE}. */
  public static MachineCode callHost(SystemCallEntry entry, long frame) {
    MachineCode code = toHostCallExit(frame);
    addExit(code, entry).add("ret", 0xc3).label("1");
    return callExchange(putMessage(code, Hypercall.HOST))
        .addWithInt("mov 0x%x(%%r9), %%rax", CallFrame.ANSWER_RAX, 0x49, 0x8b, 0x81)
        .addWithInt("mov 0x%x(%%r9), %%rdx", CallFrame.ANSWER_RDX, 0x49, 0x8b, 0x91)
        .addWithInt("mov 0x%x(%%r9), %%r8", CallFrame.ANSWER_R8, 0x4d, 0x8b, 0x81)
        .add("ret", 0xc3);
  }

  private static MachineCode toHostCallExit(long frame) {
    return testExitless(new MachineCode(), frame)
        .add("jnz 1f", 0x75, 0x08)
        .addWithInt("mov $0x%x, %%eax", Hypercall.HOST, 0xb8);
  }

  /**
   * Returns whether code at an address waits for the host's message. Its return address is on top
   * of the stack.
   */
  public static boolean isInExchange(long address) {
    return address >= EXCHANGE && address < HOST_CALL_ROUTINE;
  }

  /**
   * Returns whether code at an address makes a host call. Its return address is on top of the
   * stack.
   */
  public static boolean isInHostCall(long address) {
    return address >= HOST_CALL_ROUTINE && address < ContextSwitchCode.UNLOCK;
  }
}
