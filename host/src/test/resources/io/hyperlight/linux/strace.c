/* For StraceComparisonTest. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALL(name, ...) syscall(SYS_##name __VA_OPT__(,) __VA_ARGS__)

static char text[400], room[4096];

static void files(void)
{
    static const struct timespec times[] = {{5, UTIME_NOW}, {5, UTIME_OMIT}};
    static const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
    for (unsigned i = 0; i < sizeof text - 1; i++) {
        text[i] = (char)('!' + i % 90);
    }
    CALL(openat, AT_FDCWD, "/no/such", O_RDONLY | O_CLOEXEC);
    CALL(openat, AT_FDCWD, "no", O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    CALL(open, "/no/such", O_RDONLY | O_DIRECTORY);
    CALL(open, "/no\t\1such\"\\\3779", O_RDONLY | O_PATH);
    CALL(open, 8, O_RDONLY);
    CALL(stat, "/no/such", room);
    CALL(lstat, "", room);
    CALL(newfstatat, AT_FDCWD, "/no/such", room, AT_SYMLINK_NOFOLLOW);
    CALL(access, "/no/such", R_OK | X_OK);
    CALL(access, "/no/such", F_OK);
    CALL(faccessat, AT_FDCWD, "/no/such", W_OK);
    CALL(readlink, "/no/such", room, sizeof room);
    CALL(readlinkat, AT_FDCWD, "/no/such", room, sizeof room);
    CALL(unlink, "/no/such");
    CALL(unlinkat, AT_FDCWD, "/no/such", AT_REMOVEDIR);
    CALL(rename, "/no/such", "/no/other");
    CALL(renameat2, AT_FDCWD, "/no/such", AT_FDCWD, "/no/other", RENAME_NOREPLACE);
    CALL(chmod, "/no/such", 0);
    CALL(fchmodat, AT_FDCWD, "/no/such", 04755);
    CALL(chown, "/no/such", -1, 12);
    CALL(truncate, "/no/such", 77l);
    CALL(utimensat, AT_FDCWD, "/no/such", times, AT_SYMLINK_NOFOLLOW);
    CALL(chdir, "/no/such");
    CALL(getcwd, NULL, 0l);
    CALL(execve, "/no/such", ((char *[]){"a", "b \n", NULL}), NULL);
    CALL(openat2, AT_FDCWD, "/no/such", &how, sizeof how);
}

static void descriptors(void)
{
    struct iovec parts[] = {{"gathered ", 9}, {text, 100}};
    struct pollfd polled[] = {{.fd = 1, .events = POLLOUT}, {.fd = -1, .events = POLLIN | POLLPRI}};
    CALL(write, 1, "text \33[0m\n", 10l);
    CALL(write, 1, text, sizeof text);
    CALL(write, 1, text, 0l);
    CALL(write, 1, 8l, 5l);
    CALL(writev, 1, parts, 2l);
    CALL(read, 0, room, 10l);
    CALL(read, -1, room, 10l);
    CALL(pread64, 0, room, 10l, 0l);
    CALL(lseek, 1, 0l, SEEK_CUR);
    CALL(ioctl, 1, TCGETS, room);
    CALL(ioctl, 1, TIOCGWINSZ, room);
    CALL(fstat, 1, room);
    CALL(fstat, -1, room);
    CALL(fcntl, 1, F_GETFD);
    CALL(fcntl, 1, F_GETFL);
    CALL(fcntl, -1, F_SETFD, FD_CLOEXEC);
    CALL(fcntl, -1, F_DUPFD_CLOEXEC, 10);
    CALL(dup2, -1, 1);
    CALL(dup3, 1, 1, O_CLOEXEC);
    CALL(close, -1);
    CALL(poll, polled, 2, 0);
    CALL(poll, polled + 1, 1, 0);
    CALL(getdents64, -1, room, sizeof room);
    CALL(fsync, -1);
    CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CALL(ftruncate, -1, 5l);
}

static void memory(void)
{
    char *at = (char *)CALL(mmap, NULL, 8192l, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0l);
    CALL(mprotect, at, 4096l, PROT_READ);
    CALL(mprotect, at, 4096l, PROT_NONE);
    CALL(mprotect, at, 4096l, PROT_READ | PROT_WRITE);
    CALL(mmap, at, 4096l, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0l);
    CALL(madvise, at, 4096l, MADV_DONTNEED);
    CALL(madvise, at + 1, 4096l, MADV_FREE);
    CALL(msync, at, 4096l, MS_SYNC);
    CALL(mremap, at + 4096, 4096l, 8192l, MREMAP_FIXED, at);
    CALL(munmap, at, 8192l);
    CALL(munmap, at + 1, 4096l);
    CALL(mmap, NULL, 0l, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0l);
    CALL(mmap, NULL, 4096l, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_DENYWRITE, -1, 0x2000l);
}

static void processes(void)
{
    static int word = 1;
    struct timespec soon = {.tv_nsec = 1};
    uint64_t set = 1ul << (SIGINT - 1) | 1ul << (SIGRTMIN - 1), most = ~(1ul << (SIGUSR1 - 1));
    struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } action = {
        (void *)1, SA_RESTART | SA_NODEFER, NULL, set};
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct rlimit64 none;
    CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8l);
    CALL(rt_sigprocmask, SIG_SETMASK, &most, &set, 8l);
    CALL(rt_sigprocmask, SIG_UNBLOCK, &most, &most, 8l);
    CALL(rt_sigprocmask, SIG_BLOCK, NULL, NULL, 4l);
    CALL(rt_sigaction, SIGUSR1, &action, NULL, 8l);
    CALL(rt_sigaction, SIGUSR1, NULL, &action, 8l);
    CALL(rt_sigaction, SIGKILL, &action, NULL, 8l);
    CALL(rt_sigaction, SIGRTMIN + 2, 8l, NULL, 8l);
    CALL(rt_sigpending, &set, 8l);
    CALL(sigaltstack, &stack, NULL);
    CALL(sigaltstack, NULL, &stack);
    stack.ss_flags = SS_DISABLE;
    CALL(sigaltstack, &stack, NULL);
    CALL(kill, NO_PROCESS, SIGTERM);
    CALL(futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
    CALL(futex, &word, FUTEX_WAIT, 1, &soon);
    CALL(futex, &word, FUTEX_WAKE_PRIVATE, 2147483647);
    CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 1, &soon, NULL, -1);
    CALL(nanosleep, &soon, NULL);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &soon, NULL);
    CALL(clock_getres, CLOCK_MONOTONIC, room);
    CALL(clock_getres, CLOCK_BOOTTIME, NULL);
    CALL(clock_gettime, 4711, room);
    CALL(getrandom, room, 0l, GRND_NONBLOCK);
    CALL(getrandom, room, 8l, 0x70);
    CALL(wait4, -1, NULL, WNOHANG, NULL);
    CALL(prctl, PR_SET_NAME, "traced");
    CALL(arch_prctl, 0x1003, room);
    CALL(umask, 022);
    CALL(umask, 022);
    CALL(prlimit64, 0, 99, NULL, &none);
    CALL(getrlimit, RLIMIT_CPU, &none);
    CALL(getrusage, 5, room);
}

static void calls(void)
{
    CALL(getpgid, NO_PROCESS);
    files();
    descriptors();
    memory();
    processes();
    CALL(getpgid, NO_PROCESS);
}
