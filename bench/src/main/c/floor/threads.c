/* Measurements with two threads or more. */
#include "floor.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The time for which a guest runs before it is ended. */
enum { RUNNING_NANOS = 50000 };

static void start(pthread_t *thread, void *(*body)(void *), void *argument)
{
    errno = pthread_create(thread, NULL, body, argument);
    if (errno != 0) {
        fail("pthread_create");
    }
}

/* The killer and the thread that runs a guest. */
struct hunt {
    pid_t process;
    pid_t runner;
    _Atomic uint8_t *guest_runs;
    _Atomic int64_t sent;
    long rounds;
};

static void *kill_again(void *argument)
{
    struct hunt *hunt = argument;
    for (long i = 0; i < hunt->rounds; i++) {
        while (atomic_load(hunt->guest_runs) == 0 || atomic_load(&hunt->sent) != 0) {
        }
        for (int64_t start = now(); now() - start < RUNNING_NANOS;) {
        }
        atomic_store(&hunt->sent, now());
        syscall(SYS_tgkill, hunt->process, hunt->runner, SIGUSR1);
    }
    return NULL;
}

static void no_action(int signal)
{
    (void)signal;
}

/*
 * Measures the time from just before pthread_kill's system call until KVM_RUN returns with EINTR. A signal handler ends the
 * guest, because that is faster than a signal mask for KVM_RUN with sigtimedwait. No signal can come too early, because the
 * guest first says that it runs.
 */
long kill_runner(int64_t *samples, long count, long unused)
{
    (void)unused;
    struct sigaction action = {.sa_handler = no_action};
    sigaction(SIGUSR1, &action, NULL);
    struct vm vm;
    create_vm(&vm, DATA + PAGE, 1, ENDLESS_LOOP);
    struct hunt hunt = {.process = getpid(),
                        .runner = (pid_t)syscall(SYS_gettid),
                        .guest_runs = (_Atomic uint8_t *)(vm.memory + DATA),
                        .rounds = count};
    pthread_t killer;
    start(&killer, kill_again, &hunt);
    for (long i = 0; i < count; i++) {
        if (ioctl(vm.vcpu, KVM_RUN, 0) == 0 || errno != EINTR) {
            fail("KVM_RUN that nobody interrupted");
        }
        samples[i] = now() - atomic_load(&hunt.sent);
        atomic_store(hunt.guest_runs, 0);
        atomic_store(&hunt.sent, 0);
    }
    pthread_join(killer, NULL);
    close_vm(&vm);
    return count;
}

/* A cache line that two threads write in turn. */
struct line {
    _Alignas(64) _Atomic long turn;
};

/* After PATIENCE looks, the other thread has probably lost its core and may be waiting for this one. */
enum { ROUND_TRIPS = 1000, PATIENCE = 1 << 16 };

static inline void await(_Atomic long *turn, long wanted)
{
    for (int looks = 0; atomic_load_explicit(turn, memory_order_acquire) != wanted; looks++) {
        if (looks == PATIENCE) {
            sched_yield();
            looks = 0;
        }
    }
}

static void *answer(void *argument)
{
    struct line *lines = argument;
    long rounds = atomic_load(&lines[1].turn);
    for (long i = 1; i <= rounds; i++) {
        await(&lines[0].turn, 2 * i - 1);
        atomic_store_explicit(&lines[0].turn, 2 * i, memory_order_release);
    }
    return NULL;
}

/* Measures round trips between two threads through a cache line. A sample is the mean of ROUND_TRIPS. */
long cache_line(int64_t *samples, long count, long unused)
{
    (void)unused;
    static struct line lines[2];
    atomic_store(&lines[0].turn, 0);
    atomic_store(&lines[1].turn, count * ROUND_TRIPS);
    pthread_t other;
    start(&other, answer, lines);
    long turn = 0;
    for (long i = 0; i < count; i++) {
        int64_t start = now();
        for (int k = 0; k < ROUND_TRIPS; k++) {
            atomic_store_explicit(&lines[0].turn, turn + 1, memory_order_release);
            turn += 2;
            await(&lines[0].turn, turn);
        }
        samples[i] = (now() - start) / ROUND_TRIPS;
    }
    pthread_join(other, NULL);
    return count;
}

enum { DIRTY_PAGES = 8 };

struct worker {
    pthread_t thread;
    pthread_barrier_t *barrier;
    long calls;
};

/* Runs a guest that writes to 8 pages and exits, and copies the pages back. */
static void *work(void *argument)
{
    static const uint8_t image[DIRTY_PAGES * PAGE];
    struct worker *worker = argument;
    struct vm vm;
    create_vm(&vm, DATA + sizeof image, DIRTY_PAGES, page_writer(DIRTY_PAGES));
    for (int i = 0; i < 64; i++) {
        run_to_exit(&vm);
    }
    pthread_barrier_wait(worker->barrier);
    for (long i = 0; i < worker->calls; i++) {
        run_to_exit(&vm);
        memcpy(vm.memory + DATA, image, sizeof image);
    }
    pthread_barrier_wait(worker->barrier);
    close_vm(&vm);
    return NULL;
}

/* Takes one sample: the time in which each of a number of threads makes a number of fresh calls. */
long throughput(int64_t *samples, long calls, long threads)
{
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    if (workers == NULL) {
        fail("calloc");
    }
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
    for (long i = 0; i < threads; i++) {
        workers[i] = (struct worker){.barrier = &barrier, .calls = calls};
        start(&workers[i].thread, work, &workers[i]);
    }
    pthread_barrier_wait(&barrier);
    int64_t start = now();
    pthread_barrier_wait(&barrier);
    samples[0] = now() - start;
    for (long i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    pthread_barrier_destroy(&barrier);
    free(workers);
    return 1;
}

/* Some 10 ms of computing. */
static uint64_t compute(uint64_t number)
{
    for (int i = 0; i < 20000000; i++) {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
    }
    return number;
}

static void *compute_other(void *number)
{
    *(uint64_t *)number = compute(*(uint64_t *)number);
    return NULL;
}

/* Measures how long one or two threads compute, each the same. There is no VM. */
long compute_at_once(int64_t *samples, long count, long threads)
{
    for (long i = 0; i < count; i++) {
        int64_t begin = now();
        uint64_t other_number = 1;
        pthread_t other;
        if (threads > 1) {
            start(&other, compute_other, &other_number);
        }
        uint64_t number = compute(1);
        if (threads > 1) {
            pthread_join(other, NULL);
        } else {
            other_number = number;
        }
        samples[i] = now() - begin;
        if (number != other_number) {
            fail("computing");
        }
    }
    return count;
}
