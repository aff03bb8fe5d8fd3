/*
 * The floor: a C program that does the work that the kernel must do in any case, as tightly as possible. Each file begins
 * with a comment about its contents. main.c lists the measurements.
 */
#ifndef FLOOR_H
#define FLOOR_H

#define _GNU_SOURCE
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <time.h>

enum { PAGE = 4096, DATA = 0x10000 };

/* A VM with one vCPU. Its guest runs at CPL 3 in 64-bit mode, from the start of memory. */
struct vm {
    int vm;
    int vcpu;
    uint8_t *memory;
    size_t size;
    struct kvm_run *run;
    void *ring; /* NULL if there is none */
};

/* Bytes of machine code. */
struct code {
    const uint8_t *bytes;
    size_t size;
};

/* Exits by an `out`, in an endless loop. */
extern const struct code EXIT_LOOP;

/*
 * Saves the vector state at RDI, loads that at RSI, and makes a system call, in an endless loop. The first area is loaded
 * before anything was saved there: zeros are the initial state.
 */
extern const struct code SWITCH_LOOP;

/* What a system call of the guest reaches: an exit by `out`, and the return. At CPL 3, and at CPL 0. */
extern const struct code USER_STUB, KERNEL_STUB;

/* Writes to the first byte of DATA that it runs, in an endless loop. */
extern const struct code ENDLESS_LOOP;

/* Returns code that writes a word to each of the pages from DATA on, exits, and begins again. Valid until the next call. */
struct code page_writer(int pages);

/* Returns code that writes a word to each of the pages from DATA on, exits so many times, and begins again. Both at least 1. */
struct code request(int pages, int exits);

/* Returns the nanoseconds of a clock that does not jump, without a system call. */
static inline int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Prints what failed, with errno, and ends the program. */
_Noreturn void fail(const char *what);

/* Opens /dev/kvm and makes the requests that a process makes only once. */
void open_kvm(void);

/*
 * Makes a VM in which nothing has run yet. Its memory has `size` bytes, at least DATA. The guest's page tables map
 * `data_pages` pages from DATA on.
 */
void create_vm(struct vm *vm, size_t size, int data_pages, struct code code);
void close_vm(struct vm *vm);

/* Lets the guest of a VM that has not run yet use x87, SSE, AVX and AVX-512 state as far as there is any. */
void enable_vectors(struct vm *vm);

/* Lets `syscall` of the guest of a VM that has not run yet exit by an `out`, and go on behind it afterwards. */
void enable_system_calls(struct vm *vm);

/* Further requests to KVM for a VM. */
enum extras {
    NO_EXTRAS = 0,
    /* Features, registers and a signal mask, each by its own ioctls. */
    SETTINGS = 1,
    /* A dirty ring, and memory that is a copy-on-write view of a file, in three pieces. */
    SNAPSHOT = 2
};

/* Makes a VM with as many system calls as a sandbox takes. close_vm closes it. */
void create_vm_with(struct vm *vm, size_t size, enum extras extras, struct code code);

/* The memory of a VM that is a copy-on-write view of a file. */
struct image {
    size_t memory; /* bytes of the VM's memory */
    size_t bytes;  /* of the file's contents */
    int pieces;    /* in which the contents are mapped */
};

/* Makes a VM with as many system calls as a sandbox with such memory takes. close_vm closes it. */
void create_vm_of_image(struct vm *vm, struct image image);

/* Runs the guest to its next `out`. */
static inline void run_to_exit(struct vm *vm)
{
    if (ioctl(vm->vcpu, KVM_RUN, 0) != 0 || vm->run->exit_reason != KVM_EXIT_IO) {
        fail("KVM_RUN");
    }
}

/*
 * The measurements. Each fills in samples and returns how many there are. The unit is nanoseconds unless main.c says
 * another. The meaning of the argument depends on the measurement.
 */
typedef long measurement(int64_t *samples, long count, long argument);
measurement one_exit, two_exits, fresh, echo;
measurement life, life_cold, life_spawn, live, idle_memory;
measurement copy_pages, copy_large, sum_large, process_id;
measurement kill_runner, cache_line, throughput;
measurement thread_switch, handover, compute_at_once;
measurement world_memory, world_bytes, world_pieces, world_pages, world_exits, world_spawn, world_fresh;

#endif
