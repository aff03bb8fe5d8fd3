/* For MappingStateTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <hyperlight.h>

static char *own;
static char *shared;
static char seen[200];
static char data[8192] __attribute__((aligned(4096))) = {'d', 'a', 't', 'a'};

/* Maps a file that no descriptor has afterwards. */
HL_EXPORT(int, map_file, hl_string)
int map_file(hl_string name)
{
    char path[100];
    snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
    int file = open(path, O_RDONLY);
    own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return own == MAP_FAILED || shared == MAP_FAILED ? -errno : 0;
}

/* Maps a file to write to it. */
HL_EXPORT(int, share_file, hl_string)
int share_file(hl_string name)
{
    char path[100];
    snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
    int file = open(path, O_RDWR | O_CREAT, 0600);
    ftruncate(file, 8192);
    own = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    return own == MAP_FAILED || shared == MAP_FAILED ? -errno : file;
}

HL_EXPORT(void, put, hl_string)
void put(hl_string text)
{
    memcpy(own, text.data, text.size);
}

HL_EXPORT(hl_string, get, int)
hl_string get(int file)
{
    char read[8] = "";
    pread(file, read, 7, 0);
    snprintf(seen, sizeof seen, "%.7s %.7s %.7s", own, shared, read);
    return hl_from_cstring(seen);
}

HL_EXPORT(int, remove_file, hl_string)
int remove_file(hl_string name)
{
    char path[100];
    snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
    return unlink(path);
}

HL_EXPORT(int, write_file, hl_string)
int write_file(hl_string name)
{
    char path[100];
    snprintf(path, sizeof path, "%.*s", (int)name.size, name.data);
    int file = open(path, O_WRONLY);
    int size = pwrite(file, "WRITTEN", 7, 0);
    close(file);
    return size;
}

HL_EXPORT(hl_string, look)
hl_string look(void)
{
    snprintf(seen, sizeof seen, "%.4s %.7s %.7s", data, own, shared);
    return hl_from_cstring(seen);
}

HL_EXPORT(void, change)
void change(void)
{
    memcpy(own, "changed", 7);
    memcpy(data, "none", 4);
}

HL_EXPORT(int, drop)
int drop(void)
{
    return madvise(own, 4096, MADV_DONTNEED) | madvise(shared, 4096, MADV_DONTNEED)
        | madvise(data, 4096, MADV_DONTNEED);
}

/* Maps files until that fails; tells how many there were, and why. */
HL_EXPORT(int64_t, map_many, int)
int64_t map_many(int count)
{
    char path[100];
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/data/f%d", i);
        int file = open(path, O_RDONLY);
        void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
        int error = errno;
        close(file);
        if (page == MAP_FAILED) {
            return i * 1000 + error;
        }
        if (own == NULL) {
            own = page;
        }
    }
    return count * 1000;
}

HL_EXPORT(int, unmap_first)
int unmap_first(void)
{
    int result = munmap(own, 4096);
    own = NULL;
    return result;
}
