/* The smallest useful guest. */
#include <hyperlight.h>

HL_EXPORT(int, add, int, int)
int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}
