/* For OwnProgramFileTest. */

#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <hyperlight.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static int program = -1, name, information;
static char *mapped;

HL_EXPORT(int, open_all)
int open_all(void)
{
    program = open("/proc/self/exe", O_RDONLY);
    name = open("/proc/self/comm", O_RDWR);
    mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, program, 0);
    lseek(program, 1, SEEK_SET);
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", program);
    information = open(path, O_RDONLY);
    return program >= 0 && name >= 0 && information >= 0 && mapped != MAP_FAILED;
}

/* Reads on in the program's file, and calls the guest so. */
HL_EXPORT(hl_string, observe, hl_string)
hl_string observe(hl_string called)
{
    static char text[200];
    char magic[4] = "", own[17] = "", line[7] = "";
    ssize_t written = write(name, called.data, called.size);
    ssize_t size = read(program, magic, 3);
    pread(information, line, 6, 0);
    prctl(PR_GET_NAME, own);
    int same = memcmp(mapped, ELFMAG, SELFMAG) == 0;
    return (hl_string){text, snprintf(text, sizeof text, "%zd %s %zd %s %.6s %d", written, own, size, magic, line, same)};
}

HL_EXPORT(int, link_to, hl_string)
int link_to(hl_string target)
{
    return symlink(target.data, "/guest");
}

HL_EXPORT(int, size_of_program)
int size_of_program(void)
{
    char bytes[100];
    return read(open("/proc/self/exe", O_RDONLY), bytes, sizeof bytes);
}

HL_EXPORT(void, spoil)
void spoil(void)
{
    close(program);
    close(name);
    close(information);
    munmap(mapped, 4096);
    prctl(PR_SET_NAME, "spoilt");
}

HL_EXPORT(hl_string, called)
hl_string called(void)
{
    static char own[17];
    prctl(PR_GET_NAME, own);
    return hl_from_cstring(own);
}
