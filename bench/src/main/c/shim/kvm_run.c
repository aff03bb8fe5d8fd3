/*
 * An ioctl with a KVM_RUN that can be replaced. The replacement makes a system call that does nothing, and reports that the
 * guest stopped where it stopped before. What remains of a call is the work of its caller.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 4096 };

/* The kvm_run of each vCPU, by its descriptor, and the registers of its last exit. */
static struct {
    struct kvm_run *run;
    struct kvm_regs registers;
} vcpus[MAX_DESCRIPTORS];

static bool replaced;

void shim_replace(int replace)
{
    replaced = replace != 0;
}

static int run_really(int fd)
{
    int result = ioctl(fd, KVM_RUN, 0);
    if (vcpus[fd].run != NULL) {
        munmap(vcpus[fd].run, sizeof(struct kvm_run)); /* the number may have belonged to another vCPU before */
    }
    vcpus[fd].run = mmap(NULL, sizeof(struct kvm_run), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    vcpus[fd].registers = vcpus[fd].run->s.regs.regs;
    return result;
}

int shim_ioctl(int fd, unsigned long request, long argument)
{
    if (request != KVM_RUN) {
        return ioctl(fd, request, argument);
    }
    if (!replaced) {
        return run_really(fd);
    }
    syscall(SYS_getppid);
    vcpus[fd].run->s.regs.regs = vcpus[fd].registers;
    return 0;
}
