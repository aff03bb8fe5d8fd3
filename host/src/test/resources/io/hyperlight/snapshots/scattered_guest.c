/* For ScatteredGuest. */

#include <hyperlight.h>

static char *given_back;
int main(void)
{
    /* Memory of the snapshot that calls give back, and other calls get. */
    given_back = mmap((void *)0x440000000000ul, 256 * PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(given_back, 7, 256 * PAGE);
    return scatter(1000) != 0;
}

/* Pages so far apart that each needs a table of its own. */
static volatile uint64_t *apart(uint64_t place, uint64_t i)
{
    return (volatile uint64_t *)(0x600000000000ul + (place << 36) + (i << 21));
}

/* How many of them cannot be mapped or are not zero; each keeps a number. */
HL_EXPORT(int64_t, map_apart, uint64_t, uint64_t)
int64_t map_apart(uint64_t place, uint64_t number)
{
    int64_t wrong = 0;
    for (uint64_t i = 0; i < number; i++) {
        volatile uint64_t *page = apart(place, i);
        if (mmap((void *)page, PAGE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)page)
            wrong += 1000000;
        else {
            wrong += *page != 0;
            *page = place + i + 1;
        }
    }
    return wrong;
}

/* How many of them have another number. */
HL_EXPORT(int64_t, check_apart, uint64_t, uint64_t)
int64_t check_apart(uint64_t place, uint64_t number)
{
    int64_t wrong = 0;
    for (uint64_t i = 0; i < number; i++)
        wrong += *apart(place, i) != place + i + 1;
    return wrong;
}

HL_EXPORT(int64_t, scattered, uint64_t)
int64_t scattered(uint64_t seed) { return scatter(seed); }

/* With no memory but what the snapshot has. */
HL_EXPORT(int64_t, scattered_in_snapshot, uint64_t)
int64_t scattered_in_snapshot(uint64_t seed)
{
    for (unsigned long i = 0; i < 256 * PAGE; i += PAGE)
        if (given_back[i] != 7)
            return -1;
    for (unsigned long size = 64ul << 20; size >= PAGE; size /= 2)
        while (mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) != MAP_FAILED)
            ;
    munmap(given_back + (seed % 64) * PAGE, 150 * PAGE);
    return scatter(seed);
}
