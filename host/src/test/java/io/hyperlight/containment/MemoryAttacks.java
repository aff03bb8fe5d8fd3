package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static io.hyperlight.error.GuestFaultException.Kind.STACK_OVERFLOW;

import java.util.List;
import java.util.Set;

/** Reads, writes and runs what the guest has no access to. */
final class MemoryAttacks {
  private MemoryAttacks() {}

  static List<Attack> all() {
    return List.of(
        faults("read null", MEMORY_ACCESS, "load(0);"),
        faults("write null", MEMORY_ACCESS, "store(0);"),
        faults("execute null", MEMORY_ACCESS, "execute(0);"),
        faults("read the last byte below the gate", MEMORY_ACCESS, "load(GATE - 1);"),
        faults("write own code", MEMORY_ACCESS, "store(address_of((void *)ping));"),
        faults("write constants", MEMORY_ACCESS, "store(address_of(ret_in_constants));"),
        faults("write the gate", MEMORY_ACCESS, "store(GATE);"),
        faults("write the stub on the gate's page", MEMORY_ACCESS, "store(USER_STUB);"),
        faults("write the end of the gate's page", MEMORY_ACCESS, "store(GATE + PAGE - 1);"),
        faults("write the information page", MEMORY_ACCESS, "store(INFORMATION);"),
        faults("write the initial vector state", MEMORY_ACCESS, "store(INFORMATION + 0x400);"),
        faults("read behind the information page", MEMORY_ACCESS, "load(INFORMATION + PAGE);"),
        faults("execute the information page", MEMORY_ACCESS, "execute(INFORMATION + 0x500);"),
        faults("execute constants", MEMORY_ACCESS, "execute(address_of(ret_in_constants));"),
        faults("execute data", MEMORY_ACCESS, "execute(address_of(ret_in_data));"),
        faults(
            "execute the stack",
            MEMORY_ACCESS,
            "uint8_t code[16] = {0xc3}; execute(address_of(code));"),
        faults(
            "execute the heap",
            MEMORY_ACCESS,
            "uint8_t *code = (uint8_t *)take_heap_page(); *code = 0xc3;"
                + " execute(address_of(code));"),
        faults(
            "execute the window",
            MEMORY_ACCESS,
            "uint8_t *code = hl_scratch(16); *code = 0xc3; execute(address_of(code));"),
        faults("execute the call frame", MEMORY_ACCESS, "execute(address_of(FRAME) + 0x100);"),
        faults("read behind the call frame", MEMORY_ACCESS, "load(address_of(FRAME) + 0x400);"),
        faults("write behind the call frame", MEMORY_ACCESS, "store(address_of(FRAME) + 0x400);"),
        faults("read below the window", MEMORY_ACCESS, "load(HL_INFORMATION->window - 1);"),
        faults("read behind the window", MEMORY_ACCESS, "load(FRAME->window_end);"),
        faults("read behind the heap", MEMORY_ACCESS, "load(take_heap_page() + PAGE);"),
        faults("read the last page of user space", MEMORY_ACCESS, "load(USER_END - 1);"),
        faults("read behind the last page of user space", MEMORY_ACCESS, "load(USER_END);"),
        faults("read a non-canonical address", PROTECTION, "load(NON_CANONICAL);"),
        faults("write a non-canonical address", PROTECTION, "store(NON_CANONICAL + 8);"),
        faults("execute a non-canonical address", PROTECTION, "execute(NON_CANONICAL);"),
        faults("read the last non-canonical address", PROTECTION, "load(0xffff7ffffffffff0);"),
        faults(
            "push on a non-canonical stack",
            PROTECTION,
            "__asm__ volatile(\"mov %0, %%rsp; push %%rax\" : : \"r\"(NON_CANONICAL + 16) :"
                + " \"memory\");"),
        faults(
            "pop from a monitor's stack",
            MEMORY_ACCESS,
            "__asm__ volatile(\"mov %0, %%rsp; pop %%rax\" : : \"r\"(MONITOR + 4 * PAGE) :"
                + " \"memory\");"),
        faults("read where Linux has its fixed page", MEMORY_ACCESS, "load(0xffffffffff600000);"),
        faults(
            "call where Linux has its fixed page", MEMORY_ACCESS, "execute(0xffffffffff600000);"),
        faults(
            "recurse for ever",
            STACK_OVERFLOW,
            "__asm__ volatile(\"1: call 1b\" : : : \"memory\");"),
        faults(
            "take a frame larger than the stack",
            STACK_OVERFLOW,
            "__asm__ volatile(\"sub $0x80000, %%rsp; push %%rax\" : : : \"memory\");"),
        faults(
            "take frame after frame of 64 KiB",
            STACK_OVERFLOW,
            "__asm__ volatile(\"1: sub $0x10000, %%rsp; push %%rax; jmp 1b\" : : : \"memory\");"),
        returnsOrFaults(
            "take a frame that reaches over the guard",
            Set.of(MEMORY_ACCESS),
            "store(address_of(__builtin_frame_address(0)) - 0x150000);"),
        returns(
            "read all of its own memory",
            """
            uint64_t end;
            uint64_t start = take_all_heap(&end);
            for (uint64_t at = start; at < end; at += PAGE) {
                load(at);
            }
            load(GATE);
            load(INFORMATION + PAGE - 1);
            for (uint64_t at = HL_INFORMATION->window; at < FRAME->window_end; at += PAGE) {
                load(at);
            }
            """));
  }
}
