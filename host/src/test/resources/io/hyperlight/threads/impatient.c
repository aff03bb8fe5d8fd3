/* Waits until another thread has done something, by waits that are over before they begin. */
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_int done;

static void *finish(void *unused)
{
    (void)unused;
    atomic_store(&done, 1);
    return NULL;
}

int main(int count, char **arguments)
{
    static const struct timespec past = {1, 0};
    const char *wait = arguments[count - 1];
    pthread_t other;
    sem_t never;
    if (sem_init(&never, 0, 0) != 0 || pthread_create(&other, NULL, finish, NULL) != 0) {
        return 1;
    }
    while (!atomic_load(&done)) {
        if (strcmp(wait, "futex") == 0) {
            int word = 0;
            syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &past, NULL, ~0);
        } else {
            sem_timedwait(&never, &past);
        }
    }
    return pthread_join(other, NULL);
}
