/* For HostileMemoryTest. */

static uint64_t count(uint64_t from, uint64_t to, bool (*suspicious)(uint64_t word))
{
    uint64_t found = 0;
    for (uint64_t at = from; at < to; at += 8) {
        found += suspicious(*(const volatile uint64_t *)at);
    }
    return found;
}

/* Everything that is mapped for it but its own program. */
static uint64_t count_everywhere(bool (*suspicious)(uint64_t word))
{
    uint64_t heap_end, heap = take_all_heap(&heap_end);
    uint64_t stack_end = address_of(FRAME) + 0x400;
    return count(GATE, INFORMATION + PAGE, suspicious) + count(heap, heap_end, suspicious)
           + count(HL_INFORMATION->window, FRAME->window_end, suspicious)
           + count(stack_end - 0x40000, stack_end, suspicious);
}

/* A page table's entry: present, accessed, of a page within 16 MiB. */
static bool is_entry(uint64_t word)
{
    uint64_t address = word & 0x000ffffffffff000;
    return (word & 0x21) == 0x21 && (word & 0x7ff0000000000f80) == 0 && address != 0 && address < 1ul << 24;
}

/* A segment descriptor of this library, or an address in the monitor's pages. */
static bool is_of_monitor(uint64_t word)
{
    return (word & 0xff0f90000000ffff) == 0x000f90000000ffff || word >> 16 == 0xffff80000000;
}

static bool is_anything(uint64_t word)
{
    return word != 0;
}

HL_EXPORT(int64_t, find_page_tables)
int64_t find_page_tables(void)
{
    return (int64_t)count_everywhere(is_entry);
}

HL_EXPORT(int64_t, find_monitor)
int64_t find_monitor(void)
{
    return (int64_t)count_everywhere(is_of_monitor);
}

HL_EXPORT(int64_t, find_anything_in_fresh_memory)
int64_t find_anything_in_fresh_memory(void)
{
    uint64_t heap_end, heap = take_all_heap(&heap_end);
    uint64_t stack = address_of(FRAME) + 0x400 - 0x40000;
    return (int64_t)(count(heap, heap_end, is_anything)
           + count(HL_INFORMATION->window, FRAME->window_end, is_anything)
           + count(stack, stack + 0x20000, is_anything));
}

/* Memory that has just held tables: one page in each GiB needs three of its own. */
HL_EXPORT(int64_t, find_anything_in_memory_of_tables)
int64_t find_anything_in_memory_of_tables(void)
{
    uint64_t found = 0;
    for (int round = 0; round < 3; round++) {
        uint64_t first = 1ul << 41, at = first;
        while (system_call6(MMAP, at, PAGE, 3, 0x32, -1ul, 0) >= 0) {
            store(at);
            system_call(MPROTECT, at, PAGE, 1);
            at += 1ul << 30;
        }
        system_call(MUNMAP, first, at - first, 0);
        int64_t place;
        for (uint64_t size = 1ul << 24; size >= PAGE; size >>= 1) {
            while ((place = system_call6(MMAP, 0, size, 3, 0x22, -1ul, 0)) >= 0) {
                found += count((uint64_t)place, (uint64_t)place + size, is_anything);
            }
        }
        system_call(MUNMAP, 1ul << 32, (1ul << 46) - (1ul << 32), 0);
    }
    return (int64_t)found;
}

/* What it gave back comes again as zeros, however it comes. */
HL_EXPORT(int64_t, find_anything_in_returned_memory)
int64_t find_anything_in_returned_memory(void)
{
    uint64_t found = 0;
    for (int round = 0; round < 4; round++) {
        uint64_t size = 256 * PAGE, place = (uint64_t)system_call6(MMAP, 0, size, 3, 0x22, -1ul, 0);
        memset((void *)place, 0x5a, size);
        if (round == 0) {
            system_call(MADVISE, place, size, 4);
        } else if (round == 1) {
            system_call(MUNMAP, place, size, 0);
            place = (uint64_t)system_call6(MMAP, 0, size, 3, 0x22, -1ul, 0);
        } else if (round == 2) {
            system_call6(MMAP, place, size, 3, 0x32, -1ul, 0);
        } else {
            system_call6(MREMAP, place, size, PAGE, 0, 0, 0);
            place = PAGE + (uint64_t)system_call6(MREMAP, place, PAGE, size, 1, 0, 0);
            size -= PAGE;
        }
        found += count(place, place + size, is_anything);
    }
    return (int64_t)found;
}

/* That the search works: it finds what is there to be found. */
HL_EXPORT(int64_t, plant_and_find)
int64_t plant_and_find(void)
{
    volatile uint64_t *window = (volatile uint64_t *)(FRAME->window_end - 32);
    window[0] = 0x5027;
    window[1] = 0x8000000000005067;
    window[2] = 0x00af9b000000ffff;
    window[3] = 0xffff800000002000;
    return find_page_tables() * 10 + find_monitor();
}

HL_EXPORT(void, fill, int)
void fill(int byte)
{
    uint64_t heap_end, heap = take_all_heap(&heap_end);
    uint64_t window = HL_INFORMATION->window, window_end = FRAME->window_end;
    uint64_t stack_end = address_of(FRAME) + 0x400, stack = stack_end - 0x40000;
    __asm__ volatile("mov %[heap], %%rdi; mov %[heap_end], %%rcx; sub %%rdi, %%rcx; rep stosb;"
                     "mov %[window], %%rdi; mov %[window_end], %%rcx; sub %%rdi, %%rcx; rep stosb;"
                     "mov %[stack], %%rdi; mov %[stack_end], %%rcx; sub %%rdi, %%rcx; rep stosb;"
                     "jmp *%[exit]"
                     : : "a"(byte), [heap] "r"(heap), [heap_end] "r"(heap_end), [window] "r"(window),
                     [window_end] "r"(window_end), [stack] "r"(stack), [stack_end] "r"(stack_end),
                     [exit] "r"(gate_exit())
                     : "rcx", "rdi", "memory");
}

HL_EXPORT(void, fill_and_fault, int)
void fill_and_fault(int byte)
{
    uint64_t stack_end = address_of(FRAME) + 0x400, stack = stack_end - 0x40000;
    __asm__ volatile("rep stosb; ud2" : : "a"(byte), "D"(stack), "c"(stack_end - stack) : "memory");
}

HL_EXPORT(int64_t, exit_often, int)
int64_t exit_often(int times)
{
    int64_t wrong = 0;
    for (int i = 0; i < times; i++) {
        wrong += system_call(1000, 0, 0, 0) != -ENOSYS;
    }
    return wrong;
}

/* All general registers as a function finds them, but RSP. */
static uint64_t registers[16] __attribute__((used));
HL_EXPORT(hl_bytes, registers_at_entry)
__asm__(".globl registers_at_entry; .hidden registers_at_entry; .pushsection .text; registers_at_entry:"
        "mov %rax, registers(%rip); mov %rbx, registers+8(%rip); mov %rcx, registers+16(%rip);"
        "mov %rdx, registers+24(%rip); mov %rsi, registers+32(%rip); mov %rdi, registers+40(%rip);"
        "mov %rbp, registers+48(%rip); mov %r8, registers+56(%rip); mov %r9, registers+64(%rip);"
        "mov %r10, registers+72(%rip); mov %r11, registers+80(%rip); mov %r12, registers+88(%rip);"
        "mov %r13, registers+96(%rip); mov %r14, registers+104(%rip); mov %r15, registers+112(%rip);"
        "pushfq; pop %rax; mov %rax, registers+120(%rip); lea registers(%rip), %rax; mov $128, %edx; ret; .popsection");

/* Leaves secrets in all registers, and comes back through the gate's exit with all flags that do not trap. */
HL_EXPORT(void, leave_secrets)
void leave_secrets(void)
{
    __asm__ volatile("mov %0, %%rax; mov $-1, %%rbx; mov %%rbx, %%rdx; mov %%rbx, %%rsi; mov %%rbx, %%rdi;"
                     "mov %%rbx, %%rbp; mov %%rbx, %%r8; mov %%rbx, %%r9; mov %%rbx, %%r10; mov %%rbx, %%r11;"
                     "mov %%rbx, %%r12; mov %%rbx, %%r13; mov %%rbx, %%r14; mov %%rbx, %%r15;"
                     "pushq $-1; andl $0xfffbbeff, (%%rsp); popfq; jmp *%%rax" : : "r"(gate_exit()));
}

/* The state that XSAVE writes, as the first function of a sandbox finds it. */
static _Alignas(64) uint8_t extended[8192];
HL_EXPORT(hl_bytes, extended_state)
hl_bytes extended_state(void)
{
    __asm__ volatile("xsave64 %0" : "+m"(extended) : "a"(-1), "d"(-1));
    return (hl_bytes){extended, sizeof extended};
}

HL_EXPORT(int64_t, segment_bases)
int64_t segment_bases(void)
{
    uint64_t fs, gs;
    __asm__ volatile("rdfsbase %0; rdgsbase %1" : "=r"(fs), "=r"(gs));
    return (int64_t)(fs | gs);
}
