package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.error.GuestFaultException.Kind.DEVICE_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;

import io.hyperlight.error.GuestFaultException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Attacks with ports. If stubs run as user code, user code can use the port of the system-call
 * stub, too. Every use of it other than the stub's own must then be distinguished from a system
 * call. On other machines, and for every other port, the processor refuses the access.
 */
final class PortAttacks {
  private static final Set<Kind> REFUSED = Set.of(DEVICE_ACCESS, PROTECTION);

  private PortAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    for (String instruction :
        List.of(
            "out %%al, $0x70",
            "out %%ax, $0x70",
            "out %%eax, $0x70",
            "out %%al, %%dx",
            "out %%ax, %%dx",
            "out %%eax, %%dx",
            "in $0x70, %%al",
            "in $0x70, %%ax",
            "in $0x70, %%eax",
            "in %%dx, %%al",
            "in %%dx, %%eax")) {
      all.add(port(instruction, 1, "place"));
    }
    for (String suffix : List.of("b", "w", "l")) {
      for (String direction : List.of("ins", "outs")) {
        for (String prefix : List.of("", "rep ", "std; rep ")) {
          String instruction = prefix + direction + suffix;
          all.add(port(instruction, 4, "place + 2048"));
          all.add(port(instruction + " over a page boundary", 4096, "edge - 1"));
        }
      }
    }
    // KVM hands such an instruction over in pieces, and finishes one after the other.
    all.add(port("rep insb for ever", -1, "place"));
    all.add(port("rep outsb for ever", -1, "place"));
    all.add(port("rep insl of 3,000 words", 3000, "place"));
    all.add(port("rep outsl of 3,000 words", 3000, "place"));
    all.add(nowhere("rep insb"));
    all.add(nowhere("rep outsb"));
    all.add(nowhere("insl"));
    all.add(nowhere("outsl"));
    all.addAll(forgeries());
    return all;
  }

  /** An instruction on port 0x70, with a target or source that is its own memory. */
  private static Attack port(String name, int count, String address) {
    String instruction = name.replaceAll(" (over|for|of) .*", "");
    return faults(
        "port 0x70: " + name.replace("%%", ""),
        REFUSED,
        """
        uint64_t place = take_heap_page();
        uint64_t edge = place + PAGE;
        system_call(BRK, place + 5 * PAGE, 0, 0);
        uint64_t address = %s;
        uint64_t count = %dul;
        (void)edge;
        __asm__ volatile("%s; cld" : "+D"(address), "+c"(count) : "S"(address), "d"(0x70), "a"(0)
                         : "memory", "cc");
        """
            .formatted(address, count, instruction));
  }

  private static Attack nowhere(String instruction) {
    return faults(
        "port 0x70: " + instruction + " of memory that is not there",
        Set.of(DEVICE_ACCESS, PROTECTION, MEMORY_ACCESS),
        """
        uint64_t address = MONITOR + PAGE, count = 16;
        __asm__ volatile("%s" : "+D"(address), "+c"(count) : "S"(address), "d"(0x70), "a"(0) : "memory");
        """
            .formatted(instruction));
  }

  /** Own {@code out} instructions with the registers of a system call. */
  private static List<Attack> forgeries() {
    return List.of(
        faults(
            "forge the end of a call",
            REFUSED,
            """
            __asm__ volatile("out %%al, $0x70" : : "a"(HL_CALL_DONE), "c"(gate_system_call() + 2) : "memory");
            """),
        faults(
            "forge a host call",
            REFUSED,
            """
            struct hl_value argument = {21, 0};
            __asm__ volatile("lea 1f(%%rip), %%rcx; out %%al, $0x70; 1:"
                             : : "a"(HL_CALL_HOST), "D"(NUMBER_OF(twice)), "S"(&argument) : "rcx", "memory");
            """),
        faults(
            "forge a host call that returns to the gate",
            REFUSED,
            """
            __asm__ volatile("mov $0x70, %%edx; out %%al, %%dx" : : "a"(HL_CALL_HOST), "c"(GATE) : "rdx");
            """));
  }
}
