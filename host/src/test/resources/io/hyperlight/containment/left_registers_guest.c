/* For LeftRegistersTest. */

HL_IMPORT(void, outside)
HL_EXPORT(hl_bytes, find, int, int)
HL_EXPORT(void, leave, int, int, int, int)
HL_EXPORT(void, try_keys)
HL_EXPORT(void, try_tiles)
HL_EXPORT(void, try_selector, int)

void try_keys(void) { __asm__ volatile(".byte 0x0f, 0x01, 0xee" : : "c"(0) : "rax", "rdx"); }
void try_selector(int selector) { __asm__ volatile("mov %0, %%ds" : : "r"(selector)); }
void try_tiles(void) { __asm__ volatile(".byte 0xc4, 0xe2, 0x79, 0x49, 0x00" : : "a"(area) : "memory"); }

hl_bytes find(int keys, int tiles)
{
    __asm__ volatile(FIND : : : "rax", "rdx", "memory");
    finish_finding(keys, tiles);
    return (hl_bytes){(const uint8_t *)found, 80};
}

void leave(int selector, int how, int keys, int tiles)
{
    leave_all(selector, keys, tiles);
    switch (how) {
    case 0: __asm__ volatile("cld"); return;
    case 1: __asm__ volatile("ud2");
    case 2: for (;;) { }
    case 3: *(volatile char *)16 = 0; break;
    case 4: __asm__ volatile("out %al, $0x70"); break;
    case 5: __asm__ volatile("mov $0x999, %%eax; syscall; ud2" : : : "rax", "rcx", "r11"); break;
    case 6: __asm__ volatile("cld"); outside(); break;
    case 7: __asm__ volatile("mov $0x484c0000, %%eax; syscall; ud2" : : : "rax"); break;
    case 8: { /* the gate's own exit, without what the gate does before */
        const volatile uint8_t *at = (const volatile uint8_t *)0x10000;
        while (at[0] != 0xb8 || *(const volatile uint32_t *)(at + 1) != HL_CALL_DONE) {
            at++;
        }
        __asm__ volatile("mov $0x484c0000, %%eax; jmp *%0" : : "r"(at + 5) : "rax");
    }
    case 9: __asm__ volatile("pushfq; orq $0x100, (%rsp); popfq; nop; nop"); break;
    case 10: __asm__ volatile("mov $35, %%eax; syscall" : : "D"((uint64_t[]){1000, 0}), "S"(0) : "rax", "rcx", "r11"); break;
    }
    __asm__ volatile("cld");
}
