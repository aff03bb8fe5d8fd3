/* Makes every system call, in a process that has as much of everything as it can get. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MIB (1L << 20)
#define SCATTERED ((char *)0x200000000000)

static char long_name[256];
static char long_path[4096];
static char *arena;
static char last_target[4096];
static int deepest;
static struct iovec parts[1024];

static long call(long n, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static void require(int condition, const char *what)
{
    if (!condition) {
        printf("%s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static void fill_tree(int names, int levels)
{
    char name[300], file[32];
    require(chdir("/t") == 0, "chdir");
    require(mkdir("many", 0755) == 0, "mkdir");
    for (int i = 0; i < names; i++) {
        if (i % 60000 == 0) {
            snprintf(file, sizeof file, "f%d", i);
            close(open(file, O_CREAT | O_WRONLY, 0644));
        }
        snprintf(name, sizeof name, "many/%08x", i);
        require(link(file, name) == 0, "link");
    }
    int big = open("big", O_CREAT | O_RDWR, 0644);
    for (int i = 0; i < 16; i++)
        require(write(big, arena, MIB) == MIB, "write");
    close(big);
    /* Links that lead through as many names as a lookup may have. */
    strcpy(long_path, "/h");
    while (strlen(long_path) + 12 < 4090)
        strcat(long_path, "/sub/..");
    require(symlink(long_path, "l0") == 0, "symlink");
    for (int i = 1; i < 39; i++) {
        char target[4096];
        snprintf(name, sizeof name, "l%d", i);
        snprintf(target, sizeof target, "/t/l%d", i - 1);
        while (strlen(target) + 12 < 4090)
            strcat(target, "/sub/..");
        require(symlink(target, name) == 0, "symlink");
        strcpy(last_target, target);
    }
    require(mkdir("deep", 0755) == 0 && chdir("deep") == 0, "deep");
    for (int i = 0; i < levels; i++)
        require(mkdir("a", 0755) == 0 && chdir("a") == 0, "deeper");
    deepest = open(".", O_PATH);
}

static void fill_arena(void)
{
    arena = mmap((void *)0x100000000000, 32 * MIB, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    require(arena != MAP_FAILED, "arena");
    for (int i = 0; i < 1024; i++)
        parts[i] = (struct iovec){arena + (i * 32768L) % (32 * MIB), 1 << 20};
}

static void fill_memory(int count)
{
    for (int i = 0; i < count; i++) {
        int protection = i % 2 ? PROT_NONE : PROT_READ | PROT_WRITE;
        void *at = mmap(SCATTERED + i * 8192L, 4096, protection,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (at == MAP_FAILED)
            break;
    }
}

/* Calls whose result is an end, or a wait for something that never comes. */
static int ends(int number)
{
    static const int numbers[] = {
        SYS_exit, SYS_exit_group, SYS_pause, SYS_rt_sigsuspend, SYS_rt_sigreturn,
        SYS_rt_sigtimedwait, SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo,
        SYS_rt_tgsigqueueinfo, SYS_close_range, SYS_execve, SYS_execveat, SYS_vfork,
        SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6, SYS_futex, SYS_wait4, SYS_waitid,
    };
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (number == numbers[i])
            return 1;
    return 0;
}

static void sweep(int number)
{
    long folder = open("/t/many", O_RDONLY | O_DIRECTORY), host = open("/h/many", O_RDONLY | O_DIRECTORY);
    long big = open("/t/big", O_RDWR), zero = open("/dev/zero", O_RDWR), maps = open("/proc/self/maps", O_RDONLY);
    long a = (long)arena, lots = 32 * MIB, path = (long)"/t/l38", here = AT_FDCWD;
    long span = 16384L * 8192, scattered = (long)SCATTERED;
    const long arguments[][6] = {
        {big, a, lots, 0, 0, 0},
        {zero, a, lots, 0, 0, 0},
        {maps, a, lots, 0, 0, 0},
        {folder, a, lots, 0, 0, 0},
        {host, a, lots, 0, 0, 0},
        {big, (long)parts, 1024, 0, 0, 0},
        {zero, (long)parts, 1024, 0, 0, 0},
        {big, big, 0, lots, 0, 0},
        {zero, big, 0, lots, 0, 0},
        {big, 0, zero, 0, lots, 0},
        {a, lots, 0, 0, 0, 0},
        {a, lots, 4, 0, 0, 0},
        {scattered, span, PROT_READ, 0, 0, 0},
        {scattered, span, 4, 0, 0, 0},
        {path, a, lots, 0, 0, 0},
        {path, 0, 0, 0, 0, 0},
        {here, path, a, lots, 0, 0},
        {here, path, 0, 0, 0, 0},
        {(long)"/t/deep", (long)"/t/DEEP", 0, 0, 0, 0},
        {here, (long)"/t/DEEP", here, (long)"/t/deep", 0, 0},
        {(long)"/proc/self/maps", 0, 0, 0, 0, 0},
        {0, lots, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0},
        {0, lots, PROT_READ, MAP_PRIVATE, big, 0},
        {0, lots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
        {scattered, span, 2 * span, 1, 0, 0},
        {-1, -1, -1, -1, -1, -1},
    };
    for (unsigned i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        const long *v = arguments[i];
        if (number == SYS_rt_sigaction || number == SYS_brk)
            v = arguments[sizeof arguments / sizeof *arguments - 1];
        call(number, v[0], v[1], v[2], v[3], v[4], v[5]);
    }
    close(folder), close(host), close(big), close(zero), close(maps);
    /* As it was, for the next one. */
    fchdir(deepest);
    symlink(last_target, "/t/l38");
    rename("/t/DEEP", "/t/deep");
    fill_arena();
    if (number >= SYS_mmap && number <= SYS_brk || number == SYS_mremap)
        fill_memory(16000);
}

int main(int count, char **arguments)
{
    int end = atoi(arguments[1]), names = atoi(arguments[2]), levels = atoi(arguments[3]);
    fill_arena();
    memset(long_name, 'a', 255);
    fill_tree(names, levels);
    fill_memory(16000);
    int last;
    while ((last = open(".", O_PATH)) >= 0 && last < 240) {}
    for (int number = 0; number < end; number++)
        if (!ends(number))
            sweep(number);
    struct { int fd; short events, found; } descriptors[256];
    for (int i = 0; i < 256; i++)
        descriptors[i].fd = i, descriptors[i].events = 5;
    long no_time[2] = {0, 0}, all = -1, word = 0;
    call(SYS_poll, (long)descriptors, 256, 0, 0, 0, 0);
    call(SYS_ppoll, (long)descriptors, 256, (long)no_time, 0, 0, 0);
    memset(arena, 0xff, 32), call(SYS_select, 3, (long)arena, 0, 0, (long)no_time, 0);
    memset(arena, 0xff, 32), call(SYS_pselect6, 3, (long)arena, 0, 0, (long)no_time, 0);
    call(SYS_futex, (long)&word, 1, -1, 0, 0, 0);
    for (int signal = 33; signal < 65; signal++)
        call(SYS_rt_sigprocmask, 0, (long)&all, 0, 8, 0, 0), call(SYS_kill, 1, signal, 0, 0, 0, 0),
        call(SYS_tkill, 1, signal, 0, 0, 0, 0), call(SYS_tgkill, 1, 1, signal, 0, 0, 0);
    call(SYS_rt_sigqueueinfo, 1, 40, (long)arena, 0, 0, 0);
    call(SYS_rt_tgsigqueueinfo, 1, 1, 40, (long)arena, 0, 0);
    call(SYS_rt_sigtimedwait, (long)&all, 0, (long)no_time, 8, 0, 0);
    call(SYS_wait4, -1, 0, 1, 0, 0, 0), call(SYS_waitid, 0, 0, (long)arena, 5, 0, 0);
    call(SYS_execve, 0, 0, 0, 0, 0, 0), call(SYS_execveat, 0, 0, 0, 0, 0, 0);
    call(SYS_close_range, 3, -1U, 0, 0, 0, 0);
    call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
    return 0;
}
