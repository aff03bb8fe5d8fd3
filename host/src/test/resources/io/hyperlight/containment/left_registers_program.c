/* For LeftRegistersTest. */

#include <stdio.h>
#include <string.h>

static char request[64] __attribute__((used));

int main(void)
{
    __asm__ volatile("xor %%eax, %%eax; xor %%edi, %%edi; lea request(%%rip), %%rsi; mov $64, %%edx; syscall\n" FIND
                     : : : "rax", "rcx", "rdx", "rdi", "rsi", "r11", "memory");
    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
    unsigned selector;
    char how;
    int keys, tiles;
    if (sscanf(request, "%x %c %d %d", &selector, &how, &keys, &tiles) != 4) {
        return 1;
    }
    finish_finding(keys, tiles);
    for (int i = 0; i < 10; i++) {
        printf("%lx ", found[i]);
    }
    fflush(stdout);
    if (how == 'n') {
        return 0;
    }
    leave_all(selector, keys, tiles);
    if (how == 'e') {
        __asm__ volatile("mov $231, %eax; xor %edi, %edi; syscall");
    } else if (how == 'u') {
        __asm__ volatile("ud2");
    } else if (how == 'o') {
        __asm__ volatile("out %al, $0x70");
    } else if (how == 's') { /* reads, so that it waits where it waited before */
        __asm__ volatile("xor %eax, %eax; xor %edi, %edi; lea request(%rip), %rsi; mov $64, %edx; syscall; ud2");
    }
    for (;;) {
    }
}
