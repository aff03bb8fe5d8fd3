/* For PooledGuest. */

#include <hyperlight.h>

#define WORDS 1024
#define HEAP_WORDS 65536
#define STACK_WORDS 16384

HL_IMPORT(void, wait_in_host)

static volatile uint64_t data[WORDS];
static int64_t counter;

static uint64_t search(const volatile uint64_t *words, size_t count)
{
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (words[i] >> 32 == 0x5ec5e7) {
            found++;
        }
    }
    return found;
}

static __attribute__((noinline)) void leave_on_stack(uint64_t secret)
{
    volatile uint64_t words[WORDS];
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = secret;
    }
}

static void leave(uint64_t secret)
{
    volatile uint64_t *heap = malloc(HEAP_WORDS * sizeof(uint64_t));
    for (size_t i = 0; i < HEAP_WORDS; i++) {
        heap[i] = secret;
    }
    for (size_t i = 0; i < WORDS; i++) {
        data[i] = secret;
    }
    leave_on_stack(secret);
}

static __attribute__((noinline)) uint64_t search_everywhere(void)
{
    const volatile uint64_t *heap = malloc(HEAP_WORDS * sizeof(uint64_t));
    uint64_t stack = (uint64_t)__builtin_frame_address(0) - (STACK_WORDS + 64) * sizeof(uint64_t);
    __asm__ volatile("" : "+r"(stack), "+r"(heap));
    return search(data, WORDS) + search(heap, HEAP_WORDS)
        + search((const volatile uint64_t *)stack, STACK_WORDS);
}

/* How many secrets there were; then leaves one, and ends in one of four ways. */
HL_EXPORT(int64_t, request, int, int)
int64_t request(int number, int how)
{
    uint64_t found = search_everywhere();
    leave((uint64_t)0x5ec5e7 << 32 | (uint32_t)number);
    if (found == 0 && how == 1) {
        __asm__ volatile("movb $1, 0" ::: "memory");
    }
    if (found == 0 && how == 2) {
        hl_abort(HL_STR("as asked"));
    }
    if (found == 0 && how == 3) {
        hl_error(HL_STR("as asked"));
    }
    return (int64_t)found;
}

HL_EXPORT(int, count)
int count(void) { return (int)++counter; }

HL_EXPORT(hl_string, handle, hl_string)
hl_string handle(hl_string text) { return hl_concat(HL_STR("did "), text); }

HL_EXPORT(int, wait)
int wait(void)
{
    wait_in_host();
    return (int)++counter;
}
