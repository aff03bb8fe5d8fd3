/*
 * A VM with the fewest possible system calls: memory, KVM_CREATE_VM, KVM_SET_USER_MEMORY_REGION, KVM_CREATE_VCPU and the
 * mapping of its kvm_run. Registers go through that mapping (KVM_CAP_SYNC_REGS). KVM on VMX and SVM accepts registers of
 * 64-bit mode only after a KVM_SET_CPUID2 that announces this mode. A paravirtual KVM accepts them without. One attempt
 * finds out which it is.
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The layout of guest memory. Code, the stub of system calls and task state share the first page. */
enum { STUB = 0x400, TASK_STATE = 0x800, PML4 = 0x1000, PDPT = 0x2000, DIRECTORY = 0x3000, TABLES = 0x4000 };

/*
 * The bits of page table entries: present, writable, user, accessed, dirty. Because all are set from the start, the
 * processor never has to write the entries.
 */
enum { ENTRY = 0x67, ENTRIES = 512, MAX_TABLES = (DATA - TABLES) / PAGE };

/*
 * The guest needs the right to use `out`. On hardware, the I/O privilege level in the flags grants it. A KVM that ignores
 * this level needs an I/O bitmap. The bitmap comes after the 104 bytes of the task state. It has one byte for ports 0 to 7,
 * and the byte of ones that ends every bitmap.
 */
enum { FLAGS = 0x3002, BITMAP = 104, TASK_STATE_LIMIT = BITMAP + 1 };

/* The size of the dirty ring in bytes, and the maximum number of CPUID entries. */
enum { RING_SIZE = 65536, MAX_FEATURES = 256 };

static int kvm;
static int run_size;
static struct kvm_sregs registers;
static int needs_cpuid;

/* Announces 64-bit mode and the widths of addresses. */
static struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[3];
} cpuid = {
    .head = {.nent = 3},
    .entries = {{.function = 0x80000000, .eax = 0x80000008},
                {.function = 0x80000001, .edx = 1 << 29},
                {.function = 0x80000008, .eax = 40 | 48 << 8}},
};

_Noreturn void fail(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int check(int result, const char *what)
{
    if (result < 0) {
        fail(what);
    }
    return result;
}

static struct kvm_segment segment(int selector, int type, int is_code)
{
    return (struct kvm_segment){.limit = 0xffffffff,
                                .selector = (uint16_t)selector,
                                .type = (uint8_t)type,
                                .present = 1,
                                .dpl = 3,
                                .db = !is_code,
                                .s = 1,
                                .l = (uint8_t)is_code,
                                .g = 1};
}

/* Reads the registers of a new vCPU, and changes them to those of a program at CPL 3. */
static void prepare_registers(void)
{
    int vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    int vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    check(ioctl(vcpu, KVM_GET_SREGS, &registers), "KVM_GET_SREGS");
    registers.cr0 = 0x80050033; /* PG AM WP NE ET MP PE */
    registers.cr3 = PML4;
    registers.cr4 = 0x20;   /* PAE */
    registers.efer = 0x500; /* LMA LME */
    registers.cs = segment(0x2b, 11, 1);
    registers.ds = registers.es = registers.fs = registers.gs = registers.ss = segment(0x23, 3, 0);
    registers.tr = (struct kvm_segment){
        .base = TASK_STATE, .limit = TASK_STATE_LIMIT, .selector = 0x30, .type = 11, .present = 1};
    needs_cpuid = ioctl(vcpu, KVM_SET_SREGS, &registers) != 0;
    close(vcpu);
    close(vm);
}

void open_kvm(void)
{
    kvm = check(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    run_size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    int shared = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);
    if ((shared & KVM_SYNC_X86_REGS) == 0 || (shared & KVM_SYNC_X86_SREGS) == 0) {
        fail("KVM_CAP_SYNC_REGS");
    }
    prepare_registers();
}

static uint64_t *table(struct vm *vm, uint64_t address)
{
    return (uint64_t *)(vm->memory + address);
}

/* Maps guest-virtual addresses to the same guest-physical addresses. */
static void map_pages(struct vm *vm, int data_pages)
{
    int first = DATA / PAGE;
    int tables = (first + data_pages + ENTRIES - 1) / ENTRIES;
    if (tables > MAX_TABLES || (size_t)(first + data_pages) * PAGE > vm->size) {
        errno = EINVAL;
        fail("too many pages");
    }
    table(vm, PML4)[0] = PDPT | ENTRY;
    table(vm, PDPT)[0] = DIRECTORY | ENTRY;
    for (int i = 0; i < tables; i++) {
        table(vm, DIRECTORY)[i] = (uint64_t)(TABLES + i * PAGE) | ENTRY;
    }
    table(vm, TABLES)[0] = ENTRY;
    for (int page = first; page < first + data_pages; page++) {
        table(vm, TABLES)[page] = (uint64_t)page * PAGE | ENTRY;
    }
}

static void create(struct vm *vm, int data_pages, enum extras extras, struct code code);

static void *map_memory(void *address, size_t size, int flags, int fd, off_t offset)
{
    void *mapped = mmap(address, size, PROT_READ | PROT_WRITE, flags, fd, offset);
    if (mapped == MAP_FAILED) {
        fail("mmap");
    }
    return mapped;
}

static void keep_out_of_dumps(void *mapped, size_t size)
{
    check(madvise(mapped, size, MADV_DONTDUMP), "madvise");
}

/* Maps pieces of a file to the places that the contents of a small guest have in its memory. */
static void map_snapshot(struct vm *vm)
{
    static const struct {
        off_t start;
        size_t size;
    } pieces[] = {{0x1000, 0x3000}, {0x5000, 0xb000}, {0x50000, 0x3000}};
    static int file = -1;
    if (file < 0) {
        file = check(memfd_create("snapshot", MFD_CLOEXEC), "memfd_create");
        check(ftruncate(file, 0x53000), "ftruncate");
    }
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        map_memory(vm->memory + pieces[i].start, pieces[i].size, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file,
                   pieces[i].start);
    }
}

/* Maps pieces of a file that are evenly spread over the memory. */
static void map_image(struct vm *vm, struct image image)
{
    static int file = -1;
    static size_t mapped_before;
    size_t distance = image.memory / (size_t)image.pieces / PAGE * PAGE;
    size_t size = image.bytes / (size_t)image.pieces / PAGE * PAGE;
    if (file < 0) {
        file = check(memfd_create("image", MFD_CLOEXEC), "memfd_create");
    }
    if (image.memory > mapped_before) {
        check(ftruncate(file, (off_t)image.memory), "ftruncate");
        mapped_before = image.memory;
    }
    for (int i = 0; i < image.pieces; i++) {
        off_t start = (off_t)(distance * (size_t)i);
        map_memory(vm->memory + start, size < PAGE ? PAGE : size, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, start);
    }
}

static struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[MAX_FEATURES];
} features;

/* Announces all features that KVM supports, and enables components of XSAVE. */
static void set_features(struct vm *vm, uint64_t components)
{
    if (features.head.nent == 0) {
        features.head.nent = MAX_FEATURES;
        check(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &features), "KVM_GET_SUPPORTED_CPUID");
    }
    check(ioctl(vm->vcpu, KVM_SET_CPUID2, &features), "KVM_SET_CPUID2");
    struct kvm_sregs extended = registers;
    extended.cr4 |= 1 << 18; /* OSXSAVE */
    check(ioctl(vm->vcpu, KVM_SET_SREGS, &extended), "KVM_SET_SREGS");
    struct kvm_xcrs xcr0 = {.nr_xcrs = 1, .xcrs = {{.value = components}}};
    check(ioctl(vm->vcpu, KVM_SET_XCRS, &xcr0), "KVM_SET_XCRS");
}

void enable_vectors(struct vm *vm)
{
    enum { X87_AND_SSE = 3, AVX_AND_AVX_512 = 0xe4 };
    uint64_t components = X87_AND_SSE;
    set_features(vm, components);
    for (uint32_t i = 0; i < features.head.nent; i++) {
        if (features.entries[i].function == 0xd && features.entries[i].index == 0) {
            components |= features.entries[i].eax & AVX_AND_AVX_512;
        }
    }
    struct kvm_xcrs xcr0 = {.nr_xcrs = 1, .xcrs = {{.value = components}}};
    check(ioctl(vm->vcpu, KVM_SET_XCRS, &xcr0), "KVM_SET_XCRS");
    vm->run->s.regs.sregs.cr4 |= 1 << 18; /* or the first run would take it back */
}

/* Sets segments, address and flag mask of `syscall`. */
static void set_system_call(struct vm *vm, uint64_t address, uint64_t mask)
{
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry entries[3];
    } msrs = {.head = {.nmsrs = 3},
              .entries = {{.index = 0xc0000081, .data = 0x001b000800000000},
                          {.index = 0xc0000082, .data = address},
                          {.index = 0xc0000084, .data = mask}}};
    check(ioctl(vm->vcpu, KVM_SET_MSRS, &msrs) - 3, "KVM_SET_MSRS");
}

void enable_system_calls(struct vm *vm)
{
    /* Where KVM needs no CPUID, `syscall` stays at CPL 3. */
    struct code stub = needs_cpuid ? KERNEL_STUB : USER_STUB;
    memcpy(vm->memory + STUB, stub.bytes, stub.size);
    set_system_call(vm, STUB, 0);
    vm->run->s.regs.sregs.efer |= 1; /* SCE */
}

static void make_settings(struct vm *vm)
{
    set_features(vm, 3);
    set_system_call(vm, 0x10000, 0x47700);
    struct {
        struct kvm_signal_mask head;
        uint64_t set;
    } __attribute__((packed)) mask = {.head = {.len = sizeof mask.set}};
    check(ioctl(vm->vcpu, KVM_SET_SIGNAL_MASK, &mask), "KVM_SET_SIGNAL_MASK");
}

void create_vm(struct vm *vm, size_t size, int data_pages, struct code code)
{
    vm->size = size;
    vm->memory = map_memory(NULL, size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    create(vm, data_pages, NO_EXTRAS, code);
}

void create_vm_with(struct vm *vm, size_t size, enum extras extras, struct code code)
{
    vm->size = size;
    vm->memory = map_memory(NULL, size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if ((extras & SNAPSHOT) != 0) {
        map_snapshot(vm);
    }
    if (extras != NO_EXTRAS) {
        keep_out_of_dumps(vm->memory, size);
    }
    create(vm, 0, extras, code);
}

void create_vm_of_image(struct vm *vm, struct image image)
{
    vm->size = image.memory;
    vm->memory = map_memory(NULL, vm->size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    map_image(vm, image);
    keep_out_of_dumps(vm->memory, vm->size);
    create(vm, 0, SETTINGS | SNAPSHOT, EXIT_LOOP);
}

static void create(struct vm *vm, int data_pages, enum extras extras, struct code code)
{
    memcpy(vm->memory, code.bytes, code.size);
    uint8_t *state = vm->memory + TASK_STATE;
    state[102] = BITMAP; /* the place of the bitmap; zeros in it grant access */
    state[BITMAP + 1] = 0xff;
    map_pages(vm, data_pages);
    vm->vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    if ((extras & SNAPSHOT) != 0) {
        struct kvm_enable_cap ring = {.cap = KVM_CAP_DIRTY_LOG_RING_ACQ_REL, .args = {RING_SIZE}};
        check(ioctl(vm->vm, KVM_ENABLE_CAP, &ring), "KVM_CAP_DIRTY_LOG_RING_ACQ_REL");
    }
    struct kvm_userspace_memory_region region = {.memory_size = vm->size,
                                                 .userspace_addr = (uint64_t)vm->memory,
                                                 .flags = (extras & SNAPSHOT) != 0 ? KVM_MEM_LOG_DIRTY_PAGES : 0};
    check(ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
    vm->vcpu = check(ioctl(vm->vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    vm->run = map_memory(NULL, (size_t)run_size, MAP_SHARED, vm->vcpu, 0);
    vm->ring = NULL;
    if ((extras & SNAPSHOT) != 0) {
        vm->ring = map_memory(NULL, RING_SIZE, MAP_SHARED, vm->vcpu, KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);
        keep_out_of_dumps(vm->ring, RING_SIZE);
    }
    if ((extras & SETTINGS) != 0) {
        keep_out_of_dumps(vm->run, (size_t)run_size);
        make_settings(vm);
    } else if (needs_cpuid) {
        check(ioctl(vm->vcpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
    }
    vm->run->s.regs.sregs = registers;
    vm->run->s.regs.regs = (struct kvm_regs){.rflags = FLAGS};
    vm->run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
}

void close_vm(struct vm *vm)
{
    munmap(vm->run, (size_t)run_size);
    if (vm->ring != NULL) {
        munmap(vm->ring, RING_SIZE);
    }
    close(vm->vcpu);
    close(vm->vm);
    munmap(vm->memory, vm->size);
}
