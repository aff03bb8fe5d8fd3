/* For ExitlessTest. */

#include <hyperlight.h>

HL_IMPORT(int64_t, twice, int64_t)
HL_IMPORT(hl_string, greet, hl_string)
HL_EXPORT(int32_t, add, int32_t, int32_t)
HL_EXPORT(int64_t, quadruple, int64_t)
HL_EXPORT(hl_string, greeting, hl_string)
HL_EXPORT(int64_t, count)
HL_EXPORT(double, half, double)
HL_EXPORT(void, spin)
HL_EXPORT(void, fail)
HL_EXPORT(void, crash)
HL_EXPORT(int64_t, work, int64_t)
HL_EXPORT(hl_bytes, reversed, hl_bytes)
HL_EXPORT(void, run_on)
HL_EXPORT(void, lie, uint64_t)
HL_EXPORT(void, answer_early)

static int64_t counter;

int32_t add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
int64_t quadruple(int64_t value) { return twice(twice(value)); }
hl_string greeting(hl_string name) { return hl_concat(greet(name), HL_STR("!")); }
int64_t count(void) { return ++counter; }
double half(double value) { return value / 2; }
void spin(void) { for (;;) { } }
void fail(void) { hl_error(HL_STR("as you wish")); }
void crash(void) { __asm__ volatile("ud2"); }
int64_t work(int64_t rounds)
{
    int64_t sum = 0;
    for (volatile int64_t i = 0; i < rounds; i++) {
        sum += i & 3;
    }
    return sum;
}

hl_bytes reversed(hl_bytes bytes)
{
    uint8_t *copy = hl_scratch(bytes.size);
    for (size_t i = 0; i < bytes.size; i++) {
        copy[i] = bytes.data[bytes.size - 1 - i];
    }
    return (hl_bytes){copy, bytes.size};
}

/* What the gate does, and then something else than to wait. */
static void message(uint64_t number)
{
    volatile uint64_t *frame = (volatile uint64_t *)HL_INFORMATION->frame;
    frame[0x348 / 8] = number;
    frame[0x350 / 8] = 7;
    frame[0x358 / 8] = 0;
    frame[0x340 / 8] = frame[0x300 / 8];
}

void run_on(void)
{
    message(HL_CALL_DONE);
    for (;;) { counter++; }
}

void lie(uint64_t number)
{
    message(number);
    for (;;) {
        /* Wakes the host, if it sleeps. */
        uint64_t rest = HL_CALL_REST;
        __asm__ volatile("syscall" : "+a"(rest) : : "rcx", "r11", "memory");
    }
}

void answer_early(void)
{
    message(HL_CALL_DONE);
    volatile uint64_t *frame = (volatile uint64_t *)HL_INFORMATION->frame;
    for (uint64_t i = 0;; i++) {
        frame[0x340 / 8] = frame[0x300 / 8] + 1;
        frame[0x350 / 8] = i;
    }
}
