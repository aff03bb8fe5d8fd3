static void read_link(const char *path, int size)
{
    char target[300];
    memset(target, '#', sizeof target);
    long n = readlink(path, target, size);
    tell("%s: %ld %.*s\n", path, n < 0 ? -(long)errno : n, n < 0 ? 0 : (int)n, target);
}

/* A kernel that has to begin a lookup anew counts the links that it has followed twice. */
static int reach(const char *path)
{
    int result;
    for (int i = 0; (result = access(path, F_OK)) != 0 && errno == ELOOP && i < 1000; i++) {
    }
    return result;
}

static void run(void)
{
    make("f", "contents");
    mkdir("d", 0755);
    R(link("f", "hard"));
    R(link("f", "hard"));
    R(link("none", "x"));
    R(link("d", "x"));
    R(link("f", "d/hard"));
    R(link("f", "x/"));
    R(link("f/", "x"));
    R(link("f", "none/x"));
    R(link("", "x"));
    R(link("f", ""));
    R(link("f", "."));
    R(link("f", "d/.."));
    look("f");
    R(unlink("f"));
    look("hard");
    show("d/hard");
    R(unlink("f"));
    R(unlink("d"));
    R(unlink("d/"));
    R(unlink("hard/"));
    R(unlink("."));
    R(unlink("d/.."));
    R(unlink(""));
    R(unlink("none/x"));
    R(unlink("hard/x"));
    R(symlink("hard", "soft"));
    R(symlink("hard", "soft"));
    R(symlink("", "x"));
    R(symlink("x", ""));
    R(symlink("anything / at all", "odd"));
    R(symlink("x", "new/"));
    R(symlink("x", "d"));
    R(symlink("d", "to_d"));
    R(symlink("../hard", "d/up"));
    R(symlink("to_d", "to_to_d"));
    R(symlink(".", "self"));
    read_link("soft", 300);
    read_link("soft", 2);
    read_link("soft", 0);
    read_link("soft", -1);
    read_link("hard", 300);
    read_link("d", 300);
    read_link("none", 300);
    read_link("odd", 300);
    read_link("to_to_d/up", 300);
    read_link("", 300);
    read_link("to_d/", 300);
    read_link("soft/", 300);
    show("soft");
    show("to_to_d/up");
    show("self/self/self/to_d/../soft");
    look("soft");
    look("to_d");
    look("to_d/");
    look("to_d/.");
    R(linkat(AT_FDCWD, "soft", AT_FDCWD, "hard_soft", 0));
    R(linkat(AT_FDCWD, "soft", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
    R(linkat(AT_FDCWD, "soft", AT_FDCWD, "x", 1));
    look("hard_soft");
    look("followed");
    R(unlink("soft"));
    show("hard_soft");
    R(open("d", O_RDONLY));
    R(symlinkat("up", 3, "again"));
    R(readlinkat(3, "again", text, 100));
    R(linkat(3, "again", AT_FDCWD, "third", 0));
    R(unlinkat(3, "again", 0));
    R(close(3));
    R(open("third", O_PATH | O_NOFOLLOW));
    R(readlinkat(3, "", text, 100));
    R(readlinkat(AT_FDCWD, "", text, 100));
    R(readlinkat(3, "x", text, 100));
    R(close(3));
    char name[20];
    char target[20];
    for (int i = 0; i < 45; i++) {
        snprintf(name, sizeof name, "chain%d", i);
        snprintf(target, sizeof target, i == 0 ? "followed" : "chain%d", i - 1);
        symlink(target, name);
    }
    R(reach("chain38"));
    R(reach("chain39"));
    R(access("chain40", F_OK));
    R(access("chain44", F_OK));
    R(readlink("chain44", text, 100));
    R(open("chain44", O_RDWR | O_CREAT, 0600));
    memset(text, 't', sizeof text);
    text[4095] = 0;
    R(symlink(text, "long"));
    text[4000] = 0;
    R(readlink("followed/x", text, 100));
    // The file goes with its last name, but not while it is open.
    make("temporary", "here");
    R(open("temporary", O_RDWR));
    R(unlink("temporary"));
    R(pread(3, text, 10, 0));
    R(pwrite(3, "still ", 6, 4));
    struct stat status;
    R(fstat(3, &status));
    tell("%ld links, %ld bytes\n", (long)status.st_nlink, (long)status.st_size);
    R(ftruncate(3, 2));
    R(close(3));
    list(".");
    list("d");
}
