/* What moves bytes between files and pipes. */

static void contents(int pipe)
{
    char bytes[100] = "";
    ssize_t size = read(pipe, bytes, sizeof bytes - 1);
    tell("has %zd: %s\n", size < 0 ? -(ssize_t)errno : size, bytes);
}

static void run(void)
{
    signal(SIGPIPE, SIG_IGN);
    make("f", "0123456789");
    int file = open("f", O_RDWR);
    int out = open("g", O_RDWR | O_CREAT, 0644);
    int append = open("g", O_WRONLY | O_APPEND);
    int only_read = open("f", O_RDONLY);
    int only_write = open("g", O_WRONLY);
    int directory = open(".", O_RDONLY);
    int path = open("f", O_PATH);
    int a[2], b[2];
    pipe2(a, O_NONBLOCK);
    pipe2(b, O_NONBLOCK);
    loff_t offset = 2;

    R(splice(file, NULL, a[1], NULL, 4, 0));
    R(lseek(file, 0, SEEK_CUR));
    R(splice(file, &offset, a[1], NULL, 100, SPLICE_F_MORE));
    tell("%ld\n", (long)offset);
    R(splice(file, &offset, a[1], NULL, 100, 0));
    R(splice(a[0], NULL, out, NULL, 3, 0));
    R(splice(a[0], NULL, b[1], NULL, 5, 0));
    contents(b[0]);
    contents(a[0]);
    R(splice(a[0], NULL, out, NULL, 3, 0));
    offset = 8;
    write(a[1], "pipe", 4);
    R(splice(a[0], NULL, out, &offset, 100, SPLICE_F_NONBLOCK | SPLICE_F_MOVE));
    tell("%ld, %ld\n", (long)offset, (long)lseek(out, 0, SEEK_CUR));
    show("g");

    R(tee(a[0], b[1], 10, 0));
    write(a[1], "abcdef", 6);
    R(tee(a[0], b[1], 3, 0));
    R(tee(a[0], b[1], 100, SPLICE_F_NONBLOCK));
    contents(b[0]);
    contents(a[0]);
    R(tee(a[0], a[1], 1, 0));
    R(tee(a[0], file, 1, 0));
    R(tee(file, a[1], 1, 0));
    R(tee(a[1], b[0], 1, 0));
    R(tee(77, b[1], 1, 0));
    R(tee(a[0], 77, 1, 0));
    R(tee(a[0], b[1], 0, 0));
    R(tee(77, 77, 0, 0));
    R(tee(a[0], b[1], 1, 0x100));

    struct iovec vector[2] = {{"one", 3}, {"two", 3}};
    R(vmsplice(a[1], vector, 2, 0));
    char first[5] = "", second[9] = "";
    struct iovec into[2] = {{first, 4}, {second, 8}};
    R(vmsplice(a[0], into, 2, 0));
    tell("%s %s\n", first, second);
    R(vmsplice(a[0], into, 2, SPLICE_F_NONBLOCK));
    R(vmsplice(file, vector, 2, 0));
    R(vmsplice(77, vector, 2, 0));
    R(vmsplice(a[1], vector, 2, 0x100));
    R(vmsplice(a[1], vector, 0, 0));
    R(vmsplice(a[1], vector, -1, 0));
    R(vmsplice(a[1], (struct iovec *)8, 1, 0));

    R(splice(file, NULL, out, NULL, 1, 0));
    R(splice(a[0], NULL, a[1], NULL, 1, 0));
    R(splice(a[1], NULL, out, NULL, 1, 0));
    R(splice(file, NULL, a[0], NULL, 1, 0));
    R(splice(only_write, NULL, a[1], NULL, 1, 0));
    R(splice(a[0], NULL, only_read, NULL, 1, 0));
    R(splice(directory, NULL, a[1], NULL, 1, 0));
    R(splice(path, NULL, a[1], NULL, 1, 0));
    R(splice(a[0], NULL, append, NULL, 1, 0));
    R(splice(77, NULL, a[1], NULL, 1, 0));
    R(splice(a[0], NULL, 77, NULL, 1, 0));
    R(splice(77, NULL, 77, NULL, 0, 0x100));
    R(splice(file, NULL, a[1], NULL, 1, 0x100));
    R(splice(a[0], &offset, out, NULL, 1, 0));
    R(splice(file, NULL, a[1], &offset, 1, 0));
    R(splice(file, (loff_t *)8, a[1], NULL, 1, 0));
    offset = -1;
    R(splice(file, &offset, a[1], NULL, 1, 0));
    R(splice(open("/dev/zero", O_RDONLY), NULL, a[1], NULL, 5, 0));
    R(splice(open("/proc/self/comm", O_RDONLY), NULL, a[1], NULL, 1, 0));
    R(splice(a[0], NULL, open("/dev/null", O_WRONLY), NULL, 100, 0));
    contents(a[0]);
    R(splice(a[0], NULL, b[1], NULL, 1, 0));
    close(b[0]);
    write(a[1], "x", 1);
    R(splice(a[0], NULL, b[1], NULL, 1, 0));
    R(splice(only_read, NULL, b[1], NULL, 1, 0));
    R(tee(a[0], b[1], 1, 0));
    R(vmsplice(b[1], vector, 2, 0));
    contents(a[0]);
    close(a[1]);
    R(splice(a[0], NULL, out, NULL, 1, 0));
    R(vmsplice(a[0], into, 2, 0));

    mkfifo("p", 0644);
    int both = open("p", O_RDWR | O_NONBLOCK);
    lseek(file, 0, SEEK_SET);
    R(splice(file, NULL, both, NULL, 4, 0));
    R(splice(both, NULL, out, NULL, 4, 0));
    R(splice(both, NULL, both, NULL, 4, 0));
    show("g");

    tell("copying\n");
    offset = 8;
    R(copy_file_range(file, &offset, file, NULL, 10, 0));
    lseek(file, 0, SEEK_END);
    R(copy_file_range(file, NULL, file, NULL, 10, 0));
    chmod("f", 06755);
    R(write(file, "z", 1));
    look("f");
    chmod("f", 06745);
    R(ftruncate(file, 2));
    look("f");
}
