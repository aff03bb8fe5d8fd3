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
 * The gate: the user-mode code that the host enters a call through, on a page that the guest can
 * read and run but not write, and beside it a page of facts that the guest can only read.
 *
 * <p>The gate loads the argument registers of the System V ABI from the {@link CallFrame}, calls
 * the target, moves the results to where the host finds them without looking into memory (RDI, RSI
 * and RDX for RAX, RDX and XMM0), and leaves with system call {@link Hypercall#DONE}. Where user
 * code may use the port of system calls, it leaves by that itself, which is quicker. The host
 * enters it with all general registers written by itself, RSP at the frame.
 *
 * <p>Where calls are to do without exits, it leaves a message in the frame instead and waits for
 * the next one from the host, for a while; see {@code SharedMemoryTransport}. So does the routine
 * by which guests make host calls.
 *
 * <p>When asked, it first resets what guest code can change outside memory and the general
 * registers: the data segment registers, x87, SSE, AVX and AVX-512 state with one XRSTOR of an
 * image whose header marks every component as initial, and the FS and GS bases.
 */
public final class Gate {
  /** The gate's code page. */
  public static final long ADDRESS = InformationBlock.ADDRESS - PAGE_SIZE;

  /** The page of facts: the guest ABI's {@link InformationBlock}, and the image for XRSTOR. */
  private static final long INFORMATION = InformationBlock.ADDRESS;

  /** The end of the addresses reserved for the two. */
  public static final long END = INFORMATION + PAGE_SIZE;

  /**
   * A function to call that starts a program of its own: its first stack argument is the stack
   * pointer of that, the second where it begins. It does not return.
   */
  public static final long START = ADDRESS + 0x700;

  /**
   * Where the host enters on machines whose guests can set protection keys: takes the keys' rights
   * back, then goes on at {@link #ADDRESS}. Nothing can be read or written before.
   */
  public static final long UNLOCK = ADDRESS + 0x740;

  /** On machines where the system-call stub is user code, it lies on the gate's page. */
  public static final long SYSTEM_CALL_STUB = ADDRESS + 0x800;

  /** Where the gate gives a message to the host and waits for the next. */
  public static final long EXCHANGE = ADDRESS + 0x900;

  /**
   * The routine for host calls: arguments and results are in the registers of system call {@link
   * Hypercall#HOST}; R9, R10 and flags are lost, too.
   */
  public static final long HOST_CALL_ROUTINE = ADDRESS + 0x980;

  /** Where the routine leaves. */
  public static final long HOST_CALL_EXIT = HOST_CALL_ROUTINE + toHostCallExit(0).size();

  /**
   * A byte of the gate's page that says whether to leave messages instead of the guest. The host
   * writes it; in every image it is 0.
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

  /** The code does not depend on the frame's address but for an operand. */
  public static final long DONE = ADDRESS + enter(0).size();

  /** Where the gate leaves for good, whatever the frame says. */
  public static final long DONE_EXIT = DONE + results(0).size();

  /** What follows the gate's own {@code syscall} or {@code out}, which are of the same length. */
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
    if (entry == SystemCallEntry.USER) {
      put(space, SYSTEM_CALL_STUB, Monitor.systemCallStub(entry));
    }
    setResetState(space, UserState.INITIAL);
  }

  /** Says what a reset loads: control words as given, all other x87 and vector state initial. */
  public static void setResetState(AddressSpace space, UserState state) {
    byte[] image = new byte[EXTENDED_STATE_SIZE];
    ByteBuffer.wrap(image)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, state.x87Control())
        .putInt(MXCSR, state.mxcsr())
        .putLong(STATE_COMPONENTS, state.x87Control() == X87_CONTROL_INITIAL ? 0 : 1);
    space.initialise(INFORMATION + EXTENDED_STATE, image, 0, image.length);
  }

  /** Says whether the gate is to leave messages. */
  public static void setExitless(AddressSpace space, boolean exitless) {
    space.initialise(EXITLESS, new byte[] {(byte) (exitless ? 1 : 0)}, 0, 1);
  }

  private static void put(AddressSpace space, long address, MachineCode code) {
    space.initialise(address, code.toByteArray(), 0, code.size());
  }

  /**
   * From the host's entry to the call. RBX holds the frame: the ABI makes callees preserve it, but
   * nothing relies on it.
   */
  public static MachineCode enter(long frame) {
    MachineCode code =
        new MachineCode()
            .addWithLong("movabs $0x%x, %%rbx", frame, 0x48, 0xbb)
            .add(
                "testb $1, 0x278(%rbx)",
                0xf6, 0x83, CallFrame.FLAGS & 0xff, CallFrame.FLAGS >> 8, 0, 0, 1)
            .add("jz 1f", 0x74, 0x33)
            // Null selectors, before the bases: loading one may clear the base or not.
            .add("xor %eax, %eax", 0x31, 0xc0)
            .add("mov %eax, %ds", 0x8e, 0xd8)
            .add("mov %eax, %es", 0x8e, 0xc0)
            .add("mov %eax, %fs", 0x8e, 0xe0)
            .add("mov %eax, %gs", 0x8e, 0xe8)
            // Where the last x87 instruction was: some processors leave that out of XRSTOR.
            .add("fninit", 0xdb, 0xe3)
            // EDX:EAX: every component that XCR0 enables but AMX tiles. Their part of the image is
            // behind the page, and the kernel lets guests use them no more than programs.
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
  public static MachineCode start() {
    return new MachineCode()
        .add("mov 16(%rsp), %rcx", 0x48, 0x8b, 0x4c, 0x24, 0x10)
        .add("mov 8(%rsp), %rsp", 0x48, 0x8b, 0x64, 0x24, 0x08)
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("jmp *%rcx", 0xff, 0xe1);
  }

  /**
   * {@link #UNLOCK}: PKRU 0, every right for every key. WRPKRU wants ECX and EDX to be 0 (Intel SDM
   * vol. 2).
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

  /** From the target's return to the exit, or to the next call. */
  public static MachineCode leave(SystemCallEntry entry, long frame) {
    MachineCode code = results(frame);
    exit(entry).addTo(code);
    // The host enters every call at the start, and never resumes this one.
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
   * Whatever the host would have written at an entry, and the gate does not write itself: no call
   * sees registers or flags of the one before.
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

  /** The results to where the host looks for them, and on to 1 if there is to be no exit. */
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

  /** What RAX, RDI and RSI would say at a system call, into the frame. */
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
   * Says that there is a message, and waits until there is another one from the host. R9 is the
   * frame. The exchange of the message's number is a barrier: either this sees that the host is
   * going to sleep, or the host sees the message.
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

  /** {@link #HOST_CALL_ROUTINE}. */
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

  /** Whether code at an address waits for the host's message, with where it returns to on top. */
  public static boolean isInExchange(long address) {
    return address >= EXCHANGE && address < HOST_CALL_ROUTINE;
  }

  /** Whether code at an address makes a host call, with where it returns to on top. */
  public static boolean isInHostCall(long address) {
    return address >= HOST_CALL_ROUTINE && address < EXITLESS;
  }
}
