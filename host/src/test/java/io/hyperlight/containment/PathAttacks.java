package io.hyperlight.containment;

import static io.hyperlight.containment.ProgramAttack.comesToNothing;

import java.util.List;

/** Attacks with paths, links and names of files. */
final class PathAttacks {
  private PathAttacks() {}

  static List<ProgramAttack> all() {
    return List.of(
        comesToNothing(
            "go up beyond the root",
            """
            FAILS(ENOENT, open("/host/../../../../../../etc/passwd", O_RDONLY));
            for (int i = 0; i < 1000; i++) {
                MUST(chdir("..") == 0);
            }
            FAILS(ENOENT, open("../../etc/shadow", O_RDONLY));
            int folder = open("/host/sub", O_RDONLY | O_DIRECTORY);
            MUST(folder >= 0);
            FAILS(ENOENT, openat(folder, "../../outside/secret", O_RDONLY));
            FAILS(ENOENT, openat(folder, "../../../outside/secret", O_RDONLY));
            MUST(fchdir(folder) == 0);
            FAILS(ENOENT, open("../../outside/secret", O_RDONLY));
            """),
        comesToNothing(
            "follow links of the host's out of its tree",
            """
            char target[4096];
            FAILS(ENOENT, open("/host/up", O_RDONLY));
            FAILS(ENOENT, open("/host/absolute", O_RDONLY));
            FAILS(ENOENT, open("/host/root/outside/secret", O_RDONLY));
            FAILS(ELOOP, open("/host/loop", O_RDONLY));
            FAILS(ELOOP, open("/host/up", O_RDONLY | O_NOFOLLOW));
            REFUSED(open("/host/process/etc/passwd", O_RDONLY));
            MUST(access("/host/root/data", F_OK) == 0);
            ssize_t size = readlink("/host/absolute", target, sizeof target - 1);
            MUST(size > 0);
            target[size] = 0;
            FAILS(ENOENT, open(target, O_RDONLY));
            MUST(symlink(target, "/data/again") == 0);
            FAILS(ENOENT, open("/data/again", O_RDONLY));
            MUST(symlink("/host/up", "/data/twice") == 0);
            FAILS(ENOENT, open("/data/twice", O_RDONLY));
            """),
        comesToNothing(
            "make files through links that lead nowhere",
            """
            MUST(symlink("/host/made", "/data/dangling") == 0);
            FAILS(EROFS, open("/data/dangling", O_WRONLY | O_CREAT, 0644));
            FAILS(EEXIST, open("/data/dangling", O_WRONLY | O_CREAT | O_EXCL, 0644));
            FAILS(EEXIST, mkdir("/data/dangling", 0755));
            MUST(symlink("/nowhere/made", "/data/nowhere") == 0);
            FAILS(ENOENT, open("/data/nowhere", O_WRONLY | O_CREAT, 0644));
            MUST(symlink("/proc/self/exe", "/data/exe") == 0);
            REFUSED(open("/data/exe", O_WRONLY | O_TRUNC));
            """),
        comesToNothing(
            "change a tree of the host",
            """
            FAILS(EROFS, open("/host/text", O_WRONLY));
            FAILS(EROFS, open("/host/text", O_RDWR));
            FAILS(EROFS, open("/host/text", O_RDONLY | O_TRUNC));
            FAILS(EROFS, open("/host/new", O_WRONLY | O_CREAT, 0644));
            REFUSED(open("/host", O_WRONLY | O_TMPFILE, 0644));
            FAILS(EROFS, truncate("/host/text", 0));
            FAILS(EROFS, unlink("/host/text"));
            FAILS(EROFS, rmdir("/host/sub"));
            FAILS(EROFS, mkdir("/host/new", 0755));
            FAILS(EROFS, symlink("/", "/host/new"));
            FAILS(EROFS, rename("/host/text", "/host/new"));
            FAILS(EROFS, link("/host/text", "/host/new"));
            FAILS(EROFS, chmod("/host/text", 0777));
            FAILS(EROFS, chown("/host/text", 0, 0));
            FAILS(EROFS, utimensat(AT_FDCWD, "/host/text", NULL, 0));
            REFUSED(mknod("/host/new", S_IFREG | 0644, 0));
            int file = open("/host/text", O_RDONLY);
            MUST(file >= 0);
            FAILS(EBADF, write(file, "x", 1));
            FAILS(EBADF, fallocate(file, 0, 0, 10));
            FAILS(EINVAL, ftruncate(file, 0));
            FAILS(EROFS, fchmod(file, 0777));
            FAILS(EROFS, futimens(file, NULL));
            """),
        comesToNothing(
            "rename and link across trees",
            """
            MUST(make("/data/file", "x") >= 0);
            FAILS(EXDEV, rename("/data/file", "/other/file"));
            FAILS(EXDEV, link("/data/file", "/other/file"));
            FAILS(EXDEV, rename("/host/text", "/data/text"));
            FAILS(EXDEV, link("/host/text", "/data/text"));
            REFUSED(renameat2(AT_FDCWD, "/data/file", AT_FDCWD, "/host/text", RENAME_EXCHANGE));
            REFUSED(link("/proc/self/exe", "/data/exe"));
            REFUSED(linkat(AT_FDCWD, "/proc/self/fd/0", AT_FDCWD, "/data/in", AT_SYMLINK_FOLLOW));
            REFUSED(rename("/data", "/other/data"));
            REFUSED(rename("/other", "/data/other"));
            REFUSED(rename("/proc", "/data/proc"));
            REFUSED(rmdir("/other"));
            REFUSED(rmdir("/"));
            REFUSED(link("/data", "/data/data"));
            MUST(mkdir("/data/a", 0755) == 0);
            FAILS(EINVAL, rename("/data/a", "/data/a/b"));
            MUST(access("/data/file", F_OK) == 0 && access("/other/file", F_OK) == -1);
            """),
        comesToNothing(
            "take the working directory away from below",
            """
            MUST(mkdir("/data/a", 0755) == 0 && mkdir("/data/a/b", 0755) == 0 && chdir("/data/a/b") == 0);
            MUST(rename("/data/a/b", "/data/c") == 0);
            FAILS(ENOENT, open("../../../../etc/passwd", O_RDONLY));
            HARMLESS(open("inside", O_WRONLY | O_CREAT, 0644));
            HARMLESS(unlink("/data/c/inside"));
            HARMLESS(rmdir("/data/c"));
            HARMLESS(rmdir("/data/a"));
            REFUSED(mkdir("more", 0755));
            REFUSED(open("more", O_WRONLY | O_CREAT, 0644));
            HARMLESS(syscall(SYS_getcwd, buffer, sizeof buffer));
            HARMLESS(chdir(".."));
            HARMLESS(rename(".", "/data/there"));
            MUST(chdir("/") == 0);
            """),
        comesToNothing(
            "links that grow without end",
            """
            char from[300], to[300];
            MUST(mkdir("/data/l0", 0755) == 0);
            for (int i = 1; i < 40; i++) {
                snprintf(from, sizeof from, "l%d/../l%d/../l%d/../l%d", i - 1, i - 1, i - 1, i - 1);
                snprintf(to, sizeof to, "/data/l%d", i);
                MUST(symlink(from, to) == 0);
            }
            MUST(access("/data/l2", F_OK) == 0);
            FAILS(ELOOP, access("/data/l39", F_OK));
            FAILS(ELOOP, open("/data/l39/new", O_WRONLY | O_CREAT, 0644));
            memset(buffer, '/', 4000);
            strcpy(buffer + 4000, "data/l39");
            FAILS(ELOOP, access(buffer, F_OK));
            """),
        comesToNothing(
            "more nested directories than any path has names",
            """
            MUST(chdir("/data") == 0);
            int depth = 0;
            while (depth < 10000 && mkdir("d", 0755) == 0 && chdir("d") == 0) {
                depth++;
            }
            MUST(depth > 2000 && chdir("..") == 0); // the last one is too deep for files
            MUST(make("deepest", "x") >= 0);
            HARMLESS(syscall(SYS_getcwd, buffer, sizeof buffer));
            FAILS(ENAMETOOLONG, syscall(SYS_getcwd, buffer, 100)); // of more than a page, as on Linux
            int deep = open(".", O_RDONLY | O_DIRECTORY);
            MUST(deep >= 0);
            snprintf(buffer, sizeof buffer, "/proc/self/fd/%d/deepest", deep);
            HARMLESS(open(buffer, O_RDONLY));
            MUST(chdir("/") == 0);
            REFUSED(rename("/data/d", "/data/d/d/d/d/e"));
            MUST(rename("/data/d", "/data/e") == 0);
            MUST(openat(deep, "deepest", O_RDONLY) >= 0);
            MUST(fchdir(deep) == 0);
            for (int i = 0; i < 12000; i++) {
                MUST(chdir("..") == 0);
            }
            FAILS(ENOENT, open("etc/passwd", O_RDONLY));
            """),
        comesToNothing(
            "trees that are hung below each other",
            """
            for (int tree = 0; tree < 8; tree++) {
                MUST(chdir("/data") == 0 && mkdir("x", 0755) == 0 && chdir("x") == 0);
                for (int i = 0; i < 1500; i++) {
                    MUST(mkdir("d", 0755) == 0 && chdir("d") == 0);
                }
                MUST(close(make("deepest", "x")) == 0);
                if (tree > 0) {
                    HARMLESS(rename("/data/tree", "tree"));
                }
                MUST(chdir("/data") == 0);
                HARMLESS(rename("x", "tree"));
                HARMLESS(rename("x", "again"));
                HARMLESS(rename("again", "tree/d/d/d/again"));
            }
            int names = 0;
            while (names < 20000 && (chdir("d") == 0 || chdir("tree") == 0)) {
                names++;
            }
            HARMLESS(syscall(SYS_getcwd, buffer, sizeof buffer));
            for (int i = 0; i < 20000; i++) {
                MUST(chdir("..") == 0);
            }
            FAILS(ENOENT, open("etc/passwd", O_RDONLY));
            """),
        comesToNothing(
            "names of all bytes",
            """
            char name[300];
            MUST(mkdir("/data/n", 0755) == 0 && chdir("/data/n") == 0);
            for (int i = 1; i < 256; i++) {
                if (i != '/' && i != '.') {
                    name[0] = (char)i;
                    name[1] = 0;
                    MUST(close(make(name, name)) == 0);
                }
            }
            MUST(close(make("\\xed\\xa0\\x80\\xff\\xfe\\n\\\\..\\r\\033[2J", "x")) == 0);
            memset(name, 0xff, 256);
            name[256] = 0;
            FAILS(ENAMETOOLONG, open(name, O_RDWR | O_CREAT, 0644));
            name[255] = 0;
            MUST(close(make(name, "x")) == 0);
            int count = 0;
            DIR *folder = opendir(".");
            for (struct dirent *entry; (entry = readdir(folder));) {
                struct stat status;
                MUST(lstat(entry->d_name, &status) == 0);
                count++;
            }
            MUST(count == 2 + 253 + 2);
            closedir(folder);
            MUST(chdir("/") == 0);
            """),
        comesToNothing(
            "paths that are too long or end nowhere",
            """
            memset(buffer, 'x', sizeof buffer);
            FAILS(ENAMETOOLONG, open(buffer, O_RDONLY));
            for (int i = 0; i < 4096; i += 2) {
                memcpy(buffer + i, "./", 2);
            }
            FAILS(ENAMETOOLONG, open(buffer, O_RDONLY));
            buffer[4095] = 0;
            MUST(open(buffer, O_RDONLY) >= 0);
            char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            MUST(pages != MAP_FAILED && munmap(pages + PAGE, PAGE) == 0);
            memset(pages, '/', PAGE);
            FAILS(EFAULT, open(pages + 10, O_RDONLY));
            FAILS(EFAULT, open(NULL, O_RDONLY));
            FAILS(EFAULT, open(SUPERVISOR, O_RDONLY));
            FAILS(EFAULT, syscall(SYS_rename, "/data/x", NOWHERE));
            FAILS(EFAULT, syscall(SYS_readlink, "/host/up", SUPERVISOR, 100));
            FAILS(EFAULT, syscall(SYS_stat, "/host/text", pages + PAGE - 8));
            FAILS(ENOENT, open("", O_RDONLY));
            """),
        comesToNothing(
            "a directory that changes while it is listed",
            """
            char name[40];
            MUST(mkdir("/data/many", 0755) == 0 && chdir("/data/many") == 0);
            for (int i = 0; i < 2000; i++) {
                snprintf(name, sizeof name, "name%d", i);
                MUST(mkdir(name, 0755) == 0);
            }
            int folder = open(".", O_RDONLY | O_DIRECTORY);
            FAILS(EINVAL, syscall(SYS_getdents64, folder, buffer, 10));
            HARMLESS(syscall(SYS_getdents64, folder, buffer, 0));
            FAILS(EFAULT, syscall(SYS_getdents64, folder, SUPERVISOR, 4096));
            HARMLESS(syscall(SYS_getdents64, folder, buffer, -1));
            HARMLESS(syscall(SYS_getdents64, folder, NOWHERE, 1u << 31));
            HARMLESS(lseek(folder, LONG_MAX, SEEK_SET));
            HARMLESS(syscall(SYS_getdents64, folder, buffer, sizeof buffer));
            REFUSED(lseek(folder, -1, SEEK_SET));
            MUST(lseek(folder, 0, SEEK_SET) == 0);
            int listed = 0;
            for (long size; (size = syscall(SYS_getdents64, folder, buffer, 300)) > 0;) {
                MUST(listed++ < 10000);
                snprintf(name, sizeof name, "name%d", listed * 7 % 2000);
                HARMLESS(rmdir(name));
                snprintf(name, sizeof name, "new%d", listed);
                HARMLESS(mkdir(name, 0755));
            }
            MUST(chdir("/") == 0);
            """));
  }
}
