package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.os.HostIoctl;
import java.util.Arrays;

/**
 * The code by which a thread runs a guest if guests run directly on the processor. It makes
 * KVM_RUN, and then sets null selectors for DS, ES, FS and GS before anything else can run on the
 * thread.
 *
 * <p>A paravirtual KVM separates everything that a guest can change in a processor, except for
 * these selectors. It neither saves nor loads them, and KVM_GET_SREGS does not even show them. The
 * thread would keep what a guest leaves there: for itself, for threads that it starts, and for the
 * next guest on it. Code in a guest cannot reset them reliably, since the guest can jump behind any
 * code of the gate. Only user code can load a selector. So this is host code: some ninety bytes on
 * a page of their own that nothing can write.
 *
 * <p>Linux starts every 64-bit thread with null selectors. In 64-bit code they affect only the
 * bases of FS and GS, which stay as they are.
 */
public final class RunCode {
  private static final int SECOND = HostIoctl.RUN_CODE_SECOND;

  private static final int SYS_IOCTL = 16;
  private static final int SYS_ARCH_PRCTL = 158;
  private static final int ARCH_SET_FS = 0x1002;

  private RunCode() {}

  /** Installs the code in the process, once. */
  public static void install() {
    byte[] run = run().toByteArray();
    byte[] second = nullSelectors().toByteArray();
    byte[] code = Arrays.copyOf(run, SECOND + second.length);
    System.arraycopy(second, 0, code, SECOND, second.length);
    HostIoctl.installRunCode(code);
  }

  /** Returns code for an ioctl with the arguments of the C function. It returns 0 or -1. */
  public static MachineCode run() {
    return addNullSelectors(
        begin().addWithInt("mov $%d, %%eax", SYS_IOCTL, 0xb8).add("syscall", 0x0f, 0x05));
  }

  /** Returns code that only sets null selectors. It returns 0. */
  public static MachineCode nullSelectors() {
    return addNullSelectors(begin().add("xor %eax, %eax", 0x31, 0xc0));
  }

  private static MachineCode begin() {
    return new MachineCode().add("endbr64", 0xf3, 0x0f, 0x1e, 0xfa);
  }

  /**
   * Adds code that sets null selectors. FS comes last and is set by the kernel: a null selector may
   * clear the base, and the handler of a signal at that moment would find no thread-local storage.
   */
  private static MachineCode addNullSelectors(MachineCode code) {
    return code.add("mov %ds, %ecx", 0x8c, 0xd9)
        .add("mov %es, %edx", 0x8c, 0xc2)
        .add("or %edx, %ecx", 0x09, 0xd1)
        .add("mov %fs, %edx", 0x8c, 0xe2)
        .add("or %edx, %ecx", 0x09, 0xd1)
        .add("mov %gs, %edx", 0x8c, 0xea)
        .add("or %edx, %ecx", 0x09, 0xd1)
        .add("jz 1f", 0x74, 0x29)
        .add("mov %eax, %r8d", 0x41, 0x89, 0xc0)
        .add("xor %ecx, %ecx", 0x31, 0xc9)
        .add("mov %ecx, %ds", 0x8e, 0xd9)
        .add("mov %ecx, %es", 0x8e, 0xc1)
        .add("rdgsbase %rdx", 0xf3, 0x48, 0x0f, 0xae, 0xca)
        .add("mov %ecx, %gs", 0x8e, 0xe9)
        .add("wrgsbase %rdx", 0xf3, 0x48, 0x0f, 0xae, 0xda)
        .add("rdfsbase %rsi", 0xf3, 0x48, 0x0f, 0xae, 0xc6)
        .addWithInt("mov $0x%x, %%edi", ARCH_SET_FS, 0xbf)
        .addWithInt("mov $%d, %%eax", SYS_ARCH_PRCTL, 0xb8)
        .add("syscall", 0x0f, 0x05)
        .add("mov %r8d, %eax", 0x44, 0x89, 0xc0)
        .label("1")
        // The kernel's error number is negative. A caller that needs it makes the call again.
        .add("sar $31, %eax", 0xc1, 0xf8, 0x1f)
        .add("ret", 0xc3);
  }
}
