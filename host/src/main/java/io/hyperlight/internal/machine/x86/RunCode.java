package io.hyperlight.internal.machine.x86;

import io.hyperlight.internal.os.HostIoctl;
import java.util.Arrays;

/**
 * The code by which a thread runs a guest where that runs on the processor as it is: KVM_RUN, and
 * behind it, before anything else can run on the thread, null selectors for DS, ES, FS and GS.
 *
 * <p>A paravirtual KVM keeps apart all that a guest can change in a processor but these: KVM
 * neither saves nor loads them, KVM_GET_SREGS does not even show them. What a guest leaves there
 * the thread would keep, for itself, for threads that it starts, and for the next guest on it.
 * Nothing in a guest can be relied on to take them back: whatever code of the gate's does so, the
 * guest can jump behind it. Only user code can load a selector, so this is host code, some ninety
 * bytes on a page of their own that nobody can write.
 *
 * <p>Linux gives every 64-bit thread null selectors. In 64-bit code nothing depends on them but the
 * bases of FS and GS, which stay what they are.
 */
public final class RunCode {
  private static final int SECOND = HostIoctl.RUN_CODE_SECOND;

  private static final int SYS_IOCTL = 16;
  private static final int SYS_ARCH_PRCTL = 158;
  private static final int ARCH_SET_FS = 0x1002;

  private RunCode() {}

  /** Puts it into the process, once. */
  public static void install() {
    byte[] run = run().toByteArray();
    byte[] second = nullSelectors().toByteArray();
    byte[] code = Arrays.copyOf(run, SECOND + second.length);
    System.arraycopy(second, 0, code, SECOND, second.length);
    HostIoctl.installRunCode(code);
  }

  /** An ioctl with the C function's arguments; returns 0 or -1. */
  public static MachineCode run() {
    return addNullSelectors(
        begin().addWithInt("mov $%d, %%eax", SYS_IOCTL, 0xb8).add("syscall", 0x0f, 0x05));
  }

  /** Null selectors only; returns 0. */
  public static MachineCode nullSelectors() {
    return addNullSelectors(begin().add("xor %eax, %eax", 0x31, 0xc0));
  }

  private static MachineCode begin() {
    return new MachineCode().add("endbr64", 0xf3, 0x0f, 0x1e, 0xfa);
  }

  /**
   * FS last and by the kernel: a null selector may clear the base, and a signal's handler that came
   * then would find no thread-local storage.
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
        // The kernel's error number is negative; who wants it asks once more.
        .add("sar $31, %eax", 0xc1, 0xf8, 0x1f)
        .add("ret", 0xc3);
  }
}
