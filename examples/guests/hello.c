#include <hyperlight.h>

HL_IMPORT(hl_string, get_weekday)

HL_EXPORT(int, add, int, int)
int add(int a, int b)
{
    return a + b;
}

HL_EXPORT(hl_string, say_hello, hl_string)
hl_string say_hello(hl_string name)
{
    hl_print(HL_STR("saying hello\n"));
    return hl_concat(HL_STR("Hello, "), name, HL_STR("! Today is "), get_weekday(), HL_STR("."));
}
