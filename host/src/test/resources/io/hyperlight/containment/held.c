/* Makes the host hold as much as it can of one kind, and then says so. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buffer[1 << 16], name[300], path[4096];

static void scatter(void)
{
    for (long i = 0;; i++) {
        int protection = i % 2 ? PROT_NONE : PROT_READ;
        if (mmap((void *)(0x200000000000 + i * 8192), 4096, protection,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
            break;
    }
}

static int listing(const char *folder)
{
    int d = open(folder, O_RDONLY | O_DIRECTORY);
    return d >= 0 && syscall(SYS_getdents64, d, buffer, sizeof buffer) >= 0;
}

static void many_names(void)
{
    char file[32];
    mkdir("/t/d", 0755);
    for (int i = 0;; i++) {
        if (i % 60000 == 0) {
            snprintf(file, sizeof file, "/t/f%d", i);
            close(open(file, O_CREAT | O_WRONLY, 0644));
        }
        snprintf(name, sizeof name, "/t/d/%x", i);
        if (link(file, name))
            break;
    }
}

static void deep(void)
{
    chdir("/t");
    for (int i = 0; i < 2040; i++)
        if (mkdir("a", 0755) || chdir("a"))
            break;
    strcpy(path, "/t");
    for (int i = 0; i < 2000; i++)
        strcat(path, "/a");
}

/* Names of 4,000 bytes for one file. */
static void long_paths(void)
{
    char file[32];
    chdir("/t");
    memset(name, 'a', 255);
    for (int i = 0; i < 15; i++)
        if (mkdir(name, 0755) || chdir(name))
            break;
    for (int i = 0;; i++) {
        if (i % 60000 == 0) {
            snprintf(file, sizeof file, "/t/f%d", i);
            close(open(file, O_CREAT | O_WRONLY, 0644));
        }
        snprintf(name, sizeof name, "%x", i);
        if (link(file, name))
            break;
    }
}

int main(int count, char **arguments)
{
    const char *kind = arguments[1];
    int made = 0, ends[2];
    siginfo_t signal = {.si_code = -1};
    errno = 0;
    if (!strcmp(kind, "listings-of-the-host"))
        for (; listing("/h"); made++) {}
    if (!strcmp(kind, "listings-of-memory"))
        for (many_names(); listing("/t/d"); made++) {}
    if (!strcmp(kind, "maps"))
        for (scatter(); open("/proc/self/maps", O_RDONLY) >= 0; made++) {}
    if (!strcmp(kind, "smaps"))
        for (scatter(); open("/proc/self/smaps", O_RDONLY) >= 0; made++) {}
    if (!strcmp(kind, "pipes"))
        for (; pipe(ends) == 0; made++)
            fcntl(ends[1], F_SETFL, O_NONBLOCK), write(ends[1], buffer, sizeof buffer);
    if (!strcmp(kind, "deep-descriptors"))
        for (deep(); open(path, O_PATH) >= 0; made++) {}
    if (!strcmp(kind, "deep-mappings"))
        for (deep();; made++) {
            int length = strlen(path);
            snprintf(path + length, 16, "/%d", made);
            int d = open(path, O_CREAT | O_RDWR, 0644);
            path[length] = 0;
            if (d < 0 || mmap(0, 4096, PROT_READ, MAP_PRIVATE, d, 0) == MAP_FAILED)
                break;
            close(d);
        }
    if (!strcmp(kind, "signals")) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, 0);
        for (; made < 1000000 && syscall(SYS_rt_sigqueueinfo, 1, 40, &signal) == 0; made++) {}
    }
    if (!strcmp(kind, "long-paths"))
        long_paths();
    printf("%d made, then errno %d\n", made, errno);
    fflush(stdout);
    read(0, buffer, 1); /* the host looks now */
    return 0;
}
