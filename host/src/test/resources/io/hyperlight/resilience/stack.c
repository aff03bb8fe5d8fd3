/* For StackExhaustionTest. */

#include <hyperlight.h>

static volatile uint64_t counter;

HL_EXPORT(uint64_t, counter_address)
uint64_t counter_address(void) { return (uint64_t)&counter; }

HL_EXPORT(void, spin, int64_t)
void spin(int64_t turns)
{
    for (int64_t i = 0; i < turns; i++) {
        counter++;
    }
}

static unsigned char target[4096] = {1};

HL_EXPORT(void, fill_target)
void fill_target(void) { memset(target, 0xaa, sizeof target); }

/* An instruction that KVM finishes when the vCPU runs next, where it does not refuse it. */
HL_EXPORT(void, read_port)
void read_port(void)
{
    void *to = target;
    uint64_t count = sizeof target;
    __asm__ volatile("rep insb" : "+D"(to), "+c"(count) : "d"(0x70) : "memory");
}

HL_EXPORT(int, check_target)
int check_target(void)
{
    for (int i = 0; i < 4096; i++) {
        if (target[i] != 0xaa) {
            return i;
        }
    }
    return -1;
}

HL_EXPORT(void, leave_secret)
__attribute__((naked)) void leave_secret(void)
{
    __asm__("mov $0x5ec2e7, %eax\n"
            "movq %rax, %xmm9\n"
            "ret");
}

HL_EXPORT(int64_t, find_secret)
__attribute__((naked)) int64_t find_secret(void)
{
    __asm__("movq %xmm9, %rax\n"
            "ret");
}
