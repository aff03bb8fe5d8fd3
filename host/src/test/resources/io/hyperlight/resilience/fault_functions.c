/* For FaultGuest. */

static int64_t raw(int64_t n, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    register int64_t r10 __asm__("r10") = d;
    register int64_t r8 __asm__("r8") = e;
    register int64_t r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "+a"(n), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     : : "rcx", "r11", "memory");
    return n;
}

static unsigned char buffer[4096];
static volatile unsigned char own[8192] __attribute__((aligned(4096)));

HL_EXPORT(void, spin)
void spin(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}

HL_EXPORT(int64_t, map)
int64_t map(void)
{
    int64_t at = raw(9, 0, 1 << 20, 3, 0x22, -1, 0);
    if (at < 0 && at > -4096) return at;
    *(volatile char *)(at + 5000) = 9;
    int64_t result = raw(10, at, 8192, 1, 0, 0, 0);
    if (result < 0) return result;
    result = *(volatile char *)(at + 5000);
    int64_t changed = raw(10, (int64_t)own, 4096, 1, 0, 0, 0);
    if (changed >= 0) changed = raw(10, (int64_t)own, 4096, 3, 0, 0, 0);
    if (changed < 0) return changed;
    own[0] = 1;
    int64_t unmapped = raw(11, at, 1 << 20, 0, 0, 0, 0);
    return unmapped < 0 ? unmapped : result;
}

HL_EXPORT(int64_t, fill, int64_t)
int64_t fill(int64_t size)
{
    for (int64_t i = 0; i < size; i += 4096) block[i]++;
    return size;
}

HL_EXPORT(int64_t, read_file)
int64_t read_file(void)
{
    int64_t fd = raw(2, (int64_t)"/data/file", 0, 0, 0, 0, 0);
    if (fd < 0) return fd;
    int64_t result = raw(5, fd, (int64_t)buffer, 0, 0, 0, 0);
    if (result >= 0) result = raw(0, fd, (int64_t)buffer, 4096, 0, 0, 0);
    int64_t closed = raw(3, fd, 0, 0, 0, 0, 0);
    return closed < 0 ? closed : result;
}

HL_EXPORT(int64_t, open_file)
int64_t open_file(void) { return raw(2, (int64_t)"/data/file", 0, 0, 0, 0, 0); }

HL_EXPORT(int64_t, list_folder)
int64_t list_folder(void)
{
    int64_t fd = raw(2, (int64_t)"/data", 0x10000, 0, 0, 0, 0);
    if (fd < 0) return fd;
    int64_t result = raw(217, fd, (int64_t)buffer, 4096, 0, 0, 0);
    int64_t closed = raw(3, fd, 0, 0, 0, 0, 0);
    return closed < 0 ? closed : result;
}

HL_EXPORT(int64_t, read_link)
int64_t read_link(void) { return raw(89, (int64_t)"/data/link", (int64_t)buffer, 4096, 0, 0, 0); }
