static void run(void)
{
    static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR};
    mkdir("d", 0755);
    make("f", "contents");
    symlink("f", "to_f");
    symlink("d", "to_d");
    symlink("missing", "dangling");
    symlink("loop2", "loop1");
    symlink("loop1", "loop2");
    static const char *names[] = {
        "f", "d", "to_f", "to_d", "loop1", "none", "none/", "f/", "d/", "to_d/", "f/x", "d/x/y", "", ".", "..",
        "d/..", "d/../f", "./f", "to_d/../f", "//", "d//.//", "to_f/", "d/none",
    };
    for (unsigned m = 0; m < 3; m++) {
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
            int file = open(names[i], modes[m]);
            tell("open %s %d: %d\n", names[i], modes[m], file < 0 ? -errno : file);
            close(file);
        }
    }
    static const int flags[] = {
        O_CREAT, O_CREAT | O_EXCL, O_CREAT | O_NOFOLLOW, O_NOFOLLOW, O_DIRECTORY, O_DIRECTORY | O_NOFOLLOW, O_TRUNC,
        O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY, O_APPEND, O_NONBLOCK | O_CLOEXEC,
    };
    for (unsigned k = 0; k < sizeof flags / sizeof *flags; k++) {
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
            int file = open(names[i], O_RDWR | flags[k], 0640);
            tell("open %s %x: %d", names[i], flags[k], file < 0 ? -errno : file);
            if (file >= 0) {
                tell(" flags %x, %x", fcntl(file, F_GETFL), fcntl(file, F_GETFD));
                close(file);
            }
            tell("\n");
            unlink("none");
            unlink("d/none");
        }
        list(".");
        make("f", "contents");
    }
    R(open("dangling", O_RDWR | O_CREAT, 0600));
    R(close(3));
    look("missing");
    list(".");
    R(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
    R(open("loop1", O_RDWR | O_CREAT, 0600));
    R(creat("new", 0666));
    R(write(3, "abc", 3));
    R(read(3, text, 3));
    R(close(3));
    show("new");
    R(creat("new", 0400));
    R(close(3));
    look("new");
    R(openat(AT_FDCWD, "new", O_RDONLY));
    R(openat(3, "new", O_RDONLY));
    R(openat(77, "new", O_RDONLY));
    R(openat(77, "/none", O_RDONLY));
    R(openat(-1, "", O_RDONLY));
    R(close(3));
    R(open("d", O_RDONLY | O_DIRECTORY));
    R(openat(3, "inside", O_RDWR | O_CREAT, 0777));
    R(openat(3, "../f", O_RDONLY));
    R(close(4));
    R(close(5));
    R(close(3));
    look("d/inside");
    R(open("d", O_PATH));
    R(openat(3, "inside", O_RDONLY));
    R(fcntl(3, F_GETFL));
    R(read(3, text, 1));
    R(fcntl(3, F_SETFL, 0));
    R(ioctl(3, FIONREAD, text));
    R(lseek(3, 0, SEEK_SET));
    R(dup(3));
    R(close(5));
    R(close(4));
    R(close(3));
    R(open("f", O_RDONLY | O_TRUNC));
    R(close(3));
    look("f");
    R(open((char *)1, O_RDONLY));
    memset(text, 'n', sizeof text);
    text[255] = 0;
    R(open(text, O_RDONLY));
    R(open(text, O_RDWR | O_CREAT, 0600));
    R(close(3));
    text[255] = 'n';
    text[256] = 0;
    R(open(text, O_RDONLY));
    R(open(text, O_RDWR | O_CREAT, 0600));
    text[256] = 'n';
    R(open(text, O_RDONLY));
    for (int i = 0; i < 4094; i += 2) {
        memcpy(text + i, "./", 2);
    }
    text[4094] = 'f';
    text[4095] = 0;
    R(open(text, O_RDONLY));
    R(close(3));
    R(open("f", 3));
    R(read(3, text, 1));
    R(write(3, text, 1));
    R(close(3));
    R(syscall(SYS_open, "f", O_TMPFILE & ~O_DIRECTORY | O_RDWR, 0600));
    R(syscall(SYS_open, "d", O_TMPFILE | O_RDONLY, 0600));
    list(".");
}
