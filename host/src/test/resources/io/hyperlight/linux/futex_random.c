/* Random sequences of waits, wake-ups and moves. After each, the program shows who still waits where. */
#include <pthread.h>
#include <stdatomic.h>

#define WORDS 4
#define MOST 12

static int *words;
static atomic_int ended;
static uint64_t state;

struct waiter {
    pthread_t thread;
    int *word;
    int op, bits, is_used, has_ended;
};

static struct waiter waiters[MOST];

static unsigned next(unsigned bound)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % bound;
}

static long futex(int *word, int op, long value, long fourth, int *second, int third)
{
    long result = syscall(SYS_futex, word, op, value, fourth, second, third);
    return result < 0 ? -errno : result;
}

static int waiting(int word, int flag)
{
    return (int)futex(words + word, FUTEX_REQUEUE | flag, 0, INT_MAX, words + word, 0);
}

static int all_waiting(int flag)
{
    int all = 0;
    for (int i = 0; i < WORDS; i++) {
        all += waiting(i, flag);
    }
    return all;
}

static void *wait_there(void *argument)
{
    struct waiter *own = argument;
    futex(own->word, own->op, *own->word, 0, NULL, own->bits);
    own->has_ended = 1;
    atomic_fetch_add(&ended, 1);
    return NULL;
}

static void join_ended(int expected)
{
    while (atomic_load(&ended) < expected) {
        sched_yield();
    }
    for (int i = 0; i < MOST; i++) {
        if (waiters[i].is_used && waiters[i].has_ended) {
            pthread_join(waiters[i].thread, NULL);
            waiters[i].is_used = 0;
            printf(" -%d", i);
        }
    }
    atomic_store(&ended, 0);
}

static int start(int flag)
{
    for (int i = 0; i < MOST; i++) {
        if (!waiters[i].is_used) {
            int before = all_waiting(flag);
            waiters[i] = (struct waiter){.word = words + next(WORDS), .op = FUTEX_WAIT_BITSET | flag, .bits = 1 + (int)next(7), .is_used = 1};
            printf("start %d at %d bits %d", i, (int)(waiters[i].word - words), waiters[i].bits);
            pthread_create(&waiters[i].thread, NULL, wait_there, &waiters[i]);
            while (all_waiting(flag) == before) {
                sched_yield();
            }
            return 1;
        }
    }
    return 0;
}

static void sequence(int flag)
{
    for (int round = 0; round < 60; round++) {
        int a = (int)next(WORDS), b = (int)next(WORDS), count = (int)next(4), more = (int)next(4), kind = (int)next(9);
        if (kind < 4 && start(flag)) {
            kind = -1;
        }
        long result = 0;
        int before = all_waiting(flag);
        switch (kind) {
            case -1: break;
            case 5: printf("wake %d %d", a, count); result = futex(words + a, FUTEX_WAKE | flag, count, 0, NULL, 0); break;
            case 6: printf("wake bits %d %d", a, count); result = futex(words + a, FUTEX_WAKE_BITSET | flag, count, 0, NULL, 1 + more); break;
            case 7: printf("move %d %d %d %d", a, b, count, more); result = futex(words + a, FUTEX_CMP_REQUEUE | flag, count, more, words + b, words[a] + (next(5) == 0)); break;
            default:
                printf("operation %d %d", a, b);
                result = futex(words + a, FUTEX_WAKE_OP | flag, count, more, words + b, (int)(next(5) << 28 | next(6) << 24 | next(16) << 12 | next(16)));
        }
        printf(": %ld", result);
        join_ended(before - all_waiting(flag));
        printf(" |");
        for (int i = 0; i < WORDS; i++) {
            printf(" %d:%d", words[i], waiting(i, flag));
        }
        puts("");
    }
    int left = all_waiting(flag);
    for (int i = 0; i < WORDS; i++) {
        futex(words + i, FUTEX_WAKE | flag, INT_MAX, 0, NULL, 0);
    }
    join_ended(left);
    puts(" over");
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int seed = 1; seed <= 8; seed++) {
        state = (uint64_t)seed;
        memset(words, 0, WORDS * sizeof *words);
        sequence(seed % 2 ? FUTEX_PRIVATE_FLAG : 0);
    }
}
