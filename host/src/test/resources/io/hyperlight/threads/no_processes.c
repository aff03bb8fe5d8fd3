/* Other processes are refused, while threads run on. */
#include <spawn.h>

static sem_t go_on;

static void *count(void *unused UNUSED)
{
    MUST(sem_wait(&go_on));
    return (void *)1;
}

static const char *name(int error) { return error == EPERM ? "EPERM" : strerror(error); }

int main(void)
{
    pid_t child;
    char *arguments[] = {"true", NULL};
    MUST(sem_init(&go_on, 0, 0));
    pthread_t thread = start(count, NULL);
    int result = system("true") != 0; /* -1, or 127 as the status of what was not run */
    printf("system: %d %s\n", result, name(errno));
    errno = 0;
    result = fork();
    printf("fork: %d %s\n", result, name(errno));
    printf("spawn: %s\n", name(posix_spawn(&child, "/bin/true", NULL, NULL, arguments, NULL)));
    MUST(sem_post(&go_on));
    printf("still counts: %ld\n", (long)result_of(thread));
    return 0;
}
