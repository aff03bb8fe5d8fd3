/* What the programs of LinuxTwin begin with: they run natively and in a sandbox, and what they print is compared. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof (array) / sizeof (array)[0])

/* No process has this number: it is larger than pid_max can be. */
#define NOBODY (1 << 30)

/* Prints an expression and its value, or the name of its error. */
#define SHOW(expression) show(#expression, (errno = 0, (long)(expression)))

static void show(const char *text, long value)
{
    if (value == -1 && errno != 0) {
        printf("%s: %s\n", text, strerrorname_np(errno));
    } else {
        printf("%s: %ld\n", text, value);
    }
}

/* The name of an error, or a number. */
__attribute__((unused)) static const char *outcome(long value)
{
    static char texts[4][24];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, sizeof texts[0], "%ld", value);
    return value == -1 && errno != 0 ? strerrorname_np(errno) : text;
}

static void run(int argc, char **argv);

/* As nobody, as in a sandbox. */
int main(int argc, char **argv)
{
    if (getuid() == 0) {
        if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) {
            return 99;
        }
        prctl(PR_SET_DUMPABLE, 1); /* the change has made /proc/self unreadable */
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    run(argc, argv);
    return 0;
}
