/* Where mappings go, and calls over holes. */
static const unsigned long hints[] = {0x50000000, 0x10000000000, 0x100000000, 0x7e0000000000, 0x20000000, 0x60001000};

static const char *place(void *found, unsigned long wanted)
{
    return found == MAP_FAILED ? "failed" : (unsigned long)found == wanted ? "taken" : "elsewhere";
}

static void run(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    for (int i = 0; i < 6; i++) {
        for (int distance = 0; distance < 2; distance++) {
            unsigned long hint = hints[i] + (distance << 26);
            tell("hint %lx %s\n", hint, place(mmap((void *)hint, 1 << 16, distance ? PROT_NONE : 3, flags, -1, 0), hint));
            tell("again %s\n", place(mmap((void *)hint, 1 << 16, 3, flags, -1, 0), hint));
            R(mmap((void *)hint, 4096, 3, flags | MAP_FIXED_NOREPLACE, -1, 0));
            tell("odd %s\n", place(mmap((void *)(hint + (1 << 16) + 5), 4096, 3, flags, -1, 0), hint + (1 << 16)));
        }
        unsigned long fixed = hints[i] + (2 << 26);
        char *p = mmap((void *)fixed, 1 << 16, 3, flags | MAP_FIXED, -1, 0);
        R(p[5] = 1);
        R(mmap((void *)(fixed + (1 << 22)), 4096, 3, flags | MAP_FIXED_NOREPLACE, -1, 0) == (void *)(fixed + (1 << 22)));
    }
    tell("low %s\n", place(mmap((void *)0x70000000, 1 << 16, 3, flags | MAP_32BIT, -1, 0), 0x70000000));
    for (int i = 0; i < 20; i++) {
        unsigned long low = (unsigned long)mmap(NULL, 1 << 16, 3, flags | MAP_32BIT, -1, 0);
        tell("%d\n", low >= 0x40000000 && low <= 0x80000000 - (1 << 16));
    }
    tell("%d\n", (unsigned long)mmap((void *)0x7e0000000000, 4096, 3, flags | MAP_32BIT, -1, 0) < 0x80000000);
    R(mmap(NULL, 1 << 30, PROT_NONE, flags | MAP_32BIT, -1, 0));
    R(mmap(NULL, 4096, 3, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
    make("f", "bytes");
    int file = open("f", O_RDONLY);
    R(mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE, file, 0) != MAP_FAILED);
    R(mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x80000, file, 0));

    char *m = mmap(NULL, 5 * 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(m, 5, 5 * 4096);
    R(munmap(m + 8192, 4096));
    R(madvise(m, 5 * 4096, MADV_DONTNEED));
    tell("%d %d %d %d\n", m[0], m[4096], m[3 * 4096], m[4 * 4096]);
    R(msync(m, 5 * 4096, MS_SYNC));
    R(msync(m, 8192, MS_SYNC));
    R(msync(m, 8192, MS_SYNC | MS_ASYNC));
    R(madvise(m, 5 * 4096, MADV_POPULATE_READ));
    R(madvise(m, 8192, MADV_POPULATE_WRITE));
    R(madvise(m, 5 * 4096, MADV_NORMAL));
    unsigned char there[6] = {9, 9, 9, 9, 9, 9};
    memset(m, 5, 8192);
    R(mincore(m, 8192, there));
    R(mincore(m, 5 * 4096, there));
    tell("%d %d %d\n", there[0] & 1, there[1] & 1, there[2]);
    R(mincore(m + 1, 4096, there));
    R(mincore(m, 0, there));
    R(mincore(m + 8192, 4096, there));
    R(mincore(m, 4096, (void *)8));
    char *fresh = mmap(NULL, 64 << 12, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fresh[5 << 12] = 1;
    unsigned char pages[64];
    R(mincore(fresh, 64 << 12, pages));
    tell("touched %d\n", pages[5] & 1);
    R(mprotect(m, 5 * 4096, PROT_READ));
    R(pread(file, m, 1, 0));
    R(pread(file, m + 4096, 1, 0));
    R(pread(file, m + 3 * 4096, 1, 0));
    R(mprotect(m + 8192, 4096, PROT_READ));
    R(munmap(m, 5 * 4096));
    R(munmap(m, 5 * 4096));

    char *s = mmap(NULL, 6 * 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(s + 8192, 4096, PROT_READ);
    munmap(s + 4 * 4096, 4096);
    R(mremap(s, 6 * 4096, 4096, 0) == s);
    R(mincore(s + 4096, 4096, there));
    R(mincore(s + 5 * 4096, 4096, there));
    R(mremap(s, 4096, 2 * 4096, 0) == s);
    R(mremap(s, 4096, 3 * 4096, 0));
    R(mremap(s, 4096, 0, 0));
    R(mremap(s + 1, 4096, 4096, 0));
    R(mremap(s, 4096, 4096, MREMAP_FIXED, s + 4096));
    R(mremap(s, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, s + 4096));
    R(mremap(s, 4096, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
    R(mremap(s, 4096, 4096, MREMAP_DONTUNMAP, NULL));
    R(mremap((void *)0x12345000, 4096, 8192, MREMAP_MAYMOVE));
    s[0] = 77;
    char *moved = mremap(s, 8192, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    tell("%d %d %d\n", moved != s, moved[0], s[0]);
    char *target = mmap(NULL, 4 * 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(target, 1, 4 * 4096);
    R(mremap(moved, 8192, 3 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
    tell("%d %d %d %d\n", target[0], target[4096], target[2 * 4096], target[3 * 4096]);
    R(mincore(moved, 4096, there));
}
