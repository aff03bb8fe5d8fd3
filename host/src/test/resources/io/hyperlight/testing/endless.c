/* For EndlessGuest. */

#include <hyperlight.h>

HL_IMPORT(void, host)
HL_IMPORT(int64_t, take, hl_bytes)
HL_IMPORT(hl_bytes, give, int64_t)

static int64_t raw(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d)
{
    register int64_t r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return n;
}

static int64_t day[2] = {86400, 0};

HL_EXPORT(int, add, int, int)
int add(int a, int b) { return a + b; }

HL_EXPORT(void, spin)
void spin(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}

HL_EXPORT(int, count, int)
int count(int turns)
{
    volatile int counted = 0;
    for (int i = 0; i < turns; i++) {
        counted++;
    }
    return counted;
}

HL_EXPORT(void, call_host)
void call_host(void) { host(); }

HL_EXPORT(void, call_host_for_ever)
void call_host_for_ever(void) { for (;;) host(); }

HL_EXPORT(void, system_calls)
void system_calls(void) { for (;;) raw(39, 0, 0, 0, 0); }

HL_EXPORT(void, nanosleep)
void nanosleep(void) { for (;;) raw(35, (int64_t)day, 0, 0, 0); }

HL_EXPORT(void, poll)
void poll(void) { for (;;) raw(7, 0, 0, 0x7fffffff, 0); }

HL_EXPORT(void, futex)
void futex(void)
{
    static int word;
    for (;;) raw(202, (int64_t)&word, 0, 0, (int64_t)day);
}

HL_EXPORT(void, print)
void print(void) { for (;;) raw(1, 1, (int64_t)"0123456789abcdef", 16, 0); }

HL_EXPORT(void, empty_log_lines)
void empty_log_lines(void) { for (;;) hl_log(HL_INFO, HL_STR("")); }

HL_EXPORT(void, empty_log_line)
void empty_log_line(void) { hl_log(HL_INFO, HL_STR("")); }

HL_EXPORT(void, log_lines)
void log_lines(void) { for (;;) hl_log(HL_INFO, HL_STR("0123456789abcdef")); }

static unsigned char block[65536] = {1};

HL_EXPORT(int64_t, pass, int64_t, int64_t)
int64_t pass(int64_t times, int64_t size)
{
    hl_bytes bytes = {(const uint8_t *)block, (size_t)size};
    int64_t sum = 0;
    for (int64_t i = 0; i < times; i++) sum += take(bytes);
    return sum;
}

HL_EXPORT(int64_t, fetch, int64_t, int64_t)
int64_t fetch(int64_t times, int64_t size)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < times; i++) sum += (int64_t)give(size).size;
    return sum;
}

HL_EXPORT(hl_bytes, large, int64_t)
hl_bytes large(int64_t size)
{
    hl_bytes bytes = {(const uint8_t *)block, (size_t)size};
    return bytes;
}

HL_EXPORT(int64_t, dup, int64_t)
int64_t dup(int64_t descriptor) { return raw(32, descriptor, 0, 0, 0); }
