/* What /proc says: which files there are, how they are written, and that they agree with system calls. */

#include <ctype.h>
#include <sys/auxv.h>

static char text[1 << 20];

static long load(const char *path)
{
    int file = open(path, O_RDONLY);
    long size = 0, more;
    if (file < 0) {
        return -1;
    }
    while ((more = read(file, text + size, sizeof text - 1 - size)) > 0) {
        size += more;
    }
    close(file);
    text[size] = 0;
    return more < 0 ? -1 : size;
}

static void exist(void)
{
    static const char *const files[] = {"self/auxv", "self/cgroup", "self/cmdline", "self/comm", "self/io", "self/limits",
        "self/maps", "self/mountinfo", "self/mounts", "self/oom_score", "self/oom_score_adj", "self/personality",
        "self/smaps", "self/stat", "self/statm", "self/status", "self/wchan", "thread-self/comm", "thread-self/maps",
        "cpuinfo", "filesystems", "loadavg", "meminfo", "mounts", "stat", "uptime", "version", "sys/fs/file-max",
        "sys/fs/pipe-max-size", "sys/kernel/cap_last_cap", "sys/kernel/hostname", "sys/kernel/ngroups_max",
        "sys/kernel/osrelease", "sys/kernel/ostype", "sys/kernel/pid_max", "sys/kernel/random/boot_id",
        "sys/kernel/random/uuid", "sys/vm/max_map_count", "sys/vm/overcommit_memory"};
    static const char *const links[] = {"self", "thread-self", "self/cwd", "self/root", "mounts"};
    char path[100];
    struct stat status;
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof path, "/proc/%s", files[i]);
        printf("%s %s", path, outcome((errno = 0, stat(path, &status))));
        printf(" regular %d size %ld text %d\n", S_ISREG(status.st_mode), (long)status.st_size, load(path) > 0);
    }
    for (size_t i = 0; i < COUNT(links); i++) {
        snprintf(path, sizeof path, "/proc/%s", links[i]);
        printf("%s %s", path, outcome((errno = 0, lstat(path, &status))));
        printf(" link %d\n", S_ISLNK(status.st_mode));
    }
    SHOW(access("/sys/devices/system/cpu/possible", R_OK));
    SHOW(access("/sys/devices/system/cpu/present", R_OK));
}

/* A text with its numbers left out, and blanks that only align them. */
static void shape(const char *path)
{
    load(path);
    printf("%s\n", path);
    for (char *at = text; *at; at++) {
        if (isdigit((unsigned char)*at) || strncmp(at, "unlimited", 9) == 0) {
            at += isdigit((unsigned char)*at) ? strspn(at, "0123456789") : 9;
            printf("#");
            while (*at == ' ' && at[1] == ' ') {
                at++;
            }
            at--;
        } else {
            putchar(*at);
        }
    }
}

static char *after(const char *key)
{
    char line[60];
    snprintf(line, sizeof line, "\n%s:", key);
    char *found = strstr(text, line);
    return found ? found + strlen(line) : NULL;
}

static void status(void)
{
    static const char *const keys[] = {"Umask", "State", "Tgid", "Ngid", "Pid", "PPid", "TracerPid", "Uid", "Gid",
        "FDSize", "Groups", "NStgid", "NSpid", "NSpgid", "NSsid", "VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS",
        "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap", "Threads", "SigQ",
        "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs",
        "Seccomp", "Cpus_allowed", "Cpus_allowed_list", "Mems_allowed", "Mems_allowed_list", "voluntary_ctxt_switches",
        "nonvoluntary_ctxt_switches"};
    static const char *const same[] = {"Umask", "State", "TracerPid", "Uid", "Gid", "Threads", "SigPnd", "ShdPnd",
        "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapEff", "Seccomp"};
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    for (int signal = 1; signal <= 64; signal++) { /* as the Java machine leaves them is not what is asked for */
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    }
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, 40);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR2, (void (*)(int))&status);
    raise(SIGUSR1);
    kill(getpid(), 40);
    kill(getpid(), 40);
    umask(027);
    load("/proc/self/status");
    char *before = text;
    for (size_t i = 0; i < COUNT(keys); i++) {
        char *found = after(keys[i]);
        printf("%s %d in order %d\n", keys[i], found != NULL, found > before);
        before = found;
    }
    for (size_t i = 0; i < COUNT(same); i++) {
        char *found = after(same[i]);
        if (strcmp(same[i], "SigIgn") == 0 && found) { /* without those that are the C library's */
            printf("SigIgn %lx\n", strtoul(found, NULL, 16) & ~(3ul << 31));
            continue;
        }
        printf("%s %.*s\n", same[i], found ? (int)strcspn(found, "\n") : 0, found);
    }
    printf("own pid %d queued %ld\n", atoi(after("Pid")) == getpid(), strtol(after("SigQ"), NULL, 10));
    load("/proc/self/stat");
    char *rest = strrchr(text, ')') + 2;
    int fields = 1;
    printf("stat pid %d name %.*s state %c", atoi(text) == getpid(), (int)strcspn(strchr(text, '('), ")"), strchr(text, '('), *rest);
    for (char *at = rest; *at; at++) {
        fields += *at == ' ';
    }
    printf(" fields %d\n", fields);
    for (int field = 3; field <= 52 && rest; field++, rest = strchr(rest, ' ') ? strchr(rest, ' ') + 1 : NULL) {
        if (field == 18 || field == 19 || field == 20 || (field >= 31 && field <= 34) || field == 41) {
            printf("stat %d is %ld\n", field, atol(rest));
        }
    }
}

static void places(void)
{
    char path[PATH_MAX], directory[PATH_MAX];
    static const char *const where[] = {"/", "/proc", "/proc/self", "/dev"};
    struct stat first, second;
    for (size_t i = 0; i < COUNT(where); i++) {
        if (chdir(where[i]) != 0) {
            printf("no %s\n", where[i]);
        }
        memset(path, 0, sizeof path);
        SHOW(readlink("/proc/self/cwd", path, sizeof path) > 0);
        printf("is %d\n", strcmp(path, getcwd(directory, sizeof directory)) == 0);
        stat("/proc/self/cwd/.", &first);
        stat(".", &second);
        printf("same %d\n", first.st_ino == second.st_ino && first.st_dev == second.st_dev);
        memset(path, 0, sizeof path);
        SHOW(readlink("/proc/self/root", path, sizeof path));
    }
    chdir("/proc");
    SHOW(access("/proc/self/cwd/version", R_OK));
    SHOW(access("/proc/self/root/proc/version", R_OK));
    SHOW(access("/proc/thread-self/status", R_OK));
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;
    while (tasks && (entry = readdir(tasks))) {
        count += entry->d_name[0] != '.';
        if (entry->d_name[0] != '.') {
            printf("task is own %d\n", atoi(entry->d_name) == gettid());
        }
    }
    printf("tasks %d\n", count);
}

static void vector(void)
{
    long size = load("/proc/self/auxv");
    printf("pairs %d\n", size > 0 && size % 16 == 0);
    unsigned long *pair = (unsigned long *)text;
    static const unsigned long kinds[] = {AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_ENTRY, AT_UID, AT_RANDOM, AT_EXECFN, AT_CLKTCK};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        int found = 0;
        for (unsigned long *at = pair; at[0] != AT_NULL && (char *)at < text + size; at += 2) {
            found += at[0] == kinds[k] && at[1] == getauxval(kinds[k]);
        }
        printf("kind %lu as getauxval %d\n", kinds[k], found);
    }
    printf("end %d\n", pair[size / 8 - 2] == AT_NULL);
}

static char whole[1 << 18], parts[1 << 18];

static void memory(void)
{
    /* Ranges of their own, more than fit into a page of text. */
    char *area = mmap(NULL, 400 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 400; i += 2) {
        mprotect(area + i * 4096, 4096, PROT_READ);
    }
    load("/proc/self/maps");
    int file = open("/proc/self/maps", O_RDONLY);
    long size = 0, more;
    while ((more = read(file, whole + size, 4096)) > 0) {
        size += more;
    }
    lseek(file, 0, SEEK_SET);
    long done = 0;
    while ((more = read(file, parts + done, 97)) > 0) {
        done += more;
    }
    printf("in parts the same %d long enough %d\n", done == size && memcmp(whole, parts, size) == 0, size > 400 * 40);
    memset(parts, 0, sizeof parts);
    printf("from the middle %d\n", pread(file, parts, 1000, 5000) > 0 && memcmp(whole + 5000, parts, 200) == 0);
    printf("back %d\n", pread(file, parts, 1000, 100) > 0 && memcmp(whole + 100, parts, 200) == 0);
    printf("end %ld\n", (long)pread(file, parts, 1000, size));
    printf("behind %ld\n", (long)pread(file, parts, 1000, size + 1000000));
    unsigned long mapped = 0, begin, end;
    int ranges = 0, detailed = 0;
    for (char *line = whole; *line; line = strchr(line, '\n') + 1) {
        sscanf(line, "%lx-%lx", &begin, &end);
        mapped += (end - begin) / 1024;
        ranges++;
    }
    load("/proc/self/smaps");
    unsigned long sizes = 0;
    int flags = 0, resident = 0, pages = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        detailed += sscanf(line, "%lx-%lx", &begin, &end) == 2;
        sizes += strncmp(line, "Size:", 5) == 0 ? strtoul(line + 5, NULL, 10) : 0;
        flags += strncmp(line, "VmFlags: ", 9) == 0;
        resident += strncmp(line, "Rss:", 4) == 0;
        pages += strncmp(line, "KernelPageSize:", 15) == 0;
    }
    printf("details of all %d sizes %d flags %d resident %d pages %d\n", ranges == detailed, mapped == sizes,
        flags == detailed, resident == detailed, pages == detailed);
    munmap(area, 400 * 4096);
}

static void others(void)
{
    float a, b, c;
    int d, e, f;
    load("/proc/loadavg");
    printf("load %d\n", sscanf(text, "%f %f %f %d/%d %d", &a, &b, &c, &d, &e, &f));
    load("/proc/stat");
    static const char *const keys[] = {"cpu0", "intr", "ctxt", "btime", "processes", "procs_running", "procs_blocked", "softirq"};
    printf("stat %d", strncmp(text, "cpu  ", 5) == 0);
    for (size_t i = 0; i < COUNT(keys); i++) {
        char key[40];
        snprintf(key, sizeof key, "\n%s ", keys[i]);
        printf(" %d", strstr(text, key) != NULL);
    }
    int spaces = 0;
    for (char *at = text; *at != '\n'; at++) {
        spaces += *at == ' ';
    }
    printf(" numbers %d\n", spaces - 1);
    load("/proc/self/mountinfo");
    int lines = 0, good = 0, number, parent, major, minor;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        lines++;
        char *dash = strstr(line, " - ");
        good += sscanf(line, "%d %d %d:%d /", &number, &parent, &major, &minor) == 4 && dash && dash < strchr(line, '\n');
    }
    printf("mounts %d\n", lines > 0 && lines == good);
    load("/proc/self/cgroup");
    printf("cgroup %d\n", sscanf(text, "%d:", &number));
    load("/proc/sys/kernel/random/uuid");
    char first[40];
    memcpy(first, text, 37);
    load("/proc/sys/kernel/random/uuid");
    printf("uuid %zu %c %d\n", strlen(text), text[14], memcmp(first, text, 37) != 0);
    load("/proc/sys/kernel/random/boot_id");
    printf("boot %zu\n", strlen(text));
    load("/proc/self/comm");
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    printf("comm %s is name %d\n", text, strncmp(name, text, strlen(name)) == 0);
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    exist();
    shape("/proc/self/limits");
    shape("/proc/self/io");
    status();
    places();
    vector();
    memory();
    others();
}
