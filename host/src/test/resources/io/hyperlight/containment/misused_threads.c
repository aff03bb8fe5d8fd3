/* For MisusedThreadsTest. Each function misuses something that came with threads. One that returns, returns 0 if it saw
   what a program sees on Linux, or the line where it did not. The endless ones are ended by a limit. */
#define _GNU_SOURCE
#include <hyperlight.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define GATE 0x10000ul
#define STUB 0x10800ul
#define SWITCH_CODE 0x10c00ul
#define SWITCH_CODE_END 0x10d40ul
#define USER_END 0x7ffffffff000ul
#define AREAS (USER_END - 1024 * PAGE)
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MISUSE(name) HL_EXPORT(int64_t, name) int64_t name(void)
#define CHECK(condition) do { if (!(condition)) { return __LINE__; } } while (0)

static atomic_int stop, seen;
static atomic_long signals;

static int start(pthread_t *thread, void *(*code)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    return pthread_create(thread, &attributes, code, argument);
}

static void *spins(void *unused)
{
    while (!stop) { }
    return unused;
}

static void *yields(void *unused)
{
    while (!stop) {
        sched_yield();
    }
    return unused;
}

static void count_signal(int signal)
{
    (void) signal;
    signals++;
}

static void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

static long futex(uint32_t *word, int op, long value, long fourth, uint32_t *second, long third)
{
    long result = syscall(SYS_futex, word, op, value, fourth, second, third);
    return result < 0 ? -errno : result;
}

HL_EXPORT(int, ping, int) int ping(int number)
{
    return number + 1;
}

/* A request that needs threads, timers, futexes and files to be as in a new guest. */
static void *adds(void *number)
{
    for (int i = 0; i < 10; i++) {
        atomic_fetch_add((atomic_int *) number, 1);
        sched_yield();
    }
    return NULL;
}

MISUSE(request)
{
    atomic_int sum = 0;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK(start(&threads[i], adds, &sum) == 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(sum == 40);
    int descriptor = eventfd(0, 0);
    CHECK(descriptor >= 0 && close(descriptor) == 0);
    return signals + seen;
}

/* ---- floods of timers ---- */

static int make_timer(timer_t *timer, int thread)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    event._sigev_un._tid = thread;
    return syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, timer);
}

static atomic_int target;

static void *is_target(void *unused)
{
    target = gettid();
    return spins(unused);
}

MISUSE(flood_of_thread_timers)
{
    static int timers[600];
    pthread_t threads[2];
    struct rlimit limit = {500, 500};
    CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
    handle(SIGUSR1, count_signal, SA_RESTART);
    CHECK(start(&threads[0], is_target, NULL) == 0 && start(&threads[1], yields, NULL) == 0);
    while (target == 0) {
        sched_yield();
    }
    int count = 0;
    struct itimerspec often = {{0, 1}, {0, 1}};
    while (count < (int) COUNT(timers) && make_timer((timer_t *) &timers[count], target) == 0) {
        syscall(SYS_timer_settime, timers[count], 0, &often, NULL);
        count++;
    }
    CHECK(errno == EAGAIN && count == 500);
    while (signals < 200) {
        sched_yield();
    }
    stop = 1;
    pthread_join(threads[0], NULL); /* the target ends with all its timers */
    pthread_join(threads[1], NULL);
    for (int i = 0; i < count; i++) {
        CHECK(syscall(SYS_timer_delete, timers[i]) == 0);
    }
    CHECK(make_timer((timer_t *) &timers[0], target) < 0 && errno == EINVAL);
    return 0;
}

MISUSE(endless_flood_of_thread_timers)
{
    pthread_t threads[3];
    int timer;
    struct itimerspec often = {{0, 1}, {0, 1}};
    handle(SIGUSR1, count_signal, SA_RESTART | SA_NODEFER);
    for (int i = 0; i < 3; i++) {
        start(&threads[i], is_target, NULL);
    }
    for (;;) {
        if (make_timer((timer_t *) &timer, target) == 0) {
            syscall(SYS_timer_settime, timer, 0, &often, NULL);
        }
    }
}

MISUSE(flood_of_timer_files)
{
    int files[300], count = 0, poll = epoll_create1(0);
    struct itimerspec often = {{0, 1}, {0, 1}};
    pthread_t thread;
    CHECK(poll >= 0 && start(&thread, yields, NULL) == 0);
    while (count < 300 && (files[count] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN | (count % 2 ? EPOLLET : 0), .data.u32 = count};
        CHECK(timerfd_settime(files[count], 0, &often, NULL) == 0);
        CHECK(epoll_ctl(poll, EPOLL_CTL_ADD, files[count], &event) == 0);
        count++;
    }
    CHECK(errno == EMFILE && count > 100);
    uint64_t expirations, all = 0;
    for (int round = 0; round < 20; round++) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, -1);
        CHECK(ready > 0);
        for (int i = 0; i < ready; i++) {
            if (read(files[events[i].data.u32], &expirations, 8) == 8) {
                all += expirations;
            }
        }
    }
    CHECK(all > 0);
    stop = 1;
    pthread_join(thread, NULL);
    for (int i = 0; i < count; i++) {
        CHECK(close(files[i]) == 0);
    }
    return 0;
}

/* ---- epoll files that watch each other ---- */

static void *waits_for_events(void *poll)
{
    struct epoll_event events[4];
    while (epoll_wait((int) (long) poll, events, 4, -1) >= 0) {
        seen++;
    }
    return NULL;
}

MISUSE(nested_epolls)
{
    int polls[5][8];
    struct epoll_event event = {.events = EPOLLIN};
    int source = eventfd(0, EFD_NONBLOCK), refused = 0;
    for (int level = 0; level < 5; level++) {
        for (int i = 0; i < 8; i++) {
            CHECK((polls[level][i] = epoll_create1(0)) >= 0);
        }
    }
    for (int level = 0; level < 5; level++) {
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                if (epoll_ctl(polls[level][i], EPOLL_CTL_ADD, level == 0 ? source : polls[level - 1][j], &event) < 0) {
                    CHECK(errno == ELOOP || errno == EINVAL || errno == EEXIST);
                    refused++;
                }
            }
        }
    }
    CHECK(refused > 0);
    CHECK(epoll_ctl(polls[0][0], EPOLL_CTL_ADD, polls[3][0], &event) < 0 && (errno == ELOOP || errno == EINVAL));
    CHECK(epoll_ctl(polls[0][0], EPOLL_CTL_ADD, polls[0][0], &event) < 0 && errno == EINVAL);
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        CHECK(start(&threads[i], waits_for_events, (void *) (long) polls[i % 4][i / 4]) == 0);
    }
    for (int round = 0; round < 10; round++) {
        eventfd_write(source, 1);
        sched_yield();
        eventfd_t value;
        eventfd_read(source, &value);
    }
    /* All of it is closed while others wait for it. */
    for (int level = 0; level < 5; level++) {
        for (int i = 0; i < 8; i++) {
            CHECK(close(polls[level][i]) == 0);
        }
    }
    return 0;
}

/* ---- futexes ---- */

static uint32_t words[64] __attribute__((aligned(4096)));
static atomic_int waiting, woken;

static void *waits(void *word)
{
    waiting++;
    while (futex(word, FUTEX_WAIT_PRIVATE, 0, 0, NULL, 0) != 0) { }
    woken++;
    return NULL;
}

MISUSE(requeued_waiters)
{
    pthread_t threads[200];
    for (int i = 0; i < 200; i++) {
        CHECK(start(&threads[i], waits, &words[0]) == 0);
    }
    for (long there = 0; there < 200;) {
        sched_yield();
        there = futex(words, FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, words, 0);
    }
    int at = 0;
    for (int round = 1; round < 100; round++) {
        int to = round * 7 % 64;
        CHECK(futex(&words[at], FUTEX_CMP_REQUEUE_PRIVATE, 0, INT_MAX, &words[to], 0) == 200);
        at = to;
    }
    CHECK(futex(&words[at], FUTEX_REQUEUE_PRIVATE, -1, 1, &words[0], 0) == -EINVAL);
    CHECK(futex(&words[at], FUTEX_REQUEUE_PRIVATE, 1, INT_MIN, &words[0], 0) == -EINVAL);
    CHECK(futex(&words[at], FUTEX_REQUEUE_PRIVATE, 1, 1, (uint32_t *) USER_END, 0) == -EFAULT);
    CHECK(futex(&words[at], FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, INT_MAX, &words[(at + 1) % 64], 0) == -EINVAL);
    CHECK(futex(&words[at], FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0) == 200);
    for (int i = 0; i < 200; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    return woken != 200;
}

struct entry {
    uint64_t value, address;
    uint32_t flags, reserved;
};

/* 128 times the same futex. */
static void *waits_often(void *unused)
{
    struct entry list[128];
    for (int i = 0; i < 128; i++) {
        list[i] = (struct entry) {.address = (uintptr_t) &words[i % 4 ? 0 : 1], .flags = 2 | 128};
    }
    waiting++;
    return syscall(449, list, 128, 0, NULL, 0) < 0 ? words : unused;
}

MISUSE(waiters_that_wait_often)
{
    pthread_t threads[40];
    void *result;
    for (int i = 0; i < 40; i++) {
        CHECK(start(&threads[i], waits_often, NULL) == 0);
    }
    for (long there = 0; there < 40 * 96;) {
        sched_yield();
        there = futex(&words[0], FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &words[0], 0);
    }
    /* The one that is woken leaves all queues. */
    CHECK(futex(&words[0], FUTEX_REQUEUE_PRIVATE, 1, INT_MAX, &words[2], 0) == 40 * 96);
    CHECK(futex(&words[2], FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &words[3], 0) == 39 * 96);
    CHECK(futex(&words[3], FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0) == 39 * 96);
    for (int i = 0; i < 40; i++) {
        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(futex(&words[i], FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0) == 0);
    }
    return 0;
}

/* The waiter of the first one is left in the queue of the third word, and so is found by the next request if a restore
   does not remove it. */
MISUSE(leaves_waiters)
{
    for (int i = 0; i < 40; i++) {
        pthread_t thread;
        CHECK(start(&thread, waits_often, NULL) == 0);
        for (long there = 0; there < 96;) {
            sched_yield();
            there = futex(&words[0], FUTEX_REQUEUE_PRIVATE, 0, INT_MAX, &words[0], 0);
        }
        futex(&words[0], FUTEX_REQUEUE_PRIVATE, 1, INT_MAX, &words[2], 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    return futex(&words[2], FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0);
}

/* ---- what is done at the end of a thread ---- */

struct robust_list *list_of(void *head, long offset, void *pending)
{
    struct robust_list_head *list = head;
    list->futex_offset = offset;
    list->list_op_pending = pending;
    syscall(SYS_set_robust_list, list, sizeof *list);
    return &list->list;
}

static char *hole, *constant;

static void *ends_with_list(void *kind)
{
    static _Thread_local struct robust_list_head head;
    static _Thread_local struct robust_list nodes[8];
    struct robust_list *list = list_of(&head, 8, NULL);
    list->next = list;
    switch ((long) kind) {
    case 0: /* a circle that does not have the head */
        list->next = &nodes[0];
        nodes[0].next = &nodes[1];
        nodes[1].next = &nodes[0];
        break;
    case 1: list->next = (void *) hole; break;
    case 2: list->next = (void *) (hole - 8); break; /* the word of the lock is in the hole */
    case 3: list->next = (void *) -8L; break;
    case 4: list->next = (void *) (USER_END - 4); break;
    case 5: head.futex_offset = LONG_MIN; list->next = &nodes[0]; nodes[0].next = list; break;
    case 6: list_of(&head, (long) constant - (long) nodes, nodes)->next = list; break;
    case 7: syscall(SYS_set_robust_list, hole, sizeof head); break;
    case 8: syscall(SYS_set_robust_list, -16L, sizeof head); break;
    case 9: syscall(SYS_set_robust_list, hole - 8, sizeof head); break;
    case 10: syscall(SYS_set_robust_list, (char *) &head + 3, sizeof head); break;
    case 11: list->next = (void *) ((long) list | 1); break;
    case 12: list->next = (void *) (AREAS - 4); break;
    case 13: list->next = (void *) GATE; break;
    case 14: list->next = (void *) (hole - 16); *(void **) (hole - 16) = hole - 16; break;
    case 15: head.list_op_pending = (void *) (hole - 9); break;
    default: break;
    }
    /* not by pthread_exit, which has a list of its own */
    return NULL;
}

MISUSE(robust_lists)
{
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    constant = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    hole = pages + PAGE;
    munmap(hole, PAGE);
    for (int round = 0; round < 3; round++) {
        for (long kind = 0; kind < 16; kind++) {
            pthread_t thread;
            CHECK(start(&thread, ends_with_list, (void *) kind) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
        }
    }
    return 0;
}

static void *clears(void *where)
{
    /* The word that the join waits for is another one from here on. */
    syscall(SYS_set_tid_address, where);
    seen++;
    syscall(SYS_exit, 0);
    return NULL;
}

static int tasks(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        count += entry->d_name[0] != '.';
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

MISUSE(clear_child_tid_anywhere)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + PAGE, PAGE);
    void *const places[] = {pages, pages + 1, pages + PAGE - 2, pages + PAGE, (void *) 8, (void *) -4L, (void *) GATE,
        (void *) AREAS, (void *) (USER_END - 2), (void *) USER_END, (void *) 0x800000000000, (void *) &ping};
    for (size_t i = 0; i < COUNT(places); i++) {
        pthread_t thread;
        CHECK(start(&thread, clears, places[i]) == 0);
    }
    while (tasks() > 1) {
        sched_yield();
    }
    CHECK(*(volatile int *) pages == 0 && seen == (int) COUNT(places));
    seen = 0;
    return 0;
}

/* ---- signals without a stack ---- */

static int without_stack(void *at)
{
    stack_t stack = {.ss_sp = at, .ss_size = 1 << 16};
    handle(SIGUSR1, count_signal, SA_ONSTACK);
    return sigaltstack(&stack, NULL);
}

static void *signals_nowhere(void *at)
{
    if (without_stack(at) == 0) {
        pthread_kill(pthread_self(), SIGUSR1);
    }
    return NULL;
}

static int64_t signal_on(void *stack)
{
    pthread_t threads[2];
    start(&threads[0], spins, NULL);
    start(&threads[1], signals_nowhere, stack);
    pthread_join(threads[1], NULL);
    return 0;
}

MISUSE(stack_in_a_hole) { return signal_on((void *) 0x1000000000); }
MISUSE(stack_behind_user_space) { return signal_on((void *) (USER_END - (1 << 15))); }
MISUSE(stack_around_the_end_of_addresses) { return signal_on((void *) -32768L); }
MISUSE(stack_that_is_not_canonical) { return signal_on((void *) 0x800000000000); }
MISUSE(stack_in_save_areas) { return signal_on((void *) (AREAS + PAGE)); }
MISUSE(stack_in_the_gate) { return signal_on((void *) (GATE - (1 << 16) + 0xff0)); }

/* ---- pages of the library ---- */

static void *switches(void *unused)
{
    double number = 1.5;
    while (!stop) {
        sched_yield();
        number = number * 3 - 3; /* stays 1.5 */
        if (number != 1.5) {
            seen = 1;
        }
    }
    return unused;
}

static uint64_t address_of_vdso(void)
{
    uint64_t from = 0, to;
    char line[256];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        if (strstr(line, "[vdso]") && sscanf(line, "%lx-%lx", &from, &to) == 2) {
            break;
        }
    }
    if (maps) {
        fclose(maps);
    }
    return from;
}

MISUSE(changes_of_the_librarys_pages)
{
    pthread_t threads[3];
    uint64_t places[] = {GATE, GATE + PAGE, AREAS, AREAS + PAGE, AREAS + 2 * PAGE, AREAS + 1008 * PAGE, USER_END - PAGE};
    char *own = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 3; i++) {
        CHECK(start(&threads[i], switches, NULL) == 0);
    }
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < COUNT(places); i++) {
            char *at = (char *) places[i];
            sched_yield();
            CHECK(munmap(at, PAGE) != 0);
            CHECK(mprotect(at, PAGE, PROT_NONE) != 0);
            CHECK(mprotect(at, PAGE, PROT_READ | PROT_WRITE) != 0);
            CHECK(mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, own + PAGE) == MAP_FAILED);
            CHECK(mremap(own, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED);
            CHECK(mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
            CHECK(mremap(at, 0, PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
            CHECK(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
            madvise(at, PAGE, MADV_DONTNEED);
            madvise(at, PAGE, MADV_FREE);
        }
        CHECK(munmap((void *) GATE, USER_END - GATE) != 0);
        CHECK(munmap((void *) (AREAS - PAGE), 1025 * PAGE) != 0);
        sched_yield();
    }
    stop = 1;
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    return seen;
}

/* The vDSO is the program's own: it may take it away. Who reads clocks by it then ends. */
static void *reads_clocks(void *unused)
{
    struct timespec now;
    while (!stop) {
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return unused;
}

static int64_t change_vdso(int kind)
{
    uint64_t at = address_of_vdso();
    pthread_t threads[2];
    if (at == 0) {
        return 0;
    }
    start(&threads[0], reads_clocks, NULL);
    start(&threads[1], reads_clocks, NULL);
    for (int i = 0; i < 200; i++) {
        sched_yield();
        for (int page = -4; page < 2; page++) {
            char *place = (char *) at + page * (long) PAGE;
            if (kind == 0) {
                mremap(place, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (char *) 0x2000000000 + (page + 4) * PAGE);
            } else if (kind == 1) {
                mprotect(place, PAGE, PROT_NONE);
            } else if (kind == 2) {
                munmap(place, PAGE);
            } else {
                mprotect(place, PAGE, PROT_READ | PROT_WRITE);
                *(volatile char *) place = 1;
            }
        }
    }
    stop = 1;
    return 0;
}

MISUSE(moves_the_vdso) { return change_vdso(0); }
MISUSE(protects_the_vdso) { return change_vdso(1); }
MISUSE(unmaps_the_vdso) { return change_vdso(2); }
MISUSE(writes_the_vdso) { return change_vdso(3); }

/* Writes all save areas again and again: XRSTOR and WRFSBASE find anything. */
static int64_t write_save_areas(int bases)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        start(&threads[i], switches, NULL);
    }
    for (int i = 0; i < 20; i++) {
        sched_yield(); /* until all have begun */
    }
    for (int round = 0; !stop; round++) {
        for (uint64_t area = AREAS; area < USER_END; area += area < AREAS + 8 * PAGE ? PAGE : USER_END) {
            unsigned char resident;
            if (mincore((void *) area, PAGE, &resident) != 0) {
                continue;
            }
            if (bases) {
                *(volatile uint64_t *) (area + 0xff0) = 1ul << 63 | 1;
                *(volatile uint64_t *) (area + 0xff8) = 0x800000000000;
            } else {
                memset((void *) area, round - 1, PAGE);
            }
        }
        sched_yield();
    }
    return 0;
}

MISUSE(writes_save_areas) { return write_save_areas(0); }
MISUSE(writes_bases_in_save_areas) { return write_save_areas(1); }

/* ---- memory that goes away under a call of another thread ---- */

static char *volatile shared_page;
static int memory_file, pipes[2];

static void *takes_away(void *how)
{
    for (long i = 0; !stop; i++) {
        switch ((long) how < 0 ? i % 4 : (long) how) {
        case 0:
            munmap(shared_page, 4 * PAGE);
            mmap(shared_page, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            break;
        case 1:
            mprotect(shared_page, 4 * PAGE, PROT_NONE);
            mprotect(shared_page, 4 * PAGE, PROT_READ | PROT_WRITE);
            break;
        case 2:
            mmap(shared_page, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory_file, 0);
            ftruncate(memory_file, i % 8 < 4 ? 0 : 3 * PAGE + 1);
            break;
        default:
            mremap(shared_page, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, shared_page + 2 * PAGE);
            mmap(shared_page, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        }
    }
    return NULL;
}

static int is_known(long result)
{
    return result >= 0 || errno == EFAULT || errno == EAGAIN || errno == EINVAL || errno == EINTR || errno == ETIMEDOUT
        || errno == ENOMEM;
}

MISUSE(memory_goes_away_under_calls)
{
    pthread_t threads[2];
    memory_file = memfd_create("goes", 0);
    int zero = open("/dev/zero", O_RDONLY), poll = epoll_create1(0), event = eventfd(1, EFD_NONBLOCK);
    struct epoll_event interest = {.events = EPOLLIN};
    CHECK(zero >= 0 && memory_file >= 0 && pipe2(pipes, O_NONBLOCK) == 0);
    CHECK(epoll_ctl(poll, EPOLL_CTL_ADD, event, &interest) == 0);
    shared_page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(start(&threads[0], takes_away, (void *) -1L) == 0);
    CHECK(start(&threads[1], yields, NULL) == 0);
    struct timespec soon = {0, 1000};
    for (int i = 0; i < 150; i++) {
        char *at = shared_page;
        struct iovec parts[4] = {{at, 100}, {at + PAGE - 50, 100}, {at + 2 * PAGE, 2 * PAGE}, {at + 1, PAGE}};
        CHECK(is_known(read(zero, at, 4 * PAGE)));
        CHECK(is_known(readv(zero, parts, 4)));
        CHECK(is_known(write(pipes[1], at, 4 * PAGE)));
        CHECK(is_known(writev(pipes[1], parts, 4)));
        CHECK(is_known(readv(pipes[0], (struct iovec *) at, 3)));
        CHECK(is_known(read(pipes[0], at + 17, 3 * PAGE)));
        CHECK(is_known(epoll_wait(poll, (void *) (at + PAGE - 4), 4, 0)));
        CHECK(is_known(syscall(SYS_futex, at + PAGE, FUTEX_WAIT, 0, &soon, NULL, 0)));
        CHECK(is_known(syscall(SYS_futex, at + PAGE, FUTEX_WAKE_OP, 1, 1, at + 2 * PAGE, 0)));
        CHECK(is_known(syscall(SYS_futex, at, FUTEX_WAIT, 0, at + 3 * PAGE - 8, NULL, 0)) || errno == ENOSYS);
        CHECK(is_known(pread(memory_file, at, 4 * PAGE, 0)));
        CHECK(is_known(pwrite(memory_file, at, 4 * PAGE, 100)));
        ftruncate(memory_file, i % 3 * PAGE);
    }
    stop = 1;
    CHECK(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);
    return 0;
}

/* The same while the calls wait. */
static void *waits_in_memory(void *kind)
{
    char *at = shared_page;
    while (!stop) {
        switch ((long) kind) {
        case 0: read(pipes[0], at, 10); break;
        case 1: readv(pipes[0], (struct iovec[]) {{at, 1}, {at + PAGE, 1}}, 2); break;
        case 2: futex((uint32_t *) at, FUTEX_WAIT, 0, 0, NULL, 0); break;
        default: epoll_wait(memory_file, (void *) at, 1, -1); break;
        }
        seen++;
    }
    return NULL;
}

MISUSE(endless_waits_in_memory_that_goes_away)
{
    pthread_t threads[9];
    int event = eventfd(0, EFD_NONBLOCK);
    struct epoll_event interest = {.events = EPOLLIN | EPOLLET};
    memory_file = epoll_create1(0);
    epoll_ctl(memory_file, EPOLL_CTL_ADD, event, &interest);
    pipe(pipes);
    shared_page = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < 8; i++) {
        start(&threads[i], waits_in_memory, (void *) (i % 4));
    }
    start(&threads[8], takes_away, (void *) 0);
    for (;;) {
        write(pipes[1], "x", 1);
        eventfd_write(event, 1);
        futex((uint32_t *) shared_page, FUTEX_WAKE, INT_MAX, 0, NULL, 0);
        ftruncate(memory_file, 0);
    }
}

/* ---- jumps to the library's code ---- */

static sig_atomic_t faults;

static void skip(int signal, siginfo_t *info, void *context)
{
    (void) signal;
    (void) info;
    faults++;
    greg_t *registers = ((ucontext_t *) context)->uc_mcontext.gregs;
    registers[REG_RIP] = registers[REG_R15];
    registers[REG_RSP] = registers[REG_R14];
}

/* Jumps with registers, and goes on behind the jump by a handler, or because it comes back there. */
static __attribute__((noinline)) void jump(uint64_t to, uint64_t rcx, uint64_t r11, uint64_t rdi, uint64_t rsi)
{
    register uint64_t eleven __asm__("r11") = r11;
    register uint64_t target __asm__("r8") = to;
    __asm__ volatile("push %%rbp; push %%rbx; mov %%rsp, %%r14; lea 1f(%%rip), %%r15; cmp $-1, %%rcx; cmove %%r15, %%rcx;"
                     "mov $39, %%eax; xor %%edx, %%edx; jmp *%%r8; 1: mov %%r14, %%rsp; pop %%rbx; pop %%rbp; cld"
                     : "+c"(rcx), "+r"(eleven), "+D"(rdi), "+S"(rsi), "+r"(target)
                     :
                     : "rax", "rdx", "r9", "r10", "r12", "r13", "r14", "r15", "memory", "cc");
}

static void *const odd[] = {(void *) 0, (void *) 1, (void *) 2, (void *) -1, (void *) 0x800000000000, (void *) USER_END,
    (void *) (USER_END - 1), (void *) 0x8000000000000001, (void *) GATE, (void *) STUB, (void *) (STUB + 2), (void *) AREAS,
    (void *) 0xffff800000000000, (void *) SWITCH_CODE};

static void *jumps(void *base)
{
    stack_t stack = {.ss_sp = malloc(1 << 15), .ss_size = 1 << 15};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; !stop; i++) {
        uint64_t odd_value = (uint64_t) odd[i % COUNT(odd)];
        uint64_t flags = i % 3 == 0 ? odd_value : i % 3 == 1 ? 0x246 : ~0x100ul;
        jump((uint64_t) base + (base == (void *) STUB ? i % 4 : i % (SWITCH_CODE_END - SWITCH_CODE)), odd_value, flags,
            (uint64_t) odd[i / 3 % COUNT(odd)], (uint64_t) odd[i / 5 % COUNT(odd)]);
    }
    return NULL;
}

static int64_t jump_around(void *base)
{
    pthread_t threads[3];
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    for (int signal = 1; signal < 32; signal++) {
        sigaction(signal, &action, NULL);
    }
    start(&threads[0], jumps, base);
    start(&threads[1], jumps, base);
    start(&threads[2], switches, NULL);
    while (!stop) {
        sched_yield();
    }
    return 0;
}

MISUSE(jumps_to_the_stub) { return jump_around((void *) STUB); }
MISUSE(jumps_to_the_switch_code) { return jump_around((void *) SWITCH_CODE); }

/* Spins in the stub's neighbourhood without faults, while it is preempted there. */
static void *calls_by_jump(void *rcx)
{
    while (!stop) {
        jump(STUB, (uint64_t) rcx, 0x246, 0, 0);
    }
    return NULL;
}

MISUSE(calls_by_jumps_to_the_stub)
{
    pthread_t threads[4];
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    for (int i = 0; i < 3; i++) {
        start(&threads[i], calls_by_jump, (void *) -1L);
    }
    start(&threads[3], spins, NULL);
    for (;;) { }
}

static int kick_often(timer_t *timer, int thread)
{
    struct itimerspec often = {{0, 40000}, {0, 40000}};
    handle(SIGUSR1, count_signal, SA_RESTART);
    return make_timer(timer, thread) == 0 && syscall(SYS_timer_settime, *(int *) timer, 0, &often, NULL) == 0;
}

/* Each jump to supervisor code, or to where no code can be, is one fault of the thread that jumps. */
static void *jumps_to_supervisor_code(void *unused)
{
    static const uint64_t places[] = {0xffff800000000000, 0xffff800000002000, 0xffff800000002002, 0xffff800000002080,
        0xffff8000000021e0, 0xffff8000000021e2, 0xffff8000000021e4, 0, 0x1000};
    timer_t timer;
    if (!kick_often(&timer, gettid())) {
        return places[0] ? words : unused;
    }
    for (long i = 0; i < 800; i++) {
        jump(places[i % COUNT(places)], 1, 0x246, 0, 0);
        if (faults != i + 1) {
            return words;
        }
    }
    return NULL;
}

MISUSE(jumps_to_supervisor_code_are_faults)
{
    pthread_t threads[2];
    void *result;
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    CHECK(start(&threads[0], jumps_to_supervisor_code, NULL) == 0 && start(&threads[1], switches, NULL) == 0);
    CHECK(pthread_join(threads[0], &result) == 0 && result == NULL);
    stop = 1;
    CHECK(pthread_join(threads[1], NULL) == 0);
    return seen;
}

/* The instruction behind a system call is the first to touch a page: it faults with RCX and R11 as the call left them. */
static void *touches_behind_calls(void *large)
{
    timer_t timer;
    if (!kick_often(&timer, gettid())) {
        return words;
    }
    for (int i = 0; i < 600; i++) {
        long result = SYS_madvise;
        __asm__ volatile("syscall; movb $1, (%%rdi)"
                         : "+a"(result) : "D"(large), "S"(32 * PAGE), "d"(MADV_DONTNEED) : "rcx", "r11", "memory");
        if (result != 0) {
            return words;
        }
    }
    return NULL;
}

MISUSE(first_touch_behind_calls)
{
    pthread_t threads[2];
    void *result;
    char *large = mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(large != MAP_FAILED);
    CHECK(start(&threads[0], touches_behind_calls, large) == 0 && start(&threads[1], switches, NULL) == 0);
    CHECK(pthread_join(threads[0], &result) == 0 && result == NULL);
    stop = 1;
    CHECK(pthread_join(threads[1], NULL) == 0);
    return seen;
}

/* ---- names and listings ---- */

static void *short_lived(void *number)
{
    char name[40];
    snprintf(name, sizeof name, "\n\033[1m%%s\xff\xfe%ld)) R 1", (long) number);
    prctl(PR_SET_NAME, name);
    seen = (int) (long) number;
    return NULL;
}

static void *starts_others(void *unused)
{
    pthread_t threads[10];
    for (int round = 0; !stop; round++) {
        int count = 0;
        while (count < 10 && start(&threads[count], short_lived, (void *) (long) round) == 0) {
            count++;
        }
        while (count > 0) {
            pthread_join(threads[--count], NULL);
        }
    }
    return unused;
}

MISUSE(listings_while_threads_end)
{
    pthread_t thread;
    char path[300], text[2048];
    CHECK(start(&thread, starts_others, NULL) == 0);
    for (int round = 0; round < 40; round++) {
        int count = 0;
        DIR *folder = opendir("/proc/self/task");
        CHECK(folder != NULL);
        for (struct dirent *entry; (entry = readdir(folder));) {
            static const char *const files[] = {"comm", "stat", "status", "maps"};
            snprintf(path, sizeof path, "/proc/self/task/%s/%s", entry->d_name, files[round % 4]);
            int file = entry->d_name[0] == '.' ? -1 : open(path, O_RDWR);
            if (file < 0) {
                file = entry->d_name[0] == '.' ? -1 : open(path, O_RDONLY);
            }
            count += entry->d_name[0] != '.';
            if (file >= 0) {
                sched_yield();
                long size = read(file, text, sizeof text);
                CHECK(size >= 0 || errno == ESRCH);
                CHECK(write(file, "other\nname", 10) == 10 || errno == EBADF || errno == ESRCH || errno == EINVAL);
                CHECK(close(file) == 0);
            }
        }
        CHECK(closedir(folder) == 0 && count >= 1);
    }
    stop = 1;
    pthread_join(thread, NULL);
    seen = 0;
    return 0;
}

/* ---- no end ---- */

MISUSE(spins_on_each_processor)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        start(&threads[i], spins, NULL);
    }
    for (;;) { }
}

MISUSE(waits_for_ever)
{
    pthread_t thread;
    for (int i = 0; i < 20; i++) {
        start(&thread, waits, &words[i]);
    }
    for (;;) {
        usleep(1000);
    }
}

/* ---- more memory than there is ---- */

static void *touches_all(void *from)
{
    for (volatile char *at = from;; at += PAGE) {
        *at = 1;
    }
    return NULL;
}

MISUSE(touches_more_than_there_is)
{
    pthread_t threads[2];
    char *large = mmap(NULL, 1ul << 32, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(large != MAP_FAILED);
    start(&threads[0], touches_all, large);
    start(&threads[1], touches_all, large + (1ul << 31));
    touches_all(large + (1ul << 30));
    return 0;
}

/* Threads that begin when there is no memory for anything of them. */
MISUSE(threads_without_memory)
{
    static char stacks[4][1 << 15] __attribute__((aligned(4096)));
    pthread_t threads[4];
    pthread_attr_t attributes[4];
    void *first = NULL;
    int count = 0;
    memset(stacks, 1, sizeof stacks);
    for (int i = 0; i < 4; i++) {
        pthread_attr_init(&attributes[i]);
        CHECK(pthread_attr_setstack(&attributes[i], stacks[i], sizeof stacks[i]) == 0);
    }
    for (size_t size = 1 << 20; size >= PAGE; size /= 2) {
        void **place;
        while ((place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0))
            != MAP_FAILED) {
            place[0] = first;
            place[1] = (void *) size;
            first = place;
        }
    }
    for (int round = 0; round < 30; round++) {
        /* One page after the other is there again. */
        while (count < 4 && pthread_create(&threads[count], &attributes[count], yields, NULL) == 0) {
            count++;
        }
        sched_yield();
        if (first != NULL) {
            void **place = first;
            first = place[0];
            CHECK(munmap(place, (size_t) place[1]) == 0);
        }
    }
    CHECK(count == 4);
    stop = 1;
    while (count > 0) {
        CHECK(pthread_join(threads[--count], NULL) == 0);
    }
    return 0;
}

/* ---- no memory for what the host writes ---- */

static void take_all_memory(void)
{
    for (size_t size = 1 << 20; size >= PAGE; size /= 2) {
        while (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) != MAP_FAILED) {
        }
    }
}

/* Memory that is allotted when it is touched. */
static char *untouched(void)
{
    return mmap(NULL, 1ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void *ends_with_word(void *word)
{
    syscall(SYS_set_tid_address, word);
    while (!stop) {
        sched_yield();
    }
    syscall(SYS_exit, 0);
    return NULL;
}

MISUSE(clear_child_tid_without_memory)
{
    pthread_t threads[2];
    char *large = untouched();
    CHECK(start(&threads[0], ends_with_word, large + (1 << 29)) == 0);
    CHECK(start(&threads[1], yields, NULL) == 0);
    take_all_memory();
    stop = 1;
    while (tasks() > 1) {
        sched_yield();
    }
    return 0;
}

static void *takes_signals(void *stack)
{
    without_stack(stack);
    seen = 1;
    return yields(NULL);
}

MISUSE(stack_without_memory)
{
    pthread_t thread;
    CHECK(start(&thread, takes_signals, untouched() + (1 << 29)) == 0);
    while (!seen) {
        sched_yield();
    }
    take_all_memory();
    for (;;) {
        pthread_kill(thread, SIGUSR1);
        sched_yield();
    }
}

MISUSE(calls_without_memory)
{
    pthread_t thread;
    char *large = untouched();
    int zero = open("/dev/zero", O_RDONLY);
    CHECK(start(&thread, yields, NULL) == 0);
    take_all_memory();
    for (size_t i = 1 << 20;; i += 1 << 21) {
        read(zero, large + i, PAGE);
        futex((uint32_t *) (large + i + PAGE), FUTEX_WAKE_OP, 1, 1, (uint32_t *) (large + i + 8 * PAGE), 0);
        clock_gettime(CLOCK_MONOTONIC, (void *) (large + i + 16 * PAGE));
    }
}

/* ---- calls of the library from a thread that has no business there ---- */

static void *calls_library(void *number)
{
    while (!stop) {
        for (uint64_t i = 0; i < COUNT(odd); i++) {
            syscall((long) number, odd[i], odd[(i + 3) % COUNT(odd)], odd[(i + 7) % COUNT(odd)], 0, 0, 0);
            sched_yield();
        }
    }
    return NULL;
}

static int64_t call_library(long number)
{
    pthread_t threads[3];
    for (int i = 0; i < 2; i++) {
        start(&threads[i], calls_library, (void *) number);
    }
    start(&threads[2], spins, NULL);
    while (!stop) {
        syscall(number, 0, 0, 0);
        sched_yield();
    }
    return 0;
}

MISUSE(done_by_threads) { return call_library(HL_CALL_DONE); }
MISUSE(host_calls_by_threads) { return call_library(HL_CALL_HOST); }
MISUSE(windows_by_threads) { return call_library(HL_CALL_GROW_WINDOW); }
MISUSE(logs_by_threads) { return call_library(HL_CALL_LOG); }
MISUSE(rests_by_threads) { return call_library(HL_CALL_REST); }
MISUSE(ready_by_threads) { return call_library(HL_CALL_READY); }
MISUSE(aborts_by_threads) { return call_library(HL_CALL_ABORT); }

/* The gate's own way in and out, with this or that stack. */
static void *enters_gate(void *offset)
{
    for (int i = 0; i < 3; i++) {
        jump(GATE + (uint64_t) offset, 0, 0x246, 0, 0);
    }
    return NULL;
}

static int64_t enter_gate(uint64_t offset)
{
    pthread_t threads[2];
    start(&threads[0], enters_gate, (void *) offset);
    start(&threads[1], enters_gate, (void *) offset);
    while (!stop) {
        sched_yield();
    }
    return 0;
}

MISUSE(gates_beginning_by_threads) { return enter_gate(0); }
MISUSE(gates_start_by_threads) { return enter_gate(0x700); }
MISUSE(gates_exchange_by_threads) { return enter_gate(0x900); }

/* ---- threads without measure ---- */

static void *starts_two(void *unused)
{
    pthread_t threads[2];
    while (!stop) {
        for (int i = 0; i < 2; i++) {
            if (start(&threads[i], starts_two, NULL) == 0) {
                pthread_detach(threads[i]);
            }
        }
        if (seen++ % 3 == 0) {
            return unused;
        }
    }
    return unused;
}

MISUSE(threads_without_measure)
{
    handle(SIGUSR1, count_signal, SA_NODEFER);
    starts_two(NULL);
    for (int i = 1;; i++) {
        syscall(SYS_tgkill, getpid(), i % 300, SIGUSR1);
        starts_two(NULL);
    }
}

MISUSE(main_thread_ends_first)
{
    pthread_t threads[3];
    start(&threads[0], spins, NULL);
    start(&threads[1], yields, NULL);
    start(&threads[2], waits, words);
    syscall(SYS_exit, 0);
    return 0;
}

static void *moves_others(void *unused)
{
    for (unsigned long i = 0; !stop; i++) {
        unsigned long set = 1 + i % 3;
        syscall(SYS_sched_setaffinity, i % 6, sizeof set, &set);
        syscall(SYS_membarrier, i % 7 == 0 ? 8 : 16, 0, 0);
        syscall(SYS_membarrier, 1, 0, 0);
    }
    return unused;
}

/* Vector registers and the base of FS stay a thread's own wherever it runs. */
static _Thread_local uint64_t own;

static void *keeps_registers(void *number)
{
    own = (uint64_t) number;
    for (int i = 0; i < 3000; i++) {
        uint64_t found;
        __asm__ volatile("movq %1, %%xmm7; movq %1, %%xmm15; mov $200, %%ecx; 1: pause; loop 1b; movq %%xmm15, %0; pxor %%xmm15, %%xmm7;"
                         "movq %%xmm7, %%rcx; or %%rcx, %0"
                         : "=&r"(found) : "r"(number) : "rcx", "xmm7", "xmm15");
        if (found != (uint64_t) number || own != (uint64_t) number) {
            return words;
        }
        if (i % 64 == 0) {
            sched_yield();
        }
    }
    return NULL;
}

MISUSE(moves_between_processors)
{
    pthread_t threads[4];
    void *result;
    syscall(SYS_membarrier, 16, 0, 0);
    CHECK(start(&threads[3], moves_others, NULL) == 0);
    for (long i = 0; i < 3; i++) {
        CHECK(start(&threads[i], keeps_registers, (void *) (0x1111 * (i + 1))) == 0);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_join(threads[i], &result) == 0 && result == NULL);
    }
    stop = 1;
    CHECK(pthread_join(threads[3], NULL) == 0);
    return 0;
}

/* ---- code and stacks that go away ---- */

static __attribute__((noinline, aligned(4096))) void *runs_here(void *unused)
{
    char text[512];
    for (long i = 0; !stop; i++) {
        memset(text, (int) i, sizeof text);
        __asm__ volatile("" : : "r"(text) : "memory");
        if (i % 100 == 0) {
            sched_yield();
        }
    }
    return unused;
}

MISUSE(code_that_goes_away)
{
    pthread_t threads[2];
    uint64_t page = (uint64_t) &runs_here & -PAGE;
    start(&threads[0], runs_here, NULL);
    start(&threads[1], runs_here, NULL);
    for (int i = 0; i < 50; i++) {
        sched_yield();
    }
    for (;;) {
        mprotect((void *) page, 1, PROT_NONE);
        mprotect((void *) page, 1, PROT_READ | PROT_EXEC);
    }
}

static void fixes_nothing(int signal)
{
    (void) signal;
}

MISUSE(stack_that_goes_away)
{
    pthread_t thread;
    pthread_attr_t attributes;
    char *stack = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, 16 * PAGE);
    handle(SIGUSR1, fixes_nothing, SA_NODEFER);
    handle(SIGSEGV, fixes_nothing, SA_NODEFER);
    pthread_create(&thread, &attributes, runs_here, NULL);
    for (;;) {
        pthread_kill(thread, SIGUSR1);
        mprotect(stack, 16 * PAGE, PROT_READ);
        mprotect(stack, 16 * PAGE, PROT_READ | PROT_WRITE);
        mmap(stack, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
}
