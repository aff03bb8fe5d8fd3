package io.hyperlight.containment;

import static io.hyperlight.containment.ProgramAttack.comesToNothing;

import java.util.List;

/**
 * Attacks with the contents of files, with files that are not valid, and with the kernel's own
 * files.
 */
final class ContentAttacks {
  private ContentAttacks() {}

  static List<ProgramAttack> all() {
    return List.of(
        comesToNothing(
            "fill a tree again and again",
            """
            long first = 0;
            for (int round = 0; round < 3; round++) {
                long bytes = 0;
                int file = make("/data/large", "");
                MUST(file >= 0);
                for (ssize_t part; (part = write(file, buffer, sizeof buffer)) > 0;) {
                    bytes += part;
                }
                MUST(errno != EIO && write(file, buffer, sizeof buffer) == -1 && errno == ENOSPC);
                MUST(bytes <= 16 << 20 && bytes >= 8 << 20);
                MUST(round == 0 || bytes == first);
                first = bytes;
                MUST(unlink("/data/large") == 0);
                MUST(write(file, buffer, sizeof buffer) < 4096); // the name was counted, too
                MUST(close(file) == 0);
            }
            MUST(make("/other/beside", "x") >= 0);
            """),
        comesToNothing(
            "as many empty files as there is room for",
            """
            char name[300];
            int first = 0;
            for (int round = 0; round < 2; round++) {
                int count = 0;
                for (;; count++) {
                    snprintf(name, sizeof name, "/other/%0200d", count);
                    if (mkdir(name, 0755) != 0) {
                        break;
                    }
                }
                FAILS(ENOSPC, mkdir(name, 0755));
                FAILS(ENOSPC, symlink("x", name));
                MUST(count < 10000 && (round == 0 || count == first));
                first = count;
                while (count-- > 0) {
                    snprintf(name, sizeof name, "/other/%0200d", count);
                    MUST(rmdir(name) == 0);
                }
            }
            """),
        comesToNothing(
            "holes and offsets without end",
            """
            int file = make("/data/hole", "x");
            HARMLESS(ftruncate(file, LONG_MAX));
            HARMLESS(lseek(file, 0, SEEK_DATA));
            HARMLESS(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, LONG_MAX - 1));
            MUST(ftruncate(file, 1) == 0);
            REFUSED(ftruncate(file, -1));
            REFUSED(fallocate(file, 0, 0, LONG_MAX));
            REFUSED(fallocate(file, 0, LONG_MAX, LONG_MAX));
            REFUSED(fallocate(file, -1, 0, 1));
            REFUSED(pwrite(file, "x", 1, LONG_MAX));
            REFUSED(pwrite(file, "x", 1, -1));
            REFUSED(pread(file, buffer, 1, -1));
            MUST(pread(file, buffer, 1, LONG_MAX - 1) <= 0);
            REFUSED(lseek(file, LONG_MAX, SEEK_END));
            REFUSED(lseek(file, -2, SEEK_END));
            HARMLESS(lseek(file, LONG_MAX, SEEK_SET));
            HARMLESS(lseek(file, 1, SEEK_CUR));
            REFUSED(write(file, "xx", 2));
            int bytes = 0;
            for (long i = 0; i < 100000 && pwrite(file, "x", 1, i << 20) == 1; i++) {
                bytes++;
            }
            MUST(bytes < 100000);
            MUST(ftruncate(file, 0) == 0 && pwrite(file, "again", 5, 0) == 5);
            """),
        comesToNothing(
            "files without names",
            """
            int file = make("/data/orphan", "orphan");
            int folder;
            MUST(unlink("/data/orphan") == 0);
            snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", file);
            REFUSED(linkat(AT_FDCWD, buffer, AT_FDCWD, "/other/back", AT_SYMLINK_FOLLOW));
            HARMLESS(open(buffer, O_RDWR));
            HARMLESS(readlink(buffer, buffer + 1000, 1000));
            MUST(pread(file, buffer, 100, 0) == 6 && memcmp(buffer, "orphan", 6) == 0);
            MUST(mkdir("/data/gone", 0755) == 0 && (folder = open("/data/gone", O_RDONLY)) >= 0);
            MUST(rmdir("/data/gone") == 0);
            REFUSED(mkdirat(folder, "inside", 0755));
            REFUSED(openat(folder, "inside", O_RDWR | O_CREAT, 0644));
            REFUSED(symlinkat("/", folder, "inside"));
            REFUSED(renameat(AT_FDCWD, "/host/text", folder, "inside"));
            HARMLESS(syscall(SYS_getdents64, folder, buffer, sizeof buffer));
            """),
        comesToNothing(
            "pipes and devices of the host",
            """
            static const char *const none[] = {
                "/host/pipe", "/dev/kvm", "/dev/mem", "/dev/port", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/net/tun",
                "/dev/fuse", "/dev/pts/0", "/dev/ptmx", "/dev/vsock", "/dev/vhost-net", "/dev/userfaultfd",
            };
            for (size_t i = 0; i < COUNT(none); i++) {
                FAILS(ENOENT, open(none[i], O_RDONLY | O_NONBLOCK));
                FAILS(ENOENT, open(none[i], O_PATH));
            }
            FAILS(ENXIO, open("/dev/tty", O_RDWR));
            REFUSED(mknod("/data/memory", S_IFCHR | 0666, 1 << 8 | 1));
            REFUSED(mknod("/data/disk", S_IFBLK | 0666, 8 << 8));
            """),
        comesToNothing(
            "files of the kernel",
            """
            static const char *const none[] = {
                "/proc/self/root/etc/passwd", "/proc/1/root/etc/passwd", "/proc/self/mem", "/proc/1/mem",
                "/proc/self/map_files", "/proc/self/pagemap", "/proc/self/ns/mnt", "/proc/self/task/1/mem",
                "/proc/2/cmdline", "/proc/kcore", "/proc/kallsyms", "/proc/sysrq-trigger", "/proc/net/tcp",
                "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper",
                "/sys/fs/cgroup", "/sys/kernel/debug", "/sys/module/kvm", "/proc/self/syscall", "/proc/self/clear_refs",
            };
            static const char *const fixed[] = {
                "/proc/self/exe", "/proc/self/cmdline", "/proc/self/maps", "/proc/self/environ", "/proc/self/status",
                "/proc/sys/vm/overcommit_memory", "/proc/cpuinfo", "/sys/devices/system/cpu/online",
            };
            for (size_t i = 0; i < COUNT(none); i++) {
                REFUSED(open(none[i], O_RDONLY));
                REFUSED(open(none[i], O_WRONLY));
            }
            for (size_t i = 0; i < COUNT(fixed); i++) {
                MUST(close(open(fixed[i], O_RDONLY)) == 0);
                REFUSED(open(fixed[i], O_WRONLY));
                REFUSED(truncate(fixed[i], 0));
                REFUSED(unlink(fixed[i]));
                REFUSED(rename(fixed[i], "/data/stolen"));
            }
            """),
        comesToNothing(
            "look for the host in its own maps",
            """
            int file = open("/proc/self/maps", O_RDONLY);
            ssize_t size = 0;
            for (ssize_t part; (part = read(file, buffer + size, sizeof buffer - 1 - size)) > 0;) {
                size += part;
            }
            buffer[size] = 0;
            MUST(size > 100);
            MUST(!strstr(buffer, "jvm") && !strstr(buffer, "java") && !strstr(buffer, "ffff8"));
            MUST((file = open("/proc/self/environ", O_RDONLY)) >= 0 && read(file, buffer, sizeof buffer) == 0);
            """));
  }
}
