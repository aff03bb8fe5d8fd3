/* For HostileHostCallsTest. */

static int64_t raw_call(uint64_t number, uint64_t arguments)
{
    return system_call(HL_CALL_HOST, number, arguments, 0);
}

HL_EXPORT(int64_t, call_number, int64_t)
int64_t call_number(int64_t number)
{
    struct hl_value arguments[8] = {{0, 0}};
    return raw_call((uint64_t)number, address_of(arguments));
}

/* The number of an import, with something added that must not get lost. */
HL_EXPORT(int64_t, call_import_plus, int64_t)
int64_t call_import_plus(int64_t more)
{
    struct hl_value arguments[8] = {{0, 0}};
    return raw_call(NUMBER_OF(twice) + (uint64_t)more, address_of(arguments));
}

HL_EXPORT(int64_t, call_export)
int64_t call_export(void)
{
    struct hl_value arguments[8] = {{0, 0}};
    return raw_call(NUMBER_OF(ping), address_of(arguments));
}

HL_EXPORT(int64_t, pass_pointer, int64_t)
int64_t pass_pointer(int64_t pointer)
{
    return raw_call(NUMBER_OF(twice), (uint64_t)pointer);
}

HL_EXPORT(int64_t, pass_nothing_from, int64_t)
int64_t pass_nothing_from(int64_t pointer)
{
    return raw_call(NUMBER_OF(fail), (uint64_t)pointer);
}

HL_EXPORT(int64_t, pass_half_of_an_argument)
int64_t pass_half_of_an_argument(void)
{
    return raw_call(NUMBER_OF(twice), address_of(FRAME) + 0x400 - 8);
}

HL_EXPORT(int64_t, pass_misaligned)
int64_t pass_misaligned(void)
{
    uint8_t bytes[32] = {0};
    return raw_call(NUMBER_OF(twice), address_of(bytes) + 3);
}

HL_EXPORT(int64_t, pass_text, int64_t, int64_t)
int64_t pass_text(int64_t address, int64_t size)
{
    struct hl_value text = {(uint64_t)address, (uint64_t)size};
    return raw_call(NUMBER_OF(echo), address_of(&text));
}

HL_EXPORT(int64_t, pass_own_text, int64_t)
int64_t pass_own_text(int64_t size)
{
    return pass_text((int64_t)address_of(ret_in_data), size);
}

HL_EXPORT(int64_t, pass_no_utf8)
int64_t pass_no_utf8(void)
{
    return pass_text((int64_t)address_of(ret_in_data), 1);
}

HL_EXPORT(int64_t, pass_flag, int64_t)
int64_t pass_flag(int64_t value)
{
    struct hl_value flag = {(uint64_t)value, 0};
    return raw_call(NUMBER_OF(take_flag), address_of(&flag));
}

HL_EXPORT(int64_t, pass_unsigned, int64_t)
int64_t pass_unsigned(int64_t value)
{
    struct hl_value number = {(uint64_t)value, 0};
    return raw_call(NUMBER_OF(take_unsigned), address_of(&number));
}

/* Two ranges, each of which could be right, which together are more than there is. */
HL_EXPORT(int64_t, pass_all_memory_twice)
int64_t pass_all_memory_twice(void)
{
    uint64_t end, start = take_all_heap(&end);
    struct hl_value both[2] = {{start, end - start}, {start, end - start}};
    return raw_call(NUMBER_OF(join), address_of(both));
}

HL_EXPORT(int64_t, echo_with_window_next, int64_t)
int64_t echo_with_window_next(int64_t next)
{
    FRAME->window_next = (uint64_t)next;
    return echo(HL_STR("text")).size != 4;
}

HL_EXPORT(int64_t, echo_with_window_next_in_window, int64_t)
int64_t echo_with_window_next_in_window(int64_t offset)
{
    return echo_with_window_next((int64_t)HL_INFORMATION->window + offset);
}

HL_EXPORT(int64_t, echo_with_window_next_at_end, int64_t)
int64_t echo_with_window_next_at_end(int64_t offset)
{
    return echo_with_window_next((int64_t)FRAME->window_end + offset);
}

/* What the host does not read, and what it only reads later. */
HL_EXPORT(int64_t, echo_with_scribbled_frame, int64_t)
int64_t echo_with_scribbled_frame(int64_t value)
{
    volatile uint64_t *field = FRAME->integer_arguments;
    uint64_t next = FRAME->window_next;
    while (field < (volatile uint64_t *)(address_of(FRAME) + 0x400)) {
        *field++ = (uint64_t)value;
    }
    FRAME->window_next = next;
    bool wrong = echo(HL_STR("text")).size != 4;
    FRAME->status = 0;
    return wrong;
}

HL_EXPORT(int64_t, ask_for, int)
int64_t ask_for(int size)
{
    hl_bytes bytes = {0, 0};
    return try_zeroes(&bytes, size) ? (int64_t)bytes.size : -1;
}

HL_EXPORT(int64_t, fail_and_forget)
int64_t fail_and_forget(void)
{
    return try_fail(0) ? 1 : 0;
}

HL_EXPORT(void, fail_and_give_up)
void fail_and_give_up(void)
{
    fail();
}

HL_EXPORT(void, give_up)
void give_up(void)
{
    hl_give_up();
}
