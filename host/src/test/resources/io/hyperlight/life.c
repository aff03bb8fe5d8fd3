/* Serves: makes as much of everything as it can get when a request says so. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB (1L << 20)
#define GIB (1L << 30)
#define SCATTERED ((char *)0x200000000000)
#define DENSE ((char *)0x300000000000)
#define OF_FILE ((char *)0x400000000000)

static char page[65536];
static long made[8];

static int require(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        _exit(1);
    }
    return condition;
}

static void files(void)
{
    char name[64], file[32] = "";
    require(chdir("/t") == 0 && mkdir("many", 0755) == 0, "many");
    for (made[0] = 0; made[0] < 20000; made[0]++) {
        snprintf(name, sizeof name, "many/%06ld", made[0]);
        int fd = open(name, O_CREAT | O_WRONLY, 0644);
        require(fd >= 0 && write(fd, page, 10) == 10 && close(fd) == 0, "file");
    }
    int sparse = open("sparse", O_CREAT | O_RDWR, 0644);
    require(ftruncate(sparse, 64 * GIB) == 0, "sparse");
    for (long at = 0; at < 2000; at++)
        require(pwrite(sparse, page, 1, at * 32 * MIB) == 1, "sparse");
    close(sparse);
    int big = open("big", O_CREAT | O_RDWR, 0644);
    for (int i = 0; i < 256; i++)
        require(write(big, page, sizeof page) == sizeof page, "big");
    close(big);
}

/* Deep directories, of which one descriptor keeps all though none has a name. */
static void directories(int levels)
{
    for (; made[1] < 5; made[1]++) {
        require(chdir("/t") == 0, "chdir");
        for (int i = 0; i < levels; i++)
            require(mkdir("n", 0755) == 0 && chdir("n") == 0, "nameless");
        require(open(".", O_RDONLY | O_DIRECTORY) >= 0, "deepest");
        for (int i = 0; i < levels; i++)
            require(chdir("..") == 0 && rmdir("n") == 0, "rmdir");
    }
    require(mkdir("deep", 0755) == 0 && chdir("deep") == 0, "deep");
    for (int i = 0; i < levels; i++)
        require(mkdir("a", 0755) == 0 && chdir("a") == 0, "deeper");
}

static void memory(void)
{
    /* A page table each, and then neighbours of other rights. */
    for (; made[2] < 2000; made[2]++) {
        char *at = mmap(SCATTERED + made[2] * GIB, 4096, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (at == MAP_FAILED)
            break;
        *at = 1;
    }
    int big = open("/t/big", O_RDWR);
    for (; made[3] < 10000; made[3]++)
        if (mmap(OF_FILE + made[3] * 8192, 4096, PROT_READ, MAP_SHARED, big, 4096 * (made[3] % 64)) ==
            MAP_FAILED)
            break;
    close(big);
    for (;; made[4]++)
        if (mmap(DENSE + made[4] * 8192, 4096, made[4] % 2 ? PROT_NONE : PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
            break;
    for (long i = 0; i < made[4]; i += 2)
        DENSE[i * 8192] = 1;
}

static void descriptors(void)
{
    int ends[2];
    while (made[5] < 100 && pipe2(ends, O_NONBLOCK) == 0) {
        while (write(ends[1], page, sizeof page) > 0) {}
        made[5] += 2;
    }
    while (open(made[5] % 2 ? "/t/big" : ".", O_RDONLY) >= 0)
        made[5]++;
}

static void signals(void)
{
    siginfo_t info;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    while (made[6] < 100000 && syscall(SYS_rt_sigqueueinfo, getpid(), 40, &info) == 0)
        made[6]++;
    for (int signal = 1; signal < 65; signal++)
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, 0);
}

int main(int count, char **arguments)
{
    static char request[16], answer[256];
    int levels = atoi(arguments[1]);
    for (;;) {
        int size = read(0, request, sizeof request), length;
        while (read(0, request + size, sizeof request - size) > 0) {}
        if (size > 0 && request[0] == 'f') {
            files(), directories(levels), memory(), descriptors(), signals();
        }
        length = snprintf(answer, sizeof answer, "%ld %ld %ld %ld %ld %ld %ld\n", made[0], made[1],
                          made[2], made[3], made[4], made[5], made[6]);
        require(write(1, answer, length) == length, "answer");
    }
}
