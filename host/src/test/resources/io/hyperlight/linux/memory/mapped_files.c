#include <setjmp.h>
#include <signal.h>

static sigjmp_buf after_fault;
static char data[4 * 4096] = {[0 ... 16383] = 7};
static const char constant[4 * 4096] = {[0 ... 16383] = 8};
static char zeros[4 * 4096];

static void faulted(int signal, siginfo_t *info, void *context)
{
    siglongjmp(after_fault, signal * 16 + info->si_code);
}

static int touch(volatile char *at)
{
    int fault = sigsetjmp(after_fault, 0);
    return fault ? -fault : *at;
}

static char *page_in(const void *address) { return (char *)(((long)address + 4095) & ~4095l); }

/* The mapping of an address as the kernel tells it, without what differs between machines. */
static void show_mapping(void *address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1000];
    while (fgets(line, sizeof line, maps)) {
        unsigned long start, end, offset;
        char rights[5], name[600] = "";
        if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %599[^\n]", &start, &end, rights, &offset, name) >= 4
            && start <= (unsigned long)address && (unsigned long)address < end) {
            char *last = strrchr(name, '/');
            tell("%lu pages from %lu on, %s, offset %lu, %s\n", (end - start) / 4096,
                 ((unsigned long)address - start) / 4096, rights, offset, last ? last : name);
        }
    }
    fclose(maps);
}

static void make_letters(const char *name, int pages)
{
    char *bytes = malloc(pages * 4096);
    for (int i = 0; i < pages; i++) {
        memset(bytes + i * 4096, 'a' + i, 4096);
    }
    int file = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);
    R(write(file, bytes, pages * 4096));
    close(file);
    free(bytes);
}

static void growing(void)
{
    make_letters("f", 5);
    int file = open("f", O_RDONLY);
    char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 4096);
    p = mremap(p, 4096, 3 * 4096, MREMAP_MAYMOVE);
    tell("private %c %c %c\n", p[0], p[4096], p[8192]);
    show_mapping(p);
    char *s = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    s = mremap(s, 4096, 5 * 4096, MREMAP_MAYMOVE);
    close(file);
    tell("shared %c %c %c\n", s[0], s[4096], s[4 * 4096]);
    show_mapping(s);
    char *twice = mremap(s, 0, 2 * 4096, MREMAP_MAYMOVE);
    tell("twice %c %c\n", twice[0], twice[4096]);
    R(mremap(p, 0, 4096, MREMAP_MAYMOVE) == MAP_FAILED);
    s = mremap(s, 5 * 4096, 7 * 4096, MREMAP_MAYMOVE);
    R(touch(s + 4 * 4096));
    R(touch(s + 5 * 4096));
    R(munmap(s + 4096, 4096));
    show_mapping(s);
    show_mapping(s + 2 * 4096);
    R(mprotect(s + 3 * 4096, 4096, PROT_NONE));
    show_mapping(s + 3 * 4096);
    show_mapping(s + 4 * 4096);
    R(mprotect(s + 3 * 4096, 4096, PROT_READ));
    show_mapping(s + 3 * 4096);
    R(mprotect(s, 4096, PROT_READ | PROT_WRITE));
    R(unlink("f"));
    tell("%c\n", s[3 * 4096]);
    R(strstr("f (deleted)", "deleted") != NULL);
    show_mapping(s + 3 * 4096);
    char *moved = mremap(p, 3 * 4096, 3 * 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    tell("moved %c %c, left %c\n", moved[0], moved[8192], p[4096]);
    show_mapping(moved);
    show_mapping(p);
}

static void dropping(void)
{
    make("f", "the bytes of the file");
    int file = open("f", O_RDWR);
    char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    p[0] = 'X';
    R(madvise(p, 4096, MADV_DONTNEED));
    tell("%.9s\n", p);
    R(close(file));
    R(unlink("f"));
    p[0] = 'X';
    R(madvise(p, 4096, MADV_DONTNEED));
    tell("%.9s\n", p);
    char *q = page_in(data);
    q[0] = 9;
    q[4096] = 9;
    R(madvise(q, 4096, MADV_DONTNEED));
    tell("data %d %d\n", q[0], q[4096]);
    q = page_in(constant);
    R(madvise(q, 4096, MADV_DONTNEED));
    tell("constant %d\n", q[0]);
    q = page_in(zeros);
    q[0] = 5;
    R(madvise(q, 4096, MADV_DONTNEED));
    tell("zeros %d\n", q[0]);
    q = (char *)((long)growing & ~4095l);
    R(madvise(q, 4096, MADV_DONTNEED));
    q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    q[0] = 5;
    R(madvise(q, 4096, MADV_DONTNEED));
    tell("shared %d\n", q[0]);
    show_mapping(q);
    R(madvise(q, 4096, MADV_FREE));
    R(madvise(q, 4096, MADV_REMOVE));
    tell("removed %d\n", q[0]);
    R(madvise(p, 4096, MADV_REMOVE));
    R(madvise(p, 4096, MADV_FREE));
    int zero = open("/dev/zero", O_RDWR);
    q = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
    q[4096] = 6;
    tell("%d %d\n", q[0], q[4096]);
    close(zero);
}

static void writing(void)
{
    make_letters("f", 4);
    int file = open("f", O_RDWR);
    char *s = mmap(NULL, 8 * 4096, PROT_READ, MAP_SHARED, file, 0);
    char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, file, 0);
    p[4096] = 'P';
    R(pwrite(file, "written", 7, 4094));
    tell("%.4s %.7s %.2s %.5s\n", s + 4092, s + 4094, p + 4094, p + 4096);
    R(mprotect(none, 4096, PROT_READ));
    tell("%.2s\n", none + 4094);
    R(touch(s + 4 * 4096));
    R(pwrite(file, "far", 3, 5 * 4096 + 10));
    R(touch(s + 4 * 4096));
    R(touch(p + 4 * 4096));
    tell("%s %s\n", s + 5 * 4096 + 10, p + 5 * 4096 + 10);
    R(touch(s + 6 * 4096));
    p[4 * 4096] = 'Q';
    R(ftruncate(file, 4096 + 2));
    R(touch(s + 4096 + 1));
    R(touch(s + 4096 + 2));
    R(touch(p + 4096));
    R(touch(p + 4 * 4096));
    R(ftruncate(file, 5 * 4096));
    R(touch(p + 4 * 4096));
    R(touch(s + 3 * 4096));
    int again = open("f", O_WRONLY | O_TRUNC);
    R(touch(s));
    R(write(again, "anew", 4));
    tell("%s\n", s);
    R(write(file, s + 4096, 1));
    R(write(again, s, 4096));
    int target = open("g", O_RDWR | O_CREAT, 0644);
    R(read(file, p + 4096, 10));
    char *g = mmap(NULL, 4096, PROT_READ, MAP_SHARED, target, 0);
    R(copy_file_range(file, &(off_t){0}, target, NULL, 4, 0));
    tell("%s\n", g);
    off_t from = 0;
    R(sendfile(target, file, &from, 3));
    tell("%s\n", g);
    struct iovec parts[] = {{"vec", 3}, {"tor", 3}};
    R(pwritev(target, parts, 2, 1));
    tell("%s\n", g);
    R(truncate("g", 2));
    tell("%s\n", g);
    R(fallocate(target, 0, 0, 100));
    tell("%s\n", g);
}

static void run(void)
{
    struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    growing();
    dropping();
    writing();
}
