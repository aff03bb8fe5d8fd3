package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.arch.VdsoPages.NUMBERS;
import static io.hyperlight.internal.machine.arch.VdsoPages.OBJECT;

/**
 * The functions of the vDSO. They compute time from the time-stamp counter and the numbers of
 * {@link io.hyperlight.internal.machine.arch.VdsoPages}.
 *
 * <p>While there are no numbers, or they are too old, or the clock is another one, a function makes
 * the system call. The answer is the same, since the host computes it from the same numbers, and
 * the host can write new ones then.
 *
 * <p>A guest can be stopped in the middle, and the numbers can change before it goes on, or while
 * another processor writes them. The sequence number shows that.
 *
 * <p>No function uses the stack.
 */
final class VdsoCode {
  /** The length of the instructions from the test of the sequence number up to {@link #div}. */
  private static final int BEHIND_SEQUENCE = 0x2d;

  /** The length of those behind the test of the line's end. */
  private static final int BEHIND_COUNTS = 0x17;

  private VdsoCode() {}

  /**
   * Adds an instruction that loads the address of the numbers.
   *
   * @param offset of the function in its page
   */
  private static void loadNumbers(MachineCode code, int offset) {
    int next = offset + code.size() + 7;
    code.addWithInt(
        "lea 0x%x - 0x100000000(%%rip), %%r9", (int) (NUMBERS - OBJECT) - next, 0x4c, 0x8d, 0x0d);
  }

  /**
   * Adds code that computes in RAX the nanoseconds of the clock whose number is in RCX. If it
   * cannot, it goes to label 9.
   *
   * @param behind what follows up to label 9
   */
  private static MachineCode read(MachineCode code, int offset, MachineCode behind) {
    loadNumbers(code, offset);
    code.label("1")
        .add("mov (%r9), %r8", 0x4d, 0x8b, 0x01)
        .add("test %r8, %r8", 0x4d, 0x85, 0xc0)
        .add("jz 9f", 0x74, BEHIND_SEQUENCE + behind.size())
        .add("lfence", 0x0f, 0xae, 0xe8)
        .add("rdtsc", 0x0f, 0x31)
        .add("shl $32, %rdx", 0x48, 0xc1, 0xe2, 0x20)
        .add("or %rdx, %rax", 0x48, 0x09, 0xd0)
        .add("sub 8(%r9), %rax", 0x49, 0x2b, 0x41, 0x08)
        .add("cmp 16(%r9), %rax", 0x49, 0x3b, 0x41, 0x10)
        .add("ja 9f", 0x77, BEHIND_COUNTS + behind.size())
        .add("imul 24(%r9), %rax", 0x49, 0x0f, 0xaf, 0x41, 0x18)
        .add("shr $32, %rax", 0x48, 0xc1, 0xe8, 0x20)
        .add("add 32(%r9), %rax", 0x49, 0x03, 0x41, 0x20)
        .add("add 64(%r9,%rcx,8), %rax", 0x49, 0x03, 0x44, 0xc9, 0x40)
        .add("cmp (%r9), %r8", 0x4d, 0x3b, 0x01)
        .add("jne 1b", 0x75, 0xcb);
    behind.addTo(code);
    return code.label("9");
  }

  /** Starts the code behind {@link #read}: seconds in RAX, and nanoseconds in RDX. */
  private static MachineCode div() {
    return new MachineCode()
        .add("xor %edx, %edx", 0x31, 0xd2)
        .add("mov $1000000000, %ecx", 0xb9, 0x00, 0xca, 0x9a, 0x3b)
        .add("div %rcx", 0x48, 0xf7, 0xf1);
  }

  private static MachineCode systemCall(MachineCode code, int number) {
    return code.addWithInt("mov $%d, %%eax", number, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .add("ret", 0xc3);
  }

  /** Returns {@code int clock_gettime(clockid_t, struct timespec *)}. */
  static MachineCode clockGettime(int offset) {
    MachineCode code =
        new MachineCode()
            .add("cmp $11, %edi", 0x83, 0xff, 0x0b)
            .add("ja 9f", 0x77, 0x5c)
            .add("mov $0x8f3, %eax", 0xb8, 0xf3, 0x08, 0x00, 0x00)
            .add("bt %edi, %eax", 0x0f, 0xa3, 0xf8)
            .add("jnc 9f", 0x73, 0x52)
            .add("mov %edi, %ecx", 0x89, 0xf9);
    MachineCode behind =
        div()
            .add("mov %rax, (%rsi)", 0x48, 0x89, 0x06)
            .add("mov %rdx, 8(%rsi)", 0x48, 0x89, 0x56, 0x08)
            .add("xor %eax, %eax", 0x31, 0xc0)
            .add("ret", 0xc3);
    return systemCall(read(code, offset, behind), 228);
  }

  /**
   * Returns {@code int gettimeofday(struct timeval *, struct timezone *)}. Few ask for the zone, so
   * the system call does that.
   */
  static MachineCode gettimeofday(int offset) {
    MachineCode code =
        new MachineCode()
            .add("test %rsi, %rsi", 0x48, 0x85, 0xf6)
            .add("jnz 9f", 0x75, 0x62)
            .add("test %rdi, %rdi", 0x48, 0x85, 0xff)
            .add("jz 9f", 0x74, 0x5d)
            .add("xor %ecx, %ecx", 0x31, 0xc9);
    MachineCode behind =
        div()
            .add("mov %rax, (%rdi)", 0x48, 0x89, 0x07)
            .add("mov %edx, %eax", 0x89, 0xd0)
            .add("xor %edx, %edx", 0x31, 0xd2)
            .add("mov $1000, %ecx", 0xb9, 0xe8, 0x03, 0x00, 0x00)
            .add("div %ecx", 0xf7, 0xf1)
            .add("mov %rax, 8(%rdi)", 0x48, 0x89, 0x47, 0x08)
            .add("xor %eax, %eax", 0x31, 0xc0)
            .add("ret", 0xc3);
    return systemCall(read(code, offset, behind), 96);
  }

  /** Returns {@code time_t time(time_t *)}. */
  static MachineCode time(int offset) {
    MachineCode behind =
        div()
            .add("test %rdi, %rdi", 0x48, 0x85, 0xff)
            .add("jz 2f", 0x74, 0x03)
            .add("mov %rax, (%rdi)", 0x48, 0x89, 0x07)
            .label("2")
            .add("ret", 0xc3);
    MachineCode code = new MachineCode().add("xor %ecx, %ecx", 0x31, 0xc9);
    return systemCall(read(code, offset, behind), 201);
  }

  /** Returns {@code int clock_getres(clockid_t, struct timespec *)}. */
  static MachineCode clockGetres() {
    MachineCode code =
        new MachineCode()
            .add("cmp $11, %edi", 0x83, 0xff, 0x0b)
            .add("ja 9f", 0x77, 0x21)
            .add("mov $0x8f3, %eax", 0xb8, 0xf3, 0x08, 0x00, 0x00)
            .add("bt %edi, %eax", 0x0f, 0xa3, 0xf8)
            .add("jnc 9f", 0x73, 0x17)
            .add("test %rsi, %rsi", 0x48, 0x85, 0xf6)
            .add("jz 1f", 0x74, 0x0f)
            .add("movq $0, (%rsi)", 0x48, 0xc7, 0x06, 0x00, 0x00, 0x00, 0x00)
            .add("movq $1, 8(%rsi)", 0x48, 0xc7, 0x46, 0x08, 0x01, 0x00, 0x00, 0x00)
            .label("1")
            .add("xor %eax, %eax", 0x31, 0xc0)
            .add("ret", 0xc3)
            .label("9");
    return systemCall(code, 229);
  }

  /**
   * Returns {@code int getcpu(unsigned *, unsigned *, void *)}. Instructions that read the number
   * of the processor may show that of the host's.
   */
  static MachineCode getcpu(int offset) {
    MachineCode code = new MachineCode();
    loadNumbers(code, offset);
    code.add("cmpq $0, 40(%r9)", 0x49, 0x83, 0x79, 0x28, 0x00)
        .add("je 9f", 0x74, 0x11)
        .add("xor %eax, %eax", 0x31, 0xc0)
        .add("test %rdi, %rdi", 0x48, 0x85, 0xff)
        .add("jz 1f", 0x74, 0x02)
        .add("mov %eax, (%rdi)", 0x89, 0x07)
        .label("1")
        .add("test %rsi, %rsi", 0x48, 0x85, 0xf6)
        .add("jz 2f", 0x74, 0x02)
        .add("mov %eax, (%rsi)", 0x89, 0x06)
        .label("2")
        .add("ret", 0xc3)
        .label("9");
    return systemCall(code, 309);
  }
}
