static void run(void)
{
    char here[4096];
    R(mkdir("a", 0777));
    R(mkdir("a", 0777));
    R(mkdir("a/b/c", 0777));
    R(mkdir("a/b", 0700));
    R(mkdir("a/b/c/", 01777));
    R(mkdir("", 0777));
    R(mkdir(".", 0777));
    R(mkdir("a/.", 0777));
    R(mkdir("a/..", 0777));
    R(mkdir("/", 0777));
    make("f", "x");
    R(mkdir("f", 0777));
    R(mkdir("f/", 0777));
    R(mkdir("f/x", 0777));
    symlink("none", "dangling");
    R(mkdir("dangling", 0777));
    R(mkdir("dangling/", 0777));
    R(umask(077));
    R(mkdir("private", 0777));
    R(umask(022));
    look("a");
    look("a/b");
    look("a/b/c");
    look("private");
    list(".");
    list("a");
    list("a/b/c");
    R(mkdirat(77, "x", 0777));
    R(open("a", O_RDONLY));
    R(mkdirat(3, "x", 0777));
    R(mkdirat(3, "../y", 0777));
    R(unlinkat(3, "x", 0));
    R(unlinkat(3, "x", AT_REMOVEDIR));
    R(unlinkat(3, "x", 1));
    R(unlinkat(3, "b", AT_REMOVEDIR));
    R(close(3));
    R(rmdir("none"));
    R(rmdir("f"));
    R(rmdir("f/"));
    R(rmdir("a"));
    R(rmdir("a/."));
    R(rmdir("a/b/c/.."));
    R(rmdir("/"));
    R(rmdir("dangling"));
    R(rmdir(""));
    R(rmdir("y/"));
    list(".");

    R(chdir("a/b"));
    list("..");
    make("made_here", "x");
    R(chdir("c"));
    R(access("../made_here", F_OK));
    R(chdir("../../.."));
    R(access("a/b/made_here", F_OK));
    R(chdir("f"));
    R(chdir("none"));
    R(chdir(""));
    R(open("a/b/c", O_RDONLY));
    R(fchdir(3));
    R(access("../made_here", F_OK));
    R(rmdir("../c"));
    R(getcwd(here, sizeof here) != NULL);
    R(access("..", F_OK));
    R(open("x", O_CREAT | O_RDWR, 0600));
    R(mkdir("x", 0700));
    R(chdir("../../.."));
    R(close(3));
    list(".");
    R(open("f", O_RDONLY));
    R(fchdir(3));
    R(fchdir(77));
    R(close(3));
    R(mkdir("moved", 0755));
    R(mkdir("moved/sub", 0755));
    R(chdir("moved/sub"));
    R(rename("../../moved", "../../a/renamed"));
    R(getcwd(here, sizeof here) != NULL);
    tell("%s\n", strstr(here, "/a/renamed/sub") ? "follows" : here);
    R(access("../../b", F_OK));
    R(chdir("../../.."));
    R(syscall(SYS_getcwd, here, 1));
    R(syscall(SYS_getcwd, (void *)8, 4096));
    R(syscall(SYS_getcwd, here, 4096) > 1);

    // Reading a directory piece by piece.
    R(mkdir("many", 0755));
    for (int i = 0; i < 150; i++) {
        char name[100];
        snprintf(name, sizeof name, "many/file-with-a-name-%d", i);
        close(creat(name, 0600));
    }
    R(open("many", O_RDONLY | O_DIRECTORY));
    int entries = 0;
    int calls = 0;
    for (long n; (n = syscall(SYS_getdents64, 3, text, 200)) > 0; calls++) {
        for (long at = 0; at < n; entries++) {
            at += *(unsigned short *)(text + at + 16);
        }
    }
    tell("%d entries, many calls %d\n", entries, calls > 20);
    R(syscall(SYS_getdents64, 3, text, 200));
    R(lseek(3, 0, SEEK_SET));
    R(syscall(SYS_getdents64, 3, text, 10));
    R(syscall(SYS_getdents64, 3, (void *)8, 200));
    R(syscall(SYS_getdents64, 3, text, 200) > 0);
    R(close(3));
    R(open("f", O_RDONLY));
    R(syscall(SYS_getdents64, 3, text, 200));
    R(close(3));
    R(syscall(SYS_getdents64, 77, text, 200));
    R(open("many", O_RDONLY));
    entries = 0;
    for (long n; (n = syscall(SYS_getdents, 3, text, 4000)) > 0; ) {
        for (long at = 0; at < n; entries++) {
            unsigned short size = *(unsigned short *)(text + at + 16);
            if (strcmp(text + at + 18, ".") == 0) {
                tell("itself is %d\n", text[at + size - 1]);
            }
            at += size;
        }
    }
    tell("%d entries\n", entries);
    R(close(3));
    DIR *directory = opendir("many");
    if (!directory) {
        tell("cannot open: %d\n", errno);
        return;
    }
    long place = 0;
    char expected[256] = "";
    for (int i = 0; i < 70; i++) {
        if (i == 50) {
            place = telldir(directory);
        }
        struct dirent *entry = readdir(directory);
        if (i == 50) {
            strcpy(expected, entry->d_name);
        }
    }
    seekdir(directory, place);
    tell("%d\n", strcmp(expected, readdir(directory)->d_name));
    closedir(directory);
}
