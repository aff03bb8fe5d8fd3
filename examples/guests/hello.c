/* The walk-through's guest: one function that only computes, and two that talk to the host. */
#include <hyperlight.h>

HL_IMPORT(hl_string, get_weekday)
HL_IMPORT(void, sleep_a_while, uint32_t)

HL_EXPORT(int, add, int, int)
int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}

HL_EXPORT(hl_string, say_hello, hl_string)
hl_string say_hello(hl_string name)
{
    hl_string weekday;
    if (!try_get_weekday(&weekday)) {
        hl_log(HL_WARNING, HL_STR("the host does not know what day it is"));
        return hl_concat(HL_STR("Hello, "), name, HL_STR("!"));
    }
    return hl_concat(HL_STR("Hello, "), name, HL_STR("! Today is "), weekday, HL_STR("."));
}

HL_EXPORT(void, print_hello, hl_string)
void print_hello(hl_string name)
{
    hl_print(hl_concat(HL_STR("Hello, "), name, HL_STR(", from inside the VM.\n")));
}

HL_EXPORT(void, be_slow)
void be_slow(void)
{
    sleep_a_while(1000);
}
