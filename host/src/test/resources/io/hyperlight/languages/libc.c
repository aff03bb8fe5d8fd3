/* For LibcGuestTest. */

#include <assert.h>
#include <errno.h>
#include <hyperlight.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

HL_IMPORT(int, ask, int)

static char order[10];
__attribute__((constructor(300))) static void third(void) { strcat(order, "3"); }
__attribute__((constructor(200))) static void second(void) { strcat(order, "2"); }
__attribute__((constructor)) static void last(void) { strcat(order, "4"); }
__attribute__((destructor)) static void end(void) { printf("destructor\n"); }

static char *from_main;
static int argument_count;

int main(int argc, char **argv)
{
    static char text[100];
    strcat(order, "m");
    argument_count = argc;
    from_main = argv[argc] == NULL && getenv("PATH") == NULL ? text : NULL;
    snprintf(text, sizeof text, "%s", argv[0]);
    printf("from main");
    return 0;
}

HL_EXPORT(hl_string, start_order)
hl_string start_order(void) { return hl_from_cstring(order); }

HL_EXPORT(hl_string, program_name)
hl_string program_name(void) { return hl_from_cstring(from_main); }

HL_EXPORT(int, arguments)
int arguments(void) { return argument_count; }

HL_EXPORT(void, print_half, hl_string)
void print_half(hl_string text) { printf("%s", text.data); }

HL_EXPORT(void, print_lines, int)
void print_lines(int count)
{
    for (int i = 0; i < count; i++) {
        printf("line %d\n", i);
    }
}

HL_EXPORT(int, print_in_turn)
int print_in_turn(void)
{
    printf("one ");
    hl_print(HL_STR("two "));
    printf("three ");
    fflush(stdout);
    fprintf(stderr, "four ");
    printf("five");
    return 5;
}

HL_EXPORT(int, ask_twice, int)
int ask_twice(int a)
{
    int b;
    printf("asking");
    return try_ask(&b, a) ? ask(b) : -1;
}

HL_EXPORT(int, fail, hl_string)
int fail(hl_string message)
{
    printf("failing ");
    hl_error(message);
    return 1;
}

HL_EXPORT(void, give_up, int)
void give_up(int a)
{
    int b;
    printf("giving up");
    try_ask(&b, a);
    hl_give_up();
}

HL_EXPORT(void, hl_abort_now)
void hl_abort_now(void)
{
    printf("aborting");
    hl_abort(HL_STR("enough"));
}

HL_EXPORT(void, abort_now, hl_string)
void abort_now(hl_string text)
{
    fputs(text.data, stderr);
    abort();
}

HL_EXPORT(int, assert_positive, int)
int assert_positive(int number)
{
    assert(number > 0);
    return number;
}

HL_EXPORT(void, free_twice)
void free_twice(void)
{
    char *volatile block = malloc(100);
    free(block);
    free(block);
}

HL_EXPORT(void, exit_with, int)
void exit_with(int status)
{
    printf("exiting ");
    exit(status);
}

HL_EXPORT(void, exit_at_once, int)
void exit_at_once(int status) { _exit(status); }

HL_EXPORT(void, smash_stack)
__attribute__((optimize("stack-protector-all"))) void smash_stack(void)
{
    char small[8];
    memset(small, 'x', (size_t)40 + (size_t)(argument_count - 1));
    __asm__ volatile("" : : "r"(small) : "memory");
}

HL_EXPORT(int, write_nowhere)
int write_nowhere(void)
{
    volatile int *volatile nowhere = (int *)8;
    return *nowhere = 1;
}

HL_EXPORT(int64_t, now)
int64_t now(void) { return (int64_t)time(NULL); }

HL_EXPORT(hl_string, date)
hl_string date(void)
{
    static char text[50];
    time_t moment = time(NULL);
    strftime(text, sizeof text, "%F %T", localtime(&moment));
    return hl_from_cstring(text);
}

HL_EXPORT(bool, clock_goes_on)
bool clock_goes_on(void)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    do {
        clock_gettime(CLOCK_MONOTONIC, &after);
    } while (after.tv_nsec == before.tv_nsec);
    return clock() != (clock_t)-1 && after.tv_sec >= before.tv_sec;
}

static _Thread_local int of_thread = 40;

HL_EXPORT(int, next_of_thread)
int next_of_thread(void) { return ++of_thread; }

HL_EXPORT(int, error_of, hl_string)
int error_of(hl_string path)
{
    errno = 0;
    return fopen(path.data, "w") == NULL ? errno : 0;
}

HL_EXPORT(uint64_t, allocate_all)
uint64_t allocate_all(void)
{
    uint64_t sum = 0;
    void **blocks = NULL;
    for (size_t size = 1 << 22; size >= 1 << 10; size /= 2) {
        for (void **block; (block = malloc(size)) != NULL;) {
            memset(block, 1, size);
            *block = blocks;
            blocks = block;
            sum += size;
        }
    }
    while (blocks != NULL) {
        void **next = *blocks;
        free(blocks);
        blocks = next;
    }
    return sum;
}

static volatile sig_atomic_t signals;
static void count(int number) { signals += number; }

HL_EXPORT(int, raise_signal)
int raise_signal(void)
{
    signal(SIGUSR1, count);
    raise(SIGUSR1);
    return signals;
}
