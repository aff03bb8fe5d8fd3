static void times(const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0) {
        tell("%s: %ld.%09ld %ld.%09ld\n", path, (long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
             (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
}

static void run(void)
{
    struct stat status;
    make("f", "contents");
    mkdir("d", 0755);
    symlink("f", "soft");
    R(chmod("f", 0600));
    R(chmod("soft", 04755));
    look("f");
    look("soft");
    R(chmod("none", 0600));
    R(chmod("d/", 0700));
    R(chmod("f/", 0700));
    look("d");
    R(open("f", O_RDONLY));
    R(fchmod(3, 0644));
    R(fchmod(77, 0644));
    look("f");
    R(chown("f", -1, -1));
    R(chown("f", getuid(), getgid()));
    R(chown("f", 4711, -1));
    R(chown("f", -1, 4711));
    R(lchown("soft", getuid(), -1));
    R(fchown(3, getuid(), -1));
    R(fchown(77, getuid(), -1));
    R(fchownat(3, "", -1, -1, AT_EMPTY_PATH));
    R(fchownat(AT_FDCWD, "soft", -1, -1, AT_SYMLINK_NOFOLLOW));
    R(fchownat(AT_FDCWD, "soft", -1, -1, 1));
    R(chown("none", -1, -1));
    R(close(3));

    struct timespec pair[] = {{1000, 5}, {2000, 999999999}};
    R(utimensat(AT_FDCWD, "f", pair, 0));
    times("f");
    pair[0].tv_nsec = UTIME_OMIT;
    pair[1] = (struct timespec){3000, 1};
    R(utimensat(AT_FDCWD, "soft", pair, 0));
    times("f");
    pair[1].tv_nsec = UTIME_OMIT;
    R(utimensat(AT_FDCWD, "none", pair, 0));
    pair[1].tv_nsec = 1000000000;
    R(utimensat(AT_FDCWD, "f", pair, 0));
    pair[0] = pair[1] = (struct timespec){4000, 4};
    R(utimensat(AT_FDCWD, "soft", pair, AT_SYMLINK_NOFOLLOW));
    times("soft");
    R(utimensat(AT_FDCWD, "none", pair, 0));
    R(utimensat(AT_FDCWD, "f", pair, 77));
    R(open("f", O_RDONLY));
    R(futimens(3, pair));
    times("f");
    R(syscall(SYS_utimensat, 3, NULL, pair, 1));
    R(syscall(SYS_utimensat, AT_FDCWD, NULL, pair, 0));
    R(close(3));
    R(utimensat(AT_FDCWD, "f", (void *)8, 0));
    struct utimbuf seconds = {5000, 6000};
    R(utime("f", &seconds));
    times("f");
    struct timeval micro[] = {{7000, 7}, {8000, 8}};
    R(utimes("f", micro));
    times("f");
    R(futimesat(AT_FDCWD, "f", micro));
    micro[1].tv_usec = 1000000;
    R(utimes("f", micro));
    R(utimes("f", NULL));
    R(stat("f", &status));
    tell("now %d\n", labs((long)status.st_mtime - (long)time(NULL)) < 100);
    pair[0] = (struct timespec){-1, 0};
    R(utimensat(AT_FDCWD, "f", pair, 0));
    times("f");

    R(stat("f", &status));
    tell("%ld %ld %d %d\n", (long)status.st_blksize, (long)status.st_blocks, status.st_uid == getuid(), status.st_gid == getgid());
    R(stat("f/", &status));
    R(stat("", &status));
    R(stat("f", (void *)8));
    R(fstat(77, &status));
    R(fstatat(AT_FDCWD, "soft", &status, AT_SYMLINK_NOFOLLOW));
    tell("%o %ld\n", status.st_mode, (long)status.st_size);
    R(fstatat(AT_FDCWD, "", &status, 0));
    R(fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH));
    tell("%d\n", S_ISDIR(status.st_mode));
    R(fstatat(77, "", &status, AT_EMPTY_PATH));
    R(fstatat(AT_FDCWD, "f", &status, 1));
    R(open("f", O_RDONLY));
    R(fstatat(3, "", &status, AT_EMPTY_PATH));
    R(fstatat(3, "x", &status, AT_EMPTY_PATH));
    tell("%o\n", status.st_mode);
    struct statx extended;
    R(statx(3, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &extended));
    tell("%o %lld %d\n", extended.stx_mode, (long long)extended.stx_size, extended.stx_nlink);
    R(statx(AT_FDCWD, "soft", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &extended));
    tell("%o %lld\n", extended.stx_mode, (long long)extended.stx_size);
    tell("%lld\n", (long long)extended.stx_mtime.tv_sec);
    R(statx(AT_FDCWD, "none", 0, STATX_BASIC_STATS, &extended));
    R(statx(AT_FDCWD, "f", 1, STATX_BASIC_STATS, &extended));
    R(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, STATX_BASIC_STATS, &extended));
    R(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000, &extended));
    R(close(3));
    struct statfs system;
    R(statfs("f", &system));
    tell("%ld\n", (long)system.f_namelen);
    R(statfs("none", &system));
    R(fstatfs(77, &system));
    R(mknod("made", S_IFREG | 0640, 0));
    R(mknod("made", S_IFREG | 0640, 0));
    R(mknod("device", S_IFCHR | 0640, 0x103));
    R(mknod("x", S_IFDIR | 0640, 0));
    look("made");
    R(syscall(SYS_flistxattr, 77, text, 10));
    R(syscall(SYS_getxattr, "none", "user.x", text, 10));
    R(syscall(SYS_getxattr, "f", "user.x", text, 10));
    R(syscall(SYS_removexattr, "f", "user.x"));
}
