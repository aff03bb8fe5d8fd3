/* For FaultGuest. */

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
