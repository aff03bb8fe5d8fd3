/* The machine code of the guests. A test assembles the comments and compares. */
#include "floor.h"

#include <string.h>

static const uint8_t exit_loop[] = {
    0xe6, 0x00, /* out %al, $0 */
    0xeb, 0xfc, /* jmp .-2 */
};
const struct code EXIT_LOOP = {exit_loop, sizeof exit_loop};

static const uint8_t switch_loop[] = {
    0xb8, 0xe7, 0x00, 0x00, 0x00, /* mov $0xe7, %eax */
    0x31, 0xd2,                   /* xor %edx, %edx */
    0x48, 0x0f, 0xae, 0x27,       /* xsave64 (%rdi) */
    0x48, 0x0f, 0xae, 0x2e,       /* xrstor64 (%rsi) */
    0x0f, 0x05,                   /* syscall */
    0xeb, 0xed,                   /* jmp .-17 */
};
const struct code SWITCH_LOOP = {switch_loop, sizeof switch_loop};

static const uint8_t user_stub[] = {
    0xe6, 0x00, /* out %al, $0 */
    0xff, 0xe1, /* jmp *%rcx */
};
const struct code USER_STUB = {user_stub, sizeof user_stub};

static const uint8_t kernel_stub[] = {
    0xe6, 0x00,       /* out %al, $0 */
    0x48, 0x0f, 0x07, /* sysretq */
};
const struct code KERNEL_STUB = {kernel_stub, sizeof kernel_stub};

static const uint8_t endless_loop[] = {
    0xc6, 0x04, 0x25, 0x00, 0x00, 0x01, 0x00, 0x01, /* movb $1, 0x10000 */
    0xeb, 0xf6,                                     /* jmp .-8 */
};
const struct code ENDLESS_LOOP = {endless_loop, sizeof endless_loop};

static const uint8_t write_loop[] = {
    0xbf, 0x00, 0x00, 0x01, 0x00,       /* mov $0x10000, %edi */
    0xb9, 0x00, 0x00, 0x00, 0x00,       /* mov $0, %ecx */
    0xff, 0x07,                         /* incl (%rdi) */
    0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, /* add $0x1000, %edi */
    0xff, 0xc9,                         /* dec %ecx */
    0x75, 0xf4,                         /* jnz .-10 */
    0xe6, 0x00,                         /* out %al, $0 */
    0xeb, 0xe6,                         /* jmp .-24 */
};
enum { COUNT_OPERAND = 6 };

static const uint8_t request_loop[] = {
    0xbf, 0x00, 0x00, 0x01, 0x00,       /* mov $0x10000, %edi */
    0xb9, 0x00, 0x00, 0x00, 0x00,       /* mov $0, %ecx */
    0xff, 0x07,                         /* incl (%rdi) */
    0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, /* add $0x1000, %edi */
    0xff, 0xc9,                         /* dec %ecx */
    0x75, 0xf4,                         /* jnz .-10 */
    0xb9, 0x00, 0x00, 0x00, 0x00,       /* mov $0, %ecx */
    0xe6, 0x00,                         /* out %al, $0 */
    0xff, 0xc9,                         /* dec %ecx */
    0x75, 0xfa,                         /* jnz .-4 */
    0xeb, 0xdd,                         /* jmp .-33 */
};
enum { EXITS_OPERAND = 23 };

struct code request(int pages, int exits)
{
    static uint8_t bytes[sizeof request_loop];
    memcpy(bytes, request_loop, sizeof request_loop);
    memcpy(bytes + COUNT_OPERAND, &pages, sizeof pages);
    memcpy(bytes + EXITS_OPERAND, &exits, sizeof exits);
    return (struct code){bytes, sizeof bytes};
}

struct code page_writer(int pages)
{
    static uint8_t bytes[sizeof write_loop];
    if (pages == 0) {
        return EXIT_LOOP;
    }
    memcpy(bytes, write_loop, sizeof write_loop);
    memcpy(bytes + COUNT_OPERAND, &pages, sizeof pages);
    return (struct code){bytes, sizeof bytes};
}
