/* VMs as large as the world of a served runtime, and its requests. Five questions set what that is, for all later ones. */
#include "floor.h"

#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 64 };

static struct image image = {.memory = 16 << 20, .bytes = 0x53000, .pieces = 3};
static int pages = 8;
static int exits = 2;

long world_memory(int64_t *samples, long count, long bytes)
{
    (void)samples;
    (void)count;
    image.memory = (size_t)bytes;
    return 0;
}

long world_bytes(int64_t *samples, long count, long bytes)
{
    (void)samples;
    (void)count;
    image.bytes = (size_t)bytes;
    return 0;
}

long world_pieces(int64_t *samples, long count, long number)
{
    (void)samples;
    (void)count;
    image.pieces = (int)number;
    return 0;
}

long world_pages(int64_t *samples, long count, long number)
{
    (void)samples;
    (void)count;
    pages = (int)number;
    return 0;
}

long world_exits(int64_t *samples, long count, long number)
{
    (void)samples;
    (void)count;
    exits = (int)number;
    return 0;
}

/* Measures how a VM of the image is made and closed. It does not run. */
long world_spawn(int64_t *samples, long count, long nothing)
{
    (void)nothing;
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        struct vm vm;
        create_vm_of_image(&vm, image);
        close_vm(&vm);
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    return count;
}

/* Measures a request: all written pages are copied back, then the guest writes them and makes its exits. */
long world_fresh(int64_t *samples, long count, long nothing)
{
    (void)nothing;
    size_t size = (size_t)pages * PAGE;
    uint8_t *clean = calloc(1, size);
    if (clean == NULL) {
        fail("calloc");
    }
    struct vm vm;
    create_vm(&vm, DATA + size, pages, request(pages, exits));
    for (int i = 0; i < WARM_UP; i++) {
        run_to_exit(&vm);
    }
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        memcpy(vm.memory + DATA, clean, size);
        for (int k = 0; k < exits; k++) {
            run_to_exit(&vm);
        }
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    close_vm(&vm);
    free(clean);
    return count;
}
