/* Exits of an existing VM. */
#include "floor.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL_MEMORY = 1 << 20, WARM_UP = 64 };

/* Creates a VM whose vCPU and page tables are warm. */
static void create_warm(struct vm *vm, size_t size, int pages, struct code code)
{
    create_vm(vm, size, pages, code);
    for (int i = 0; i < WARM_UP; i++) {
        run_to_exit(vm);
    }
}

/* Measures exits of a VM with a number of bytes of memory. 0 means the minimum. */
static long exits(int64_t *samples, long count, long memory, int in_a_sample)
{
    struct vm vm;
    create_warm(&vm, memory == 0 ? SMALL_MEMORY : (size_t)memory, 0, EXIT_LOOP);
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        for (int k = 0; k < in_a_sample; k++) {
            run_to_exit(&vm);
        }
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    close_vm(&vm);
    return count;
}

long one_exit(int64_t *samples, long count, long memory)
{
    return exits(samples, count, memory, 1);
}

long two_exits(int64_t *samples, long count, long memory)
{
    return exits(samples, count, memory, 2);
}

/* Measures exits of a guest that writes to a number of pages, which the host then copies back. */
long fresh(int64_t *samples, long count, long pages)
{
    size_t size = (size_t)pages * PAGE;
    uint8_t *image = calloc(1, size + 1);
    if (image == NULL) {
        fail("calloc");
    }
    struct vm vm;
    create_warm(&vm, DATA + size, (int)pages, page_writer((int)pages));
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        run_to_exit(&vm);
        memcpy(vm.memory + DATA, image, size);
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    close_vm(&vm);
    free(image);
    return count;
}

/* Measures a copy of a number of bytes in, an exit, and a copy of the bytes out. */
long echo(int64_t *samples, long count, long size)
{
    uint8_t *in = calloc(2, (size_t)size + 1);
    if (in == NULL) {
        fail("calloc");
    }
    uint8_t *out = in + size;
    memset(in, 1, 2 * (size_t)size);
    struct vm vm;
    create_warm(&vm, DATA + ((size_t)size + PAGE - 1) / PAGE * PAGE, 0, EXIT_LOOP);
    memset(vm.memory + DATA, 1, (size_t)size);
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        memcpy(vm.memory + DATA, in, (size_t)size);
        run_to_exit(&vm);
        memcpy(out, vm.memory + DATA, (size_t)size);
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    close_vm(&vm);
    free(in);
    return count;
}
