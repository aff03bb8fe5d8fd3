/*
 * The parts of a libc that C programs need even if they do not ask for them: memory and string functions, and an allocator.
 *
 * The allocator has a free list for each size class, and four classes for each doubling of the size. New blocks come from
 * the program break. Every operation takes a few instructions. Freed memory is used again only for blocks of its class.
 * This simple design suits programs that live for one request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hyperlight.h"

/* The compiler must not turn these loops into calls of the functions they define. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    void *at = target;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(size) : : "memory");
    return target;
}

void *memmove(void *target, const void *source, size_t size)
{
    if ((uintptr_t)target - (uintptr_t)source >= size) {
        return memcpy(target, source, size);
    }
    char *to = (char *)target + size;
    const char *from = (const char *)source + size;
    while (size-- != 0) {
        *--to = *--from;
    }
    return target;
}

void *memset(void *target, int byte, size_t size)
{
    void *at = target;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return target;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    for (; size != 0; size--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

void *memchr(const void *area, int byte, size_t size)
{
    for (const unsigned char *at = area; size != 0; size--, at++) {
        if (*at == (unsigned char)byte) {
            return (void *)at;
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end != 0) {
        end++;
    }
    return (size_t)(end - text);
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size != 0; size--, a++, b++) {
        if (*a != *b || *a == 0) {
            return (unsigned char)*a - (unsigned char)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++) {
        if (*text == 0) {
            return NULL;
        }
    }
    return (char *)text;
}

_Noreturn void abort(void)
{
    hl_abort(HL_STR("abort() was called"));
}

/* ---- allocator ------------------------------------------------------------------------------------------------- */

enum { ALIGNMENT = 16, SMALLEST = 16, STEPS = 4, CLASSES = 200, GROWTH = 256 * 1024, LINUX_BRK = 12 };

/* A size that is larger than the memory of any guest, and whose class is below CLASSES. */
#define LARGEST ((size_t)1 << 48)

struct block {
    size_t size; /* usable bytes, after the header */
    uint32_t size_class;
    uint32_t in_use; /* IN_USE if allocated; reveals double frees and invalid pointers */
};

#define IN_USE 0x68a11c5eu

static struct block_list {
    struct block_list *next;
} *free_lists[CLASSES];
static uintptr_t heap_next;
static uintptr_t heap_end;

static uintptr_t set_break(uintptr_t end)
{
    uintptr_t result = LINUX_BRK;
    __asm__ volatile("syscall" : "+a"(result) : "D"(end) : "rcx", "r11", "memory");
    return result;
}

/* Takes new memory from the break. Takes more than it needs if possible, so that system calls are rare. */
static void *extend(size_t size)
{
    if (heap_next == 0) {
        heap_next = heap_end = set_break(0);
    }
    if (size > heap_end - heap_next) {
        size_t missing = size - (heap_end - heap_next);
        uintptr_t wish = heap_end + missing + GROWTH;
        if (missing > UINTPTR_MAX / 2 - heap_end) {
            return NULL;
        }
        if (set_break(wish) == wish) {
            heap_end = wish;
        } else if (set_break(heap_end + missing) == heap_end + missing) {
            heap_end += missing;
        } else {
            return NULL;
        }
    }
    void *start = (void *)heap_next;
    heap_next += size;
    return start;
}

/* Finds the class with the smallest size that is large enough. Returns the class, and its size through the pointer. */
static uint32_t classify(size_t wanted, size_t *size)
{
    size_t step = SMALLEST;
    size_t at = SMALLEST;
    uint32_t class = 0;
    while (at < wanted) {
        at += step;
        class++;
        if (class > STEPS && class % STEPS == 1) {
            step *= 2;
        }
    }
    *size = at;
    return class;
}

void *malloc(size_t size)
{
    if (size > LARGEST) {
        return NULL;
    }
    size_t rounded;
    uint32_t class = classify(size, &rounded);
    struct block *block;
    if (free_lists[class] != NULL) {
        block = (struct block *)free_lists[class] - 1;
        free_lists[class] = free_lists[class]->next;
    } else {
        block = extend(sizeof(struct block) + rounded);
        if (block == NULL) {
            return NULL;
        }
        block->size = rounded;
        block->size_class = class;
    }
    block->in_use = IN_USE;
    return block + 1;
}

static struct block *block_of(void *memory)
{
    struct block *block = (struct block *)memory - 1;
    if (block->in_use != IN_USE || block->size_class >= CLASSES) {
        hl_abort(HL_STR("free or realloc of memory that is not allocated"));
    }
    return block;
}

void free(void *memory)
{
    if (memory == NULL) {
        return;
    }
    struct block *block = block_of(memory);
    block->in_use = 0;
    struct block_list *entry = memory;
    entry->next = free_lists[block->size_class];
    free_lists[block->size_class] = entry;
}

void *calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    void *memory = malloc(total);
    return memory == NULL ? NULL : memset(memory, 0, total);
}

void *realloc(void *memory, size_t size)
{
    if (memory == NULL) {
        return malloc(size);
    }
    struct block *block = block_of(memory);
    if (size <= block->size) {
        return memory;
    }
    void *moved = malloc(size);
    if (moved != NULL) {
        memcpy(moved, memory, block->size);
        free(memory);
    }
    return moved;
}
