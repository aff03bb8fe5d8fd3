package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.machine.arch.FaultKind;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.MachineCode;
import io.hyperlight.internal.machine.x86.Monitor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A short conformance test for the KVM of a machine. It checks what sandboxes rely on. Each check
 * runs a few instructions of guest code in a VM of its own. It is for machines that were not tested
 * yet.
 */
public final class SelfTest {
  /**
   * The result of one check.
   *
   * @param name what was checked
   * @param problem what was wrong, or null if nothing was
   */
  public record Result(String name, @Nullable String problem) {}

  /**
   * One check.
   *
   * @param judge looks at the machine after its code has run, and at the trap if the run ended in
   *     one; returns what is wrong
   */
  record Check(String name, MachineCode code, Judge judge) {}

  /** Judges a machine that has run. It returns what is wrong, or null. */
  interface Judge {
    @Nullable String judge(Vm machine, @Nullable Trap trap);
  }

  private static final long CODE = ProbeCode.CODE;
  private static final long DATA = ProbeCode.DATA;
  private static final long LATER = 0x5_0000;
  private static final int RESTORES = 40;

  /** The argument of the code, from which it makes 42. */
  private static final long ARGUMENT = 40;

  static final long MEMORY = 64L * PhysicalMemory.PAGE_SIZE;

  private static final int DIVIDE_ERROR = 0;
  private static final int INVALID_OPCODE = 6;
  private static final int GENERAL_PROTECTION = 13;

  private SelfTest() {}

  static List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    checks.add(
        new Check(
            "a call returns its result",
            code().add("lea 2(%rdi), %rax", 0x48, 0x8d, 0x47, 0x02).add("ret", 0xc3),
            result(42)));
    checks.add(
        new Check(
            "a system call is answered and resumed at CPL 3",
            code()
                .add("mov $7, %eax", 0xb8, 7, 0, 0, 0)
                .add("syscall", 0x0f, 0x05)
                .add("mov %cs, %ecx", 0x8c, 0xc9)
                .add("and $3, %ecx", 0x83, 0xe1, 0x03)
                .add("add %rcx, %rax", 0x48, 0x01, 0xc8)
                .add("ret", 0xc3),
            result(42)));
    checks.add(
        new Check(
            "general registers hold nothing of the host",
            code()
                .add("mov %r12, %rax", 0x4c, 0x89, 0xe0)
                .add("or %r13, %rax", 0x4c, 0x09, 0xe8)
                .add("or %r14, %rax", 0x4c, 0x09, 0xf0)
                .add("or %r15, %rax", 0x4c, 0x09, 0xf8)
                .add("or %rbp, %rax", 0x48, 0x09, 0xe8)
                .add("add $42, %rax", 0x48, 0x83, 0xc0, 42)
                .add("ret", 0xc3),
            result(42)));
    checks.add(
        new Check(
            "AVX works and is reset by the gate",
            code()
                .add("vxorps %xmm1, %xmm1, %xmm1", 0xc5, 0xf0, 0x57, 0xc9)
                .add("vpor %ymm9, %ymm1, %ymm1", 0xc4, 0xc1, 0x75, 0xeb, 0xc9)
                .add("vmovq %xmm1, %rax", 0xc4, 0xe1, 0xf9, 0x7e, 0xc8)
                .add("add $42, %rax", 0x48, 0x83, 0xc0, 42)
                .add("ret", 0xc3),
            result(42)));
    checks.add(
        new Check(
            "a page mapped later is seen",
            code()
                .add("mov $7, %eax", 0xb8, 7, 0, 0, 0)
                .add("syscall", 0x0f, 0x05)
                .addWithInt("mov 0x%x, %%rax", (int) LATER, 0x48, 0x8b, 0x04, 0x25)
                .add("add $42, %rax", 0x48, 0x83, 0xc0, 42)
                .add("ret", 0xc3),
            result(42)));
    checks.add(
        new Check(
            "an invalid instruction is an exception",
            code().add("ud2", 0x0f, 0x0b),
            exception(INVALID_OPCODE, CODE)));
    checks.add(
        new Check(
            "a division by zero is an exception",
            code().add("xor %ecx, %ecx", 0x31, 0xc9).add("div %ecx", 0xf7, 0xf1),
            exception(DIVIDE_ERROR, CODE + 2)));
    checks.add(
        new Check(
            "a privileged instruction is an exception",
            code().add("hlt", 0xf4),
            exception(GENERAL_PROTECTION, CODE)));
    checks.add(
        new Check(
            "code cannot be written",
            code().addWithInt("movb %%al, 0x%x", (int) CODE, 0x88, 0x04, 0x25),
            pageFault(CODE)));
    checks.add(
        new Check(
            "data cannot be executed",
            code().addWithInt("mov $0x%x, %%eax", (int) DATA, 0xb8).add("jmp *%rax", 0xff, 0xe0),
            pageFault(DATA)));
    checks.add(
        new Check(
            "page 0 is not mapped",
            code().addWithInt("mov 0x%x, %%al", 0, 0x8a, 0x04, 0x25),
            pageFault(0)));
    for (long page : new long[] {Monitor.DATA, Monitor.CODE, Monitor.STACK}) {
      checks.add(
          new Check(
              "the monitor's page at 0x%x cannot be read".formatted(page),
              code()
                  .addWithLong("movabs $0x%x, %%rbx", page, 0x48, 0xbb)
                  .add("mov (%rbx), %al", 0x8a, 0x03),
              pageFault(page)));
    }
    checks.add(
        new Check(
            "no port can be used",
            code().add("out %al, $0x80", 0xe6, 0x80),
            exception(GENERAL_PROTECTION, CODE)));
    checks.add(
        new Check(
            "an exception's port cannot be used",
            code().add("out %al, $0x0e", 0xe6, 0x0e),
            exception(GENERAL_PROTECTION, CODE)));
    checks.add(
        new Check(
            "the system call's port is of no use to other code",
            code()
                .addWithInt("mov $0x%x, %%eax", Hypercall.DONE, 0xb8)
                .add("out %al, $0x70", 0xe6, 0x70)
                .add("ret", 0xc3),
            (machine, trap) ->
                trap instanceof Trap.DeviceAccess
                    ? null
                    : exception(GENERAL_PROTECTION, CODE + 5).judge(machine, trap)));
    return checks;
  }

  /** Returns a check that only some machines pass: whether guests can set protection keys. */
  static Check protectionKeys() {
    return new Check(
        "protection keys can be set",
        code()
            .add("xor %ecx, %ecx", 0x31, 0xc9)
            .add("rdpkru", 0x0f, 0x01, 0xee)
            .add("lea 2(%rdi), %rax", 0x48, 0x8d, 0x47, 0x02)
            .add("ret", 0xc3),
        result(42));
  }

  /** Returns a check for machines that hide the counter. Others need not pass it. */
  static Check timeStampCounter() {
    return new Check(
        "the time-stamp counter is out of reach",
        code().add("rdtsc", 0x0f, 0x31),
        exception(GENERAL_PROTECTION, CODE));
  }

  private static MachineCode code() {
    return new MachineCode();
  }

  private static Judge result(long expected) {
    return (machine, trap) -> {
      if (trap != null) {
        return trap.toString();
      }
      long actual = machine.context().argument(0);
      return actual == expected ? null : "%d instead of %d".formatted(actual, expected);
    };
  }

  private static Judge exception(int vector, long instructionPointer) {
    return thatException(exception ->
        exception.number() == vector && exception.instructionPointer() == instructionPointer);
  }

  private static Judge pageFault(long address) {
    return thatException(
        exception -> exception.kind() == FaultKind.MEMORY_ACCESS && exception.address() == address);
  }

  private static Judge thatException(Function<Trap.ProcessorException, Boolean> expected) {
    return (machine, trap) -> {
      if (trap instanceof Trap.ProcessorException exception && expected.apply(exception)) {
        return null;
      }
      return trap == null ? "nothing happened" : trap.toString();
    };
  }

  /**
   * Runs all checks.
   *
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  public static List<Result> run(Platform platform) {
    List<Result> results = new ArrayList<>();
    for (Check check : checks()) {
      results.add(new Result(check.name(), run(platform, check)));
    }
    results.add(
        new Result("a restore undoes what a guest wrote and mapped", runRestores(platform)));
    return results;
  }

  /**
   * Writes a page and maps another, again and again, with a restore after each round.
   *
   * @return what is wrong, or null
   */
  private static @Nullable String runRestores(Platform platform) {
    Check writer = writer();
    try (Vm original = platform.create(MEMORY)) {
      ProbeCode.load(original, writer.code());
      try (MachineImage image = original.freeze();
          Vm machine = platform.spawn(image, MachineOptions.DEFAULT)) {
        for (int round = 0; round < RESTORES; round++) {
          String problem = call(machine, writer);
          if (problem != null) {
            return problem;
          }
          if (machine.addressSpace().readLong(DATA) != 1) {
            return "a write was lost";
          }
          if (!machine.restoreTo(image)) {
            return "the machine cannot be restored";
          }
          if (machine.addressSpace().readLong(DATA) != 0) {
            return "round %d is seen in the next".formatted(round);
          }
        }
        return null;
      }
    }
  }

  /** Returns code that counts in a page, and reads a page that is mapped meanwhile. */
  static Check writer() {
    return new Check(
        "",
        code()
            .addWithInt("incq 0x%x", (int) DATA, 0x48, 0xff, 0x04, 0x25)
            .add("mov $7, %eax", 0xb8, 7, 0, 0, 0)
            .add("syscall", 0x0f, 0x05)
            .addWithInt("mov 0x%x, %%rax", (int) LATER, 0x48, 0x8b, 0x04, 0x25)
            .addWithInt("incq 0x%x", (int) LATER, 0x48, 0xff, 0x04, 0x25)
            .add("add $42, %rax", 0x48, 0x83, 0xc0, 42)
            .add("ret", 0xc3),
        result(42));
  }

  private static @Nullable String run(Platform platform, Check check) {
    try (Vm machine = platform.create(MEMORY)) {
      return run(machine, check);
    }
  }

  /**
   * Runs one check in a new machine.
   *
   * @return what is wrong, or null
   */
  static @Nullable String run(Vm machine, Check check) {
    ProbeCode.load(machine, check.code());
    return call(machine, check);
  }

  private static @Nullable String call(Vm machine, Check check) {
    Trap trap = ProbeCode.call(machine, ARGUMENT);
    if (trap == null && !machine.context().isCallDone()) {
      // The one system call of a check. The host maps a page and answers it.
      AddressSpace space = machine.addressSpace();
      space.map(LATER, PhysicalMemory.PAGE_SIZE, Protection.READ_WRITE);
      machine.context().answer(39);
      machine.context().resume();
      trap = machine.context().run();
    }
    return check.judge().judge(machine, trap);
  }
}
