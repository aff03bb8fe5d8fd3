/*
 * Does random things with files, the same for the same seed, and tells every result. What is not the same on all
 * systems is left out: times, numbers of inodes, sizes of directories, how many pieces a pipe takes.
 */

enum { SLOTS = 12 };

static uint64_t state = SEED * 2654435761u + 88172645463325252u;
static char top[4096];
static char base[4096];
static int slots[SLOTS];
static int pushes;

static unsigned below(unsigned limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 20) % limit;
}

#define ONE_OF(...) ((long[]){__VA_ARGS__}[below(sizeof((long[]){__VA_ARGS__}) / sizeof(long))])

static const char *name(void)
{
    static char paths[4][80];
    static int next;
    char *path = paths[next++ % 4];
    path[0] = 0;
    int depth = 1 + below(3) * below(2);
    for (int i = 0; i < depth; i++) {
        static const char *names[] = {"a", "b", "c", "d", "e", "..", "."};
        strcat(path, i ? "/" : "");
        strcat(path, names[below(20) ? below(5) : below(7)]);
    }
    strcat(path, below(30) ? "" : "/");
    return path;
}

static int slot(void) { return below(SLOTS); }

static void keep(int file)
{
    if (file >= 0) {
        int into = slot();
        close(slots[into]);
        slots[into] = file;
    }
}

static unsigned sum(const char *bytes, long size)
{
    unsigned sum = 0;
    for (long i = 0; i < size; i++) {
        sum = sum * 31 + (unsigned char)bytes[i];
    }
    return sum;
}

static char bytes[50000];

static void fill(long size)
{
    for (long i = 0; i < size; i++) {
        bytes[i] = 'a' + below(26);
    }
}

static int is_pipe(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 && S_ISFIFO(status.st_mode);
}

static int is_directory(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Empties what is being read, since a pipe's room counts in pieces natively. */
static void drain(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (is_pipe(slots[i])) {
            ssize_t size = read(slots[i], bytes, sizeof bytes);
            tell(" [%ld %u]", (long)(size < 0 ? -errno : size), size > 0 ? sum(bytes, size) : 0);
        }
    }
    pushes = 0;
}

static void pushed(int file, int other)
{
    if ((is_pipe(file) || is_pipe(other)) && ++pushes > 3) {
        drain();
    }
}

static void status_of(const char *what, int result, const struct stat *status)
{
    if (result != 0) {
        tell("%s %d\n", what, errno);
        return;
    }
    int directory = S_ISDIR(status->st_mode);
    tell("%s %o %ld %lld %lld %lx\n", what, status->st_mode, (long)status->st_nlink,
         directory ? 0LL : (long long)status->st_size, S_ISREG(status->st_mode) ? (long long)status->st_blocks : 0LL,
         S_ISCHR(status->st_mode) ? (long)status->st_rdev : 0L);
}

static void place_of(const char *what, char *path, ssize_t size)
{
    if (size < 0) {
        tell("%s %d\n", what, errno);
        return;
    }
    path[size] = 0;
    char *shown = strncmp(path, top, strlen(top)) ? path : path + strlen(top);
    char *number = strpbrk(shown, "#[");
    if (number) {
        char *end = number + 1 + strspn(number + 1, "0123456789");
        memmove(number, end, strlen(end) + 1);
    }
    tell("%s %s\n", what, shown);
}

static int compare_names(const void *a, const void *b) { return strcmp(a, b); }

static void list_of(int file)
{
    static char entries[40][300];
    int copy = openat(file, ".", O_RDONLY | O_DIRECTORY);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    if (!directory) {
        tell("list %d\n", errno);
        return;
    }
    int count = 0;
    errno = 0;
    for (struct dirent *entry; count < 40 && (entry = readdir(directory));) {
        snprintf(entries[count++], 300, "%s/%d", entry->d_name, entry->d_type);
    }
    tell("list %d", errno);
    qsort(entries, count, sizeof *entries, compare_names);
    for (int i = 0; i < count; i++) {
        tell(" %s", entries[i]);
    }
    tell("\n");
    closedir(directory);
}

#define T(format, call, ...)                                                        \
    do {                                                                            \
        errno = 0;                                                                  \
        long result_ = (long)(call);                                                \
        tell(format " = %ld", ##__VA_ARGS__, result_ == -1 ? -(long)errno : result_); \
        last = result_;                                                             \
    } while (0)

static long last;

static int open_flags(void)
{
    int flags = ONE_OF(O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR, O_RDWR);
    flags |= below(2) ? O_CREAT : 0;
    flags |= below(8) ? 0 : O_EXCL;
    flags |= below(6) ? 0 : O_TRUNC;
    flags |= below(10) ? 0 : O_APPEND;
    flags |= below(15) ? 0 : O_DIRECTORY;
    flags |= below(10) ? 0 : O_NOFOLLOW;
    flags |= below(12) ? 0 : O_PATH;
    flags |= below(15) ? 0 : O_TMPFILE;
    return flags | O_NONBLOCK;
}

static void step(int number)
{
    struct stat status;
    char path[5000];
    const char *one = name();
    const char *other = name();
    int file = slots[slot()];
    int second = slots[slot()];
    int folder = below(4) ? AT_FDCWD : slots[slot()];
    long size = below(1 << below(16));
    long offset = below(8) ? below(60000) : below(2) ? below(15) * 4096 : 1L << 33;
    tell("%d ", number);
    switch (below(48)) {
    case 0: case 1: case 2: case 3: case 4: case 5: {
        int flags = open_flags();
        int mode = ONE_OF(0644, 0644, 0666, 0600, 0400, 0755, 0);
        errno = 0;
        int opened = openat(folder, one, flags, mode);
        tell("open %d %s %x %o = %d\n", folder == AT_FDCWD, one, flags, mode, opened < 0 ? -errno : 0);
        keep(opened);
        return;
    }
    case 6: case 7: case 8:
        T("mkdir %s", mkdirat(folder, one, ONE_OF(0755, 0755, 0777, 0500, 0600)), one);
        break;
    case 9: case 10:
        T("unlink %s", unlinkat(folder, one, 0), one);
        break;
    case 11: case 12:
        T("rmdir %s", unlinkat(folder, one, AT_REMOVEDIR), one);
        break;
    case 13: case 14: case 15:
        T("rename %s %s", renameat(folder, one, AT_FDCWD, other), one, other);
        break;
    case 16: case 17: {
        int flags = below(8);
        T("renameat2 %s %s %d", syscall(SYS_renameat2, folder, one, AT_FDCWD, other, flags), one, other, flags);
        break;
    }
    case 18:
        T("link %s %s", linkat(folder, one, AT_FDCWD, other, below(2) ? AT_SYMLINK_FOLLOW : 0), one, other);
        break;
    case 19:
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        T("linkfd %s", linkat(AT_FDCWD, path, folder, one, AT_SYMLINK_FOLLOW), one);
        break;
    case 20:
        T("symlink %s %s", symlinkat(other, folder, one), other, one);
        break;
    case 21:
        place_of("readlink", path, readlinkat(folder, one, path, sizeof path - 1));
        return;
    case 22: {
        int kind = ONE_OF(S_IFIFO, S_IFIFO, S_IFIFO, S_IFSOCK, S_IFREG, S_IFCHR, S_IFDIR);
        T("mknod %s %o", mknodat(folder, one, kind | 0644, 0), one, kind);
        break;
    }
    case 23:
        T("chdir %s", chdir(below(4) ? one : base), one);
        break;
    case 24:
        T("fchdir", fchdir(file));
        break;
    case 25: {
        ssize_t length = syscall(SYS_getcwd, path, sizeof path);
        place_of("getcwd", path, length < 0 ? length : length - 1);
        return;
    }
    case 26:
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        place_of("fd", path, readlink(path, path, sizeof path - 1));
        return;
    case 27: case 28: case 29:
        if (is_pipe(file) && size > 4096) {
            size = 4096;
        }
        fill(size);
        if (below(2)) {
            T("write %ld", write(file, bytes, size), size);
            pushed(file, -1);
        } else {
            T("pwrite %ld %ld", pwrite(file, bytes, size, offset), size, offset);
        }
        break;
    case 30: case 31: {
        ssize_t length = below(2) ? read(file, bytes, size) : pread(file, bytes, size, offset);
        tell("read %ld %ld = %ld %u\n", size, offset, length < 0 ? -(long)errno : length, length > 0 ? sum(bytes, length) : 0);
        return;
    }
    case 32: {
        int whence = below(6);
        if (is_directory(file)) {
            whence = 0;
            offset = 0;
        }
        T("lseek %ld %d", lseek(file, whence == 1 || whence == 2 ? -size : offset, whence), offset, whence);
        break;
    }
    case 33:
        T("ftruncate %ld", ftruncate(file, offset), offset);
        break;
    case 34:
        T("truncate %s %ld", truncate(one, offset), one, offset);
        break;
    case 35: {
        int mode = ONE_OF(0, 1, 3, 3, 3, 2, 16);
        T("fallocate %d %ld %ld", fallocate(file, mode, offset, size), mode, offset, size);
        break;
    }
    case 36:
        status_of("fstat", fstat(file, &status), &status);
        return;
    case 37: case 38:
        status_of(one, fstatat(folder, one, &status, below(2) ? AT_SYMLINK_NOFOLLOW : 0), &status);
        return;
    case 39:
        status_of("empty", fstatat(folder, "", &status, AT_EMPTY_PATH), &status);
        return;
    case 40: {
        int mode = ONE_OF(0755, 0755, 0755, 0644, 0700, 0500, 0400, 0, 04755);
        if (below(2)) {
            T("chmod %s %o", chmod(one, mode), one, mode);
        } else {
            T("fchmod %o", fchmod(file, mode), mode);
        }
        break;
    }
    case 41: {
        int mode = below(8);
        T("access %s %d", faccessat(folder, one, mode, 0), one, mode);
        break;
    }
    case 42: {
        loff_t at = offset;
        int given = below(2) && !is_pipe(file);
        T("splice %ld", splice(file, given ? &at : NULL, second, NULL, size % 5000, SPLICE_F_NONBLOCK), size);
        tell(" %ld", (long)at);
        drain();
        break;
    }
    case 43:
        T("tee", tee(file, second, size % 5000, SPLICE_F_NONBLOCK));
        drain();
        break;
    case 44: {
        loff_t from = offset;
        loff_t to = below(60000);
        if (below(2)) {
            T("copy %ld %ld %ld", copy_file_range(file, &from, second, &to, size, 0), (long)offset, (long)to, size);
        } else {
            T("sendfile %ld", sendfile(second, file, below(2) ? &from : NULL, is_pipe(second) ? size % 4000 : size), size);
            drain();
        }
        break;
    }
    case 45: {
        int ends[2];
        if (below(3) == 0) {
            pipe2(ends, O_NONBLOCK);
            keep(ends[0]);
            keep(ends[1]);
        }
        struct pollfd ready = {.fd = file, .events = POLLIN | POLLOUT};
        poll(&ready, 1, 0);
        tell("ready %x\n", ready.revents);
        return;
    }
    case 46:
        list_of(below(2) ? AT_FDCWD : file);
        return;
    default:
        T("close", close(file));
        break;
    }
    tell("\n");
}

static void walk(const char *path, int depth)
{
    struct stat status;
    status_of(path, lstat(path, &status), &status);
    if (depth == 6 || !S_ISDIR(status.st_mode)) {
        return;
    }
    for (int i = 0; i < 5; i++) {
        char next[100];
        snprintf(next, sizeof next, "%s/%c", path, 'a' + i);
        if (lstat(next, &status) == 0) {
            walk(next, depth + 1);
        }
    }
}

static void run(void)
{
    signal(SIGPIPE, SIG_IGN);
    getcwd(top, sizeof top);
    /* Deep enough for every ".." to stay within the test's own folder. */
    mkdir("x", 0755);
    mkdir("x/y", 0755);
    mkdir("x/y/z", 0755);
    chmod("x/y", 0555);
    chmod("x", 0555);
    chdir("x/y/z");
    getcwd(base, sizeof base);
    memset(slots, -1, sizeof slots);
    for (int i = 0; i < 2000; i++) {
        step(i);
        if (i % 400 == 399) {
            chdir(base);
            walk(".", 0);
        }
    }
}
