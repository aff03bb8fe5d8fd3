/* For HostileResultsTest. */

HL_EXPORT(hl_bytes, give_bytes, int64_t, int64_t)
hl_bytes give_bytes(int64_t address, int64_t size)
{
    return (hl_bytes){(const uint8_t *)address, (size_t)size};
}

HL_EXPORT(hl_string, give_text, int64_t, int64_t)
hl_string give_text(int64_t address, int64_t size)
{
    return (hl_string){(const char *)address, (size_t)size};
}

HL_EXPORT(hl_string, give_no_utf8)
hl_string give_no_utf8(void)
{
    return (hl_string){(const char *)ret_in_data, 1};
}

HL_EXPORT(uint64_t, give_unsigned)
uint64_t give_unsigned(void)
{
    return -1ul;
}

HL_EXPORT(bool, give_flag, int64_t)
__asm__(".globl give_flag; .hidden give_flag; .pushsection .text; give_flag: mov %rdi, %rax; ret; .popsection");

HL_EXPORT(hl_bytes, give_everything)
hl_bytes give_everything(void)
{
    uint64_t end, start = take_all_heap(&end);
    return (hl_bytes){(const uint8_t *)start, end - start};
}

HL_EXPORT(void, report, int64_t, int64_t, int64_t)
void report(int64_t status, int64_t address, int64_t size)
{
    FRAME->error_address = (uint64_t)address;
    FRAME->error_length = (uint64_t)size;
    FRAME->status = (uint64_t)status;
}

HL_EXPORT(void, abort_with, int64_t, int64_t)
void abort_with(int64_t address, int64_t size)
{
    system_call(HL_CALL_ABORT, (uint64_t)address, (uint64_t)size, 0);
}

HL_EXPORT(void, abort_with_everything)
void abort_with_everything(void)
{
    uint64_t end, start = take_all_heap(&end);
    system_call(HL_CALL_ABORT, start, end - start, 0);
}
