/*
 * The library's connection to the host, and strings in scratch memory.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hyperlight.h"

#if __STDC_HOSTED__
#include <string.h>
#endif

enum { LINUX_WRITE = 1, LINUX_GETRANDOM = 318, STANDARD_OUTPUT = 1 };
enum { LINUX_EINTR = 4, LINUX_EFAULT = 14 };

extern const struct hl_function __start_hyperlight_functions[] __attribute__((visibility("hidden")));

/* Flushes what the program has printed through its libc, so that it comes before the output of this library. */
static inline void finish_output(void)
{
#if __STDC_HOSTED__
    hl_finish_call();
#endif
}

static inline uint64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    __asm__ volatile("syscall" : "+a"(number), "+d"(c) : "D"(a), "S"(b) : "rcx", "r8", "r11", "memory");
    return number;
}

#if __STDC_HOSTED__
void hl_ready(void)
{
    system_call(HL_CALL_READY, 0, 0, 0);
}
#endif

bool hl_host_call(const struct hl_function *function, const struct hl_value *arguments, struct hl_value *result)
{
    uint64_t status;
    uint64_t first;
    register uint64_t second __asm__("r8");
    /* The call must not overwrite the red zone. */
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tcall *%[routine]\n\tlea 128(%%rsp), %%rsp"
                     : "=a"(status), "=d"(first), "=r"(second)
                     : [routine] "r"(HL_INFORMATION->host_call),
                       "D"((uint64_t)(function - __start_hyperlight_functions)), "S"(arguments)
                     : "rcx", "r9", "r10", "r11", "memory", "cc");
    result->first = first;
    result->second = second;
    return status == 0;
}

_Noreturn void hl_give_up(void)
{
    finish_output();
    for (;;) {
        system_call(HL_CALL_GIVE_UP, 0, 0, 0);
    }
}

_Noreturn void hl_abort(hl_string message)
{
    finish_output();
    for (;;) {
        system_call(HL_CALL_ABORT, (uint64_t)message.data, message.size, 0);
    }
}

void hl_log(enum hl_level level, hl_string message)
{
    system_call(HL_CALL_LOG, level, (uint64_t)message.data, message.size);
}

/* Writes the digits of a number so that they end before an address. Returns the address of the first digit. */
static char *put_digits(char *end, uint64_t number)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return end;
}

static _Noreturn void print_failed(int64_t error)
{
    if (error == LINUX_EFAULT) {
        hl_abort(HL_STR("hl_print of memory that is not the guest's"));
    }
    /* The message is on the stack, because scratch memory may be used up. */
    const hl_string what = HL_STR("hl_print: the host's stream failed with error number ");
    char text[100];
    char *end = text + sizeof(text);
    char *at = put_digits(end, (uint64_t)error) - what.size;
    memcpy(at, what.data, what.size);
    hl_abort((hl_string){at, (size_t)(end - at)});
}

void hl_print(hl_string text)
{
    finish_output();
    while (text.size != 0) {
        int64_t written = (int64_t)system_call(LINUX_WRITE, STANDARD_OUTPUT, (uint64_t)text.data, text.size);
        if (written == -LINUX_EINTR) {
            continue;
        }
        if (written <= 0) {
            print_failed(-written);
        }
        text.data += written;
        text.size -= (size_t)written;
    }
}

void hl_random(void *target, size_t size)
{
    for (unsigned char *next = target; size != 0;) {
        int64_t got = (int64_t)system_call(LINUX_GETRANDOM, (uint64_t)next, size, 0);
        if (got <= 0) {
            hl_abort(HL_STR("hl_random into memory that is not the guest's to write"));
        }
        next += got;
        size -= (size_t)got;
    }
}

void hl_error(hl_string message)
{
    struct hl_frame *frame = HL_INFORMATION->frame;
    frame->error_address = (uint64_t)message.data;
    frame->error_length = message.size;
    frame->status = 1;
}

void *hl_scratch(size_t size)
{
    struct hl_frame *frame = HL_INFORMATION->frame;
    uint64_t start = (frame->window_next + 15) & -16ul;
    if (start > frame->window_end || size > frame->window_end - start) {
        if (size > SIZE_MAX / 2 || system_call(HL_CALL_GROW_WINDOW, start + size, 0, 0) != 0) {
            return NULL;
        }
    }
    frame->window_next = start + size;
    return (void *)start;
}

static char *scratch_or_abort(size_t size)
{
    char *block = hl_scratch(size);
    if (block == NULL) {
        hl_abort(HL_STR("out of memory"));
    }
    return block;
}

hl_string hl_concat_array(size_t count, const hl_string *parts)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(size, parts[i].size, &size) || size == SIZE_MAX) {
            hl_abort(HL_STR("out of memory"));
        }
    }
    char *text = scratch_or_abort(size + 1);
    char *at = text;
    for (size_t i = 0; i < count; i++) {
        memcpy(at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    *at = 0;
    return (hl_string){text, size};
}

hl_string hl_from_cstring(const char *text)
{
    return (hl_string){text, strlen(text)};
}

hl_string hl_from_integer(int64_t number)
{
    enum { LONGEST = 20 }; /* -9223372036854775808 */
    char *end = scratch_or_abort(LONGEST + 1) + LONGEST;
    *end = 0;
    char *at = put_digits(end, number < 0 ? -(uint64_t)number : (uint64_t)number);
    if (number < 0) {
        *--at = '-';
    }
    return (hl_string){at, (size_t)(end - at)};
}
