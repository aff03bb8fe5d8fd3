/* The functions as a guest; functions.c has them. */
#include <hyperlight.h>

HL_EXPORT(int, add, int, int)
HL_EXPORT(int, fib, int)
