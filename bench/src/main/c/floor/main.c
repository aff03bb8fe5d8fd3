/*
 * Answers questions. Each line of standard input is a question: NAME COUNT ARGUMENT. The answer on standard output consists
 * of 8-byte words: the number of samples, and the samples. The program ends with its input. It prints errors to standard
 * error.
 */
#include "floor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    measurement *measure;
} measurements[] = {
    {"exit", one_exit},          /* ARGUMENT: bytes of memory, 0 for the minimum */
    {"exit2", two_exits},        /* bytes of memory */
    {"fresh", fresh},            /* pages */
    {"echo", echo},              /* bytes */
    {"life", life},              /* bytes of memory */
    {"life_cold", life_cold},    /* 0 */
    {"life_spawn", life_spawn},  /* 0 */
    {"live", live},              /* VMs */
    {"density", idle_memory},    /* VMs; the sample is in bytes */
    {"copy", copy_pages},        /* pages */
    {"copy_large", copy_large},  /* 0 */
    {"sum_large", sum_large},    /* 0 */
    {"getppid", process_id},     /* 0 */
    {"kill", kill_runner},       /* 0 */
    {"cache_line", cache_line},  /* 0 */
    {"throughput", throughput},  /* threads */
    {"switch", thread_switch},   /* 0 */
    {"handover", handover},      /* 0 */
    {"compute", compute_at_once},   /* threads, 1 or 2 */
    {"world_memory", world_memory}, /* bytes; this and the next four take no samples */
    {"world_bytes", world_bytes},   /* bytes */
    {"world_pieces", world_pieces}, /* pieces */
    {"world_pages", world_pages},   /* pages */
    {"world_exits", world_exits},   /* exits */
    {"world_spawn", world_spawn},   /* 0 */
    {"world_fresh", world_fresh},   /* 0 */
};

static measurement *find(const char *name)
{
    for (size_t i = 0; i < sizeof measurements / sizeof measurements[0]; i++) {
        if (strcmp(measurements[i].name, name) == 0) {
            return measurements[i].measure;
        }
    }
    errno = EINVAL;
    fail(name);
}

static void answer(const int64_t *samples, int64_t count)
{
    if (fwrite(&count, sizeof count, 1, stdout) != 1
        || fwrite(samples, sizeof *samples, (size_t)count, stdout) != (size_t)count || fflush(stdout) != 0) {
        fail("standard output");
    }
}

int main(void)
{
    open_kvm();
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char name[32];
        long count;
        long argument;
        if (sscanf(line, "%31s %ld %ld", name, &count, &argument) != 3 || count < 1 || argument < 0) {
            errno = EINVAL;
            fail(line);
        }
        int64_t *samples = calloc((size_t)count, sizeof *samples);
        if (samples == NULL) {
            fail("calloc");
        }
        answer(samples, find(name)(samples, count, argument));
        free(samples);
    }
    return 0;
}
