/* Random accesses to files that are mapped several times. A model knows what everybody has to see. */
enum { PAGE = 4096, FILES = 2, MAPPINGS = 6, MOST = 12 * PAGE, STEPS = 4000 };

static int writers[FILES], readers[FILES];
static long sizes[FILES];
static unsigned char model[FILES][MOST];
static struct { unsigned char *at; int file; long offset, size; int writable; } mappings[MAPPINGS];
static unsigned state = 12345;
static int wrong;

static long below(long limit)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
}

static void check(int step, const char *what, int file, long offset, const unsigned char *seen, long size)
{
    for (long i = 0; i < size; i++) {
        if (seen[i] != model[file][offset + i] && wrong++ < 10) {
            tell("step %d, %s: byte %ld of file %d is %d, not %d\n", step, what, offset + i, file, seen[i],
                 model[file][offset + i]);
            return;
        }
    }
}

static long visible(int m)
{
    long there = sizes[mappings[m].file] - mappings[m].offset;
    return there < 0 ? 0 : there < mappings[m].size ? there : mappings[m].size;
}

static void resize(int f, long size)
{
    if (size < sizes[f]) {
        memset(model[f] + size, 0, sizes[f] - size);
    }
    sizes[f] = size;
}

static void remap(int m)
{
    if (mappings[m].at) {
        munmap(mappings[m].at, mappings[m].size);
    }
    int f = mappings[m].file = below(FILES);
    mappings[m].offset = below(10) * PAGE;
    mappings[m].size = (1 + below(6)) * PAGE;
    mappings[m].writable = below(3) > 0;
    mappings[m].at = mmap(NULL, mappings[m].size, mappings[m].writable ? PROT_READ | PROT_WRITE : PROT_READ,
                          MAP_SHARED, mappings[m].writable ? writers[f] : readers[f], mappings[m].offset);
    if (mappings[m].at == MAP_FAILED) {
        tell("no mapping: %d\n", errno);
        exit(1);
    }
}

static void step(int number)
{
    static unsigned char buffer[MOST];
    int f = below(FILES), m = below(MAPPINGS), value = below(256);
    long there = visible(m), from = below(MOST), size = 1 + below(2 * PAGE);
    size = from + size > MOST ? MOST - from : size;
    switch (below(10)) {
    case 0:
        remap(m);
        break;
    case 1:
        if (mappings[m].writable && there > 0) {
            long at = below(there), n = 1 + below(there - at);
            memset(mappings[m].at + at, value, n);
            memset(model[mappings[m].file] + mappings[m].offset + at, value, n);
        }
        break;
    case 2:
    case 3:
        check(number, "mapping", mappings[m].file, mappings[m].offset, mappings[m].at, there);
        break;
    case 4: {
        long n = pread(readers[f], buffer, size, from);
        long expected = from >= sizes[f] ? 0 : from + size > sizes[f] ? sizes[f] - from : size;
        if (n != expected) {
            tell("step %d: %ld of %ld bytes read\n", number, n, expected);
        }
        check(number, "read", f, from, buffer, n < 0 ? 0 : n);
        break;
    }
    case 5:
        memset(buffer, value, size);
        pwrite(writers[f], buffer, size, from);
        resize(f, from + size > sizes[f] ? from + size : sizes[f]);
        memset(model[f] + from, value, size);
        break;
    case 6:
        if (below(3) == 0) {
            ftruncate(writers[f], from);
            resize(f, from);
        }
        break;
    case 7:
        fallocate(writers[f], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, size);
        memset(model[f] + from, 0, size);
        break;
    case 8: {
        char *moved = mremap(mappings[m].at, mappings[m].size, mappings[m].size + PAGE, MREMAP_MAYMOVE);
        if (moved != MAP_FAILED) {
            mappings[m].at = (unsigned char *)moved;
            mappings[m].size += PAGE;
        }
        break;
    }
    default:
        if (mappings[m].writable && there > 0) {
            /* From a file to a mapping, which may be of the same file. */
            long at = below(there), n = 1 + below(there - at);
            if (mappings[m].file != f) {
                long got = pread(writers[f], mappings[m].at + at, n, from);
                memcpy(model[mappings[m].file] + mappings[m].offset + at, model[f] + from, got < 0 ? 0 : got);
            }
        }
    }
}

static void run(void)
{
    for (int f = 0; f < FILES; f++) {
        char name[2] = {'a' + f};
        writers[f] = open(name, O_CREAT | O_RDWR, 0600);
        readers[f] = open(name, O_RDONLY);
        sizes[f] = 5 * PAGE;
        ftruncate(writers[f], sizes[f]);
    }
    for (int m = 0; m < MAPPINGS; m++) {
        remap(m);
    }
    for (int i = 0; i < STEPS; i++) {
        step(i);
        if (i % 200 == 0) {
            tell("step %d: sizes %ld and %ld, %d wrong\n", i, sizes[0], sizes[1], wrong);
        }
    }
    unsigned sum = 0;
    for (int f = 0; f < FILES; f++) {
        static unsigned char all[MOST];
        long n = pread(writers[f], all, MOST, 0);
        check(STEPS, "end", f, 0, all, n);
        for (long i = 0; i < n; i++) {
            sum = sum * 31 + all[i];
        }
    }
    tell("%d wrong, sum %u\n", wrong, sum);
}
