/* Files that are made without a name. */

static int make_unnamed(const char *where, int flags, int mode)
{
    return syscall(SYS_open, where, O_TMPFILE | flags, mode);
}

static void run(void)
{
    struct stat status;
    char link[64];
    mkdir("d", 0755);
    R(make_unnamed(".", O_RDONLY, 0600));
    R(make_unnamed("none", O_RDWR, 0600));
    R(make_unnamed(".", O_RDWR | O_CREAT, 0600));
    make("f", "x");
    R(make_unnamed("f", O_RDWR, 0600));
    chmod("d", 0555);
    R(make_unnamed("d", O_RDWR, 0600));
    chmod("d", 0755);
    R(make_unnamed("/proc", O_RDWR, 0600) < 0);

    int file = make_unnamed("d", O_RDWR, 0666);
    R(file >= 0);
    fstat(file, &status);
    tell("%o, %ld links\n", status.st_mode, (long)status.st_nlink);
    R(write(file, "contents", 8));
    list("d");
    R(fcntl(file, F_GETFL) & (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC));
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    R(linkat(AT_FDCWD, link, AT_FDCWD, "f", AT_SYMLINK_FOLLOW));
    R(linkat(AT_FDCWD, link, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    show("named");
    look("named");
    R(pwrite(file, "C", 1, 0));
    show("named");
    R(unlink("named"));
    R(linkat(AT_FDCWD, link, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    fstat(file, &status);
    tell("%ld links\n", (long)status.st_nlink);
    close(file);

    file = make_unnamed("d", O_RDWR | O_EXCL, 0400);
    R(file >= 0);
    R(write(file, "contents", 8));
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    R(linkat(AT_FDCWD, link, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    R(open(link, O_RDONLY) >= 0);
    R(open(link, O_RDWR));
    close(file);

    file = make_unnamed("d", O_WRONLY, 0644);
    rmdir("d");
    R(write(file, "x", 1));
    R(read(file, text, 1));
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    R(linkat(AT_FDCWD, link, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    look("named");
    rename("named", "again");
    fstat(file, &status);
    tell("%ld links\n", (long)status.st_nlink);
}
