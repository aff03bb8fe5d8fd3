package io.hyperlight.containment;

import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.SourceFile;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest can do instead of waiting, after it has left a message that only the gate should
 * leave. The host then believes that a call is over, or answers a host call. Meanwhile the guest's
 * own code goes on, or is in the middle of an instruction that KVM has yet to complete.
 *
 * <p>Each attack names two functions: one after a message that the call is over, one after a host
 * call.
 */
final class MessageAttacks {
  /** In terms of {@link HostileGuest}'s prelude. */
  static final String PRELUDE = SourceFile.of(MessageAttacks.class, "message_attacks.c");

  /** Code after the message that makes the vCPU leave the guest. */
  private static final String[][] EXITS = {
    {
      "in",
      "__asm__ volatile(\"in %%dx, %%al; jmp stowaway\" : : \"d\"(0x70) : \"rax\", \"memory\");"
    },
    {
      "in of 4 bytes",
      "__asm__ volatile(\"in %%dx, %%eax; jmp stowaway\" : : \"d\"(0x70) : \"rax\", \"memory\");"
    },
    {
      "ins",
      "void *to = (void *)stolen; __asm__ volatile(\"insb; jmp stowaway\" : \"+D\"(to) :"
          + " \"d\"(0x70) : \"memory\");"
    },
    {
      "rep ins",
      """
      void *to = (void *)stolen; uint64_t n = 3;
      __asm__ volatile("rep insb; jmp stowaway" : "+D"(to), "+c"(n) : "d"(0x70) : "memory");\
      """
    },
    {
      "endless rep ins",
      """
      void *to = (void *)stolen; uint64_t n = ~0ul;
      __asm__ volatile("rep insb; jmp stowaway" : "+D"(to), "+c"(n) : "d"(0x70) : "memory");\
      """
    },
    {
      "rep ins into the gate",
      """
      void *to = (void *)GATE; uint64_t n = 3;
      __asm__ volatile("rep insb; jmp stowaway" : "+D"(to), "+c"(n) : "d"(0x70) : "memory");\
      """
    },
    {
      "ins into the monitor",
      "void *to = (void *)(MONITOR + 0x2000); __asm__ volatile(\"insb\" : \"+D\"(to) : \"d\"(0x70)"
          + " : \"memory\");"
    },
    {
      "rep outs",
      """
      const void *from = (const void *)stolen; uint64_t n = 3;
      __asm__ volatile("rep outsb; jmp stowaway" : "+S"(from), "+c"(n) : "d"(0x70) : "memory");\
      """
    },
    {
      "out",
      "__asm__ volatile(\"out %%al, $0x70; jmp stowaway\" : : \"a\"(HL_CALL_DONE) : \"memory\");"
    },
    {"invalid instruction", "ASM(\"ud2; jmp stowaway\");"},
    {"breakpoint", "ASM(\"int3; jmp stowaway\");"},
    {"page fault", "store(16);"},
    {"division by zero", "ASM(\"xor %%ecx, %%ecx; div %%ecx; jmp stowaway\");"},
    {"single step", "ASM(\"pushfq; orq $0x100, (%%rsp); popfq; nop; jmp stowaway\");"},
    {
      "alignment check and single step",
      "ASM(\"pushfq; orq $0x40100, (%%rsp); popfq; nop; jmp stowaway\");"
    },
    {"system call", "system_call(39, 0, 0, 0); stowaway();"},
    {"invalid system call", "system_call(0x999, 0, 0, 0); stowaway();"},
    {"end by system call", "system_call(HL_CALL_DONE, 0, 0, 0); stowaway();"},
    {
      "sleep",
      "uint64_t time[2] = {1000, 0}; system_call(NANOSLEEP, (uint64_t)time, 0, 0); stowaway();"
    },
    {"exit", "system_call(231, 7, 0, 0); stowaway();"},
    {
      "rest in a single step of the stub",
      """
      __asm__ volatile(
          "mov %%rsp, %%rdx; mov %%cs, %%rdi; mov %%ss, %%rsi; push %%rsi; push %%rdx; push $0x102; "
          "push %%rdi; push %0; lea stowaway(%%rip), %%rcx; mov $0x202, %%r11d; mov $0x484c0007, %%eax; iretq"
          : : "r"(USER_STUB) : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "memory");\
      """
    },
    {
      "end by the gate's own exit",
      """
      __asm__ volatile("mov $0x484c0000, %%eax; xor %%ecx, %%ecx; jmp *%0" : : "r"(gate_system_call()) : "rax", "rcx", "memory");\
      """
    },
  };

  /** Code after the message that does not leave the guest. */
  private static final String[][] STAYS = {
    {"stowaway", "stowaway();"},
    {"loop", "for (;;) { }"},
    {
      "rest with the trap flag",
      "ASM(\"pushfq; orq $0x100, (%%rsp); popfq; mov $0x484c0007, %%eax; syscall; jmp stowaway\");"
    },
    {"rest that returns elsewhere", "ASM(\"mov $0x484c0007, %%eax; syscall; jmp stowaway\");"},
    {
      "host call by the gate's routine",
      """
      __asm__ volatile("jmp *%0" : : "r"(HL_INFORMATION->host_call), "D"(NUMBER_OF(wait_until_stopped)), "S"(message_arguments) : "memory");\
      """
    },
    {
      "messages for ever",
      "for (;;) { message(HL_CALL_DONE, 0xbad, 0); ((volatile uint64_t *)FRAME)[0x340 / 8] ="
          + " ((volatile uint64_t *)FRAME)[0x300 / 8] + 1; }"
    },
    {
      "registers for the next call",
      """
      __asm__ volatile(
          "mov $0x5ec1, %%ebp; mov %%rbp, %%rbx; mov %%rbp, %%r10; mov %%rbp, %%r11; mov %%rbp, %%r12\\n"
          "mov %%rbp, %%r13; mov %%rbp, %%r14; mov %%rbp, %%r15; mov %%rbp, %%rcx; mov %%rbp, %%rdx; mov %%rbp, %%rsi\\n"
          "mov %%rbp, %%rdi; mov %%rbp, %%r8; movq %%rbp, %%xmm3; movq %%rbp, %%xmm15\\n"
          "push $0x240cd7; popfq; 1: jmp 1b" ::: "memory");\
      """
    },
  };

  private MessageAttacks() {}

  /**
   * An attack after a message.
   *
   * @param function the C function's name
   * @param exits whether the vCPU leaves the guest
   * @param code the body
   */
  record AfterMessage(String function, boolean exits, String code) {
    String source() {
      return "HL_EXPORT(int64_t, %1$s)\nint64_t %1$s(void)\n{\n%2$s\nreturn 0;\n}\n"
          .formatted(function, code);
    }
  }

  static List<AfterMessage> all() {
    List<AfterMessage> all = new ArrayList<>();
    for (boolean exits : new boolean[] {true, false}) {
      for (String[] attack : exits ? EXITS : STAYS) {
        String name = attack[0].replaceAll("[^a-z0-9]+", "_");
        all.add(
            new AfterMessage(
                "done_then_" + name, exits, "message(HL_CALL_DONE, 7, 0);" + attack[1]));
        all.add(
            new AfterMessage(
                "host_call_then_" + name,
                exits,
                "message(HL_CALL_HOST, NUMBER_OF(wait_until_stopped), (uint64_t)message_arguments);"
                    + attack[1]));
      }
    }
    return all;
  }
}
