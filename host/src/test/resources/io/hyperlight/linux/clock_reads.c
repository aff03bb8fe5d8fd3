/* For VdsoTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int clocks[] = {0, 1, 4, 5, 6, 7, 11};
#define CLOCKS 7

static long nanos(struct timespec time)
{
    return time.tv_sec * 1000000000l + time.tv_nsec;
}

static long by_libc(int clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? nanos(time) : -1;
}

static long by_system_call(int clock)
{
    struct timespec time;
    return syscall(SYS_clock_gettime, clock, &time) == 0 ? nanos(time) : -1;
}

/* Reads all clocks in turn. */
static void read_all(long rounds)
{
    long last[CLOCKS] = {0}, last_day = 0, last_second = 0;
    for (long i = 0; i < rounds; i++) {
        for (int c = 0; c < CLOCKS; c++) {
            long now = by_libc(clocks[c]);
            if (now <= 0 || now < last[c])
                printf("clock %d went from %ld to %ld\n", clocks[c], last[c], now);
            last[c] = now;
        }
        struct timeval day;
        gettimeofday(&day, NULL);
        long now = day.tv_sec * 1000000l + day.tv_usec;
        if (now < last_day || day.tv_usec < 0 || day.tv_usec >= 1000000)
            printf("gettimeofday went from %ld to %ld\n", last_day, now);
        last_day = now;
        long second = time(NULL);
        if (second < last_second || second < now / 1000000)
            printf("time went from %ld to %ld\n", last_second, second);
        last_second = second;
    }
}

/* Reads each clock in both ways in turn. */
static void alternate(long rounds)
{
    for (int c = 0; c < CLOCKS; c++) {
        long last = 0;
        for (long i = 0; i < rounds; i++) {
            long now = (i + i / 64) % 2 == 0 ? by_libc(clocks[c]) : by_system_call(clocks[c]);
            if (now < last)
                printf("clock %d went back by %ld in round %ld\n", clocks[c], last - now, i);
            last = now;
        }
    }
}

/* Tries to change what the host has mapped, and prints whether that is forbidden. */
static void change(void)
{
    char *object = (char *)getauxval(AT_SYSINFO_EHDR), *numbers = object - 4096;
    char *pages[] = {numbers, object};
    int anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    for (int i = 0; i < 2; i++) {
        char *page = pages[i];
        long outcomes[] = {
            munmap(page, 4096),
            mprotect(page, 4096, PROT_READ | PROT_WRITE),
            (long)mmap(page, 4096, PROT_READ, anonymous, -1, 0),
            (long)mremap(page, 4096, 8192, MREMAP_MAYMOVE),
            (long)mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x70000000),
            munmap(numbers - 4096, 4 * 4096),
        };
        for (int o = 0; o < 6; o++)
            printf("%d: %s\n", o, outcomes[o] == -1 ? (errno == EPERM ? "EPERM" : "?") : "done");
    }
    read_all(1000);
}

static int has(const char *numbers)
{
    for (int i = 0; i < 4096; i++)
        if (numbers[i] != 0)
            return 1;
    return 0;
}

/* Answers each request by whether there are numbers, and reads a clock. */
static void serve(const char *numbers)
{
    for (;;) {
        char request;
        while (read(0, &request, 1) > 0) {
        }
        const char *answer = has(numbers) ? "yes" : "no";
        by_libc(1);
        write(1, answer, strlen(answer));
    }
}

/* Prints rights and names of the mappings that the kernel names so. */
static void show_maps(const char *numbers)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[400];
    while (fgets(line, sizeof line, maps)) {
        unsigned long start = 0, end = 0;
        char rights[8] = "", name[100] = "";
        int parts = sscanf(line, "%lx-%lx %7s %*s %*s %*s %99s", &start, &end, rights, name);
        if (parts == 4 && (strcmp(name, "[vdso]") == 0 || strcmp(name, "[vvar]") == 0))
            printf("%s %s %d\n", rights, name, start == (unsigned long)numbers + 4096);
    }
}

static volatile long latest;
static long rounds_of_threads;

/* Compares its time with that of other threads. */
static void *compare(void *unused)
{
    for (long i = 0; i < rounds_of_threads; i++) {
        long before = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
        long now = i % 100 == 99 ? by_system_call(1) : by_libc(1);
        if (now < before)
            printf("went back by %ld in round %ld\n", before - now, i);
        while (before < now && !__atomic_compare_exchange_n(&latest, &before, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        }
    }
    return NULL;
}

static void compare_threads(long rounds)
{
    pthread_t threads[3];
    rounds_of_threads = rounds;
    for (long i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, compare, (void *)i);
    for (long i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

int main(int count, char **arguments)
{
    long rounds = count > 2 ? atol(arguments[2]) : 0;
    if (count > 1 && strcmp(arguments[1], "read") == 0)
        read_all(rounds);
    if (count > 1 && strcmp(arguments[1], "alternate") == 0)
        alternate(rounds);
    if (count > 1 && strcmp(arguments[1], "threads") == 0)
        compare_threads(rounds);
    if (count > 1 && strcmp(arguments[1], "change") == 0)
        change();
    char *numbers = (char *)getauxval(AT_SYSINFO_EHDR) - 4096;
    if (count > 1 && strcmp(arguments[1], "execute") == 0)
        ((void (*)(void))numbers)();
    if (count > 1 && strcmp(arguments[1], "numbers") == 0 && has(numbers))
        puts("there are numbers");
    if (count > 1 && strcmp(arguments[1], "maps") == 0)
        show_maps(numbers);
    if (count > 1 && strcmp(arguments[1], "serve") == 0)
        serve(numbers);
    puts("end");
}
