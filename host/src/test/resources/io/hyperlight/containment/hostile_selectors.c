/* For HostileSelectorsTest. */

#define LEAVE(name, text) \
    HL_EXPORT(void, name, uint32_t) \
    void name(uint32_t selector) \
    { \
        struct { uint32_t offset; uint16_t selector; } target; \
        uint64_t landing; \
        __asm__ volatile("jmp 2f; 1: .byte 0x06; int3; 2: lea 1b(%%rip), %0" : "=r"(landing)); \
        target.offset = (uint32_t)landing; \
        target.selector = (uint16_t)selector; \
        __asm__ volatile(text : : "r"(&target), "r"((uint64_t)selector), "r"(landing) : "rax", "memory"); \
    }

LEAVE(far_jump, "ljmp *(%0)")
LEAVE(far_call, "lcall *(%0)")
LEAVE(far_return, "push %1; push %2; lretq")
LEAVE(interrupt_return, "mov %%ss, %%eax; push %%rax; push %%rsp; push $2; push %1; push %2; iretq")

/* Straight to the stub, where that is user code, in whatever mode the selector means. It returns to a ud2. */
#define LEAVE_TO_STUB(name, number, address) \
    HL_EXPORT(void, name, uint32_t) \
    void name(uint32_t selector) \
    { \
        struct { uint32_t offset; uint16_t selector; } target = {USER_STUB, (uint16_t)selector}; \
        __asm__ volatile("ljmp *(%0)" : : "r"(&target), "a"(number), "c"(address) : "memory"); \
    }

LEAVE_TO_STUB(far_jump_to_system_call, 1000ul, gate_system_call() + 2)
LEAVE_TO_STUB(far_jump_to_end, HL_CALL_DONE, gate_system_call() + 2)

#define LOAD(segment) \
    HL_EXPORT(void, load_##segment, uint32_t) \
    void load_##segment(uint32_t selector) \
    { \
        __asm__ volatile("mov %0, %%" #segment : : "r"(selector)); \
        system_call(1000, 0, 0, 0); \
    }

LOAD(ds)
LOAD(es)
LOAD(fs)
LOAD(gs)
LOAD(ss)
