/* For FaultSignalTest. */

#define _GNU_SOURCE
#include <hyperlight.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int count;
static char text[200];

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags, int masked)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    if (masked != 0) {
        sigaddset(&action.sa_mask, masked);
    }
    if (sigaction(signal, &action, NULL) != 0) {
        abort();
    }
}

/* What causes a fault, and where the handler finds it to be. */

extern char at_fault[];
static const void *address;
static unsigned char *page;

static unsigned char *new_page(int protection)
{
    return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void read_of(const void *from)
{
    address = from;
    __asm__ volatile("movb (%0), %%al" : : "r"(from) : "rax");
}

static void write_to(void *to)
{
    address = to;
    __asm__ volatile("movb $1, (%0)" : : "r"(to) : "memory");
}

static void unmask_sse(unsigned mask)
{
    unsigned mxcsr = 0x1f80 & ~(mask << 7);
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static void unmask_x87(unsigned short mask)
{
    unsigned short control = 0x37f & ~mask;
    __asm__ volatile("fninit; fldcw %0" : : "m"(control));
}

#define AT(name) extern char name[]; address = name
static void cause(const char *what)
{
    volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308;
    if (!strcmp(what, "null")) {
        read_of((void *)16);
    } else if (!strcmp(what, "unmapped")) {
        unsigned char *gone = new_page(PROT_READ);
        munmap(gone, 4096);
        read_of(gone + 77);
    } else if (!strcmp(what, "read-only")) {
        write_to(new_page(PROT_READ) + 5);
    } else if (!strcmp(what, "no rights")) {
        read_of(new_page(PROT_NONE) + 6);
    } else if (!strcmp(what, "no rights any more")) {
        page = new_page(PROT_READ | PROT_WRITE);
        page[0] = 1;
        mprotect(page, 4096, PROT_NONE);
        read_of(page);
    } else if (!strcmp(what, "execute")) {
        address = new_page(PROT_READ | PROT_WRITE);
        ((void (*)(void))address)();
    } else if (!strcmp(what, "kernel")) {
        address = NULL;
        __asm__ volatile("movb (%0), %%al" : : "r"(0x8000000000000000) : "rax");
    } else if (!strcmp(what, "stack")) {
        address = NULL;
        __asm__ volatile("push %%rbp; mov %0, %%rbp; movb (%%rbp), %%al; pop %%rbp"
            : : "r"(0x8000000000000000) : "rax", "memory");
    } else if (!strcmp(what, "division by zero")) {
        AT(at_division);
        __asm__ volatile("at_division: divl %1" : : "a"(1), "r"(0), "d"(0));
    } else if (!strcmp(what, "large quotient")) {
        AT(at_quotient);
        __asm__ volatile("at_quotient: idivl %1" : : "a"(0x80000000), "r"(-1), "d"(-1));
    } else if (!strcmp(what, "SSE division")) {
        unmask_sse(4);
        AT(at_sse_division);
        __asm__ volatile("movsd %1, %%xmm0; at_sse_division: divsd %0, %%xmm0" : : "m"(zero), "m"(one) : "xmm0");
    } else if (!strcmp(what, "SSE invalid")) {
        unmask_sse(1);
        AT(at_sse_invalid);
        __asm__ volatile("movsd %0, %%xmm0; at_sse_invalid: divsd %0, %%xmm0" : : "m"(zero) : "xmm0");
    } else if (!strcmp(what, "SSE overflow")) {
        unmask_sse(8);
        AT(at_sse_overflow);
        __asm__ volatile("movsd %0, %%xmm0; at_sse_overflow: mulsd %0, %%xmm0" : : "m"(huge) : "xmm0");
    } else if (!strcmp(what, "SSE underflow")) {
        unmask_sse(16);
        AT(at_sse_underflow);
        __asm__ volatile("movsd %0, %%xmm0; at_sse_underflow: mulsd %0, %%xmm0" : : "m"(tiny) : "xmm0");
    } else if (!strcmp(what, "SSE inexact")) {
        unmask_sse(32);
        AT(at_sse_inexact);
        __asm__ volatile("movsd %0, %%xmm0; at_sse_inexact: addsd %1, %%xmm0" : : "m"(huge), "m"(one) : "xmm0");
    } else if (!strcmp(what, "x87 division")) {
        unmask_x87(4);
        AT(at_x87_division);
        __asm__ volatile("fld1; fldz; fdivrp; at_x87_division: fwait");
    } else if (!strcmp(what, "x87 invalid")) {
        unmask_x87(1);
        AT(at_x87_invalid);
        __asm__ volatile("fldz; fldz; fdivrp; at_x87_invalid: fwait");
    } else if (!strcmp(what, "invalid")) {
        AT(at_invalid);
        __asm__ volatile("at_invalid: ud2");
    } else if (!strcmp(what, "breakpoint")) {
        address = NULL;
        __asm__ volatile("int3");
    } else if (!strcmp(what, "step")) {
        AT(behind_step);
        __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; behind_step: nop" : : : "memory", "cc");
    } else if (!strcmp(what, "unaligned")) {
        address = NULL;
        page = new_page(PROT_READ | PROT_WRITE);
        __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; mov 1(%0), %%eax" : : "r"(page) : "rax", "memory", "cc");
    }
}

static void note(int signal, siginfo_t *info, void *context)
{
    ucontext_t *ucontext = context;
    __asm__ volatile("pushfq; andl $~0x40000, (%%rsp); popfq" : : : "memory", "cc");
    snprintf(text, sizeof text, "%d %d %s vector %d", signal, info->si_code,
        info->si_addr == address ? "there" : "elsewhere", (int)ucontext->uc_mcontext.gregs[REG_TRAPNO]);
    siglongjmp(back, 1);
}

HL_EXPORT(hl_string, fault, hl_string)
hl_string fault(hl_string what)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (int i = 0; i < 5; i++) {
        handle(signals[i], note, 0, 0);
    }
    strcpy(text, "nothing");
    if (sigsetjmp(back, 1) == 0) {
        cause(what.data);
    }
    unmask_sse(0);
    unmask_x87(0);
    return hl_from_cstring(text);
}

/* All registers across a handler that changes all of them. */

uint64_t general[16], general_after[16];
unsigned char vectors[512], vectors_after[512];
void (*crossing)(void);
uint32_t with_avx, mxcsr = 0x1fbf & ~0x1f, mxcsr_after;
uint16_t control = 0x27f, control_after;
double x87_after[2];
static char entry[100];

void cross(void);
void cross_invalid(void);
void cross_call(void);
__asm__(
    ".macro each_general operation array\n"
    ".set place, 0\n"
    ".irp register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15\n"
    "\\operation %\\register, \\array\n"
    ".set place, place + 8\n"
    ".endr\n"
    ".endm\n"
    ".macro load register array\n mov \\array + place(%rip), \\register\n .endm\n"
    ".macro store register array\n mov \\register, \\array + place(%rip)\n .endm\n"
    "cross_invalid: ud2\n ret\n"
    "cross_call: syscall\n ret\n"
    "cross:\n"
    "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n sub $8, %rsp\n"
    "fninit\n fldcw control(%rip)\n fldpi\n fldl2e\n"
    "ldmxcsr mxcsr(%rip)\n"
    "cmpl $0, with_avx(%rip)\n je 1f\n"
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vmovdqu vectors+32*\\i(%rip), %ymm\\i\n .endr\n jmp 2f\n"
    "1:\n"
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movdqu vectors+32*\\i(%rip), %xmm\\i\n .endr\n"
    "2:\n"
    "push general+120(%rip)\n popfq\n"
    "each_general load general\n"
    "call *crossing(%rip)\n"
    "each_general store general_after\n"
    "pushfq\n pop general_after+120(%rip)\n cld\n"
    "cmpl $0, with_avx(%rip)\n je 1f\n"
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vmovdqu %ymm\\i, vectors_after+32*\\i(%rip)\n .endr\n vzeroupper\n jmp 2f\n"
    "1:\n"
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movdqu %xmm\\i, vectors_after+32*\\i(%rip)\n .endr\n"
    "2:\n"
    "stmxcsr mxcsr_after(%rip)\n fnstcw control_after(%rip)\n"
    "fstpl x87_after(%rip)\n fstpl x87_after+8(%rip)\n"
    "fninit\n movl $0x1f80, (%rsp)\n ldmxcsr (%rsp)\n"
    "add $8, %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

static void change_all(int signal, siginfo_t *info, void *context)
{
    uint32_t found_mxcsr;
    uint16_t found_control, found_status;
    __asm__ volatile("stmxcsr %0; fnstcw %1; fnstsw %2" : "=m"(found_mxcsr), "=m"(found_control), "=m"(found_status));
    unsigned long flags = __builtin_ia32_readeflags_u64();
    snprintf(entry, sizeof entry, "mxcsr %x control %x status %x direction %d", found_mxcsr, found_control,
        found_status, (int)(flags >> 10 & 1));
    uint32_t changed = 0x1f80 | 0x2000;
    __asm__ volatile("ldmxcsr %0; fninit; fldz; fldz; fldz" : : "m"(changed));
    __asm__ volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n pcmpeqd %%xmm\\i, %%xmm\\i\n .endr" : : :
        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15");
    if (with_avx) {
        __asm__ volatile(".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vbroadcastf128 vectors(%%rip), %%ymm\\i\n .endr" : : : "memory");
    }
    __asm__ volatile("mov $-1, %%rbx; mov %%rbx, %%r12; mov %%rbx, %%r13; mov %%rbx, %%r14; mov %%rbx, %%r15;"
        "mov %%rbx, %%rcx; mov %%rbx, %%r11; mov %%rbx, %%r10" : : :
        "rbx", "rcx", "r10", "r11", "r12", "r13", "r14", "r15");
    count++;
    if (signal == SIGILL) {
        ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
    }
    (void)info;
}

HL_EXPORT(hl_string, preserve, bool)
hl_string preserve(bool by_call)
{
    handle(SIGILL, change_all, 0, 0);
    handle(SIGUSR1, change_all, 0, 0);
    count = 0;
    with_avx = __builtin_cpu_supports("avx") != 0;
    for (int i = 0; i < 15; i++) {
        general[i] = 0x1122334455660000u * (i + 1) + i;
    }
    general[15] = 0xcd7;
    for (int i = 0; i < 512; i++) {
        vectors[i] = (unsigned char)(i * 7 + 1);
    }
    crossing = by_call ? cross_call : cross_invalid;
    if (by_call) {
        general[0] = 200; /* tkill */
        general[5] = 1;
        general[4] = SIGUSR1;
    }
    cross();
    if (by_call) {
        general[0] = 0;
        general[2] = general_after[2];
        general[10] = general_after[10];
    }
    general[15] = (general[15] & 0xcd5) | (general_after[15] & ~0xcd5ul);
    for (int i = 0; i < 16; i++) {
        if (general[i] != general_after[i]) {
            snprintf(text, sizeof text, "register %d is %lx", i, general_after[i]);
            return hl_from_cstring(text);
        }
    }
    for (int i = 0; i < 512; i++) {
        if ((with_avx || i % 32 < 16) && vectors[i] != vectors_after[i]) {
            snprintf(text, sizeof text, "byte %d of vector %d", i % 32, i / 32);
            return hl_from_cstring(text);
        }
    }
    snprintf(text, sizeof text, "mxcsr %x control %x x87 %.3f %.3f calls %d; at entry %s", mxcsr_after, control_after,
        x87_after[0], x87_after[1], count, entry);
    return hl_from_cstring(text);
}

/* Handlers that change what was interrupted. */

static void landing(long value)
{
    siglongjmp(back, (int)value);
}

static void land(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal;
    (void)info;
    registers[REG_RIP] = (greg_t)landing;
    registers[REG_RDI] = 42;
    registers[REG_RSP] = ((registers[REG_RSP] - 256) & -16) - 8;
}

HL_EXPORT(int, redirect)
int redirect(void)
{
    handle(SIGSEGV, land, 0, 0);
    int value = sigsetjmp(back, 1);
    if (value == 0) {
        read_of(NULL);
    }
    return value;
}

static void emulate(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal;
    registers[REG_RAX] = (greg_t)info->si_addr * 3;
    registers[REG_RIP] += 3;
    count++;
}

HL_EXPORT(uint64_t, emulated_loads, int)
uint64_t emulated_loads(int loads)
{
    handle(SIGSEGV, emulate, 0, 0);
    count = 0;
    uint64_t sum = 0;
    for (int i = 1; i <= loads; i++) {
        uint64_t value = (uint64_t)i;
        __asm__ volatile("mov (%%rax), %%rax" : "+a"(value) : : "memory");
        sum += value;
    }
    return count == loads ? sum : 0;
}

/* Steps over so many instructions, one signal each. */
static void step(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    if (++count == 5) {
        ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100;
    }
}

HL_EXPORT(int, steps)
int steps(void)
{
    handle(SIGTRAP, step, 0, 0);
    count = 0;
    uint64_t sum = 0;
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; inc %0; inc %0; inc %0; inc %0; inc %0; inc %0; inc %0"
        : "+r"(sum) : : "memory", "cc");
    return count * 100 + (int)sum;
}

/* Faults in handlers. */

static void skip_division(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    strcat(text, "f");
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static volatile int inner;

static void outer(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    strcat(text, "(");
    int what = inner;
    inner = 0;
    if (what == 1) {
        __asm__ volatile("idivl %%ecx" : : "a"(1), "c"(0), "d"(0) : "memory");
    } else if (what == 2) {
        uint64_t value = 1;
        __asm__ volatile("mov (%%rax), %%rax" : "+a"(value) : : "memory");
    }
    strcat(text, ")");
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 3;
}

HL_EXPORT(hl_string, nest, int, int, int, int)
hl_string nest(int flags, int masked, int what, int times)
{
    text[0] = 0;
    handle(SIGSEGV, outer, flags, masked);
    handle(SIGFPE, skip_division, 0, 0);
    for (int i = 0; i < times; i++) {
        inner = what;
        uint64_t value = 1;
        __asm__ volatile("mov (%%rax), %%rax" : "+a"(value) : : "memory");
    }
    return hl_from_cstring(text);
}

HL_EXPORT(void, fault_blocked)
void fault_blocked(void)
{
    handle(SIGSEGV, note, 0, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    read_of(NULL);
}

HL_EXPORT(void, fault_ignored)
void fault_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    read_of(NULL);
}

/* Stacks. */

static unsigned char area[4096 + 32768] = {1};
static unsigned char *const alternate = area + 4096;
static const size_t alternate_size = 32768;

static void on_alternate(int signal, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    unsigned char here;
    stack_t stack;
    sigaltstack(NULL, &stack);
    int fits = &here > alternate && &here < alternate + alternate_size;
    siglongjmp(back, fits && signal == SIGSEGV && stack.ss_flags == SS_ONSTACK ? 1 : 2);
}

static int recurse(volatile int depth)
{
    volatile char block[500];
    block[0] = (char)depth;
    return depth == 0 ? block[0] : recurse(depth - 1) + block[0];
}

static void use_alternate(void)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = alternate_size};
    if (sigaltstack(&stack, NULL) != 0) {
        abort();
    }
}

HL_EXPORT(int, overflow, bool)
int overflow(bool with_stack)
{
    if (with_stack) {
        use_alternate();
    }
    handle(SIGSEGV, on_alternate, SA_ONSTACK, 0);
    int value = sigsetjmp(back, 1);
    if (value == 0) {
        recurse(1000000);
    }
    stack_t stack;
    sigaltstack(NULL, &stack);
    return value * 10 + stack.ss_flags;
}

static void at_its_end(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    if (count++ == 0) {
        __asm__ volatile("lea 200(%0), %%rsp; movb 0, %%al" : : "r"(alternate) : "rax", "memory");
    }
    siglongjmp(back, 1);
}

HL_EXPORT(uint64_t, below_alternate)
uint64_t below_alternate(void)
{
    return (uint64_t)(uintptr_t)area;
}

HL_EXPORT(int, overflow_alternate)
int overflow_alternate(void)
{
    count = 0;
    stack_t stack = {.ss_sp = alternate, .ss_size = alternate_size};
    sigaltstack(&stack, NULL);
    handle(SIGSEGV, at_its_end, SA_ONSTACK | SA_NODEFER, 0);
    if (sigsetjmp(back, 1) == 0) {
        read_of(NULL);
    }
    return count;
}
