/* For HostFunctionTest. */

#include <hyperlight.h>

HL_IMPORT(int, ask, int)
HL_IMPORT(void, tell, hl_string)

HL_EXPORT(int, pass_on, int)
int pass_on(int question) { return ask(question) + 1; }

/* -1 if the host fails; what was in the variable must still be there. */
HL_EXPORT(int, pass_on_carefully, int)
int pass_on_carefully(int question)
{
    int answer = 4711;
    if (!try_ask(&answer, question)) {
        return answer == 4711 ? -1 : -2;
    }
    return answer;
}

HL_EXPORT(hl_string, report)
hl_string report(void)
{
    return try_tell(NULL, HL_STR("news")) ? HL_STR("told") : HL_STR("not told");
}

/* Gives up over the second question although only the first failed. */
HL_EXPORT(int, give_up_late)
int give_up_late(void)
{
    int answer;
    try_ask(&answer, 1);
    try_ask(&answer, 2);
    hl_give_up();
}

HL_EXPORT(void, give_up)
void give_up(void) { hl_give_up(); }

HL_EXPORT(void, print)
void print(void) { hl_print(HL_STR("text")); }

HL_EXPORT(void, log)
void log(void) { hl_log(HL_INFO, HL_STR("text")); }

HL_EXPORT(int, add, int, int)
int add(int a, int b) { return a + b; }
