/* For GuestErrorTest. */

#include <hyperlight.h>

static int64_t counter;

HL_EXPORT(int64_t, count_up)
int64_t count_up(void) { return ++counter; }

HL_EXPORT(hl_string, fail, hl_string)
hl_string fail(hl_string message)
{
    counter++;
    hl_error(message);
    /* Is not looked at. */
    return (hl_string){(const char *)1, 1};
}

HL_EXPORT(void, fail_twice)
void fail_twice(void)
{
    hl_error(HL_STR("first"));
    hl_error(HL_STR("second"));
}

HL_EXPORT(void, fail_at, int64_t, int64_t)
void fail_at(int64_t address, int64_t size) { hl_error((hl_string){(const char *)address, (size_t)size}); }

HL_EXPORT(void, fail_and_abort)
void fail_and_abort(void)
{
    hl_error(HL_STR("error"));
    hl_abort(HL_STR("abort"));
}

HL_EXPORT(void, abort_with, hl_bytes)
void abort_with(hl_bytes message) { hl_abort((hl_string){(const char *)message.data, message.size}); }

HL_EXPORT(void, abort_at, int64_t, int64_t)
void abort_at(int64_t address, int64_t size) { hl_abort((hl_string){(const char *)address, (size_t)size}); }

HL_EXPORT(void, call_abort)
void call_abort(void) { abort(); }
