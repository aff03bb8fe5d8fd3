package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.x86.Cpuid.Output;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.MachineUnsupportedException;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.X86Architecture;

/**
 * Finds out what CPUID returns in a guest, by executing it there. That may differ from what KVM was
 * told to show: a KVM that runs user code directly on the processor shows that processor.
 */
final class CpuidProbe implements AutoCloseable {
  private final Vm machine;

  CpuidProbe(X86Architecture kind) {
    machine = Vm.create(kind, SelfTest.MEMORY, MachineOptions.DEFAULT);
    try {
      ProbeCode.load(machine, code());
    } catch (Throwable t) {
      machine.close();
      throw t;
    }
  }

  /**
   * Returns code that executes CPUID of function EDI, index ESI. Then RAX is EBX:EAX and RDX is
   * EDX:ECX.
   */
  static MachineCode code() {
    return new MachineCode()
        .add("mov %edi, %eax", 0x89, 0xf8)
        .add("mov %esi, %ecx", 0x89, 0xf1)
        .add("cpuid", 0x0f, 0xa2)
        .add("shl $32, %rbx", 0x48, 0xc1, 0xe3, 32)
        .add("or %rbx, %rax", 0x48, 0x09, 0xd8)
        .add("shl $32, %rdx", 0x48, 0xc1, 0xe2, 32)
        .add("or %rcx, %rdx", 0x48, 0x09, 0xca)
        .add("ret", 0xc3);
  }

  /** Returns a register as user code sees it. */
  int get(int function, int index, Output output) {
    Trap trap = ProbeCode.call(machine, function, index);
    if (trap != null || !machine.context().isCallDone()) {
      throw new MachineUnsupportedException("CPUID in a probe VM failed: " + trap);
    }
    // The gate left RAX in RDI and RDX in RSI.
    long low = machine.context().argument(0);
    long high = machine.context().argument(1);
    return switch (output) {
      case EAX -> (int) low;
      case EBX -> (int) (low >>> 32);
      case ECX -> (int) high;
      case EDX -> (int) (high >>> 32);
    };
  }

  @Override
  public void close() {
    machine.close();
  }
}
