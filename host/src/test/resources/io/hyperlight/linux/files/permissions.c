static void run(void)
{
    make("f", "x");
    mkdir("d", 0755);
    make("d/inside", "x");
    make("loose", "x");
    for (int mode = 0; mode < 8; mode++) {
        chmod("f", mode << 6 | 077);
        tell("file %o\n", mode);
        for (int flags = 0; flags < 3; flags++) {
            int file = open("f", flags);
            tell(" open %d", file < 0 ? -errno : file);
            close(file);
            tell(" access %d", access("f", 1 << flags) ? -errno : 0);
        }
        tell(" truncate %d", truncate("f", 1) ? -errno : 0);
        int file = open("f", O_RDONLY | O_TRUNC);
        tell(" %d\n", file < 0 ? -errno : file);
        close(file);
    }
    for (int mode = 0; mode < 8; mode++) {
        chmod("d", mode << 6);
        tell("directory %o\n", mode);
        R(access("d/inside", F_OK));
        R(access("d/none", F_OK));
        R(open("d/inside", O_RDONLY));
        R(close(3));
        R(open("d/new", O_RDWR | O_CREAT, 0600));
        R(close(3));
        R(unlink("d/new"));
        R(unlink("d/none"));
        R(mkdir("d/sub", 0700));
        R(rmdir("d/sub"));
        R(symlink("x", "d/soft"));
        R(unlink("d/soft"));
        R(link("loose", "d/loose"));
        R(unlink("d/loose"));
        R(rename("loose", "d/loose"));
        R(rename("d/loose", "loose"));
        R(rename("d/inside", "d/inside"));
        R(chdir("d"));
        if (access("f", F_OK) != 0) {
            R(chdir(".."));
        }
        list("d");
        R(open("d", O_RDONLY));
        R(close(3));
    }
    R(open("created", O_RDWR | O_CREAT, 0));
    R(write(3, "x", 1));
    R(close(3));
    R(open("created", O_RDWR | O_CREAT, 0));
    R(access("created", R_OK));
    R(access("created", F_OK));
    R(access("none", F_OK));
    R(access("f", 77));
    R(access("d/", X_OK));
    R(faccessat(AT_FDCWD, "f", W_OK, AT_EACCESS));
    R(syscall(439, AT_FDCWD, "f", W_OK, 1));
    R(open("d", O_RDONLY));
    R(syscall(439, 3, "", R_OK, AT_EMPTY_PATH));
    R(syscall(439, 77, "", R_OK, AT_EMPTY_PATH));
    R(close(3));
}
