#include <elf.h>
#include <execinfo.h>
#include <link.h>
#include <sys/auxv.h>

/* The shared object that the kernel maps, as libraries read it. */

static char *base;
static ElfW(Sym) *symbols;
static char *strings;
static uint32_t *hash, *gnu_hash;
static uint16_t *versions;
static ElfW(Verdef) *definitions;

static void parse(void)
{
    ElfW(Ehdr) *header = (ElfW(Ehdr) *)base;
    SHOW(memcmp(header->e_ident, ELFMAG, SELFMAG));
    SHOW(header->e_ident[EI_CLASS]);
    SHOW(header->e_type);
    SHOW(header->e_machine);
    SHOW(header->e_phentsize);
    ElfW(Phdr) *part = (ElfW(Phdr) *)(base + header->e_phoff);
    ElfW(Dyn) *dynamic = NULL;
    for (int i = 0; i < header->e_phnum; i++) {
        if (part[i].p_type == PT_LOAD) {
            printf("loaded: %ld %ld %d\n", (long)part[i].p_vaddr, (long)part[i].p_offset, part[i].p_flags);
        } else if (part[i].p_type == PT_DYNAMIC) {
            dynamic = (ElfW(Dyn) *)(base + part[i].p_offset);
        } else if (part[i].p_type == PT_GNU_EH_FRAME) {
            printf("unwinding table: %d\n", base[part[i].p_offset]);
        }
    }
    long name = 0;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        void *there = base + dynamic->d_un.d_ptr;
        switch (dynamic->d_tag) {
        case DT_SONAME: name = dynamic->d_un.d_val; break;
        case DT_SYMTAB: symbols = there; break;
        case DT_STRTAB: strings = there; break;
        case DT_HASH: hash = there; break;
        case DT_GNU_HASH: gnu_hash = there; break;
        case DT_VERSYM: versions = there; break;
        case DT_VERDEF: definitions = there; break;
        }
    }
    printf("name: %s\n", strings + name);
}

static const char *version_of(int index)
{
    for (ElfW(Verdef) *at = definitions;; at = (void *)((char *)at + at->vd_next)) {
        ElfW(Verdaux) *first = (void *)((char *)at + at->vd_aux);
        if (!(at->vd_flags & VER_FLG_BASE) && at->vd_ndx == (versions[index] & 0x7fff))
            return strings + first->vda_name;
        if (at->vd_next == 0)
            return "none";
    }
}

static int by_hash(const char *name)
{
    uint32_t h = 0;
    for (const char *c = name; *c; c++) {
        h = (h << 4) + *c;
        h = (h ^ (h >> 24 & 0xf0)) & 0xfffffff;
    }
    for (uint32_t i = hash[2 + h % hash[0]]; i; i = hash[2 + hash[0] + i])
        if (strcmp(strings + symbols[i].st_name, name) == 0)
            return i;
    return 0;
}

static int by_gnu_hash(const char *name)
{
    uint32_t h = 5381;
    for (const char *c = name; *c; c++)
        h = h * 33 + *c;
    uint64_t *bloom = (uint64_t *)(gnu_hash + 4);
    uint64_t word = bloom[h / 64 % gnu_hash[2]];
    if (!(word >> h % 64 & 1) || !(word >> (h >> gnu_hash[3]) % 64 & 1))
        return 0;
    uint32_t *buckets = (uint32_t *)(bloom + gnu_hash[2]), *chain = buckets + gnu_hash[0];
    for (uint32_t i = buckets[h % gnu_hash[0]];; i++) {
        uint32_t other = chain[i - gnu_hash[1]];
        if ((other | 1) == (h | 1) && strcmp(strings + symbols[i].st_name, name) == 0)
            return i;
        if (other & 1)
            return 0;
    }
}

static void *find(const char *name)
{
    int first = by_hash(name), second = by_gnu_hash(name);
    ElfW(Sym) *symbol = &symbols[first];
    printf("%s: %d %d %d %d %s\n", name, first != 0, first == second, ELF64_ST_TYPE(symbol->st_info),
           symbol->st_shndx != SHN_UNDEF, version_of(first));
    return base + symbol->st_value;
}

static sigjmp_buf back;
static int fault;
static int frames;

static void faulted(int signal)
{
    void *callers[100];
    fault = signal;
    frames = backtrace(callers, 100);
    siglongjmp(back, 1);
}

/* Calls a function, and prints the signal that ends it, or its result. */
#define TRY(expression)                                                  \
    do {                                                                 \
        fault = 0;                                                       \
        long result = 0;                                                 \
        if (sigsetjmp(back, 1) == 0)                                     \
            result = (long)(expression);                                 \
        printf("%s: %ld, signal %d\n", #expression, result, fault);      \
    } while (0)

__attribute__((noinline)) static void deeper(int depth, int (*resolution)(int, struct timespec *))
{
    if (depth == 0) {
        TRY(resolution(1, (struct timespec *)8));
    } else {
        deeper(depth - 1, resolution);
        __asm__ volatile("");
    }
}

static void run(int argc, char **argv)
{
    base = (char *)getauxval(AT_SYSINFO_EHDR);
    parse();
    int (*gettime)(int, struct timespec *) = find("__vdso_clock_gettime");
    int (*resolution)(int, struct timespec *) = find("__vdso_clock_getres");
    int (*day)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    long (*seconds)(long *) = find("__vdso_time");
    int (*cpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    const char *plain[] = {"clock_gettime", "clock_getres", "gettimeofday", "time", "getcpu"};
    for (int i = 0; i < 5; i++)
        find(plain[i]);
    printf("%d %d\n", by_hash("__vdso_nothing"), by_gnu_hash("__vdso_nothing"));

    struct timespec time;
    for (int i = -9; i < 16; i++) {
        if (i == 8 || i == 9)
            continue; /* they need a clock that wakes the machine */
        time = (struct timespec){-1, -1};
        int result = gettime(i, &time);
        int sane = result == 0 ? time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < 1000000000 : -1;
        time = (struct timespec){-1, -1};
        int second = resolution(i, &time);
        printf("%d: %d %d, %d %d %d\n", i, result, sane, second, resolution(i, NULL),
               second == 0 ? time.tv_sec == 0 && time.tv_nsec >= 1 : -1);
    }
    int numbers[] = {INT_MAX, INT_MIN, 31, 32, 33, 64, 65, 256, 0x10001};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        int outcomes[] = {gettime(numbers[i], &time), resolution(numbers[i], &time)};
        printf("%d: %d %d\n", numbers[i], outcomes[0], outcomes[1]);
    }
    struct timeval now = {-1, -1};
    struct timezone zone = {-1, -1};
    SHOW(day(NULL, NULL));
    SHOW(day(&now, NULL));
    printf("%d\n", now.tv_sec > 1500000000 && now.tv_usec >= 0 && now.tv_usec < 1000000);
    SHOW(day(NULL, &zone));
    printf("%d %d\n", zone.tz_minuteswest, zone.tz_dsttime);
    now.tv_usec = -1;
    SHOW(day(&now, &zone));
    printf("%d\n", now.tv_usec >= 0 && now.tv_usec < 1000000);
    long same = -1, second = seconds(&same);
    printf("%d %d %d\n", second == same, second >= now.tv_sec, seconds(NULL) >= second);
    for (int i = 0; i < 3; i++) {
        unsigned number = -1, node = -1;
        SHOW(cpu(&number, &node, NULL));
        SHOW(cpu(NULL, NULL, NULL));
        unsigned alone = -1;
        SHOW(cpu(&alone, NULL, NULL));
        SHOW(cpu(NULL, &node, NULL));
        printf("%d %u\n", number < 4096 && alone < 4096, node);
    }

    struct sigaction action = {.sa_handler = faulted};
    sigaction(SIGSEGV, &action, NULL);
    void *none[1];
    backtrace(none, 1); /* loads what it needs */
    TRY(resolution(0, (struct timespec *)8));
    TRY(*(volatile char *)base = 0);
    TRY(*(volatile char *)(base - 4096) = 0);
    deeper(3, resolution);
    int few = frames;
    deeper(13, resolution);
    printf("frames: %d\n", frames - few);
}
