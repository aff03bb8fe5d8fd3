/* Two threads of a guest that take turns on one vCPU. */
#include "floor.h"

#include <string.h>

enum { AREAS = DATA, AREA_PAGES = 2, CONTEXTS = 2, WARM_UP = 64 };

/* A VM, and the registers of the threads. Each has an area for its vector state in the VM's memory. */
struct threads {
    struct vm vm;
    struct kvm_regs registers[CONTEXTS];
    int current;
};

static void create(struct threads *threads)
{
    struct vm *vm = &threads->vm;
    create_vm(vm, DATA + AREA_PAGES * PAGE, AREA_PAGES, SWITCH_LOOP);
    enable_vectors(vm);
    enable_system_calls(vm);
    vm->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
    for (int i = 0; i < CONTEXTS; i++) {
        struct kvm_regs *own = &threads->registers[i];
        *own = vm->run->s.regs.regs;
        own->rdi = AREAS + (uint64_t)(1 - i) * PAGE; /* where the thread before it leaves its state */
        own->rsi = AREAS + (uint64_t)i * PAGE;
    }
    threads->current = 0;
    vm->run->s.regs.regs = threads->registers[0];
}

/* Keeps the registers of the thread that has stopped, and loads those of the other. */
static inline void change(struct threads *threads)
{
    struct kvm_run *run = threads->vm.run;
    threads->registers[threads->current] = run->s.regs.regs;
    threads->current = 1 - threads->current;
    run->s.regs.regs = threads->registers[threads->current];
    run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

static long turns(int64_t *samples, long count, int exits_before)
{
    struct threads threads;
    create(&threads);
    for (int i = 0; i < WARM_UP; i++) {
        run_to_exit(&threads.vm);
        change(&threads);
    }
    int64_t last = now();
    for (long i = 0; i < count; i++) {
        for (int k = 0; k < exits_before; k++) {
            run_to_exit(&threads.vm);
        }
        run_to_exit(&threads.vm);
        change(&threads);
        int64_t time = now();
        samples[i] = time - last;
        last = time;
    }
    close_vm(&threads.vm);
    return count;
}

/* Measures one system call, after which the other thread goes on. */
long thread_switch(int64_t *samples, long count, long nothing)
{
    (void)nothing;
    return turns(samples, count, 0);
}

/* Measures a system call that wakes the other thread, and the next one, after which the other thread goes on. */
long handover(int64_t *samples, long count, long nothing)
{
    (void)nothing;
    return turns(samples, count, 1);
}
