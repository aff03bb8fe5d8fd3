#include <setjmp.h>
#include <signal.h>

enum { PAGE = 4096 };

static sigjmp_buf after_fault;

static void faulted(int signal, siginfo_t *info, void *context)
{
    siglongjmp(after_fault, signal * 16 + info->si_code);
}

static int touch(volatile char *at)
{
    int fault = sigsetjmp(after_fault, 1);
    return fault ? -fault : *at;
}

static int put(volatile char *at, char value)
{
    int fault = sigsetjmp(after_fault, 1);
    if (fault) {
        return -fault;
    }
    *at = value;
    return 0;
}

static int new_file(const char *name, long size)
{
    int file = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);
    R(ftruncate(file, size));
    return file;
}

static char *map(int file, long offset, long size, int rights)
{
    return mmap(NULL, size, rights, MAP_SHARED, file, offset);
}

static int byte_at(int file, long offset)
{
    char byte = 0;
    long n = pread(file, &byte, 1, offset);
    return n == 1 ? byte : -1000 - (int)n;
}

static void seen_everywhere(void)
{
    int file = new_file("f", 3 * PAGE), other = open("f", O_RDONLY);
    char *a = map(file, 0, 3 * PAGE, PROT_READ | PROT_WRITE);
    char *b = map(file, PAGE, 2 * PAGE, PROT_READ | PROT_WRITE);
    char *c = map(other, PAGE, PAGE, PROT_READ);
    R(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0) == MAP_FAILED ? -1 : 0);
    R(mprotect(c, PAGE, PROT_READ | PROT_WRITE));
    a[PAGE] = 'x';
    tell("%d %d %d\n", b[0], c[0], byte_at(other, PAGE));
    b[PAGE + 5] = 'y';
    tell("%d %d\n", a[2 * PAGE + 5], byte_at(file, 2 * PAGE + 5));
    R(pwrite(file, "hello", 5, PAGE - 2));
    tell("%.2s %.3s %.3s\n", a + PAGE - 2, b, c);
    R(munmap(a, 3 * PAGE));
    b[7] = 'z';
    tell("%d %d\n", c[7], byte_at(other, PAGE + 7));
    R(munmap(b, 2 * PAGE));
    tell("%d %d %d\n", c[7], byte_at(other, PAGE + 7), byte_at(other, 2 * PAGE + 5));
    char *d = map(file, 0, 3 * PAGE, PROT_READ | PROT_WRITE);
    d[PAGE + 8] = 'w';
    tell("%d %.3s\n", c[8], d + PAGE);
    R(msync(d, 3 * PAGE, MS_SYNC));
    R(fsync(file));
    R(read(file, d + 2 * PAGE, 10));
    tell("%d\n", byte_at(file, 2 * PAGE + 5));
    R(close(file));
    R(close(other));
    d[3] = 'q';
    file = open("f", O_RDWR);
    tell("%d\n", byte_at(file, 3));
    R(madvise(d, 3 * PAGE, MADV_DONTNEED));
    tell("%d %d\n", d[3], d[PAGE + 8]);
    R(munmap(d, 3 * PAGE));
    R(munmap(c, PAGE));
    close(file);
}

static void cut_and_grown(void)
{
    int file = new_file("g", 2 * PAGE + 100);
    char *p = map(file, 0, 5 * PAGE, PROT_READ | PROT_WRITE);
    memset(p, 'a', 2 * PAGE + 100);
    tell("%d %d %d\n", touch(p + 2 * PAGE), touch(p + 3 * PAGE), put(p + 4 * PAGE, 'x'));
    R(ftruncate(file, PAGE + 10));
    tell("%d %d %d %d\n", touch(p + PAGE + 9), touch(p + PAGE + 10), touch(p + 2 * PAGE), put(p + 2 * PAGE, 1));
    R(ftruncate(file, 4 * PAGE));
    tell("%d %d %d\n", touch(p + PAGE + 10), touch(p + 2 * PAGE), touch(p + 4 * PAGE));
    tell("%d\n", put(p + 3 * PAGE + 1, 'e'));
    tell("%d %d\n", byte_at(file, 3 * PAGE + 1), byte_at(file, PAGE + 9));
    R(pwrite(file, "end", 3, 5 * PAGE - 3));
    tell("%d\n", touch(p + 5 * PAGE - 1));
    R(ftruncate(file, 0));
    tell("%d\n", touch(p));
    R(ftruncate(file, PAGE));
    tell("%d\n", touch(p));
    R(unlink("g"));
    p[1] = 'u';
    tell("%d\n", byte_at(file, 1));
    close(file);
    tell("%d\n", p[1]);
    R(munmap(p, 5 * PAGE));
}

static void moved(void)
{
    int file = new_file("m", 4 * PAGE);
    char *p = map(file, PAGE, PAGE, PROT_READ | PROT_WRITE);
    p[0] = '1';
    char *all = map(file, 0, 4 * PAGE, PROT_READ);
    p = mremap(p, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    p[PAGE] = '2';
    p[2 * PAGE] = '3';
    tell("%c%c%c\n", all[PAGE], all[2 * PAGE], all[3 * PAGE]);
    char *twin = mremap(p, 0, 2 * PAGE, MREMAP_MAYMOVE);
    twin[1] = '4';
    tell("%c%c %d\n", p[1], all[PAGE + 1], byte_at(file, PAGE + 1));
    R(mprotect(p, PAGE, PROT_NONE));
    twin[2] = '5';
    R(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
    tell("%c\n", p[2]);
    p = mremap(p, 3 * PAGE, PAGE, 0);
    tell("%c %d\n", p[0], byte_at(file, 3 * PAGE));
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, PAGE);
    tell("%.3s\n", private);
    private[0] = 'P';
    tell("%c %c\n", p[0], byte_at(file, PAGE));
}

static void holes(void)
{
    int file = new_file("h", 8 * PAGE);
    char *p = map(file, 0, 8 * PAGE, PROT_READ | PROT_WRITE);
    memset(p, 'h', 8 * PAGE);
    R(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE + 5, 2 * PAGE));
    tell("%d %d %d %d\n", p[PAGE + 4], p[PAGE + 5], p[3 * PAGE + 4], p[3 * PAGE + 5]);
    R(madvise(p + 5 * PAGE, PAGE, MADV_REMOVE));
    tell("%d %d %d\n", p[5 * PAGE - 1], p[5 * PAGE], byte_at(file, 6 * PAGE - 1));
    p[5 * PAGE] = 'n';
    p[2 * PAGE] = 'm';
    tell("%d %d\n", byte_at(file, 5 * PAGE), byte_at(file, 2 * PAGE));
    R(mincore(p, PAGE, (unsigned char *)p + 4 * PAGE));
    int copy = new_file("copy", 0);
    loff_t from = 0;
    R(sendfile(copy, file, &from, 8 * PAGE));
    tell("%d %d\n", byte_at(copy, 5 * PAGE), byte_at(copy, 2 * PAGE));
    int ends[2];
    pipe(ends);
    from = 5 * PAGE;
    p[5 * PAGE + 1] = 'k';
    R(splice(file, &from, ends[1], NULL, 2, 0));
    char two[3] = "";
    R(read(ends[0], two, 2));
    tell("%s\n", two);
    R(pwrite(file, p + 5 * PAGE, 2, 0));
    tell("%.2s\n", p);
}

static void run(void)
{
    struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    seen_everywhere();
    cut_and_grown();
    moved();
    holes();
}
