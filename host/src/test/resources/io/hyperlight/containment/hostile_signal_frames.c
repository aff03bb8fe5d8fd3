/* For HostileSignalFrameTest. */

#include <hyperlight.h>

static unsigned char stack[16384] = {1};
unsigned char frame[8192] __attribute__((aligned(4096))) = {1};
const unsigned char constants[4096] __attribute__((aligned(4096))) = {1, 2, 3};

static int64_t system_call(int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    int64_t result;
    register uint64_t fourth __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
        : "rcx", "r11", "memory");
    return result;
}

static void landing(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; pop %0; push $2; popfq" : "=r"(flags));
    hl_abort(hl_concat(HL_STR("landed with flags "), hl_from_integer((int64_t)flags)));
}

HL_EXPORT(uint64_t, address_of, int)
uint64_t address_of(int what)
{
    switch (what) {
    case 0: return (uint64_t)landing;
    case 1: return (uint64_t)(stack + sizeof stack);
    case 2: return (uint64_t)frame;
    default: return (uint64_t)constants;
    }
}

HL_EXPORT(void, sigreturn, hl_bytes, int64_t)
void sigreturn(hl_bytes contents, int64_t at)
{
    memcpy(frame, contents.data, contents.size);
    __asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall; ud2" : : "r"(at + 8) : "rax", "memory");
}

/* A fault with this stack pointer, and this handler and stack for it. */
HL_EXPORT(void, fault_at, int64_t, int64_t, int64_t, int64_t, int64_t)
void fault_at(int64_t pointer, int64_t handler, int64_t restorer, int64_t start, int64_t size)
{
    uint64_t action[4] = {handler ? (uint64_t)handler : (uint64_t)landing, 0x0c000004, (uint64_t)restorer, 0};
    uint64_t alternate[3] = {(uint64_t)start, 0, (uint64_t)size};
    if (system_call(13, 11, (uint64_t)action, 0, 8) != 0 || (size != 0 && system_call(131, (uint64_t)alternate, 0, 0, 0) != 0)) {
        hl_abort(HL_STR("refused"));
    }
    if (pointer == 0) {
        pointer = (int64_t)(stack + sizeof stack);
    }
    __asm__ volatile("mov %0, %%rsp; movb 16, %%al; ud2" : : "r"(pointer) : "rax", "memory");
}

/* Never gets so far that a signal comes twice: each one sends the next on a smaller stack. */
HL_EXPORT(void, fault_for_ever)
void fault_for_ever(void)
{
    uint64_t action[4] = {0, 0x44000004, 1, 0};
    __asm__ volatile("lea 1f(%%rip), %0; jmp 2f; 1: movb 16, %%al; 2:" : "=r"(action[0]) : : "rax");
    system_call(13, 11, (uint64_t)action, 0, 8);
    __asm__ volatile("movb 16, %%al" : : : "rax");
}
