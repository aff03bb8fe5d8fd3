/* What file systems say about their size. */
#include <sys/statvfs.h>

static void system_of(const char *path)
{
    struct statfs is;
    if (statfs(path, &is) != 0) {
        tell("%s: %d\n", path, errno);
        return;
    }
    tell("%s: type %lx, %ld, %ld, names %ld, room %d %d %d, files %d %d\n", path[0] == '/' ? path : ".", (long)is.f_type,
         (long)is.f_bsize, (long)is.f_frsize, (long)is.f_namelen, is.f_blocks > 0, is.f_bfree > 0, is.f_bavail == is.f_bfree,
         is.f_files > 0, is.f_ffree > 0);
}

static long free_blocks(void)
{
    struct statvfs is;
    statvfs(".", &is);
    return is.f_bfree;
}

static long free_files(void)
{
    struct statvfs is;
    statvfs(".", &is);
    return is.f_ffree;
}

static void run(void)
{
    system_of(".");
    system_of("/proc");
    system_of("/proc/self/status");
    system_of("/proc/self/fd");
    system_of("none");
    int ends[2];
    struct statfs is;
    pipe(ends);
    R(fstatfs(ends[0], &is));
    tell("type %lx\n", (long)is.f_type);
    struct statvfs view;
    R(statvfs(".", &view));
    tell("read-only %ld, names %ld\n", (long)(view.f_flag & ST_RDONLY), (long)view.f_namemax);
    R(statfs(".", (struct statfs *)8));

    long before = free_blocks();
    int file = open("f", O_RDWR | O_CREAT, 0644);
    ftruncate(file, 8 << 20);
    R(before - free_blocks() < 16);
    for (int i = 0; i < 1 << 20; i += sizeof text) {
        pwrite(file, text, sizeof text, i);
    }
    R(before - free_blocks() >= 256 && before - free_blocks() < 272);
    fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 512 << 10);
    R(before - free_blocks() >= 128 && before - free_blocks() < 144);
    fallocate(file, 0, 2 << 20, 1 << 20);
    R(before - free_blocks() >= 384 && before - free_blocks() < 400);
    unlink("f");
    R(before - free_blocks() >= 384);
    close(file);
    R(before - free_blocks() < 16);
    long files = free_files();
    make("g", "");
    R(files > free_files());
}
