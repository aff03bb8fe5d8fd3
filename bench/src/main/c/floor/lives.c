/* The lives of VMs, and many VMs at the same time. */
#include "floor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MIN_MEMORY = DATA, SANDBOX_MEMORY = 16 << 20 };

static long life_with(int64_t *samples, long count, size_t size, enum extras extras)
{
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        struct vm vm;
        create_vm_with(&vm, size, extras, EXIT_LOOP);
        run_to_exit(&vm);
        close_vm(&vm);
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    return count;
}

/* Measures the life of a VM: it is made, runs to its first exit, and is closed. For a memory of 0, it has the minimum. */
long life(int64_t *samples, long count, long memory)
{
    return life_with(samples, count, memory == 0 ? MIN_MEMORY : (size_t)memory, NO_EXTRAS);
}

/* Measures the life of a VM with all system calls of a new sandbox. */
long life_cold(int64_t *samples, long count, long nothing)
{
    (void)nothing;
    return life_with(samples, count, SANDBOX_MEMORY, SETTINGS);
}

/* Measures the life of a VM with all system calls of a sandbox from a snapshot. */
long life_spawn(int64_t *samples, long count, long nothing)
{
    (void)nothing;
    return life_with(samples, count, SANDBOX_MEMORY, SETTINGS | SNAPSHOT);
}

static struct vm *vms;
static long vm_count;

/* Raises the limit of descriptors. Each VM has two. */
static void allow_descriptors(long number)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * (rlim_t)number + 16) {
        errno = EMFILE;
        fail("too many VMs");
    }
}

/* Keeps a number of VMs live during all later measurements. Takes no samples. */
long live(int64_t *samples, long count, long number)
{
    (void)samples;
    (void)count;
    allow_descriptors(number);
    while (vm_count > number) {
        close_vm(&vms[--vm_count]);
    }
    struct vm *larger = realloc(vms, ((size_t)number + 1) * sizeof *vms);
    if (larger == NULL) {
        fail("realloc");
    }
    vms = larger;
    while (vm_count < number) {
        create_vm(&vms[vm_count], MIN_MEMORY, 0, EXIT_LOOP);
        run_to_exit(&vms[vm_count++]);
    }
    return 0;
}

/* Returns the dirty private memory of the process in KiB. Clean private pages are of files that no other process maps. */
static long private_memory(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL) {
        fail("/proc/self/smaps_rollup");
    }
    char line[256];
    long size = 0;
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "Private_Dirty: %ld kB", &size) != 1) {
    }
    fclose(file);
    return size;
}

/* Takes one sample: the bytes of private memory of a number of VMs together. */
long idle_memory(int64_t *samples, long count, long number)
{
    (void)count;
    long before = private_memory();
    live(NULL, 0, number);
    samples[0] = (int64_t)(private_memory() - before) * 1024;
    live(NULL, 0, 0);
    return 1;
}
