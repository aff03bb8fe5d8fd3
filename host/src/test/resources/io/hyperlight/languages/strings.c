/* For GuestStringLibraryTest. */

#include <hyperlight.h>

static uint8_t *copy(hl_bytes bytes) { return memcpy(hl_scratch(bytes.size), bytes.data, bytes.size); }
static int sign(int value) { return (value > 0) - (value < 0); }
static const char *text(hl_bytes bytes) { return (const char *)bytes.data; }

HL_EXPORT(hl_bytes, move, hl_bytes, uint32_t, uint32_t, uint32_t)
hl_bytes move(hl_bytes bytes, uint32_t to, uint32_t from, uint32_t size)
{
    uint8_t *data = copy(bytes);
    return memmove(data + to, data + from, size) == data + to ? (hl_bytes){data, bytes.size} : (hl_bytes){0, 0};
}

HL_EXPORT(hl_bytes, set, hl_bytes, uint32_t, int, uint32_t)
hl_bytes set(hl_bytes bytes, uint32_t at, int byte, uint32_t size)
{
    uint8_t *data = copy(bytes);
    return memset(data + at, byte, size) == data + at ? (hl_bytes){data, bytes.size} : (hl_bytes){0, 0};
}

HL_EXPORT(int, compare, hl_bytes, hl_bytes, uint32_t)
int compare(hl_bytes a, hl_bytes b, uint32_t size) { return sign(memcmp(a.data, b.data, size)); }

HL_EXPORT(int, find, hl_bytes, int)
int find(hl_bytes bytes, int byte)
{
    const uint8_t *found = memchr(bytes.data, byte, bytes.size);
    return found == NULL ? -1 : (int)(found - bytes.data);
}

HL_EXPORT(uint32_t, length, hl_bytes)
uint32_t length(hl_bytes bytes) { return (uint32_t)strlen(text(bytes)); }

HL_EXPORT(int, compare_text, hl_bytes, hl_bytes)
int compare_text(hl_bytes a, hl_bytes b) { return sign(strcmp(text(a), text(b))); }

HL_EXPORT(int, compare_start, hl_bytes, hl_bytes, uint32_t)
int compare_start(hl_bytes a, hl_bytes b, uint32_t size) { return sign(strncmp(text(a), text(b), size)); }

HL_EXPORT(int, find_in_text, hl_bytes, int)
int find_in_text(hl_bytes bytes, int character)
{
    const char *found = strchr(text(bytes), character);
    return found == NULL ? -1 : (int)(found - text(bytes));
}

HL_EXPORT(hl_string, from_cstring, hl_bytes)
hl_string from_cstring(hl_bytes bytes) { return hl_from_cstring(text(bytes)); }

HL_EXPORT(hl_string, digits, int64_t)
hl_string digits(int64_t number) { return hl_from_integer(number); }

HL_EXPORT(hl_string, join, hl_string, hl_string, hl_string)
hl_string join(hl_string a, hl_string b, hl_string c)
{
    hl_string joined = hl_concat(a, HL_STR(""), b, c);
    return joined.data[joined.size] == 0 ? joined : HL_STR("no zero byte at the end");
}
