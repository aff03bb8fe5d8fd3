/* Every call that moves bytes moves as many as it is asked for. */
enum { SIZE = 3000000 };

static unsigned long sum(const char *bytes, size_t size)
{
    unsigned long hash = 5381;
    for (size_t i = 0; i < size; i++) {
        hash = hash * 33 + (unsigned char)bytes[i];
    }
    return hash;
}

static void run(void)
{
    static const size_t sizes[] = {0, 1, 65536, 65537, 262143, 262144, 262145, 1 << 20, (1 << 20) + 1, SIZE};
    char *bytes = malloc(SIZE);
    char *back = malloc(SIZE);
    for (int i = 0; i < SIZE; i++) {
        bytes[i] = i * 2654435761u >> 13;
    }
    for (int i = 0; i < 10; i++) {
        size_t n = sizes[i];
        struct iovec parts[3] = {{bytes, n / 2}, {bytes + n / 2, 0}, {bytes + n / 2, n - n / 2}};
        struct iovec into[3] = {{back, n / 3}, {back + n / 3, 5 < n ? 5 : 0}, {back + n / 3 + (5 < n ? 5 : 0), 2 * n / 3 - (5 < n ? 5 : 0)}};
        off_t from = 0, to = 7;
        tell("size %zu\n", n);
        R(open("a", O_CREAT | O_RDWR | O_TRUNC, 0644));
        R(open("b", O_CREAT | O_RDWR | O_TRUNC, 0644));
        R(write(3, bytes, n));
        R(lseek(3, 0, SEEK_CUR));
        R(write(3, "", 1));
        R(lseek(3, 0, SEEK_SET));
        R(read(3, back, n));
        R(memcmp(bytes, back, n));
        R(read(3, back, 5));
        R(pwrite(3, bytes + SIZE - n, n, 10));
        R(pread(3, back, n, 10));
        R(memcmp(bytes + SIZE - n, back, n));
        R(pwritev(3, parts, 3, 20));
        R(preadv(3, into, 3, 20));
        tell("%lx\n", sum(back, n));
        R(preadv2(3, into, 3, 21, 0));
        R(pwritev2(3, parts, 3, -1, 0));
        R(lseek(3, 0, SEEK_SET));
        R(readv(3, into, 3));
        tell("%lx\n", sum(back, n));
        R(writev(3, parts, 3));
        R(lseek(3, 0, SEEK_CUR));
        R(lseek(3, 1, SEEK_SET));
        R(sendfile(4, 3, NULL, n));
        R(lseek(3, 0, SEEK_CUR));
        R(sendfile(4, 3, &from, n));
        tell("%ld\n", (long)from);
        R(lseek(4, 0, SEEK_END));
        from = 0;
        R(copy_file_range(3, &from, 4, &to, n, 0));
        tell("%ld %ld\n", (long)from, (long)to);
        R(pread(4, back, n, 7));
        tell("%lx\n", sum(back, n));
        R(copy_file_range(3, NULL, 4, NULL, n, 0));
        R(read(3, back, SIZE));
        R(close(4));
        R(open("b", O_RDWR | O_APPEND));
        R(write(4, bytes, n));
        R(pwrite(4, bytes, n, 0));
        R(lseek(4, 0, SEEK_END));
        R(close(3));
        R(close(4));
        R(open("/dev/urandom", O_RDONLY));
        R(read(3, back, n));
        R(close(3));
        R(open("/dev/zero", O_RDWR));
        R(read(3, back, n));
        R(write(3, back, n));
        R(close(3));
        R(open("/dev/null", O_RDWR));
        R(write(3, bytes, n));
        R(writev(3, parts, 3));
        R(close(3));
        R(syscall(SYS_getrandom, back, n, 0));
    }

    /* Buffers that end before the transfer does. */
    char *pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t there = 400 << 12;
    munmap(pages + there, SIZE - there);
    memset(pages, 'p', there);
    R(open("a", O_CREAT | O_RDWR | O_TRUNC, 0644));
    R(write(3, pages, 2000000));
    R(lseek(3, 0, SEEK_CUR));
    R(pwrite(3, bytes, SIZE, 0));
    R(lseek(3, 0, SEEK_SET));
    R(read(3, pages, 2000000));
    R(lseek(3, 0, SEEK_CUR));
    R(pread(3, pages + there - 10, 2000000, 0));
    R(pread(3, pages + there, 2000000, 0));
    R(pread(3, pages + there, 2000000, SIZE));
    R(pread(3, pages + there, 2000000, SIZE + 1));
    struct iovec parts[] = {{bytes, 1500000}, {pages + there, 1000}, {bytes, 10}};
    R(pwritev(3, parts, 3, 0));
    R(preadv(3, parts, 3, 0));
    R(syscall(SYS_getrandom, pages + there - 100000, 2000000, 0));
    R(syscall(SYS_getrandom, pages + there, 1, 0));
    R(syscall(SYS_getrandom, pages + there, 0, 0));
    R(pread(3, bytes, 10, 0x7ffffffffffffff8));
    R(pread(3, bytes, SIZE, 0x7ffffffffff00000));
    R(pwrite(3, bytes, SIZE, 0x7ffffffffff00000));

    /* A pipe takes and gives what it has room for. */
    int ends[2];
    R(pipe2(ends, O_NONBLOCK));
    R(write(ends[1], bytes, SIZE));
    R(write(ends[1], bytes, SIZE));
    R(read(ends[0], back, SIZE));
    R(memcmp(back, bytes, 65536));
    R(read(ends[0], back, SIZE));
    R(sendfile(ends[1], 3, &(off_t){0}, 65536));
    R(read(ends[0], back, SIZE));
}
