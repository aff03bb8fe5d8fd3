/* The functions of functions.c as a guest. */
#include <hyperlight.h>

HL_EXPORT(int, add, int, int)
HL_EXPORT(int, fib, int)
