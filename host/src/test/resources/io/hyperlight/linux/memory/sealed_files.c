#include <linux/memfd.h>
#include <sys/syscall.h>

enum { PAGE = 4096 };

#define ADD_SEALS 1033
#define GET_SEALS 1034

static int made(const char *name, unsigned flags) { return syscall(SYS_memfd_create, name, flags); }

static void names_and_flags(void)
{
    static char longest[260];
    memset(longest, 'n', sizeof longest - 1);
    R(made(longest, 0));
    longest[249] = 0;
    int file = made(longest, 0);
    R(file > 0);
    close(file);
    R(made("x", 0x100));
    R(made((char *)8, 0));
    file = made("a name", MFD_CLOEXEC);
    R(fcntl(file, F_GETFD));
    R(fcntl(file, F_GETFL));
    char path[64], link[300] = "";
    sprintf(path, "/proc/self/fd/%d", file);
    R(readlink(path, link, sizeof link));
    tell("%s\n", link);
    struct stat status;
    R(fstat(file, &status));
    tell("%o %ld %ld %ld\n", status.st_mode, (long)status.st_nlink, status.st_size, status.st_blocks);
    R(write(file, "text", 4));
    int again = open(path, O_RDONLY);
    char text[5] = "";
    R(read(again, text, 4));
    tell("%s\n", text);
    R(ftruncate(again, 0));
    R(close(again));
    R(close(file));
}

static void changes(int file, const char *what)
{
    tell("%s: seals %d\n", what, fcntl(file, GET_SEALS));
    R(pwrite(file, "abc", 3, 0));
    R(pwrite(file, "abc", 3, PAGE - 1));
    R(ftruncate(file, PAGE));
    R(ftruncate(file, 2 * PAGE));
    R(ftruncate(file, PAGE));
    R(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 100));
    R(fallocate(file, 0, 0, PAGE));
    R(fallocate(file, 0, 0, 3 * PAGE));
    void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    R(p == MAP_FAILED ? -1 : munmap(p, PAGE));
    p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    R(p == MAP_FAILED ? -1 : munmap(p, PAGE));
    R(fcntl(file, ADD_SEALS, 2));
    R(fcntl(file, GET_SEALS));
    close(file);
}

static void each_seal(void)
{
    static const char *const names[] = {"none", "seal", "shrink", "grow", "write", "future"};
    for (int i = 0; i < 6; i++) {
        int file = made("sealed", MFD_ALLOW_SEALING);
        R(ftruncate(file, PAGE));
        if (i > 0) {
            R(fcntl(file, ADD_SEALS, 1 << (i - 1)));
        }
        changes(file, names[i]);
    }
    int file = made("plain", 0);
    R(ftruncate(file, PAGE));
    changes(file, "plain");
    R(fcntl(0, GET_SEALS) < 0);
    int ends[2];
    pipe(ends);
    R(fcntl(ends[1], ADD_SEALS, 2));
    R(fcntl(ends[1], GET_SEALS));
    close(ends[0]);
    close(ends[1]);
}

static void mapped(void)
{
    int file = made("mapped", MFD_ALLOW_SEALING);
    R(ftruncate(file, 2 * PAGE));
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    R(fcntl(file, ADD_SEALS, 8));
    R(fcntl(file, ADD_SEALS, 16));
    p[5] = 'p';
    char byte = 0;
    R(pread(file, &byte, 1, 5));
    tell("%c\n", byte);
    R(munmap(p, 2 * PAGE));
    R(fcntl(file, ADD_SEALS, 8));
    R(fcntl(file, GET_SEALS));
    p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    tell("%c\n", p[5]);
    R(munmap(p, 2 * PAGE));
    R(fcntl(file, ADD_SEALS, 0x1000));
    char path[64];
    sprintf(path, "/proc/self/fd/%d", file);
    int reader = open(path, O_RDONLY);
    R(fcntl(reader, ADD_SEALS, 1));
    R(fcntl(reader, GET_SEALS));
    R(close(reader));
    R(fcntl(file, ADD_SEALS, 1));
    R(fcntl(file, ADD_SEALS, 4));
    R(close(file));
}

static void run(void)
{
    names_and_flags();
    each_seal();
    mapped();
}
