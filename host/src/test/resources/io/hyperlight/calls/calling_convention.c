/* For CallingConventionTest. */

#include <hyperlight.h>

HL_EXPORT(int, nothing)
int nothing(void) { return 42; }

HL_EXPORT(hl_string, string_on_stack, long, long, long, long, long, hl_string, long, hl_bytes, long)
hl_string string_on_stack(long a, long b, long c, long d, long e, hl_string s, long f, hl_bytes t, long g)
{
    hl_string text = {(const char *)t.data, t.size};
#define NUMBER(n) hl_from_integer(n), HL_STR(" ")
    return hl_concat(NUMBER(a), NUMBER(b), NUMBER(c), NUMBER(d), NUMBER(e), s, HL_STR(" "), NUMBER(f), text,
                     HL_STR(" "), NUMBER(g));
}

HL_EXPORT(hl_string, reals_between, double, int, float, hl_string, double, double, double, double, double,
          double, double, hl_string, hl_string, float, int8_t)
hl_string reals_between(double a, int b, float c, hl_string d, double e, double f, double g, double h, double i,
                        double j, double k, hl_string l, hl_string m, float n, int8_t o)
{
    return hl_concat(NUMBER((long)a), NUMBER(b), NUMBER((long)c), d, HL_STR(" "), NUMBER((long)e),
                     NUMBER((long)f), NUMBER((long)g), NUMBER((long)h), NUMBER((long)i), NUMBER((long)j),
                     NUMBER((long)k), l, HL_STR(" "), m, HL_STR(" "), NUMBER((long)n), NUMBER(o));
}

HL_EXPORT(double, tens, double, double)
double tens(double a, double b) { return 10 * a + b; }

/* Of the entry point's own making: what the processor holds when a function begins. */
HL_EXPORT(uint64_t, stack_pointer)
HL_EXPORT(uint64_t, stack_pointer_behind, hl_string, hl_string, hl_string, hl_string)
__asm__(".pushsection .text\n"
        ".globl stack_pointer, stack_pointer_behind\n"
        "stack_pointer: stack_pointer_behind: mov %rsp, %rax\n"
        "ret\n"
        ".popsection");

HL_EXPORT(uint64_t, direction_flag)
uint64_t direction_flag(void)
{
    uint64_t flags;
    __asm__("pushfq; pop %0" : "=r"(flags));
    return flags & 0x400;
}

HL_EXPORT(void, leave_direction_flag_set)
__asm__(".pushsection .text\n"
        ".globl leave_direction_flag_set\n"
        "leave_direction_flag_set: std\n"
        "ret\n"
        ".popsection");

HL_EXPORT(uint32_t, mxcsr)
uint32_t mxcsr(void) { return __builtin_ia32_stmxcsr(); }

HL_EXPORT(uint16_t, x87_control)
uint16_t x87_control(void)
{
    uint16_t control;
    __asm__("fnstcw %0" : "=m"(control));
    return control;
}

