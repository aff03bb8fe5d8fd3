/* Descriptors and the working directory are of files, not of their names. */

static char here[4096];

/* A path of a descriptor, as far as it is below the folder of the test; numbers of inodes are #. */
static void where(int file)
{
    char link[64];
    char path[4200];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) {
        tell("no link: %d\n", errno);
        return;
    }
    path[size] = 0;
    char *below = strncmp(path, here, strlen(here)) ? path : path + strlen(here);
    char *number = strchr(below, '#');
    if (number) {
        tell("is unnamed%s\n", strchr(number, ' ') ? strchr(number, ' ') : "");
    } else {
        tell("is %s\n", below);
    }
}

static void told_of(int file)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        tell("no status: %d\n", errno);
    } else {
        tell("mode %o, %ld links, %ld bytes, modified %ld\n", status.st_mode, (long)status.st_nlink,
             S_ISDIR(status.st_mode) ? 0 : (long)status.st_size, (long)status.st_mtime == 77);
    }
}

static void everything(int file)
{
    static const struct timespec times[2] = {{77, 0}, {77, 0}};
    struct stat status;
    struct statfs system;
    char bytes[200];
    where(file);
    told_of(file);
    R(fchmod(file, 0711));
    R(fchown(file, -1, -1));
    R(futimens(file, times));
    R(fstatat(file, "", &status, AT_EMPTY_PATH));
    R(fstatat(file, ".", &status, 0));
    R(fstatat(file, "..", &status, 0));
    R(fstatat(file, "x", &status, 0));
    R(fstatfs(file, &system));
    R(faccessat(file, "", R_OK, AT_EMPTY_PATH));
    R(openat(file, "new", O_CREAT | O_RDWR, 0644));
    R(openat(file, "new", O_RDONLY));
    R(mkdirat(file, "new", 0755));
    R(symlinkat("x", file, "new"));
    R(mknodat(file, "new", S_IFIFO | 0644, 0));
    R(unlinkat(file, "new", 0));
    R(unlinkat(file, "new", AT_REMOVEDIR));
    R(linkat(AT_FDCWD, "other", file, "new", 0));
    R(renameat(AT_FDCWD, "other", file, "new"));
    R(renameat(file, "new", AT_FDCWD, "other"));
    R(syscall(SYS_getdents64, file, bytes, sizeof bytes));
    R(pread(file, bytes, 3, 0));
    R(pwrite(file, "xyz", 3, 1));
    R(ftruncate(file, 2));
    R(linkat(file, "", AT_FDCWD, "again", AT_EMPTY_PATH));
    told_of(file);
}

static void reopen(int file, int flags)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int again = open(link, flags);
    tell("again: %d\n", again < 0 ? -errno : 0);
    if (again >= 0) {
        told_of(again);
        close(again);
    }
}

static void run(void)
{
    struct stat status;
    getcwd(here, sizeof here);
    make("other", "other");

    tell("directory\n");
    mkdir("d", 0755);
    int directory = open("d", O_RDONLY | O_DIRECTORY);
    int path = open("d", O_PATH);
    everything(directory);
    unlink("d/new");
    rmdir("d/new");
    make("other", "other");
    unlink("d/new");
    R(rmdir("d"));
    everything(directory);
    reopen(directory, O_RDONLY);
    R(fchdir(path));
    close(path);
    R(stat(".", &status));
    tell("%ld links\n", (long)status.st_nlink);
    R(syscall(SYS_getcwd, text, sizeof text));
    R(open(".", O_RDONLY) >= 0);
    R(open("..", O_RDONLY) >= 0);
    R(open("x", O_RDWR | O_CREAT, 0644));
    R(mkdir("x", 0755));
    R(chdir("."));
    R(rmdir("../d"));
    R(chdir(".."));
    R(access("other", F_OK));
    close(directory);

    tell("nested directories\n");
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    mkdir("a/b/c", 0755);
    R(chdir("a/b/c"));
    R(rmdir("../../b/c"));
    R(rmdir("../../b"));
    R(rmdir("../../../a"));
    R(stat("..", &status));
    tell("%ld links\n", (long)status.st_nlink);
    R(stat("../..", &status));
    tell("%ld links\n", (long)status.st_nlink);
    R(open("../x", O_RDWR | O_CREAT, 0644));
    R(stat("../../..", &status));
    R(access("../../../other", F_OK));
    R(chdir("../../.."));
    R(access("other", F_OK));

    tell("file\n");
    make("f", "contents");
    int file = open("f", O_RDWR);
    path = open("f", O_PATH);
    everything(file);
    unlink("again");
    unlink("f");
    everything(file);
    told_of(path);
    reopen(path, O_RDONLY);
    reopen(file, O_RDWR);
    R(write(file, "more", 4));
    R(lseek(file, 0, SEEK_END));
    close(file);
    told_of(path);
    reopen(path, O_RDONLY);
    close(path);

    tell("replaced file\n");
    make("f", "old");
    make("g", "new");
    file = open("f", O_RDWR);
    int other = open("g", O_RDWR);
    rename("g", "f");
    where(file);
    where(other);
    told_of(file);
    told_of(other);
    link("f", "h");
    unlink("f");
    where(other);
    close(file);
    close(other);

    tell("replaced directory\n");
    mkdir("e", 0755);
    mkdir("new", 0755);
    make("new/in", "x");
    directory = open("e", O_RDONLY);
    other = open("new", O_RDONLY);
    rename("new", "e");
    where(directory);
    where(other);
    told_of(directory);
    R(openat(other, "in", O_RDONLY) >= 0);
    R(openat(directory, "in", O_RDONLY));
    R(openat(directory, "..", O_RDONLY) >= 0);

    tell("moved\n");
    mkdir("up", 0755);
    mkdir("up/down", 0755);
    make("up/down/f", "x");
    file = open("up/down/f", O_RDONLY);
    directory = open("up/down", O_RDONLY);
    chdir("up/down");
    rename("../../up", "../../e/up");
    where(file);
    where(directory);
    R(openat(directory, "g", O_RDWR | O_CREAT, 0644) >= 0);
    getcwd(text, sizeof text);
    tell("in %s\n", text + strlen(here));
    rename("f", "../f");
    where(file);
    R(access("../../../e/up/down/g", F_OK));

    tell("links\n");
    chdir(here);
    symlink("nowhere", "l");
    path = open("l", O_PATH | O_NOFOLLOW);
    unlink("l");
    told_of(path);
    where(path);
    R(readlinkat(path, "", text, 10));

    tell("search permission\n");
    mkdir("p", 0755);
    mkdir("p/q", 0755);
    directory = open("p", O_RDONLY);
    chmod("p", 0644);
    R(access("p/..", F_OK));
    R(access("p/.", F_OK));
    R(access("p/q", F_OK));
    R(fstatat(directory, ".", &status, 0));
    R(openat(directory, "..", O_RDONLY));
    R(fstatat(directory, "", &status, AT_EMPTY_PATH));
    R(fchdir(directory));
    chmod("p", 0755);
    R(chdir("p"));
    chmod("../p", 0);
    R(access(".", F_OK));
    R(access("..", F_OK));
    R(access("q", F_OK));
    R(chdir(here));
    chmod("p", 0755);
    mkdir("r", 0755);
    chmod("p/q", 0555);
    R(rename("p/q", "r/q"));
    R(rename("p/q", "p/s"));
    R(syscall(SYS_renameat2, AT_FDCWD, "p/s", AT_FDCWD, "r", 2));
}
