package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.returnsOrFaults;

import io.hyperlight.error.GuestFaultException.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/**
 * State that a processor keeps outside of its registers, and that is left behind at the end of a
 * call.
 */
final class ResidueAttacks {
  private ResidueAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    all.add(
        any(
            "leave an x87 exception pending",
            """
            uint16_t control = 0x360;
            __asm__ volatile("fldcw %0; fld1; fldz; fdivrp" : : "m"(control));
            """));
    all.add(
        any(
            "leave an x87 exception pending at the gate's exit",
            """
            uint16_t control = 0x340;
            __asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fldz; fsqrt; jmp *%1" : : "m"(control), "r"(gate_exit()));
            """));
    all.add(
        any(
            "leave the x87 stack full and its tags odd",
            """
            uint8_t environment[28] __attribute__((aligned(16)));
            __asm__ volatile("fninit; fld1; fldpi; fnstenv %0" : "=m"(environment));
            environment[8] = 0xaa; environment[4] = 0x7f; environment[12] = 0x77; environment[20] = 0x99;
            __asm__ volatile("fldenv %0" : : "m"(environment));
            """));
    all.add(
        any(
            "MXCSR with every exception unmasked and flagged",
            """
            uint32_t value = 0xe07f & ~0x3f;
            __asm__ volatile("ldmxcsr %0" : : "m"(value));
            """));
    all.add(
        any(
            "all flags at the gate's exit",
            """
            __asm__ volatile("pushq $0x244ed5; popfq; jmp *%0" : : "r"(gate_exit()) : "memory");
            """));
    all.add(
        any(
            "alignment check at the gate's exit",
            """
            __asm__ volatile("pushq $0x40002; popfq; jmp *%0" : : "r"(gate_exit()) : "memory");
            """));
    all.add(
        any(
            "nested task and resume flags at the gate's exit",
            """
            __asm__ volatile("pushq $0x14002; popfq; jmp *%0" : : "r"(gate_exit()) : "memory");
            """));
    all.add(
        any(
            "the trap flag at the gate's system call",
            """
            __asm__ volatile("mov $0x484c0000, %%eax; pushq $0x102; popfq; jmp *%0" : : "r"(gate_system_call()) : "memory");
            """));
    for (String selector : List.of("0", "1", "2", "3", "0x23", "0x2b", "0x7b", "0x78", "0x28")) {
      for (String register : List.of("ss", "ds", "fs", "gs")) {
        all.add(
            any(
                "%s is %s at the gate's exit".formatted(register, selector),
                """
                uint64_t exit = gate_exit();
                __asm__ volatile("mov %%0, %%%%eax; mov %%%%eax, %%%%%s; jmp *%%1" : : "i"(%s), "r"(exit) : "rax", "memory");
                """
                    .formatted(register, selector)));
      }
    }
    all.add(
        any(
            "RSP in the kernel's half at the gate's exit",
            """
            __asm__ volatile("mov %1, %%rsp; jmp *%0" : : "r"(gate_exit()), "r"(MONITOR + 5 * PAGE) : "memory");
            """));
    all.add(
        any(
            "protection keys",
            """
            __asm__ volatile("mov $-1, %%eax; xor %%ecx, %%ecx; xor %%edx, %%edx; .byte 0x0f, 0x01, 0xef; jmp *%0" : : "r"(gate_exit()) : "rax", "rcx", "rdx", "memory");
            """));
    for (String code :
        List.of(
            "rdpid %%rax",
            "rdpru",
            "rdtscp",
            "clzero",
            "mwaitx",
            "monitorx",
            "xor %%ecx, %%ecx; umonitor %%rax",
            "tpause %%ecx",
            "ptwrite %%rax",
            "incsspq %%rax",
            "setssbsy",
            "saveprevssp",
            "stui",
            "clui",
            "senduipi %%rax",
            "xbegin 1f; 1:",
            "xabort $1",
            "getsec",
            "skinit",
            "stgi",
            "vmload",
            "vmrun",
            "vmsave",
            "invlpga",
            "encls",
            "enclu",
            "pconfig",
            "wbnoinvd",
            "invlpgb",
            "xsetbv",
            "xsaves (%%rsp)",
            "xrstors (%%rsp)",
            "cldemote (%%rsp)",
            "fxrstor 0x100",
            "xrstor 0x11000",
            "ldmxcsr 0x11000",
            "fldenv 0x11000",
            "lar %%ax, %%ecx",
            "lsl %%ax, %%ecx",
            "verr %%ax",
            "verw %%ax",
            "emms",
            "femms",
            "vzeroall",
            "tilerelease",
            "ud1 %%eax, %%eax",
            ".byte 0x0f, 0xff, 0xc0",
            ".byte 0x0f, 0x0f, 0xc0, 0xff",
            ".byte 0x66, 0x0f, 0x05",
            ".byte 0xf3, 0x0f, 0x05",
            ".byte 0xf2, 0x0f, 0x05",
            ".byte 0x48, 0x0f, 0x05",
            ".byte 0x2e, 0x0f, 0x05",
            ".byte 0x66, 0x0f, 0x34",
            ".byte 0xd6",
            ".byte 0xf1",
            ".byte 0xf0, 0x90",
            ".byte 0x0f, 0x01, 0xc1",
            ".byte 0x0f, 0x01, 0xd0",
            ".byte 0x0f, 0x01, 0xd4",
            ".byte 0x0f, 0x01, 0xd5",
            ".byte 0x0f, 0x01, 0xd6",
            ".byte 0x0f, 0x01, 0xee",
            ".byte 0x0f, 0x01, 0xf8",
            ".byte 0x0f, 0x01, 0xf9",
            ".byte 0x0f, 0xaa",
            ".byte 0x0f, 0x37",
            ".byte 0x0f, 0x24, 0xc0")) {
      all.add(
          any(
              "execute " + code.replace("%%", "").replace("$", "number "),
              "__asm__ volatile(\"%s\" : : : \"rax\", \"rcx\", \"rdx\", \"memory\", \"cc\");"
                  .formatted(code)));
    }
    return all;
  }

  private static Attack any(String name, String code) {
    return returnsOrFaults(name, EnumSet.allOf(Kind.class), code);
  }
}
