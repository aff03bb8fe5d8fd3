/* For FaultGuest. */

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static sigjmp_buf back;
static volatile int signals;

static void noted(int number)
{
    signals++;
    if (number == SIGSEGV) siglongjmp(back, 1);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counted;

static void *counts(void *unused)
{
    for (int i = 0; i < 10; i++) {
        pthread_mutex_lock(&mutex);
        counted++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static int with_threads(void)
{
    pthread_t threads[3];
    int made = 0;
    while (made < 3 && pthread_create(&threads[made], NULL, counts, NULL) == 0) made++;
    for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
    puts(made == 3 && counted == 30 ? "counted" : "not all threads");
    return fflush(stdout);
}

int main(int count, char **arguments)
{
    char line[100];
    if (count > 1 && !strcmp(arguments[1], "signals")) {
        signal(SIGUSR1, noted);
        signal(SIGSEGV, noted);
        raise(SIGUSR1);
        if (!sigsetjmp(back, 1)) *(volatile char *)16 = 1;
        puts(signals == 2 ? "handled" : "lost");
        return fflush(stdout);
    }
    if (count > 1 && !strcmp(arguments[1], "threads")) return with_threads();
    if (count > 1) {
        FILE *file = fopen(arguments[1], "r");
        if (!file) { perror("fopen"); return 1; }
        if (!fgets(line, sizeof line, file)) { perror("fgets"); return 2; }
        if (fclose(file)) { perror("fclose"); return 3; }
        return puts(line) < 0 || fflush(stdout) ? 4 : 0;
    }
    while (fgets(line, sizeof line, stdin)) {
        puts(line);
        fflush(stdout);
    }
    return 0;
}
