package io.hyperlight.containment;

import static io.hyperlight.containment.Attack.faults;
import static io.hyperlight.containment.Attack.returns;
import static io.hyperlight.containment.Attack.returnsOrFaults;
import static io.hyperlight.error.GuestFaultException.Kind.GENERAL_PROTECTION;
import static io.hyperlight.error.GuestFaultException.Kind.PAGE_FAULT;
import static io.hyperlight.error.GuestFaultException.Kind.STACK_OVERFLOW;

import java.util.List;
import java.util.Set;

/** Reading, writing and running what is not there for it. */
final class MemoryAttacks {
  private MemoryAttacks() {}

  static List<Attack> all() {
    return List.of(
        faults("read null", PAGE_FAULT, "load(0);"),
        faults("write null", PAGE_FAULT, "store(0);"),
        faults("execute null", PAGE_FAULT, "execute(0);"),
        faults("read the last byte below the gate", PAGE_FAULT, "load(GATE - 1);"),
        faults("write own code", PAGE_FAULT, "store(address_of((void *)ping));"),
        faults("write constants", PAGE_FAULT, "store(address_of(ret_in_constants));"),
        faults("write the gate", PAGE_FAULT, "store(GATE);"),
        faults("write the stub on the gate's page", PAGE_FAULT, "store(USER_STUB);"),
        faults("write the end of the gate's page", PAGE_FAULT, "store(GATE + PAGE - 1);"),
        faults("write the information page", PAGE_FAULT, "store(INFORMATION);"),
        faults("write the initial vector state", PAGE_FAULT, "store(INFORMATION + 0x400);"),
        faults("read behind the information page", PAGE_FAULT, "load(INFORMATION + PAGE);"),
        faults("execute the information page", PAGE_FAULT, "execute(INFORMATION + 0x500);"),
        faults("execute constants", PAGE_FAULT, "execute(address_of(ret_in_constants));"),
        faults("execute data", PAGE_FAULT, "execute(address_of(ret_in_data));"),
        faults(
            "execute the stack",
            PAGE_FAULT,
            "uint8_t code[16] = {0xc3}; execute(address_of(code));"),
        faults(
            "execute the heap",
            PAGE_FAULT,
            "uint8_t *code = (uint8_t *)take_heap_page(); *code = 0xc3;"
                + " execute(address_of(code));"),
        faults(
            "execute the window",
            PAGE_FAULT,
            "uint8_t *code = hl_scratch(16); *code = 0xc3; execute(address_of(code));"),
        faults("execute the call frame", PAGE_FAULT, "execute(address_of(FRAME) + 0x100);"),
        faults("read behind the call frame", PAGE_FAULT, "load(address_of(FRAME) + 0x400);"),
        faults("write behind the call frame", PAGE_FAULT, "store(address_of(FRAME) + 0x400);"),
        faults("read below the window", PAGE_FAULT, "load(HL_INFORMATION->window - 1);"),
        faults("read behind the window", PAGE_FAULT, "load(FRAME->window_end);"),
        faults("read behind the heap", PAGE_FAULT, "load(take_heap_page() + PAGE);"),
        faults("read the last page of user space", PAGE_FAULT, "load(USER_END - 1);"),
        faults("read behind the last page of user space", PAGE_FAULT, "load(USER_END);"),
        faults("read a non-canonical address", GENERAL_PROTECTION, "load(NON_CANONICAL);"),
        faults("write a non-canonical address", GENERAL_PROTECTION, "store(NON_CANONICAL + 8);"),
        faults("execute a non-canonical address", GENERAL_PROTECTION, "execute(NON_CANONICAL);"),
        faults(
            "read the last non-canonical address", GENERAL_PROTECTION, "load(0xffff7ffffffffff0);"),
        faults(
            "push on a non-canonical stack",
            GENERAL_PROTECTION,
            "__asm__ volatile(\"mov %0, %%rsp; push %%rax\" : : \"r\"(NON_CANONICAL + 16) :"
                + " \"memory\");"),
        faults(
            "pop from a monitor's stack",
            PAGE_FAULT,
            "__asm__ volatile(\"mov %0, %%rsp; pop %%rax\" : : \"r\"(MONITOR + 4 * PAGE) :"
                + " \"memory\");"),
        faults("read where Linux has its fixed page", PAGE_FAULT, "load(0xffffffffff600000);"),
        faults("call where Linux has its fixed page", PAGE_FAULT, "execute(0xffffffffff600000);"),
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
            Set.of(PAGE_FAULT),
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
