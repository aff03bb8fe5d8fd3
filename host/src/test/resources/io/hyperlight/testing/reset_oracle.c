/* For ResetOracle. */

/* Nothing before and behind the functions, also with a libc: what it would need is dirty. */
#undef HL_ENTRY_OF
#undef HL_ENTRY
#define HL_ENTRY_OF(name) name
#define HL_ENTRY(result, name, ...)

/* Bytes from start to end, without touching anything else. */
HL_EXPORT(void, oracle_fill, uint64_t, uint64_t, uint8_t)
void oracle_fill(uint64_t start, uint64_t end, uint8_t value)
{
    uint64_t size = end - start;
    __asm__ volatile("rep stosb" : "+D"(start), "+c"(size) : "a"(value) : "memory");
}

/* More heap and more window than before, all of it written. */
HL_EXPORT(void, oracle_grow, uint64_t)
void oracle_grow(uint64_t size)
{
    char *heap = malloc(size);
    char *window = hl_scratch(size);
    for (uint64_t i = 0; i < size; i += 4096) {
        heap[i] = 0x5a;
        window[i] = 0x5b;
    }
}

__attribute__((used, aligned(64))) unsigned char oracle_observed[65536];

/* What a called function finds in the registers, in its first instructions. */
HL_EXPORT(hl_bytes, oracle_observe)
__attribute__((naked)) hl_bytes oracle_observe(void)
{
    __asm__("mov %rax, oracle_observed(%rip)\n"
            "mov %rbx, oracle_observed+8(%rip)\n"
            "mov %rcx, oracle_observed+16(%rip)\n"
            "mov %rdx, oracle_observed+24(%rip)\n"
            "mov %rsi, oracle_observed+32(%rip)\n"
            "mov %rdi, oracle_observed+40(%rip)\n"
            "mov %rbp, oracle_observed+48(%rip)\n"
            "mov %rsp, oracle_observed+56(%rip)\n"
            "mov %r8, oracle_observed+64(%rip)\n"
            "mov %r9, oracle_observed+72(%rip)\n"
            "mov %r10, oracle_observed+80(%rip)\n"
            "mov %r11, oracle_observed+88(%rip)\n"
            "mov %r12, oracle_observed+96(%rip)\n"
            "mov %r13, oracle_observed+104(%rip)\n"
            "mov %r14, oracle_observed+112(%rip)\n"
            "mov %r15, oracle_observed+120(%rip)\n"
            "pushfq\n"
            "popq oracle_observed+128(%rip)\n"
            "mov %ds, %eax\n"
            "mov %eax, oracle_observed+136(%rip)\n"
            "mov %es, %eax\n"
            "mov %eax, oracle_observed+140(%rip)\n"
            "mov %fs, %eax\n"
            "mov %eax, oracle_observed+144(%rip)\n"
            "mov %gs, %eax\n"
            "mov %eax, oracle_observed+148(%rip)\n"
            "mov %ss, %eax\n"
            "mov %eax, oracle_observed+152(%rip)\n"
            "mov %cs, %eax\n"
            "mov %eax, oracle_observed+156(%rip)\n"
            "rdfsbase %rax\n"
            "mov %rax, oracle_observed+160(%rip)\n"
            "rdgsbase %rax\n"
            "mov %rax, oracle_observed+168(%rip)\n"
            "lea oracle_observed+1024(%rip), %rcx\n"
            "mov $-1, %eax\n"
            "mov $-1, %edx\n"
            "xsave64 (%rcx)\n"
            "movq $0, 512(%rcx)\n" /* XSTATE_BV: what the components hold says more */
            "lea oracle_observed(%rip), %rax\n"
            "mov $20480, %edx\n"
            "ret");
}

HL_EXPORT(int, oracle_read, uint64_t)
int oracle_read(uint64_t address) { return *(volatile unsigned char *)address; }

HL_EXPORT(void, oracle_write, uint64_t)
void oracle_write(uint64_t address)
{
    *(volatile unsigned char *)address = *(volatile unsigned char *)address;
}

HL_EXPORT(void, oracle_execute, uint64_t)
void oracle_execute(uint64_t address) { ((void (*)(void))address)(); }

__attribute__((used, aligned(64))) const unsigned char oracle_pattern[64] = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
    51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64};
__attribute__((used)) const unsigned short oracle_x87_control = 0x0b7f;
__attribute__((used)) const unsigned int oracle_mxcsr = 0xffc0;

HL_EXPORT(void, oracle_select, int)
__attribute__((naked)) void oracle_select(__attribute__((unused)) int selector)
{
    __asm__("mov %edi, %ds\n"
            "mov %edi, %es\n"
            "mov %edi, %fs\n"
            "mov %edi, %gs\n"
            "ret");
}

/* Dirties every register user code can write, then ends as it is told. */
HL_EXPORT(void, oracle_end, int)
__attribute__((naked)) void oracle_end(__attribute__((unused)) int ending)
{
    __asm__("mov %edi, %r15d\n"
            /* the stack below its pointer */
            "mov %rsp, %rax\n"
            "mov $48, %ecx\n"
            "1: push %rcx\n"
            "loop 1b\n"
            "mov %rax, %rsp\n"
            /* selectors, to what a new vCPU does not have, then bases */
            "xor %eax, %eax\n"
            "mov %eax, %ds\n"
            "mov %eax, %es\n"
            "mov %eax, %fs\n"
            "mov %eax, %gs\n"
            "movabs $0x123456789000, %rax\n"
            "wrfsbase %rax\n"
            "movabs $0xffff876543210000, %rax\n"
            "wrgsbase %rax\n"
            /* vectors, as wide as there are */
            "xor %ecx, %ecx\n"
            "xgetbv\n"
            "mov %eax, %ebp\n"
            ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
            "movdqa oracle_pattern(%rip), %xmm\\n\n"
            ".endr\n"
            "test $4, %ebp\n"
            "jz 2f\n"
            ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
            "vmovdqa oracle_pattern(%rip), %ymm\\n\n"
            ".endr\n"
            "2: and $0xe0, %ebp\n"
            "cmp $0xe0, %ebp\n"
            "jne 3f\n"
            ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
            "vmovdqa64 oracle_pattern(%rip), %zmm\\n\n"
            ".endr\n"
            "mov $0x1234, %eax\n"
            ".irp n,0,1,2,3,4,5,6,7\n"
            "kmovw %eax, %k\\n\n"
            ".endr\n"
            /* x87 and control words */
            "3: fldcw oracle_x87_control(%rip)\n"
            ".rept 8\n"
            "fldpi\n"
            ".endr\n"
            "fldl2e\n"
            "ldmxcsr oracle_mxcsr(%rip)\n"
            /* general registers and flags */
            "movabs $0x1122334455667788, %rbx\n"
            "mov %rbx, %rbp\n"
            "mov %rbx, %r8\n"
            "mov %rbx, %r9\n"
            "mov %rbx, %r10\n"
            "mov %rbx, %r12\n"
            "mov %rbx, %r13\n"
            "mov %rbx, %r14\n"
            "pushq $0x240cd5\n" /* ID, AC, OF, DF, SF, ZF, AF, PF, CF */
            "popfq\n"
            "lea 9f(%rip), %rax\n"
            "movslq (%rax, %r15, 4), %rcx\n"
            "add %rcx, %rax\n"
            "mov %rbx, %r15\n"
            "jmp *%rax\n"
            ".balign 4\n"
            "9:\n"
            ".irp n,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24\n"
            ".long \\n\\()f - 9b\n"
            ".endr\n"
            "10: ret\n"
            "11: ud2\n"
            "12: movb $1, 0x8000\n"
            "13: mov $0x484c0003, %eax\n"
            "xor %edi, %edi\n"
            "xor %esi, %esi\n"
            "syscall\n"
            "14: mov $0x484c0000, %eax\n"
            "out %al, $0x70\n"
            "15: in $0x70, %al\n"
            "16: cld\n"
            "mov $0x70, %edx\n"
            "mov $3, %ecx\n"
            "lea oracle_pattern(%rip), %rsi\n"
            "rep outsb\n"
            "17: hlt\n"
            "18: mov $0x484c0000, %eax\n"
            "lea 19f(%rip), %rcx\n"
            "mov $0x10800, %edx\n"
            "pushfq\n"
            "orq $0x100, (%rsp)\n"
            "popfq\n"
            "jmp *%rdx\n"
            "19: int3\n"
            "20: xor %ecx, %ecx\n"
            "div %ecx\n"
            "21: mov $0x70, %edx\n"
            "mov $65536, %ecx\n"
            "cld\n"
            "lea oracle_observed(%rip), %rdi\n"
            "rep insb\n"
            "22: pushfq\n"
            "orq $0x100, (%rsp)\n"
            "popfq\n"
            "nop\n"
            "23: movabs $0x8000000000000000, %rax\n"
            "jmp *%rax\n"
            "24: pushfq\n"
            "popfq\n"
            "jmp 24b\n");
}
