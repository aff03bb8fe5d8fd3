/* For SystemCallTarget. */

#include <hyperlight.h>

#define MAX_CALLS 24

static uint8_t area[16384] __attribute__((aligned(4096)));
static int64_t results[MAX_CALLS];

HL_EXPORT(int64_t, area_address)
int64_t area_address(void) { return (int64_t)area; }

HL_EXPORT(int, ping, int)
int ping(int number) { return number + 1; }

static int64_t system_call(const int64_t *v)
{
    int64_t n = v[0], a = v[1], b = v[2], c = v[3];
    register int64_t r10 __asm__("r10") = v[4];
    register int64_t r8 __asm__("r8") = v[5];
    register int64_t r9 __asm__("r9") = v[6];
    __asm__ volatile("syscall"
                     : "+a"(n), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     : : "rcx", "r11", "rbx", "r12", "r13", "r14", "r15", "memory");
    return n;
}

/* Eight words a call; the last has for each value the number of the result to add to it, or 0. */
HL_EXPORT(hl_bytes, make_calls, hl_bytes, hl_bytes)
hl_bytes make_calls(hl_bytes memory, hl_bytes calls)
{
    static int64_t all[MAX_CALLS][8];
    memcpy(area, memory.data, memory.size);
    memcpy(all, calls.data, calls.size);
    size_t count = calls.size / sizeof all[0];
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < 7; k++) {
            int from = ((const uint8_t *)&all[i][7])[k];
            if (from > 0 && from <= MAX_CALLS) {
                all[i][k] += results[from - 1];
            }
        }
        results[i] = system_call(all[i]);
    }
    return (hl_bytes){(const uint8_t *)results, count * sizeof *results};
}
