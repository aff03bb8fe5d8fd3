/*
 * The functions of functions.c as a process. With arguments, such as "add 1 2", it prints the result and ends. Without, it
 * reads requests from standard input to the end, and writes an int for each. A request is three ints: the function (0 add,
 * 1 fib) and its arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int add(int a, int b);
int fib(int n);

static int call(int function, int a, int b)
{
    return function == 0 ? add(a, b) : fib(a);
}

static int serve(void)
{
    for (;;) {
        int request[3];
        size_t got = 0;
        while (got < sizeof request) {
            ssize_t count = read(STDIN_FILENO, (char *)request + got, sizeof request - got);
            if (count <= 0) {
                return count == 0 && got == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
            }
            got += (size_t)count;
        }
        int result = call(request[0], request[1], request[2]);
        if (write(STDOUT_FILENO, &result, sizeof result) != (ssize_t)sizeof result) {
            return EXIT_FAILURE;
        }
    }
}

int main(int count, char **arguments)
{
    if (count == 1) {
        return serve();
    }
    if (count != 4) {
        fputs("usage: process [FUNCTION A B]\n", stderr);
        return EXIT_FAILURE;
    }
    int function = strcmp(arguments[1], "add") == 0 ? 0 : 1;
    printf("%d\n", call(function, atoi(arguments[2]), atoi(arguments[3])));
    return EXIT_SUCCESS;
}
