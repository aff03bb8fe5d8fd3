package io.hyperlight.containment;

import static io.hyperlight.containment.ProgramAttack.comesToNothing;
import static io.hyperlight.containment.ProgramAttack.ends;

import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestExitException;
import java.util.List;

/** Attacks with descriptors of all kinds. */
final class DescriptorAttacks {
  private DescriptorAttacks() {}

  static List<ProgramAttack> all() {
    return List.of(
        comesToNothing(
            "name descriptors of the host",
            """
            static const int others[] = {-1, -2, -99, -101, INT_MIN, INT_MAX, 1 << 20, 65535, 4096};
            for (int i = 3; i < 2000 + (int)COUNT(others); i++) {
                int file = i < 2000 ? i : others[i - 2000];
                FAILS(EBADF, fcntl(file, F_GETFD));
                FAILS(EBADF, read(file, buffer, 1));
                FAILS(EBADF, syscall(SYS_fstat, file, buffer));
                FAILS(EBADF, dup(file));
                FAILS(EBADF, fchdir(file));
                FAILS(EBADF, ioctl(file, FIONREAD, buffer));
                FAILS(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0));
                FAILS(EBADF, openat(file, "text", O_RDONLY));
                snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", file);
                FAILS(ENOENT, open(buffer, O_RDONLY));
                FAILS(ENOENT, readlink(buffer, buffer, sizeof buffer));
            }
            FAILS(EBADF, syscall(SYS_fcntl, 0x700000003ul, F_GETFD));
            FAILS(EBADF, syscall(SYS_close, 0xffffffff00000003ul));
            """),
        comesToNothing(
            "paths relative to what is no directory",
            """
            int file = make("/data/file", "x");
            int ends[2];
            MUST(pipe(ends) == 0);
            FAILS(ENOTDIR, openat(file, "x", O_RDONLY));
            FAILS(ENOTDIR, openat(file, "../../etc/passwd", O_RDONLY));
            FAILS(ENOTDIR, openat(ends[0], "x", O_RDONLY));
            FAILS(ENOTDIR, openat(0, "x", O_RDONLY));
            FAILS(ENOTDIR, mkdirat(1, "x", 0755));
            FAILS(ENOTDIR, fchdir(file));
            FAILS(ENOTDIR, renameat(AT_FDCWD, "/data/file", ends[1], "x"));
            MUST(openat(12345, "/host/text", O_RDONLY) >= 0);
            FAILS(ENOENT, openat(file, "", O_RDONLY));
            """),
        comesToNothing(
            "descriptors that are only paths",
            """
            int path = open("/host/text", O_PATH);
            int folder = open("/host", O_PATH | O_DIRECTORY);
            int link = open("/host/up", O_PATH | O_NOFOLLOW);
            MUST(path >= 0 && folder >= 0 && link >= 0);
            FAILS(EBADF, read(path, buffer, 1));
            FAILS(EBADF, write(path, buffer, 1));
            FAILS(EBADF, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, path, 0));
            FAILS(EBADF, ftruncate(path, 0));
            FAILS(EBADF, fchmod(path, 0777));
            FAILS(EBADF, syscall(SYS_getdents64, folder, buffer, sizeof buffer));
            FAILS(EBADF, ioctl(path, FIONREAD, buffer));
            REFUSED(fcntl(path, F_SETFL, O_RDWR));
            FAILS(EBADF, read(dup(path), buffer, 1));
            FAILS(EBADF, read(link, buffer, 1));
            snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", path);
            FAILS(EROFS, open(buffer, O_RDWR));
            REFUSED(open(buffer, O_RDWR | O_CREAT | O_TRUNC, 0644));
            snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", link);
            REFUSED(open(buffer, O_RDONLY));
            snprintf(buffer, sizeof buffer, "/proc/self/fd/%d/../outside/secret", folder);
            FAILS(ENOENT, open(buffer, O_RDONLY));
            FAILS(ENOENT, openat(folder, "up", O_RDONLY));
            REFUSED(linkat(path, "", AT_FDCWD, "/data/x", AT_EMPTY_PATH));
            """),
        comesToNothing(
            "more rights by opening again",
            """
            MUST(close(make("/data/fixed", "fixed")) == 0 && chmod("/data/fixed", 0400) == 0);
            int file = open("/data/fixed", O_RDONLY);
            MUST(file >= 0);
            snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", file);
            FAILS(EACCES, open(buffer, O_RDWR));
            FAILS(EACCES, open("/data/fixed", O_WRONLY | O_TRUNC));
            HARMLESS(fcntl(file, F_SETFL, O_RDWR | O_APPEND));
            FAILS(EBADF, write(file, "x", 1));
            FAILS(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
            MUST(pread(file, buffer, 9, 0) == 5);
            """),
        comesToNothing(
            "all descriptors there are",
            """
            int first = 0;
            for (int round = 0; round < 3; round++) {
                int count = 0;
                int ends[2] = {-5, -5};
                while (open(count % 2 ? "/host/text" : "/data", O_RDONLY) >= 0) {
                    MUST(++count < 1000);
                }
                FAILS(EMFILE, open("/host/text", O_RDONLY));
                FAILS(EMFILE, open("/data/made", O_RDWR | O_CREAT, 0644));
                FAILS(EMFILE, dup(0));
                FAILS(EMFILE, pipe(ends));
                MUST(ends[0] == -5 && ends[1] == -5);
                FAILS(EBADF, dup2(0, 256));
                FAILS(EBADF, dup2(0, INT_MAX));
                FAILS(EINVAL, fcntl(0, F_DUPFD, 1 << 30));
                FAILS(EINVAL, fcntl(0, F_DUPFD, -1));
                MUST(round == 0 || count == first);
                first = count;
                FAILS(EINVAL, syscall(SYS_close_range, 5, 4, 0));
                MUST(syscall(SYS_close_range, 3, ~0u, 0) == 0);
                MUST(count_open() == 3);
            }
            """),
        comesToNothing(
            "full pipes everywhere",
            """
            int pipes = 0;
            for (int ends[2]; pipe2(ends, O_NONBLOCK) == 0; pipes++) {
                long filled = 0;
                for (ssize_t part; (part = write(ends[1], buffer, sizeof buffer)) > 0;) {
                    filled += part;
                }
                MUST(filled == 65536);
                FAILS(EAGAIN, write(ends[1], buffer, 1));
                HARMLESS(fcntl(ends[1], F_SETPIPE_SZ, INT_MAX));
                FAILS(EAGAIN, write(ends[1], buffer, sizeof buffer));
            }
            MUST(pipes > 100 && pipes < 128);
            """),
        comesToNothing(
            "map every kind of descriptor",
            """
            static const int rights[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, 7, PROT_WRITE, -1};
            static const int flags[] = {MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_PRIVATE | MAP_SHARED, 0};
            static const long offsets[] = {0, 1, PAGE, -PAGE, LONG_MAX & -PAGE, LONG_MIN};
            static const size_t sizes[] = {0, 1, 2 * PAGE, 1ul << 46, -PAGE, -1};
            int kinds[KINDS];
            MUST(one_of_each(kinds) == KINDS);
            for (size_t n = 0; n < KINDS * COUNT(rights) * COUNT(flags) * COUNT(offsets) * COUNT(sizes); n++) {
                size_t rest = n;
                int kind = kinds[rest % KINDS];
                int right = rights[(rest /= KINDS) % COUNT(rights)];
                int flag = flags[(rest /= COUNT(rights)) % COUNT(flags)];
                long offset = offsets[(rest /= COUNT(flags)) % COUNT(offsets)];
                size_t size = sizes[rest / COUNT(offsets)];
                char *at = mmap(NULL, size, right, flag, kind, offset);
                if (at != MAP_FAILED) {
                    MUST(size > 0 && size <= 1ul << 46 && offset >= 0);
                    MUST((right & (PROT_WRITE | PROT_EXEC)) != (PROT_WRITE | PROT_EXEC));
                    if (offset == 0 && right & PROT_READ) {
                        *(volatile char *)at;
                    }
                    if (offset == 0 && right == (PROT_READ | PROT_WRITE)) {
                        at[0] = 'x';
                    }
                    if (right & PROT_WRITE) {
                        FAILS(EACCES, mprotect(at, size, PROT_READ | PROT_EXEC));
                    }
                    MUST(munmap(at, size) == 0);
                }
            }
            MUST(pread(kinds[2], buffer, 4, 0) == 4 && memcmp(buffer, "text", 4) == 0);
            """),
        comesToNothing(
            "map a file of memory everywhere",
            """
            FAILS(EFAULT, syscall(SYS_memfd_create, SUPERVISOR, 0));
            FAILS(EINVAL, syscall(SYS_memfd_create, "x", 0xffffffe0));
            int file = syscall(SYS_memfd_create, "x", 2);
            MUST(ftruncate(file, 1ul << 50) == 0);
            FAILS(EPERM, mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0));
            FAILS(EACCES, mmap(NULL, PAGE, 7, MAP_SHARED, file, 0));
            char *large = mmap(NULL, 1ul << 44, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            MUST(large != MAP_FAILED);
            FAILS(EACCES, mprotect(large, PAGE, PROT_READ | PROT_EXEC));
            large[1ul << 43] = 'x';
            MUST(pread(file, buffer, 1, 1ul << 43) == 1 && buffer[0] == 'x');
            MUST(lseek(file, 0, SEEK_DATA) <= 1l << 43);
            for (int i = 0; i < 300; i++) {
                char *again = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 1ul << 43);
                MUST(again != MAP_FAILED && again[0] == 'x');
                again[PAGE] = i;
                MUST(large[(1ul << 43) + PAGE] == (char)i);
            }
            FAILS(EBUSY, fcntl(file, 1033, 8));
            FAILS(EINVAL, fcntl(file, 1033, -1));
            MUST(ftruncate(file, 0) == 0 && ftruncate(file, PAGE) == 0 && large[0] == 0);
            MUST(fcntl(file, 1033, 1 | 2) == 0);
            FAILS(EPERM, ftruncate(file, 0));
            """),
        comesToNothing(
            "copy between all kinds of descriptors",
            """
            static const size_t sizes[] = {0, 70000, -1};
            static const long offsets[] = {0, 5, -1, LONG_MAX};
            int kinds[KINDS];
            MUST(one_of_each(kinds) == KINDS);
            for (int i = 0; i < KINDS * KINDS; i++) {
                int in = kinds[i % KINDS];
                int out = kinds[i / KINDS];
                for (size_t j = 0; j < COUNT(sizes) * COUNT(offsets); j++) {
                    size_t size = sizes[j % COUNT(sizes)];
                    long a = offsets[j / COUNT(sizes)];
                    long b = a;
                    long results[] = {
                        sendfile(out, in, NULL, size),
                        sendfile(out, in, &a, size),
                        syscall(SYS_copy_file_range, in, NULL, out, NULL, size, 0),
                        syscall(SYS_copy_file_range, in, &a, out, &b, size, j % 3),
                        syscall(SYS_splice, in, NULL, out, NULL, size, 0),
                        syscall(SYS_tee, in, out, size, 0),
                    };
                    for (size_t k = 0; k < COUNT(results); k++) {
                        MUST(results[k] >= -1 && results[k] <= 1 << 20);
                    }
                }
                MUST(ftruncate(kinds[0], 10) == 0);
            }
            FAILS(EFAULT, sendfile(kinds[6], kinds[2], SUPERVISOR, 1));
            FAILS(EFAULT, syscall(SYS_copy_file_range, kinds[2], NOWHERE, kinds[0], NULL, 1, 0));
            """),
        comesToNothing(
            "tables of parts that lie",
            """
            static struct iovec parts[1025];
            int file = make("/data/parts", "0123456789");
            for (size_t i = 0; i < COUNT(parts); i++) {
                parts[i] = (struct iovec){buffer, 1};
            }
            FAILS(EINVAL, preadv(file, parts, 1025, 0));
            FAILS(EINVAL, preadv(file, parts, -1, 0));
            FAILS(EINVAL, syscall(SYS_readv, file, parts, INT_MIN));
            FAILS(EINVAL, preadv(file, parts, 1, -1));
            FAILS(EFAULT, preadv(file, SUPERVISOR, 1, 0));
            FAILS(EFAULT, preadv(file, NOWHERE, 1024, 0));
            parts[0] = (struct iovec){buffer, LONG_MAX};
            parts[1] = (struct iovec){buffer, LONG_MAX};
            REFUSED(preadv(file, parts, 2, 0));
            parts[1] = (struct iovec){buffer, -1};
            REFUSED(pwritev(file, parts, 2, 0));
            parts[0] = (struct iovec){buffer, 5};
            parts[1] = (struct iovec){SUPERVISOR, 5};
            HARMLESS(preadv(file, parts, 2, 0));
            HARMLESS(pwritev(file, parts, 2, 0));
            parts[0] = (struct iovec){SUPERVISOR, 5};
            FAILS(EFAULT, preadv(file, parts, 1, 0));
            FAILS(EFAULT, pwritev(file, parts, 1, 0));
            FAILS(EFAULT, pread(file, (void *)0x10000, 5, 0));
            HARMLESS(read(file, (void *)0x10000, 5));
            """),
        comesToNothing(
            "odd requests to all kinds of descriptors",
            """
            int kinds[KINDS];
            MUST(one_of_each(kinds) == KINDS);
            for (int i = 0; i < KINDS; i++) {
                for (unsigned long request = 0; request < 256; request++) {
                    REFUSED(ioctl(kinds[i], 0xae00 | request, 0));
                    REFUSED(ioctl(kinds[i], 0x4020ae46 ^ request << 24, SUPERVISOR));
                    HARMLESS(ioctl(kinds[i], 0x5400 | request, SUPERVISOR));
                    HARMLESS(fcntl(kinds[i], request + 2000, -1));
                }
                REFUSED(ioctl(kinds[i], TIOCSTI, "x"));
                HARMLESS(fcntl(kinds[i], F_SETOWN, 1));
                HARMLESS(fcntl(kinds[i], F_SETSIG, SIGKILL));
            }
            """),
        comesToNothing(
            "standard input under another number",
            """
            MUST(dup2(0, 100) == 100 && close(0) == 0);
            MUST(open("/host/text", O_RDONLY) == 0);
            MUST(read(0, buffer, 4) == 4 && memcmp(buffer, "text", 4) == 0);
            MUST(read(100, buffer, 4) == 0);
            FAILS(EBADF, write(100, "x", 1));
            MUST(dup2(100, 0) == 0);
            """),
        ends(
            "close everything",
            GuestExitException.class,
            """
            MUST(syscall(SYS_close_range, 0, ~0u, 0) == 0);
            FAILS(ENOENT, open("/dev/stdout", O_WRONLY));
            MUST(open("/host/text", O_RDONLY) == 0 && open("/data", O_RDONLY) == 1);
            """),
        ends(
            "read from a pipe of its own for ever",
            GuestDeadlockException.class,
            """
            int ends[2];
            MUST(pipe(ends) == 0 && read(ends[0], buffer, 1) == 1);
            """),
        ends(
            "write to a pipe of its own for ever",
            GuestDeadlockException.class,
            """
            int ends[2];
            MUST(pipe(ends) == 0);
            while (write(ends[1], buffer, sizeof buffer) > 0) {
            }
            """),
        ends(
            "poll for what never comes",
            GuestDeadlockException.class,
            """
            int ends[2];
            MUST(pipe(ends) == 0);
            struct pollfd poll_for = {ends[0], POLLIN, 0};
            poll(&poll_for, 1, -1);
            """));
  }
}
