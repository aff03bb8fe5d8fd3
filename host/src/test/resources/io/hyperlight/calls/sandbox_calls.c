/* For SandboxCallTest. */

#include <hyperlight.h>

static int64_t counter;

HL_EXPORT(int64_t, count_up, int64_t)
int64_t count_up(int64_t by) { return counter += by; }

HL_EXPORT(int, add, int, int)
int add(int a, int b) { return a + b; }

HL_EXPORT(int16_t, add_shorts, int16_t, int16_t)
int16_t add_shorts(int16_t a, int16_t b) { return (int16_t)(a + b); }

HL_EXPORT(uint32_t, echo_unsigned, uint32_t)
uint32_t echo_unsigned(uint32_t value) { return value; }

HL_EXPORT(double, half, double)
double half(double value) { return value / 2; }

HL_EXPORT(float, half_float, float)
float half_float(float value) { return value / 2; }

HL_EXPORT(bool, not, bool)
bool not(bool value) { return !value; }

HL_EXPORT(int8_t, negate, int8_t)
int8_t negate(int8_t value) { return (int8_t)-value; }

HL_EXPORT(hl_string, greet, hl_string)
hl_string greet(hl_string name) { return hl_concat(HL_STR("Hello, "), name); }

HL_EXPORT(hl_bytes, reverse, hl_bytes)
hl_bytes reverse(hl_bytes bytes)
{
    uint8_t *reversed = hl_scratch(bytes.size);
    for (size_t i = 0; i < bytes.size; i++) {
        reversed[i] = bytes.data[bytes.size - 1 - i];
    }
    return (hl_bytes){reversed, bytes.size};
}

HL_EXPORT(void, nothing)
void nothing(void) {}
