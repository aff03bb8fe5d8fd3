/* For NamelessFilesTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <hyperlight.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static char text[5000];
static int end;
static int folder, below, unnamed, sparse, both, reader, place;

#define SAY(...) (end += snprintf(text + end, sizeof text - end, __VA_ARGS__))

HL_EXPORT(void, prepare)
void prepare(void)
{
    mkdir("/data/gone", 0755);
    folder = open("/data/gone", O_RDONLY);
    chdir("/data/gone");
    rmdir("/data/gone");
    mkdir("/data/a", 0700);
    mkdir("/data/a/b", 0750);
    below = open("/data/a/b", O_RDONLY);
    rmdir("/data/a/b");
    rmdir("/data/a");
    unnamed = open("/data", O_TMPFILE | O_RDWR, 0600);
    write(unnamed, "unnamed", 7);
    sparse = open("/data/sparse", O_RDWR | O_CREAT, 0644);
    pwrite(sparse, "far", 3, 1LL << 40);
    fallocate(sparse, 0, 4096, 8192);
    mkfifo("/data/p", 0644);
    reader = open("/data/p", O_RDONLY | O_NONBLOCK);
    both = open("/data/p", O_RDWR);
    write(both, "in the fifo", 11);
    close(open("/data/f", O_WRONLY | O_CREAT, 0640));
    place = open("/data/f", O_PATH);
    unlink("/data/f");
}

static void say_of(int file)
{
    char link[40];
    char path[300];
    struct stat status = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path);
    fstat(file, &status);
    SAY("%.*s %o %ld %ld %ld|", size < 0 ? 0 : (int)size, path, status.st_mode, (long)status.st_nlink,
        S_ISDIR(status.st_mode) ? 0L : (long)status.st_size, (long)status.st_blocks);
}

/* All that there is to see. */
HL_EXPORT(hl_string, observe)
hl_string observe(void)
{
    int files[] = {folder, below, unnamed, sparse, both, reader, place};
    char bytes[20] = "";
    int available = 0;
    struct statfs system;
    struct stat status = {0};
    end = 0;
    for (int i = 0; i < 7; i++) {
        say_of(files[i]);
    }
    SAY("cwd %d|", getcwd(bytes, sizeof bytes) ? 0 : errno);
    fstatat(below, "..", &status, 0);
    SAY("above %o %ld|", status.st_mode, (long)status.st_nlink);
    SAY("data %lld %lld|", (long long)lseek(sparse, 0, SEEK_DATA), (long long)lseek(sparse, 1LL << 40, SEEK_HOLE));
    pread(unnamed, bytes, 7, 0);
    SAY("%.7s|", bytes);
    struct pollfd ready = {.fd = reader, .events = POLLIN};
    poll(&ready, 1, 0);
    ioctl(reader, FIONREAD, &available);
    SAY("fifo %x %d ", ready.revents, available);
    ssize_t size = read(reader, bytes, 6);
    SAY("%.*s|", size < 0 ? 0 : (int)size, bytes);
    int again = open("/data/p", O_WRONLY | O_NONBLOCK);
    SAY("again %d|", again >= 0);
    close(again);
    statfs("/data", &system);
    SAY("free %ld, files %ld", (long)system.f_bfree, (long)system.f_ffree);
    return hl_from_cstring(text);
}

HL_EXPORT(void, spoil)
void spoil(void)
{
    char bytes[100];
    linkat(AT_FDCWD, "/proc/self/fd/5", AT_FDCWD, "/data/named", AT_SYMLINK_FOLLOW);
    pwrite(unnamed, "spoilt!", 7, 0);
    fallocate(sparse, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1LL << 41);
    ftruncate(sparse, 5);
    read(reader, bytes, sizeof bytes);
    write(both, "spoilt", 6);
    fchmod(folder, 0);
    chdir("/data");
    close(folder);
    close(below);
    close(reader);
    close(both);
    rename("/data/p", "/data/sparse");
    mkdir("/data/a", 0777);
}

HL_EXPORT(void, wait_for_ever, hl_string)
void wait_for_ever(hl_string how)
{
    char bytes[10];
    mkfifo("/data/w", 0644);
    if (!strcmp(how.data, "read")) {
        open("/data/w", O_RDONLY);
    } else if (!strcmp(how.data, "write")) {
        open("/data/w", O_WRONLY);
    } else {
        int end = open("/data/w", O_RDWR);
        read(end, bytes, 1);
    }
}
