/* What /proc/self has that is more than a text: the program's file, its name, descriptors; and what seeking in texts does. */

#include <elf.h>

static char text[1 << 20], again[1 << 20];

static long load(const char *path, char *to)
{
    int file = open(path, O_RDONLY);
    long size = 0, more;
    if (file < 0) {
        return -1;
    }
    while ((more = read(file, to + size, sizeof text - 1 - size)) > 0) {
        size += more;
    }
    close(file);
    to[size] = 0;
    return more < 0 ? -1 : size;
}

static void executable(void)
{
    static const char *const names[] = {"/proc/self/exe", "/proc/thread-self/exe"};
    char path[PATH_MAX], other[PATH_MAX];
    struct stat status, open_status, link_status;
    for (size_t i = 0; i < COUNT(names); i++) {
        memset(path, 0, sizeof path);
        SHOW(readlink(names[i], path, sizeof path) > 0);
        printf("absolute %d own %d\n", path[0] == '/', strcmp(strrchr(path, '/') + 1, program_invocation_short_name) == 0);
        SHOW(readlink(names[i], other, 4));
        SHOW(lstat(names[i], &link_status));
        printf("link %d\n", S_ISLNK(link_status.st_mode));
        SHOW(stat(names[i], &status));
        printf("regular %d mode %o links %ld\n", S_ISREG(status.st_mode), status.st_mode & 0555, (long)status.st_nlink);
        SHOW(access(names[i], R_OK));
        SHOW(access(names[i], X_OK));
        SHOW(faccessat(AT_FDCWD, names[i], F_OK, AT_SYMLINK_NOFOLLOW));
        SHOW(open(names[i], O_RDONLY | O_NOFOLLOW));
        SHOW(open(names[i], O_RDONLY | O_DIRECTORY));
        SHOW(open("/proc/self/exe/x", O_RDONLY));
        SHOW(open(names[i], O_RDWR) < 0);
        SHOW(truncate(names[i], 0) < 0);
        SHOW(unlink(names[i]) < 0);
        int file = open(names[i], O_RDONLY);
        printf("opened %d\n", file >= 0);
        SHOW(fstat(file, &open_status));
        printf("same %d %d\n", status.st_ino == open_status.st_ino && status.st_dev == open_status.st_dev,
            status.st_size == open_status.st_size);
        long size = load(names[i], text);
        printf("all %d magic %d type %d\n", size == status.st_size, memcmp(text, ELFMAG, SELFMAG) == 0,
            ((Elf64_Ehdr *)text)->e_type == ET_EXEC);
        SHOW(lseek(file, 0, SEEK_END) == size);
        SHOW(read(file, other, 1));
        SHOW(lseek(file, -16, SEEK_END) == size - 16);
        SHOW(read(file, other, sizeof other));
        printf("end %d\n", memcmp(other, text + size - 16, 16) == 0);
        SHOW(pread(file, other, 100, 64));
        printf("part %d\n", memcmp(other, text + 64, 100) == 0);
        SHOW(write(file, other, 1));
        char *mapped = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
        printf("mapped %d\n", mapped != MAP_FAILED && memcmp(mapped, text, size) == 0);
        SHOW(munmap(mapped, size));
        mapped = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
        printf("as code %d\n", mapped != MAP_FAILED && memcmp(mapped, text, 4096) == 0);
        char descriptor[64];
        snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", file);
        memset(other, 0, sizeof other);
        SHOW(readlink(descriptor, other, sizeof other) > 0);
        printf("same path %d\n", strcmp(path, other) == 0);
        int second = open(descriptor, O_RDONLY);
        printf("again %d %d\n", second >= 0, pread(second, other, 64, 0) == 64 && memcmp(other, text, 64) == 0);
        SHOW(close(second));
        SHOW(close(file));
        second = open(names[i], O_PATH);
        snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", second);
        printf("by path %d\n", load(descriptor, again) == size && memcmp(text, again, size) == 0);
        SHOW(read(second, other, 1));
        SHOW(close(second));
    }
    /* The program's memory is of it. */
    Elf64_Ehdr *header = (Elf64_Ehdr *)text;
    Elf64_Phdr *part = (Elf64_Phdr *)(text + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type == PT_LOAD && (part[i].p_flags & PF_X)) {
            printf("code %d\n", memcmp((void *)part[i].p_vaddr, text + part[i].p_offset, part[i].p_filesz) == 0);
        }
    }
}

static void show_name(void)
{
    char name[17] = "";
    SHOW(prctl(PR_GET_NAME, name));
    long size = load("/proc/self/comm", text);
    printf("name <%s> comm %ld <%s>", name, size, text);
    load("/proc/self/stat", text);
    printf(" stat %.*s", (int)(strrchr(text, ')') - strchr(text, '(') + 1), strchr(text, '('));
    load("/proc/self/status", text);
    printf(" status %.*s\n", (int)strcspn(text, "\n"), text);
}

static void names(void)
{
    static const char *const all[] = {"short", "exactly15bytes.", "sixteen bytes...", "much longer than any name can be",
        "with\nnewline", "end\n", "back\\slash", "(paren) x", "\xc3\xbc"};
    struct stat status;
    SHOW(stat("/proc/self/comm", &status));
    printf("mode %o size %ld\n", status.st_mode, (long)status.st_size);
    SHOW(access("/proc/self/comm", W_OK));
    SHOW(truncate("/proc/self/comm", 0));
    show_name();
    for (size_t i = 0; i < COUNT(all); i++) {
        int file = open(i % 2 ? "/proc/self/comm" : "/proc/thread-self/comm", i % 3 ? O_WRONLY : O_RDWR | O_TRUNC);
        printf("opened %d\n", file >= 0);
        SHOW(write(file, all[i], strlen(all[i])) == (long)strlen(all[i]));
        SHOW(lseek(file, 0, SEEK_CUR) <= (long)strlen(all[i]));
        show_name();
        SHOW(write(file, "two", 3));
        show_name();
        SHOW(close(file));
        SHOW(prctl(PR_SET_NAME, all[i]));
        show_name();
    }
    int file = open("/proc/self/comm", O_RDWR);
    SHOW(write(file, "zero\0behind", 11));
    show_name();
    SHOW(pwrite(file, "at", 2, 3));
    show_name();
    struct iovec { void *base; size_t size; } parts[] = {{"one", 3}, {"two", 3}};
    SHOW(syscall(SYS_writev, file, parts, 2) > 0);
    SHOW(write(file, (void *)1, 4));
    SHOW(close(file));
    file = open("/proc/self/comm", O_RDONLY);
    SHOW(write(file, "x", 1));
    SHOW(close(file));
    SHOW(open("/proc/self/comm", O_WRONLY | O_CREAT | O_EXCL, 0600));
    prctl(PR_SET_NAME, "at last");
    show_name();
}

/* A line of a text behind its key, or nothing. */
static const char *line(const char *key)
{
    static char value[100];
    char *found = strstr(text, key);
    snprintf(value, sizeof value, "%.*s", found ? (int)strcspn(found, "\n") : 0, found ? found : "");
    return value;
}

static void information(int file, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    long size = load(path, text);
    printf("%s %d\n", what, size > 0);
    if (size > 0) {
        struct stat status;
        fstat(file, &status);
        printf("%s, %s\n", line("pos:"), line("flags:"));
        printf("begins %d mount %d inode %d\n", strncmp(text, "pos:\t", 5) == 0, strncmp(line("mnt_id:"), "mnt_id:\t", 8) == 0,
            strtoul(line("ino:") + 5, NULL, 10) == status.st_ino);
    }
}

static void descriptors(const char *folder)
{
    struct stat status;
    char path[PATH_MAX];
    SHOW(stat("/proc/self/fdinfo", &status));
    printf("mode %o\n", status.st_mode);
    int file = open(folder, O_RDONLY | O_DIRECTORY);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    SHOW(stat(path, &status));
    printf("mode %o size %ld\n", status.st_mode, (long)status.st_size);
    information(file, "directory");
    SHOW(open(path, O_RDWR) < 0);
    SHOW(access(path, R_OK));
    SHOW(access(path, W_OK));
    close(file);
    SHOW(open(path, O_RDONLY));
    SHOW(stat(path, &status));
    SHOW(open("/proc/self/fdinfo/00", O_RDONLY));
    SHOW(open("/proc/self/fdinfo/x", O_RDONLY));
    SHOW(open("/proc/self/fdinfo/99999999999", O_RDONLY));
    SHOW(mkdir("/proc/self/fdinfo/x", 0700) < 0);
    snprintf(path, sizeof path, "%s/file", folder);
    file = open(path, O_RDWR | O_CREAT, 0600);
    information(file, "new");
    SHOW(write(file, path, 10));
    information(file, "written");
    SHOW(lseek(file, 1000000000000, SEEK_SET));
    information(file, "far");
    int copy = fcntl(file, F_DUPFD_CLOEXEC, 30);
    information(copy, "copy");
    SHOW(fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK));
    information(copy, "changed");
    information(file, "first");
    SHOW(close(copy));
    int append = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_TRUNC);
    information(append, "append");
    SHOW(write(append, "four", 4));
    information(append, "appended");
    int by_path = open(path, O_PATH | O_CLOEXEC);
    information(by_path, "path");
    int ends[2];
    SHOW(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    information(ends[0], "reading end");
    information(ends[1], "writing end");
    int null = open("/dev/null", O_RDWR);
    SHOW(write(null, path, 10));
    information(null, "device");
    DIR *all = opendir("/proc/self/fdinfo");
    int count = 0, own = 0, kinds = 0;
    struct dirent *entry;
    while (all && (entry = readdir(all))) {
        int number = atoi(entry->d_name);
        count += entry->d_name[0] != '.' && number > 2;
        own += entry->d_name[0] != '.' && (number == file || number == append || number == null);
        kinds += entry->d_name[0] != '.' && entry->d_type == DT_REG;
    }
    printf("listed %d own %d regular %d\n", count >= 7, own, kinds >= 7);
    /* What is open tells of its descriptor as it is when it is read first. */
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
    int info = open(path, O_RDONLY);
    SHOW(lseek(info, 0, SEEK_END));
    SHOW(read(info, text, 5));
    printf("%.5s\n", text);
}

static void seeking(void)
{
    static const char *const files[] = {"/proc/self/cmdline", "/proc/self/comm", "/proc/self/environ", "/proc/self/auxv",
        "/proc/self/limits", "/proc/self/io", "/proc/self/stat", "/proc/self/statm", "/proc/self/status", "/proc/self/maps",
        "/proc/self/smaps", "/proc/self/mounts", "/proc/self/mountinfo", "/proc/self/cgroup", "/proc/self/oom_score",
        "/proc/self/oom_score_adj", "/proc/self/personality", "/proc/self/wchan", "/proc/self/fdinfo/0", "/proc/cpuinfo",
        "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/version",
        "/proc/sys/fs/file-max", "/proc/sys/kernel/hostname", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/random/uuid",
        "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu/online", "/sys/devices/system/cpu/possible"};
    char one[2];
    struct stat status;
    for (size_t i = 0; i < COUNT(files); i++) {
        int file = open(files[i], O_RDONLY);
        printf("%s %s\n", files[i], outcome(file < 0 ? -1 : 0));
        if (file < 0) {
            continue;
        }
        fstat(file, &status);
        printf("%s size %ld\n", files[i], (long)status.st_size);
        SHOW(read(file, one, 1) >= 0);
        SHOW(lseek(file, 0, SEEK_CUR) >= 0);
        printf("%s ", files[i]);
        SHOW(lseek(file, 0, SEEK_END));
        SHOW(lseek(file, 5, SEEK_END));
        SHOW(lseek(file, -1, SEEK_END));
        SHOW(lseek(file, 0, SEEK_DATA));
        SHOW(lseek(file, 0, SEEK_HOLE));
        SHOW(lseek(file, 5000, SEEK_HOLE));
        SHOW(lseek(file, -1, SEEK_SET));
        SHOW(lseek(file, 0, SEEK_SET));
        SHOW(lseek(file, 0, 99));
        SHOW(pread(file, one, 1, 1 << 20));
        SHOW(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) != MAP_FAILED);
        SHOW(write(file, one, 1));
        close(file);
        SHOW(truncate("/proc/self/maps", 0));
        SHOW(open("/proc/self/maps", O_WRONLY));
        SHOW(open("/proc/self/maps", O_RDWR | O_CREAT, 0600));
        SHOW(access("/proc/self/maps", W_OK));
    }
}

static void badness(void)
{
    static const char *const all[] = {"0", "1", "500\n", " 7 ", "1000", "1001", "300", "200", "-1", "-1000", "-1001", "x", " ", "#1", "0x", "0x3e9", "08",
        "0x10", "010", "+5", "12 13", "9999999999", "00000000012", "000000000013", "0000000000014", "5\n6", "99999999999999"};
    struct stat status;
    SHOW(stat("/proc/self/oom_score_adj", &status));
    printf("mode %o\n", status.st_mode);
    int file = open("/proc/self/oom_score_adj", O_RDWR);
    for (size_t i = 0; i < COUNT(all); i++) {
        printf("%s: ", all[i]);
        SHOW(pwrite(file, all[i], strlen(all[i]), 0));
        load("/proc/self/oom_score_adj", text);
        printf("%s", text);
    }
    SHOW(pwrite(file, "17", 2, 100));
    load("/proc/thread-self/oom_score_adj", text);
    printf("%s", text);
    close(file);
}

/* The lines of the program's own file. */
static void own_lines(void)
{
    char path[PATH_MAX] = "";
    struct stat status;
    readlink("/proc/self/exe", path, sizeof path - 1);
    stat("/proc/self/exe", &status);
    load("/proc/self/maps", text);
    int lines = 0, same = 0;
    for (char *at = text; *at; at = strchr(at, '\n') + 1) {
        unsigned major, minor;
        unsigned long inode;
        if (memmem(at, strcspn(at, "\n"), path, strlen(path)) && sscanf(at, "%*s %*s %*x %x:%x %lu", &major, &minor, &inode) == 3) {
            lines++;
            same += inode == status.st_ino && major == status.st_dev >> 8 && minor == (status.st_dev & 0xff);
        }
    }
    printf("own lines %d all of the file %d\n", lines > 1, lines == same);
}

static void stacks(void)
{
    int here = 0, holds = 0, heaps = 0;
    unsigned long begin, end;
    free(malloc(100));
    sbrk(4096);
    load("/proc/self/maps", text);
    for (char *at = text; *at; at = strchr(at, '\n') + 1) {
        char *name = memmem(at, strcspn(at, "\n"), "[stack]", 7);
        heaps += memmem(at, strcspn(at, "\n"), "[heap]", 6) != NULL;
        here += name != NULL;
        sscanf(at, "%lx-%lx", &begin, &end);
        holds += name && (unsigned long)&here >= begin && (unsigned long)&here < end;
    }
    printf("stacks %d own %d heaps %d\n", here, holds, heaps);
}

static void run(int argc, char **argv)
{
    (void)argc;
    executable();
    names();
    descriptors(argv[1]);
    seeking();
    stacks();
    own_lines();
    badness();
}
