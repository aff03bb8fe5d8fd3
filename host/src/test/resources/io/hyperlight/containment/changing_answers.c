/* For ChangingAnswersTest. */

#include <hyperlight.h>

HL_IMPORT(hl_bytes, reverse, hl_bytes)

/* Pages of their own, with others that nobody may touch beside them. */
static uint64_t own(void)
{
    static uint64_t place;
    if (place == 0) {
        register uint64_t r10 __asm__("r10") = 0x32;
        register uint64_t r8 __asm__("r8") = -1ul;
        register uint64_t r9 __asm__("r9") = 0;
        int64_t result = 9;
        __asm__ volatile("syscall" : "+a"(result), "+r"(r8) : "D"(1ul << 40), "S"(4 * 4096), "d"(3), "r"(r10),
            "r"(r9) : "rcx", "r11", "memory");
        place = (uint64_t)result;
        for (int i = 0; i < 4 * 4096; i++) {
            ((uint8_t *)place)[i] = (uint8_t)(i % 127);
        }
    }
    return place;
}

HL_EXPORT(int64_t, own_address)
int64_t own_address(void) { return (int64_t)own(); }

HL_EXPORT(hl_bytes, give, int64_t, int64_t)
hl_bytes give(int64_t address, int64_t size) { return (hl_bytes){(void *)address, (size_t)size}; }

HL_EXPORT(hl_string, give_text, int64_t, int64_t)
hl_string give_text(int64_t address, int64_t size) { return (hl_string){(void *)address, (size_t)size}; }

HL_EXPORT(void, report, int64_t, int64_t)
void report(int64_t address, int64_t size)
{
    HL_INFORMATION->frame->error_address = (uint64_t)address;
    HL_INFORMATION->frame->error_length = (uint64_t)size;
    HL_INFORMATION->frame->status = 1;
}

HL_EXPORT(hl_bytes, pass, int64_t, int64_t, int64_t)
hl_bytes pass(int64_t address, int64_t size, int64_t window)
{
    HL_INFORMATION->frame->window_next += (uint64_t)window;
    return reverse((hl_bytes){(void *)address, (size_t)size});
}
