/* What a process sees of its threads, and what each thread has for itself. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int ready, stop;
static int other_tid;

static void *wait_for_end(void *unused)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    prctl(PR_SET_NAME, "of its own");
    prctl(PR_SET_TIMERSLACK, 12345);
    setpriority(PRIO_PROCESS, 0, 3);
    struct sched_param none = {0};
    sched_setscheduler(0, SCHED_BATCH, &none);
    other_tid = gettid();
    atomic_store(&ready, 1);
    while (!atomic_load(&stop)) {
        syscall(SYS_futex, &stop, FUTEX_WAIT, 0, NULL, NULL, 0);
    }
    return unused;
}

static const char *place(int tid, const char *file)
{
    static char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", tid, file);
    return path;
}

/* Prints lines of a status file. Numbers of threads are shown as whose they are. */
static void show_status(const char *path)
{
    static const char *const names[] = {"Name:", "State:", "Tgid:", "Pid:", "NSpid:", "Threads:", "SigPnd:", "ShdPnd:", "SigBlk:"};
    char line[256];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        for (size_t i = 0; i < COUNT(names); i++) {
            size_t length = strlen(names[i]);
            if (strncmp(line, names[i], length) == 0) {
                int number = atoi(line + length + 1);
                int is_id = i >= 2 && i <= 4;
                printf("%s%s%s", names[i], is_id ? (number == getpid() ? " process\n" : number == other_tid ? " other\n" : " ?\n") : line + length, "");
            }
        }
    }
    if (file) {
        fclose(file);
    } else {
        printf("no status: %s\n", strerrorname_np(errno));
    }
}

static void show_text(const char *path)
{
    char text[64] = "";
    int file = open(path, O_RDONLY);
    long size = read(file, text, sizeof text - 1);
    printf("%s: %ld %s", strrchr(path, '/') + 1, size, text[0] ? text : "nothing\n");
    close(file);
}

static void write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    printf("write: %zd\n", write(file, text, strlen(text)));
    close(file);
}

/* The fields behind the name. */
static void show_stat(int tid)
{
    char text[1024] = "";
    int file = open(place(tid, "stat"), O_RDONLY);
    if (read(file, text, sizeof text - 1) > 0) {
        char *rest = strrchr(text, ')') + 2, state;
        long priority, nice, threads;
        sscanf(rest, "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %ld %ld %ld", &state, &priority, &nice, &threads);
        printf("stat %s: %c %ld %ld %ld\n", atoi(text) == tid ? "own" : "?", state, priority, nice, threads);
    }
    close(file);
}

static void list_tasks(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0, known = 0;
    while (tasks && (entry = readdir(tasks))) {
        if (entry->d_name[0] != '.') {
            count++;
            known += atoi(entry->d_name) == getpid() || atoi(entry->d_name) == other_tid;
        }
    }
    closedir(tasks);
    printf("tasks %d, known %d\n", count, known);
}

static void *show_self(void *unused)
{
    char target[64] = "", wanted[64];
    readlink("/proc/thread-self", target, sizeof target - 1);
    snprintf(wanted, sizeof wanted, "%d/task/%d", getpid(), gettid());
    printf("thread-self %d\n", strcmp(target, wanted) == 0);
    show_text("/proc/thread-self/comm");
    show_text("/proc/self/comm");
    return unused;
}

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    pthread_t other;
    prctl(PR_SET_NAME, "the first");
    prctl(PR_SET_TIMERSLACK, 777);
    list_tasks();
    pthread_create(&other, NULL, wait_for_end, NULL);
    while (!atomic_load(&ready) || syscall(SYS_futex, &stop, FUTEX_REQUEUE, 0, (long)INT_MAX, &stop, 0) == 0) {
        sched_yield();
    }
    list_tasks();
    pthread_kill(other, SIGUSR2);
    /* It may still be on its way to sleep. */
    char state = 'R';
    while (state != 'S') {
        char text[256] = "";
        int file = open(place(other_tid, "stat"), O_RDONLY);
        if (read(file, text, sizeof text - 1) > 0) {
            state = strrchr(text, ')')[2];
        }
        close(file);
        sched_yield();
    }
    show_status(place(other_tid, "status"));
    show_status("/proc/self/status");
    show_stat(other_tid);
    show_stat(getpid());
    show_text(place(other_tid, "comm"));
    show_text("/proc/self/comm");
    write_text(place(other_tid, "comm"), "renamed by main, cut");
    show_text(place(other_tid, "comm"));
    char name[32] = "";
    SHOW(pthread_setname_np(other, "again"));
    SHOW(pthread_getname_np(other, name, sizeof name));
    puts(name);
    SHOW(pthread_setname_np(other, "longer than it may be"));
    show_self(NULL);
    pthread_t third;
    pthread_create(&third, NULL, show_self, NULL);
    pthread_join(third, NULL);
    SHOW(getpriority(PRIO_PROCESS, other_tid));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(setpriority(PRIO_PROCESS, other_tid, 7));
    SHOW(getpriority(PRIO_PROCESS, other_tid));
    SHOW(getpriority(PRIO_PROCESS, NOBODY));
    SHOW(sched_getscheduler(other_tid));
    SHOW(sched_getscheduler(0));
    SHOW(sched_getscheduler(NOBODY));
    SHOW(prctl(PR_GET_TIMERSLACK));
    cpu_set_t set;
    SHOW(sched_getaffinity(other_tid, sizeof set, &set) == 0);
    SHOW(sched_getaffinity(NOBODY, sizeof set, &set));
    struct rlimit limit;
    SHOW(prlimit(other_tid, RLIMIT_CORE, NULL, &limit));
    SHOW(getpgid(other_tid) == getpgid(0));
    SHOW(getpgid(NOBODY));
    void *head;
    size_t size = 0;
    SHOW(syscall(SYS_get_robust_list, other_tid, &head, &size));
    printf("size %zu\n", size);
    SHOW(syscall(SYS_get_robust_list, NOBODY, &head, &size));
    clockid_t clock;
    struct timespec time;
    SHOW(pthread_getcpuclockid(other, &clock));
    SHOW(clock_gettime(clock, &time));
    /* What it has used is not what this thread has. */
    struct timespec own, process;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process);
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
    } while (own.tv_sec == 0 && own.tv_nsec < 50000000);
    clock_gettime(clock, &time);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process);
    printf("time: other less %d, process not less %d\n", time.tv_sec == 0 && time.tv_nsec < 40000000,
        process.tv_sec > own.tv_sec || process.tv_nsec >= own.tv_nsec);
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    printf("thread's own %d\n", usage.ru_utime.tv_sec > 0 || usage.ru_stime.tv_usec + usage.ru_utime.tv_usec >= 40000);
    int comm = open(place(other_tid, "comm"), O_RDWR);
    int folder = open(place(other_tid, "."), O_RDONLY | O_DIRECTORY);
    SHOW(faccessat(folder, "status", R_OK, 0));
    atomic_store(&stop, 1);
    syscall(SYS_futex, &stop, FUTEX_WAKE, 1, NULL, NULL, 0);
    pthread_join(other, NULL);
    SHOW(clock_gettime(clock, &time));
    SHOW(write(comm, "x", 1));
    SHOW(faccessat(folder, "status", R_OK, 0));
    SHOW(access(place(other_tid, "comm"), R_OK));
    SHOW(access("/proc/self/task/0", R_OK));
    SHOW(access("/proc/self/task/x", R_OK));
    SHOW(access("/proc/self/task/01", R_OK));
    list_tasks();
    SHOW(sched_getscheduler(other_tid));
}
