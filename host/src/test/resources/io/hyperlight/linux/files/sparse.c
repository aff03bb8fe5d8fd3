/* Holes: what they cost, where they are, how they are made. */

static void map(int file)
{
    struct stat status;
    fstat(file, &status);
    tell("%lld bytes, %lld blocks:", (long long)status.st_size, (long long)status.st_blocks);
    off_t at = 0;
    for (int pieces = 0; pieces < 50; pieces++) {
        off_t data = lseek(file, at, SEEK_DATA);
        if (data < 0) {
            tell(" end %d\n", errno);
            return;
        }
        at = lseek(file, data, SEEK_HOLE);
        tell(" %lld-%lld", (long long)data, (long long)at);
    }
    tell("\n");
}

static int keep = FALLOC_FL_KEEP_SIZE;
static int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

static void run(void)
{
    char bytes[8] = "";
    int file = open("f", O_RDWR | O_CREAT, 0644);
    map(file);
    R(ftruncate(file, 1 << 30));
    map(file);
    R(pwrite(file, "x", 1, (1 << 30) - 1));
    R(pwrite(file, "x", 1, 5LL << 30));
    R(pwrite(file, "x", 1, 1LL << 50));
    R(pwrite(file, "x", 1, 1LL << 62));
    map(file);
    R(pread(file, bytes, 1, 100));
    R(pread(file, bytes, 8, (5LL << 30) - 4));
    tell("%d %d %d\n", bytes[3], bytes[4], bytes[5]);
    R(lseek(file, 0, SEEK_END) == (1LL << 62) + 1);
    R(ftruncate(file, (5LL << 30) + 1));
    map(file);
    R(fallocate(file, punch, (1 << 30) - 1, 1));
    map(file);
    R(fallocate(file, punch, 0, 6LL << 30));
    map(file);
    R(ftruncate(file, LONG_MAX));
    R(pwrite(file, "x", 1, LONG_MAX - 1) >= 0);
    R(pwrite(file, "xy", 2, LONG_MAX - 1));
    R(pwrite(file, "x", 1, LONG_MAX));
    R(ftruncate(file, 0));
    R(truncate("f", LONG_MAX));
    R(ftruncate(file, 0));

    memset(text, 'x', sizeof text);
    for (int i = 0; i < 10; i++) {
        pwrite(file, text, sizeof text, i * 4096);
    }
    map(file);
    for (int from = 0; from < 10; from++) {
        R(fallocate(file, punch, from * 4096 - from * 100, 4096 + from * 900));
        map(file);
        for (int i = 0; i < 10; i++) {
            pread(file, bytes, 2, i * 4000);
            tell("%d%d ", bytes[0], bytes[1]);
        }
        tell("\n");
        pwrite(file, text, 4000, from * 4096 + 50);
        map(file);
    }
    for (int size = 40960; size > 0; size -= 3333) {
        ftruncate(file, size);
        map(file);
    }
    R(ftruncate(file, 100000));
    map(file);

    tell("reserving\n");
    int other = open("g", O_RDWR | O_CREAT, 0644);
    R(fallocate(other, 0, 5000, 10000));
    map(other);
    R(fallocate(other, keep, 30000, 10000));
    map(other);
    R(pwrite(other, "x", 1, 6000));
    map(other);
    R(pwrite(other, "x", 1, 31000));
    map(other);
    R(ftruncate(other, 31001));
    map(other);
    R(ftruncate(other, 50000));
    map(other);
    R(ftruncate(other, 7000));
    map(other);
    R(fallocate(other, punch, 0, 4096));
    R(fallocate(other, punch, 4096, 4096));
    map(other);

    tell("refused\n");
    static const int modes[] = {0x02, 0x04, 0x08, 0x09, 0x10, 0x11, 0x12, 0x20, 0x21, 0x40, 0x41, 0x100, -1};
    for (int i = 0; i < 13; i++) {
        R(fallocate(other, modes[i], 0, 4096));
        R(fallocate(77, modes[i], 0, 4096));
        R(fallocate(open("g", O_RDONLY), modes[i], 0, 4096));
        R(fallocate(other, modes[i], -1, 4096));
        R(fallocate(other, modes[i], 0, 0));
    }
    R(fallocate(other, keep, LONG_MAX, 1));
    R(fallocate(other, punch, LONG_MAX, 1));
    R(fallocate(other, punch, LONG_MAX - 1, 1));
    R(fallocate(open(".", O_RDONLY), 0, 0, 1));
    R(fallocate(open("/dev/null", O_RDWR), 0, 0, 1));
    for (int whence = 3; whence < 6; whence++) {
        R(lseek(other, -1, whence));
        R(lseek(other, 7000, whence));
        R(lseek(other, LONG_MAX, whence));
        R(lseek(77, 0, whence));
        R(lseek(open(".", O_RDONLY), 0, whence) >= 0);
    }
    int status = open("/proc/self/status", O_RDONLY);
    R(lseek(status, 0, SEEK_END));
    R(lseek(status, 0, SEEK_DATA));
    R(lseek(status, 5, SEEK_SET));
    R(lseek(status, 5, SEEK_CUR));
}
