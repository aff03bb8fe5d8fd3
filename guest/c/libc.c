/*
 * The start of a guest with a libc. The libc starts the program like any other and calls main. The linker puts
 * __wrap_main in place of main. __wrap_main never returns in a guest, because a return would end the program before the
 * first call from Java.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "hyperlight.h"

#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>

/* With --wrap=main, the linker resolves __real_main to the main of the program. A program may have none. */
extern int __real_main(int argc, char **argv, char **environment) __attribute__((weak));
int __wrap_main(int argc, char **argv, char **environment);

int __wrap_main(int argc, char **argv, char **environment)
{
    /* Because the output is not a terminal, the libc would buffer whole blocks. Readers want each line at once. */
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
