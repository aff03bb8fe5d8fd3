/*
 * The floor: the work that the kernel cannot be spared, done by a C program as tightly as it can be. What is in each file is
 * told at its start, what each measurement is at its entry in main.c.
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

/* A VM with one processor whose guest is at CPL 3 in 64-bit mode, at the start of memory. */
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

/* Leaves by an `out` for ever. */
extern const struct code EXIT_LOOP;

/* Says in the first byte of DATA that it runs, for ever. */
extern const struct code ENDLESS_LOOP;

/* Writes a word into each of so many pages from DATA on, leaves, and begins again. The bytes are good until the next call. */
struct code page_writer(int pages);

/* Nanoseconds of a clock that does not jump; no system call. */
static inline int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Prints what failed, with errno, and ends the program. */
_Noreturn void fail(const char *what);

/* Opens /dev/kvm and asks it what is asked once for a process. */
void open_kvm(void);

/*
 * Makes a VM with so many bytes of memory, at least DATA, of which so many pages from DATA on are mapped for the guest.
 * Nothing has run in it yet.
 */
void create_vm(struct vm *vm, size_t size, int data_pages, struct code code);
void close_vm(struct vm *vm);

/* What else is asked of KVM for a VM. */
enum extras {
    NO_EXTRAS = 0,
    /* Features, registers and a signal mask by calls of their own. */
    SETTINGS = 1,
    /* A dirty ring, and memory that is a copy-on-write view of a file, in three pieces. */
    SNAPSHOT = 2
};

/* Makes the same with as many system calls as a sandbox takes; close_vm closes it. */
void create_vm_with(struct vm *vm, size_t size, enum extras extras, struct code code);

/* Lets the guest run to its next `out`. */
static inline void run_to_exit(struct vm *vm)
{
    if (ioctl(vm->vcpu, KVM_RUN, 0) != 0 || vm->run->exit_reason != KVM_EXIT_IO) {
        fail("KVM_RUN");
    }
}

/*
 * The measurements: fill in samples, in nanoseconds unless it says something else, and return how many. What the argument
 * is differs.
 */
typedef long measurement(int64_t *samples, long count, long argument);
measurement one_exit, two_exits, fresh, echo;
measurement life, life_cold, life_spawn, live, idle_memory;
measurement copy_pages, copy_large, sum_large, process_id;
measurement kill_runner, cache_line, throughput;

#endif
