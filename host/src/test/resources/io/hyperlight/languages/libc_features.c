/* For LibcFeaturesTest. */

#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <search.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

static void numbers(FILE *out)
{
    fprintf(out, "%d %5d|%-5d|%05d %+d %x %#o %zu %hhd %" PRId64 "\n", INT_MIN, 42, 42, 42, 42, 0xbeefu, 8u,
            SIZE_MAX, (char)-1, INT64_MIN);
    fprintf(out, "%f %.3e %g %G %a %10.2f|%-10.1f|\n", 1.5, 12345.678, 1e-7, 1e20, 0.1, 3.14159, 2.5);
    fprintf(out, "%g %g %g %s %c %p %%\n", INFINITY, -INFINITY, (double)DBL_EPSILON, "text", 'c', (void *)0x10);
    fprintf(out, "%2$s %1$s %3$*4$d\n", "one", "two", 3, 6);
    char text[8];
    const char *volatile long_text = "much too long";
    int wanted = snprintf(text, sizeof text, "%s", long_text);
    fprintf(out, "%d %s\n", wanted, text);
    int a;
    double b;
    char word[10];
    int read = sscanf("17 2.5e3 words", "%d %lf %9s", &a, &b, word);
    fprintf(out, "%d %d %g %s\n", read, a, b, word);
}

static void conversions(FILE *out)
{
    char *end;
    errno = 0;
    fprintf(out, "%ld ", strtol("99999999999999999999", &end, 10));
    fprintf(out, "%d %d\n", errno, *end);
    errno = 0;
    fprintf(out, "%lu %s ", strtoul("0x1fg", &end, 0), end);
    fprintf(out, "%d\n", errno);
    static const char *const reals[] = {"0.1", "1e308", "1e309", "4.9e-324", "0x1.8p3", "nan", "-inf", "1..2", ""};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        errno = 0;
        double value = strtod(reals[i], &end);
        fprintf(out, "%.17g %d %s;", value, errno, end);
    }
    fprintf(out, "\n");
}

static void mathematics(FILE *out)
{
    static const double values[] = {0.1, 0.5, 1, 2, 10, 123.456};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        volatile double x = values[i];
        fprintf(out, "%.12g %.12g %.12g %.12g %.12g %.12g %.12g %.12g\n", sin(x), cos(x), tan(x), exp(x), log(x),
                pow(x, 2.5), sqrt(x), cbrt(x));
        fprintf(out, "%.12g %.12g %.12g %.12g %.12g %.12g %.12g\n", atan2(x, 3), sinh(x / 10), tgamma(x / 10),
                erf(x), fmod(x, 0.3), hypot(x, x), floor(x) + ceil(x) + round(x));
    }
    volatile double minus = -1;
    errno = 0;
    fprintf(out, "%d ", isnan(sqrt(minus)));
    fprintf(out, "%d %.6f\n", errno == EDOM, (double)sqrtl((long double)2));
    fesetround(FE_UPWARD);
    volatile double one = 1, three = 3;
    fprintf(out, "%.20g ", one / three);
    fesetround(FE_TONEAREST);
    fprintf(out, "%.20g\n", one / three);
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void sorting(FILE *out)
{
    enum { COUNT = 5000 };
    int *many = malloc(COUNT * sizeof *many);
    srand(1);
    for (int i = 0; i < COUNT; i++) {
        many[i] = rand();
    }
    qsort(many, COUNT, sizeof *many, compare);
    bool sorted = true;
    for (int i = 1; i < COUNT; i++) {
        sorted &= many[i - 1] <= many[i];
    }
    int *found = bsearch(&many[77], many, COUNT, sizeof *many, compare);
    fprintf(out, "%d %d %d %d\n", sorted, many[0], many[COUNT - 1], *found == many[77]);
    free(many);
}

static jmp_buf place;

static void jump(int depth)
{
    volatile char room[100];
    room[0] = (char)depth;
    if (depth == 0) {
        longjmp(place, 7);
    }
    if (depth > 0) {
        jump(depth - 1);
    }
    room[1] = room[0];
}

static void jumping(FILE *out)
{
    volatile int times = 0;
    int value = setjmp(place);
    if (times++ < 3) {
        jump(50 * times);
    }
    fprintf(out, "%d %d\n", value, times);
}

static void memory(FILE *out)
{
    enum { BLOCKS = 300 };
    static unsigned char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    unsigned state = 1;
    bool kept = true;
    for (int step = 0; step < 20000; step++) {
        state = state * 1103515245 + 12345;
        int i = (int)(state >> 16) % BLOCKS;
        size_t size = (state >> 8) % 3000 + (step % 100 == 0 ? 200000 : 0);
        for (size_t j = 0; j < sizes[i]; j += 97) {
            kept &= blocks[i][j] == (unsigned char)(i + (int)sizes[i]);
        }
        switch (step % 3) {
        case 0:
            free(blocks[i]);
            blocks[i] = calloc(size, 1);
            kept &= size == 0 || (blocks[i][0] == 0 && blocks[i][size - 1] == 0);
            break;
        case 1:
            blocks[i] = realloc(blocks[i], size + 1);
            size++;
            break;
        default:
            free(blocks[i]);
            blocks[i] = aligned_alloc(64, (size + 64) & -64ul);
            kept &= (uintptr_t)blocks[i] % 64 == 0;
        }
        kept &= (uintptr_t)blocks[i] % 16 == 0;
        sizes[i] = size;
        memset(blocks[i], (int)(unsigned char)(i + (int)size), size);
    }
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
        sizes[i] = 0;
    }
    errno = 0;
    volatile size_t tooMuch = PTRDIFF_MAX;
    void *none = malloc(tooMuch);
    fprintf(out, "%d %d %d\n", kept, none == NULL, errno == ENOMEM);
}

static void text(FILE *out)
{
    char list[] = "one, two,,three";
    char *rest = list;
    for (char *word; (word = strsep(&rest, ", ")) != NULL;) {
        fprintf(out, "<%s>", word);
    }
    fprintf(out, "%s %s %zu %d ", strstr("haystack", "st"), strrchr("a/b/c", '/'), strspn("aabbc", "ab"),
            strcasecmp("Text", "tEXT"));
    fprintf(out, "%s %d %d\n", strerror(ENOENT), isalpha('x') != 0, toupper('y'));
    char *copy = strdup("copied");
    fprintf(out, "%s ", strcat(strcpy(realloc(copy, 100), "more"), " text"));
    fprintf(out, "%s ", setlocale(LC_ALL, "C"));
    fprintf(out, "%s ", setlocale(LC_ALL, "xx_XX") == NULL ? "none" : "some");
    wchar_t wide[10];
    fprintf(out, "%zu %ls\n", mbstowcs(wide, "wide", 10), wide);
}

static void times(FILE *out)
{
    time_t moment = 1000000000;
    struct tm *parts = gmtime(&moment);
    char date[100];
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S %A %j", parts);
    fprintf(out, "%s %ld ", date, (long)timegm(parts));
    fprintf(out, "%.0f\n", difftime(moment + 5, moment));
}

static _Thread_local int of_thread = 5;
static _Thread_local char zeroed[3000];

static void streams(FILE *out)
{
    char buffer[100] = "";
    FILE *stream = fmemopen(buffer, sizeof buffer, "w+");
    fprintf(stream, "line %d\nline %d\n", 1, 2);
    rewind(stream);
    char line[50];
    while (fgets(line, sizeof line, stream) != NULL) {
        fprintf(out, "%s", line);
    }
    fprintf(out, "%ld %d\n", ftell(stream), feof(stream) != 0);
    fclose(stream);
    fprintf(out, "%d %d\n", of_thread++, zeroed[2999]++);
    fprintf(out, "%d\n", fopen("/there/is/no/such/file", "r") == NULL);
}

static void features(FILE *out)
{
    numbers(out);
    conversions(out);
    mathematics(out);
    sorting(out);
    jumping(out);
    memory(out);
    text(out);
    times(out);
    streams(out);
}

