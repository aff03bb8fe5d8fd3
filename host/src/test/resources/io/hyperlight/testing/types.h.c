/* For CType. */

#include <hyperlight.h>
#if __STDC_HOSTED__
#include <string.h>
#endif

static inline uint64_t fold(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash << 29 | hash >> 35;
}

static __attribute__((unused)) uint64_t fold_range(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = fold(hash, bytes[i]);
    }
    /* What comes from Java has a zero byte behind it. */
    return fold(fold(hash, size), bytes[size]);
}

static inline uint64_t bits_of_float(float value)
{
    union { float value; uint32_t bits; } as = {value};
    return as.bits;
}

static inline uint64_t bits_of_double(double value)
{
    union { double value; uint64_t bits; } as = {value};
    return as.bits;
}

static inline float float_of(uint32_t bits)
{
    union { uint32_t bits; float value; } as = {bits};
    return as.value;
}

static inline double double_of(uint64_t bits)
{
    union { uint64_t bits; double value; } as = {bits};
    return as.value;
}

static __attribute__((unused)) hl_bytes bytes_of(uint64_t word)
{
    uint8_t *bytes = hl_scratch(sizeof word);
    memcpy(bytes, &word, sizeof word);
    return (hl_bytes){bytes, sizeof word};
}

