/*
 * What a program with a libc needs to be a guest. The libc starts it like any other program, and calls main. In its place
 * comes this one, which never returns: a return would end the program before the first call from Java.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hyperlight.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>

/* With --wrap=main the linker takes main for what is named __real_main here. A program need not have one. */
extern int __real_main(int argc, char **argv, char **environment) __attribute__((weak));
int __wrap_main(int argc, char **argv, char **environment);

int __wrap_main(int argc, char **argv, char **environment)
{
    /* The output is no terminal, but whoever reads it wants to see lines when they are written. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (__real_main) {
        int status = __real_main(argc, argv, environment);
        if (status != 0) {
            exit(status);
        }
    }
    fflush(NULL);
    hl_ready();
    fputs("this program is a guest of Hyperlight for Java, which has to start it\n", stderr);
    return EXIT_FAILURE;
}

void hl_finish_call(void)
{
    if (__fpending(stdout) != 0) {
        fflush(stdout);
    }
}
