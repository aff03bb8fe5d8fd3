static void run(void)
{
    make("f", "contents of the file");
    int file = open("f", O_RDWR);
    char *a = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    tell("%s %d\n", a, a[4095]);
    R(munmap(a, 4096));
    a = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    strcpy(a, "changed");
    show("f");
    R(munmap(a, 4096));
    a = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    tell("%s\n", a);
    char *old = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(old, 'o', 12288);
    R(mmap(old + 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == old + 4096);
    tell("%c %.8s %d %c\n", old[4095], old + 4096, old[8191], old[8192]);
    R(close(file));
    tell("%s\n", a);
    R(munmap(a, 4096));
    file = open("large", O_RDWR | O_CREAT, 0644);
    for (int i = 0; i < 50000; i++) {
        write(file, &i, sizeof i);
    }
    int *numbers = mmap(NULL, 200000, PROT_READ, MAP_PRIVATE, file, 0);
    int wrong = 0;
    for (int i = 0; i < 50000; i++) {
        wrong += numbers[i] != i;
    }
    tell("%d wrong\n", wrong);
    int *second = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 8192);
    tell("%d\n", second[0]);
    int *hidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, file, 4096);
    R(mprotect(hidden, 4096, PROT_READ));
    tell("%d\n", hidden[0]);
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 1) == MAP_FAILED ? -1 : 0);
    R(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
    R(mmap(NULL, 4096, PROT_READ, 0, file, 0) == MAP_FAILED ? -1 : 0);
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 77, 0) == MAP_FAILED ? -1 : 0);
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED ? -1 : 0);
    R(close(file));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? -1 : 0);
    R(open("f", O_WRONLY));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED ? -1 : 0);
    R(close(3));
    R(open("f", O_RDONLY));
    R(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0) == MAP_FAILED ? -1 : 0);
    R(close(3));
    R(open(".", O_RDONLY));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED ? -1 : 0);
    R(close(3));
    R(open("f", O_PATH));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED ? -1 : 0);
    R(close(3));
    R(pipe((int *)text));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED ? -1 : 0);
    R(close(3));
    R(close(4));
    R(open("/dev/zero", O_RDWR));
    a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, 3, 0);
    a[5000] = 1;
    tell("%d %d\n", a[0], a[5000]);
    R(close(3));
    R(open("/dev/null", O_RDWR));
    R(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) == MAP_FAILED ? -1 : 0);
    R(close(3));
}
