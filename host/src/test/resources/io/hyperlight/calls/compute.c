/* For ComputeBenchmark. */

#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#include <stdint.h>
#include <string.h>

static uint64_t fib(int n)
{
    static lua_State *state;
    if (state == NULL) {
        state = luaL_newstate();
        luaL_openlibs(state);
        luaL_dostring(state,
            "function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end");
    }
    lua_getglobal(state, "fib");
    lua_pushinteger(state, n);
    lua_call(state, 1, 1);
    uint64_t result = (uint64_t)lua_tointeger(state, -1);
    lua_pop(state, 1);
    return result;
}

/* SHA-256: FIPS 180-4. The constants are fractions of the roots of primes. */
static uint32_t constants[64];
static uint32_t hash[8];

/* The first 32 bits behind the point of an n-th root, by bisection. */
static uint32_t root_fraction(unsigned prime, int n)
{
    unsigned __int128 low = 0;
    unsigned __int128 high = (unsigned __int128)32 << 32;
    while (high - low > 1) {
        unsigned __int128 middle = (low + high) / 2;
        unsigned __int128 power = n == 2 ? middle * middle : middle * middle * middle;
        if (power <= (unsigned __int128)prime << (32 * n)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

static void start_hash(void)
{
    int count = 0;
    for (unsigned n = 2; count < 64; n++) {
        unsigned d = 2;
        while (d < n && n % d != 0) {
            d++;
        }
        if (d == n) {
            constants[count] = root_fraction(n, 3);
            if (count < 8) {
                hash[count] = root_fraction(n, 2);
            }
            count++;
        }
    }
}

static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void hash_block(const uint8_t *block)
{
    uint32_t w[64];
    uint32_t v[8];
    for (int i = 0; i < 16; i++) {
        uint32_t word;
        memcpy(&word, block + 4 * i, 4);
        w[i] = __builtin_bswap32(word);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15];
        uint32_t b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3)
            + (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
    memcpy(v, hash, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t e = v[4];
        uint32_t a = v[0];
        uint32_t t = v[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & v[5]) ^ (~e & v[6]))
            + constants[i] + w[i];
        uint32_t u = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22))
            + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] += t;
        v[0] = t + u;
    }
    for (int i = 0; i < 8; i++) {
        hash[i] += v[i];
    }
}

/* The first word of the hash of so many MiB of a repeated letter. */
static uint64_t sha256(int mebibytes)
{
    static uint8_t data[64 << 20];
    uint8_t last[64] = {0x80};
    uint64_t size = (uint64_t)mebibytes << 20;
    if (data[0] == 0) {
        memset(data, 'a', sizeof data);
    }
    start_hash();
    for (uint64_t at = 0; at < size; at += 64) {
        hash_block(data + at);
    }
    uint64_t bits = __builtin_bswap64(size * 8);
    memcpy(last + 56, &bits, 8);
    hash_block(last);
    return hash[0];
}

/* The sum of a product of two matrices. */
static uint64_t matrix(int n)
{
    static float a[1024][1024], b[1024][1024], c[1024][1024];
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            a[i][j] = (float)((i * 3 + j) % 5);
            b[i][j] = (float)((i + j * 7) % 3);
            c[i][j] = 0;
        }
    }
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
            float factor = a[i][k];
            for (int j = 0; j < n; j++) {
                c[i][j] += factor * b[k][j];
            }
        }
    }
    uint64_t sum = 0;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            sum += (uint64_t)c[i][j];
        }
    }
    return sum;
}

static uint64_t compute(int which, int size)
{
    return which == 0 ? fib(size) : which == 1 ? sha256(size) : matrix(size);
}
