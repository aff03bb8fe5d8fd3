/* For ScatteredGuest. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define MOST 64
#define RETURN 0xc3c3c3c3c3c3c3c3ul

static sigjmp_buf out;
static int code = -1;
static void caught(int signal) { (void)signal; siglongjmp(out, 1); }

static uint64_t state;
static uint32_t next(void)
{
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    return state >> 33;
}

static struct page { uint64_t address; int rights; uint64_t value; } pages[MOST];
static int count;

/* Few bits on each level of the tables, so that the same table serves others in the next call. */
static uint64_t pick(int spread)
{
    uint64_t address = 0x500000000000ul + ((uint64_t)(next() % 6) << 21);
    if (spread == 0)
        address += ((uint64_t)(next() % 4) << 39) + ((uint64_t)(next() % 4) << 30);
    return address + ((uint64_t)(next() % 4) << 12);
}

static struct page *find(uint64_t address)
{
    for (int i = 0; i < count; i++)
        if (pages[i].address == address)
            return &pages[i];
    return 0;
}

static struct page *add(uint64_t address)
{
    struct page *page = find(address);
    if (!page && count < MOST) {
        page = &pages[count++];
        page->address = address;
        page->value = 0;
        page->rights = PROT_NONE;
    }
    return page;
}

static int can_read(struct page *page, uint64_t *value)
{
    if (sigsetjmp(out, 0))
        return 0;
    *value = *(volatile uint64_t *)page->address;
    return 1;
}

static int can_write(struct page *page)
{
    if (sigsetjmp(out, 0))
        return 0;
    ((volatile uint64_t *)page->address)[1] = RETURN;
    return 1;
}

static int can_run(struct page *page)
{
    if (sigsetjmp(out, 0))
        return 0;
    ((void (*)(void))(page->address + 8))();
    return 1;
}

/* How many tries do not end as they should. */
static long try_all(void)
{
    long wrong = 0;
    for (int i = 0; i < count; i++) {
        struct page *page = &pages[i];
        uint64_t value = 0;
        wrong += can_read(page, &value) != (page->rights != PROT_NONE);
        wrong += page->rights != PROT_NONE && value != page->value;
        wrong += can_write(page) != ((page->rights & PROT_WRITE) != 0);
        wrong += can_run(page) != ((page->rights & PROT_EXEC) != 0);
    }
    return wrong;
}

static long map(struct page *page, uint64_t seed)
{
    if (mmap((void *)page->address, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
             -1, 0) != (void *)page->address)
        return 1000000;
    page->value = seed * 1000003 + page->address;
    page->rights = PROT_READ | PROT_WRITE;
    ((uint64_t *)page->address)[0] = page->value;
    ((uint64_t *)page->address)[1] = RETURN;
    return 0;
}

static long change(struct page *page, uint64_t seed)
{
    static const int rights[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    switch (next() % 5) {
    case 0: {
        long failed = munmap((void *)page->address, PAGE) != 0;
        page->rights = PROT_NONE;
        page->value = 0;
        return failed;
    }
    case 1: {
        int wanted = rights[next() % 3];
        if (!page->value)
            return map(page, seed);
        page->rights = wanted;
        return mprotect((void *)page->address, PAGE, wanted) != 0;
    }
    case 2: {
        uint64_t to = pick(next() % 2);
        struct page from = *page;
        if (!from.value || find(to) || count == MOST)
            return 0;
        page->rights = PROT_NONE;
        page->value = 0;
        struct page *target = add(to);
        target->rights = from.rights;
        target->value = from.value;
        return mremap((void *)from.address, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)to)
               != (void *)to;
    }
    case 3:
        page->value = RETURN;
        page->rights = PROT_READ | PROT_EXEC;
        return mmap((void *)page->address, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, code, 0)
               != (void *)page->address;
    default:
        return map(page, seed);
    }
}

/* Everything that the seeds before this one may have mapped, which is not mapped now. */
static void remember(uint64_t seed)
{
    for (uint64_t before = seed < 3 ? 0 : seed - 3; before < seed; before++) {
        state = before * 2654435761u + 1;
        next();
        for (int i = 4 + next() % 12; i > 0 && count < MOST / 2; i--)
            add(pick(before % 2));
    }
}

static long scatter(uint64_t seed)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = caught;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &action, 0);
    sigaction(SIGBUS, &action, 0);
    long wrong = 0;
    while (count > 0)
        wrong += munmap((void *)pages[--count].address, PAGE) != 0;
    if (code < 0)
        code = open("/code/page", O_RDONLY);
    remember(seed);
    state = seed * 2654435761u + 1;
    next();
    for (int i = 4 + next() % 12; i > 0; i--) {
        struct page *page = add(pick(seed % 2));
        if (page)
            wrong += map(page, seed);
    }
    wrong += try_all();
    for (int i = 0; i < 12; i++)
        wrong += change(&pages[next() % count], seed);
    return wrong + try_all();
}
