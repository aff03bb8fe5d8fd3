/*
 * The C library of guests of Hyperlight for Java. A C program declares with it which of its functions Java may call, and
 * which functions of Java it calls. The small library works with and without a libc. docs/guests-in-c.md says how to write
 * a guest, and docs/guest-abi.md describes the ABI.
 *
 *     #include <hyperlight.h>
 *
 *     HL_IMPORT(hl_string, get_weekday)                 // a Java function
 *
 *     HL_EXPORT(hl_string, say_hello, hl_string)        // a C function for Java
 *     hl_string say_hello(hl_string name)
 *     {
 *         return hl_concat(HL_STR("Hello, "), name, HL_STR("! It is "), get_weekday());
 *     }
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef HYPERLIGHT_H
#define HYPERLIGHT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- values ---------------------------------------------------------------------------------------------------- */

/*
 * UTF-8 text: an address and a length in bytes. A string that comes from Java also has a zero byte after its end. A string
 * that is returned to Java may lie anywhere in guest memory. Java copies it before anything else runs in the guest.
 */
typedef struct hl_string {
    const char *data;
    size_t size;
} hl_string;

/* Bytes: an address and a length. */
typedef struct hl_bytes {
    const uint8_t *data;
    size_t size;
} hl_bytes;

/* Makes an hl_string of a string literal. */
#define HL_STR(literal) ((hl_string){"" literal, sizeof(literal) - 1})

/* ---- declaring functions --------------------------------------------------------------------------------------- */

/*
 * HL_EXPORT(result, name, parameter types...) before the definition of a function makes it callable from Java.
 * HL_IMPORT(result, name, parameter types...) at file scope defines two functions that call Java:
 *
 *     result name(parameters...)                   ends the whole guest call if the Java function throws
 *     bool try_name(result *out, parameters...)    false if it throws; out is then unchanged
 *
 * Types: void (result only), bool, signed and unsigned integers of 8 to 64 bits, float, double, hl_string, hl_bytes.
 * At most 32 parameters. Another type is a compile-time error in HL_TYPE_CODE.
 */
#define HL_EXPORT(result, name, ...)                                                                                   \
    result name(HL_TYPES(__VA_ARGS__));                                                                                \
    HL_ENTRY(result, name, __VA_ARGS__)                                                                                \
    HL_RECORD(name, HL_KIND_EXPORT, result, (const void *)HL_ENTRY_OF(name), __VA_ARGS__)

#define HL_IMPORT(result, name, ...)                                                                                   \
    HL_RECORD(name, HL_KIND_IMPORT, result, 0, __VA_ARGS__)                                                            \
    static inline __attribute__((__unused__)) bool try_##name(result *hl_out __VA_OPT__(, ) HL_PARAMETERS(__VA_ARGS__))\
    {                                                                                                                  \
        const struct hl_value hl_arguments[] = {HL_ARGUMENTS(__VA_ARGS__) __VA_OPT__(, ){0, 0}};                       \
        struct hl_value hl_result;                                                                                     \
        if (!hl_host_call(&hl_function_##name, hl_arguments, &hl_result)) {                                            \
            return false;                                                                                              \
        }                                                                                                              \
        HL_SELECT(result, hl_store)(hl_out, hl_result);                                                                \
        return true;                                                                                                   \
    }                                                                                                                  \
    static inline __attribute__((__unused__)) result name(HL_PARAMETERS_OR_VOID(__VA_ARGS__))                          \
    {                                                                                                                  \
        const struct hl_value hl_arguments[] = {HL_ARGUMENTS(__VA_ARGS__) __VA_OPT__(, ){0, 0}};                       \
        struct hl_value hl_result;                                                                                     \
        if (!hl_host_call(&hl_function_##name, hl_arguments, &hl_result)) {                                            \
            hl_give_up();                                                                                              \
        }                                                                                                              \
        return HL_SELECT(result, hl_load)(hl_result);                                                                  \
    }

/* ---- the library ----------------------------------------------------------------------------------------------- */

enum hl_level { HL_TRACE, HL_DEBUG, HL_INFO, HL_WARNING, HL_ERROR };

/* Sends a message to the host's logger. */
void hl_log(enum hl_level level, hl_string message);

/* Prints text to the guest's output, which the host chooses. Aborts if writing fails. To handle errors, use write. */
void hl_print(hl_string text);

/* Ends the guest call with a GuestAbortException that has the message. The sandbox is unusable until it is restored. */
_Noreturn void hl_abort(hl_string message);

/*
 * Makes the running call end with a GuestErrorException that has the message. The call ends when the function returns, and
 * its result is ignored. The sandbox stays usable. The message must stay in place until the function has returned.
 */
void hl_error(hl_string message);

/*
 * Ends the guest call with the exception of the host function that failed last. The sandbox is unusable until it is
 * restored.
 */
_Noreturn void hl_give_up(void);

/*
 * Allocates scratch memory, which is released when the next call begins. Use it for results. The memory is aligned to 16
 * bytes and not zeroed. Returns NULL if the sandbox has no more memory.
 */
void *hl_scratch(size_t size);

/* Joins strings to one string in scratch memory. Aborts if there is no more memory. */
#define hl_concat(...)                                                                                                 \
    hl_concat_array(sizeof((hl_string[]){__VA_ARGS__}) / sizeof(hl_string), (hl_string[]){__VA_ARGS__})
hl_string hl_concat_array(size_t count, const hl_string *parts);

/*
 * Fills memory with random bytes from the host. They are fresh at every call, even after the sandbox was restored to a
 * snapshot. Do not keep a seed or a key in memory: it comes back with the snapshot, in every sandbox that comes from it.
 */
void hl_random(void *target, size_t size);

/* Makes an hl_string of a zero-terminated string, without a copy. */
hl_string hl_from_cstring(const char *text);

/* Writes a number in decimal to scratch memory. Aborts if there is no more memory. */
hl_string hl_from_integer(int64_t number);

#if !__STDC_HOSTED__
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
_Noreturn void abort(void);

void *memcpy(void *restrict target, const void *restrict source, size_t size);
void *memmove(void *target, const void *source, size_t size);
void *memset(void *target, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *area, int byte, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int character);
#endif

/* ---- the ABI: the macros above expand to it. Programs do not use it directly. ---------------------------------- */

#define HL_ABI_VERSION 1
#define HL_MAX_PARAMETERS 32

enum hl_kind { HL_KIND_EXPORT = 1, HL_KIND_IMPORT = 2 };

enum hl_type {
    HL_VOID = 0,
    HL_BOOL = 1,
    HL_INT8 = 2,
    HL_INT16 = 3,
    HL_INT32 = 4,
    HL_INT64 = 5,
    HL_UINT8 = 6,
    HL_UINT16 = 7,
    HL_UINT32 = 8,
    HL_UINT64 = 9,
    HL_FLOAT = 10,
    HL_DOUBLE = 11,
    HL_STRING = 12,
    HL_BYTES = 13
};

/* An entry of the function table, the section hyperlight_functions. */
struct hl_function {
    uint8_t kind;
    uint8_t result;
    uint8_t parameter_count;
    uint8_t reserved[5];
    uint8_t parameters[HL_MAX_PARAMETERS];
    const char *name;
    const void *address; /* of an exported function */
};

/*
 * An argument or a result of a host call: a sign- or zero-extended integer, the bits of a floating-point number, or an
 * address and a size.
 */
struct hl_value {
    uint64_t first;
    uint64_t second;
};

/* The hypercalls. The number is in RAX, arguments are in RDI, RSI and RDX, and results in RAX, RDX and R8. */
enum hl_system_call {
    HL_CALL_DONE = 0x484c0000,
    HL_CALL_HOST = 0x484c0001,
    HL_CALL_GIVE_UP = 0x484c0002,
    HL_CALL_ABORT = 0x484c0003,
    HL_CALL_LOG = 0x484c0004,
    HL_CALL_GROW_WINDOW = 0x484c0005,
    HL_CALL_READY = 0x484c0006,
    HL_CALL_REST = 0x484c0007
};

/* The information page: read-only facts at a fixed address. */
struct hl_information {
    uint32_t abi_version;
    uint32_t reserved;
    struct hl_frame *frame;
    uint64_t window; /* where scratch memory begins */
    uint64_t heap;   /* where the program break begins */
    uint64_t host_call; /* a routine that does what HL_CALL_HOST does, if possible without an exit */
};
#define HL_INFORMATION ((const struct hl_information *)0x11000)

/* The call frame. */
struct hl_frame {
    uint64_t stack_arguments[64];
    uint64_t integer_arguments[6];
    uint64_t sse_arguments[8];
    uint64_t target;
    uint64_t flags;
    uint64_t fs_base;
    uint64_t window_next;
    uint64_t window_end;
    uint64_t status;
    uint64_t error_address;
    uint64_t error_length;
    uint64_t gs_base;
    uint64_t reserved[41]; /* for the gate */
};

bool hl_host_call(const struct hl_function *function, const struct hl_value *arguments, struct hl_value *result);

/*
 * The entry of an exported function, which Java calls. Without a libc the entry is the function itself. With a libc it is
 * a wrapper that flushes the output after the function. The compiler computes the result before it cleans up the variable.
 */
#if __STDC_HOSTED__
#define HL_ENTRY_OF(name) hl_entry_##name
#define HL_ENTRY(result, name, ...)                                                                                    \
    static result hl_entry_##name(HL_PARAMETERS_OR_VOID(__VA_ARGS__))                                                  \
    {                                                                                                                  \
        __attribute__((__cleanup__(hl_call_returned), __unused__)) char hl_call;                                       \
        return name(HL_NAMES(__VA_ARGS__));                                                                            \
    }

/* Tells the host that the program has started and that calls may come. Returns only if there is no host. */
void hl_ready(void);
void hl_finish_call(void);
static inline void hl_call_returned(char *call)
{
    (void)call;
    hl_finish_call();
}
#else
#define HL_ENTRY_OF(name) name
#define HL_ENTRY(result, name, ...)
#endif

/*
 * An entry of the function table, in the order of struct hl_function. The macro uses no names of members and no plain names
 * of attributes, because a program may have macros of such names.
 */
#define HL_RECORD(function, which, returns, where, ...)                                                                \
    static const struct hl_function hl_function_##function                                                             \
        __attribute__((__section__("hyperlight_functions"), __used__, __aligned__(8))) = {                             \
            which, HL_TYPE_CODE(returns), HL_COUNT(__VA_ARGS__), {0}, {HL_CODES(__VA_ARGS__)}, #function, where,       \
    };

/* The types are compared as pointers, because void has no values. */
#define HL_TYPE_CODE(type)                                                                                             \
    _Generic((type *)0,                                                                                                \
        void *: HL_VOID,                                                                                               \
        bool *: HL_BOOL,                                                                                               \
        signed char *: HL_INT8,                                                                                        \
        short *: HL_INT16,                                                                                             \
        int *: HL_INT32,                                                                                               \
        long *: HL_INT64,                                                                                              \
        long long *: HL_INT64,                                                                                         \
        unsigned char *: HL_UINT8,                                                                                     \
        unsigned short *: HL_UINT16,                                                                                   \
        unsigned int *: HL_UINT32,                                                                                     \
        unsigned long *: HL_UINT64,                                                                                    \
        unsigned long long *: HL_UINT64,                                                                               \
        float *: HL_FLOAT,                                                                                             \
        double *: HL_DOUBLE,                                                                                           \
        hl_string *: HL_STRING,                                                                                        \
        hl_bytes *: HL_BYTES)

/* Selects prefix_void, prefix_bool, and so on by a type. */
#define HL_SELECT(type, prefix)                                                                                        \
    _Generic((type *)0,                                                                                                \
        void *: prefix##_void,                                                                                         \
        bool *: prefix##_bool,                                                                                         \
        signed char *: prefix##_int8,                                                                                  \
        short *: prefix##_int16,                                                                                       \
        int *: prefix##_int32,                                                                                         \
        long *: prefix##_int64,                                                                                        \
        long long *: prefix##_longlong,                                                                                \
        unsigned char *: prefix##_uint8,                                                                               \
        unsigned short *: prefix##_uint16,                                                                             \
        unsigned int *: prefix##_uint32,                                                                               \
        unsigned long *: prefix##_uint64,                                                                              \
        unsigned long long *: prefix##_ulonglong,                                                                      \
        float *: prefix##_float,                                                                                       \
        double *: prefix##_double,                                                                                     \
        hl_string *: prefix##_string,                                                                                  \
        hl_bytes *: prefix##_bytes)

#define HL_DEFINE_INTEGER(name, type)                                                                                  \
    static inline struct hl_value hl_pack_##name(type value) { return (struct hl_value){(uint64_t)value, 0}; }         \
    static inline type hl_load_##name(struct hl_value value) { return (type)value.first; }                             \
    static inline void hl_store_##name(type *out, struct hl_value value) { *out = (type)value.first; }
HL_DEFINE_INTEGER(bool, bool)
HL_DEFINE_INTEGER(int8, signed char)
HL_DEFINE_INTEGER(int16, short)
HL_DEFINE_INTEGER(int32, int)
HL_DEFINE_INTEGER(int64, long)
HL_DEFINE_INTEGER(longlong, long long)
HL_DEFINE_INTEGER(uint8, unsigned char)
HL_DEFINE_INTEGER(uint16, unsigned short)
HL_DEFINE_INTEGER(uint32, unsigned int)
HL_DEFINE_INTEGER(uint64, unsigned long)
HL_DEFINE_INTEGER(ulonglong, unsigned long long)
#undef HL_DEFINE_INTEGER

#define HL_DEFINE_REAL(name, type, bits_type)                                                                          \
    static inline struct hl_value hl_pack_##name(type value)                                                           \
    {                                                                                                                  \
        union {                                                                                                        \
            type value;                                                                                                \
            bits_type bits;                                                                                            \
        } as = {.value = value};                                                                                       \
        return (struct hl_value){as.bits, 0};                                                                          \
    }                                                                                                                  \
    static inline type hl_load_##name(struct hl_value value)                                                           \
    {                                                                                                                  \
        union {                                                                                                        \
            bits_type bits;                                                                                            \
            type value;                                                                                                \
        } as = {.bits = (bits_type)value.first};                                                                       \
        return as.value;                                                                                               \
    }                                                                                                                  \
    static inline void hl_store_##name(type *out, struct hl_value value) { *out = hl_load_##name(value); }
HL_DEFINE_REAL(float, float, uint32_t)
HL_DEFINE_REAL(double, double, uint64_t)
#undef HL_DEFINE_REAL

#define HL_DEFINE_RANGE(name, type, element)                                                                           \
    static inline struct hl_value hl_pack_##name(type value)                                                           \
    {                                                                                                                  \
        return (struct hl_value){(uint64_t)value.data, value.size};                                                    \
    }                                                                                                                  \
    static inline type hl_load_##name(struct hl_value value)                                                           \
    {                                                                                                                  \
        return (type){(const element *)value.first, value.second};                                                     \
    }                                                                                                                  \
    static inline void hl_store_##name(type *out, struct hl_value value) { *out = hl_load_##name(value); }
HL_DEFINE_RANGE(string, hl_string, char)
HL_DEFINE_RANGE(bytes, hl_bytes, uint8_t)
#undef HL_DEFINE_RANGE

/* No parameter is void, but every HL_SELECT names this function. */
void hl_pack_void(void);
static inline void hl_load_void(struct hl_value value) { (void)value; }
static inline void hl_store_void(void *out, struct hl_value value)
{
    (void)out;
    (void)value;
}

/*
 * Lists of macro arguments. HL_EACH applies a macro to each argument and puts commas between the results. The macro also
 * gets a number in unary (1, 11, 111 ...), from which it can build names. A macro cannot call itself. What looks like
 * recursion works because each HL_AGAIN expands the text once more.
 */
#define HL_COUNT(...) (0 __VA_OPT__(+HL_SUM(__VA_ARGS__)))
#define HL_SUM(...) (sizeof((const char[]){HL_EACH(HL_ONE, __VA_ARGS__)}))
#define HL_ONE(number, type) 1

#define HL_TYPES(...) HL_IF_EMPTY(void, __VA_ARGS__) HL_EACH(HL_TYPE, __VA_ARGS__)
#define HL_TYPE(number, type) type
#define HL_CODES(...) HL_EACH(HL_CODE, __VA_ARGS__)
#define HL_CODE(number, type) HL_TYPE_CODE(type)
#define HL_PARAMETERS(...) HL_EACH(HL_PARAMETER, __VA_ARGS__)
#define HL_PARAMETERS_OR_VOID(...) HL_IF_EMPTY(void, __VA_ARGS__) HL_PARAMETERS(__VA_ARGS__)
#define HL_PARAMETER(number, type) type hl_argument_##number
#define HL_NAMES(...) HL_EACH(HL_NAME, __VA_ARGS__)
#define HL_NAME(number, type) hl_argument_##number
#define HL_ARGUMENTS(...) HL_EACH(HL_ARGUMENT, __VA_ARGS__)
#define HL_ARGUMENT(number, type) HL_SELECT(type, hl_pack)(hl_argument_##number)

/* Expands to the first argument if there are no others. */
#define HL_IF_EMPTY(what, ...) HL_FIRST(__VA_OPT__(, ) what, )
#define HL_FIRST(first, ...) first
#define HL_EACH(macro, ...) __VA_OPT__(HL_AGAIN(HL_STEP(macro, 1, __VA_ARGS__)))
#define HL_STEP(macro, number, type, ...)                                                                              \
    macro(number, type) __VA_OPT__(, HL_STEP_LATER HL_EMPTY_PARENTHESES(macro, number##1, __VA_ARGS__))
#define HL_STEP_LATER() HL_STEP
#define HL_EMPTY_PARENTHESES ()
#define HL_AGAIN(...) HL_AGAIN_4(HL_AGAIN_4(HL_AGAIN_4(HL_AGAIN_4(__VA_ARGS__))))
#define HL_AGAIN_4(...) HL_AGAIN_16(HL_AGAIN_16(HL_AGAIN_16(HL_AGAIN_16(__VA_ARGS__))))
#define HL_AGAIN_16(...) HL_AGAIN_64(HL_AGAIN_64(HL_AGAIN_64(HL_AGAIN_64(__VA_ARGS__))))
#define HL_AGAIN_64(...) __VA_ARGS__

#endif
