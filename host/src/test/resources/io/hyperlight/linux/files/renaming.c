static void prepare(const char *kind, const char *name)
{
    char below[100];
    snprintf(below, sizeof below, "%s/below", name);
    unlink(below);
    unlink(name);
    rmdir(name);
    if (!strcmp(kind, "file")) {
        make(name, name);
    } else if (!strcmp(kind, "empty")) {
        mkdir(name, 0755);
    } else if (!strcmp(kind, "full")) {
        mkdir(name, 0755);
        make(below, "x");
    } else if (!strcmp(kind, "link")) {
        symlink("file_of_link", name);
    } else if (!strcmp(kind, "link_to_directory")) {
        symlink("directory_of_link", name);
    }
}

static void run(void)
{
    static const char *kinds[] = {"none", "file", "empty", "full", "link", "link_to_directory"};
    static const char *ways[][2] = {{"a", "b"}, {"a/", "b"}, {"a", "b/"}, {"a/", "b/"}};
    mkdir("directory_of_link", 0755);
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < 6; k++) {
            for (int w = 0; w < 4; w++) {
                for (int flags = 0; flags < 9; flags++) {
                    prepare(kinds[i], "a");
                    prepare(kinds[k], "b");
                    int result = syscall(SYS_renameat2, AT_FDCWD, ways[w][0], AT_FDCWD, ways[w][1], flags);
                    tell("%s %s to %s %s, %d: %d\n", kinds[i], ways[w][0], kinds[k], ways[w][1], flags, result < 0 ? -errno : 0);
                    list(".");
                }
            }
        }
    }
    prepare("none", "a");
    prepare("none", "b");
    mkdir("d", 0755);
    mkdir("d/e", 0755);
    mkdir("d/e/f", 0755);
    R(rename("d", "d/e/x"));
    R(rename("d", "d/e"));
    R(rename("d/e", "d"));
    R(rename("d/e/f", "d"));
    R(rename("d", "d"));
    R(rename("d/.", "x"));
    R(rename("d/e/..", "x"));
    R(rename("d", "d/e/.."));
    R(rename("d", "."));
    R(rename(".", "x"));
    R(rename("", "x"));
    R(rename("d", ""));
    R(rename("d", "none/x"));
    R(rename("none/x", "d"));
    make("f", "f");
    R(rename("f", "f"));
    R(rename("f", "f/x"));
    R(rename("f/x", "g"));
    R(link("f", "same"));
    R(rename("f", "same"));
    look("f");
    look("same");
    R(syscall(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "same", 1));
    R(syscall(SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, "same", 64));
    R(open("d", O_RDONLY));
    R(renameat(AT_FDCWD, "f", 3, "moved"));
    R(renameat(3, "moved", 3, "e/moved"));
    R(renameat(77, "moved", 3, "e/moved"));
    R(close(3));
    list("d");
    list("d/e");
    R(rename("d/e/f", "top"));
    list(".");
    R(rename("top", "d/e/f/"));
    R(rename("d/e/moved", "x/"));
    list("d/e");
    // An open file keeps its contents when its name is taken over.
    make("old", "old contents");
    make("new", "new contents");
    R(open("old", O_RDWR));
    R(rename("new", "old"));
    memset(text, 0, 20);
    R(read(3, text, 20));
    tell("%s\n", text);
    struct stat status;
    R(fstat(3, &status));
    tell("%ld links\n", (long)status.st_nlink);
    R(write(3, " and more", 9));
    R(fchmod(3, 0611));
    R(fstat(3, &status));
    tell("%o, %ld bytes\n", status.st_mode, (long)status.st_size);
    R(close(3));
    show("old");
}
