/* Every futex operation with every kind of word, value and timeout that does not wait for ever. */

/* As a lock, of an owner that does not exist. */
#define VALUE (NOBODY / 2 + 5)

static int *word, *unreadable, *constant;
static int other;

static void run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    int self = gettid();
    word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unreadable = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    constant = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec past = {0, 1}, negative = {-1, 0}, wrong = {0, 1000000000};
    void *const timeouts[] = {&past, NULL, &negative, &wrong, (void *)8};
    static const char *const timeout_names[] = {"past", "none", "negative", "wrong", "bad"};
    int *const words[] = {word, (int *)((char *)word + 1), (int *)8, unreadable, constant, (int *)-4096L};
    static const char *const word_names[] = {"word", "unaligned", "nowhere", "unreadable", "constant", "kernel"};
    static const int flags[] = {0, FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME, FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME};
    const int contents[] = {0, VALUE, self, (int)(self | FUTEX_WAITERS), FUTEX_OWNER_DIED, NOBODY / 2};
    static const char *const content_names[] = {"0", "value", "own", "own and waiters", "died", "nobody's"};
    for (int op = 0; op < 16; op++) {
        for (size_t f = 0; f < COUNT(flags); f++) {
            for (size_t w = 0; w < COUNT(words); w++) {
                for (size_t c = 0; c < (w == 0 ? COUNT(contents) : 1); c++) {
                    for (size_t t = 0; t < COUNT(timeouts); t++) {
                        for (int bits = 0; bits < 2; bits++) {
                            int waits = op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI;
                            int value = op == FUTEX_CMP_REQUEUE_PI ? 1 : t == 4 ? -5 : VALUE;
                            if (waits && timeouts[t] == NULL) {
                                value = VALUE + 1; /* is none of the contents: does not wait */
                            }
                            int lasts = waits || op == FUTEX_LOCK_PI || op == 13 || op > 13;
                            static const long numbers[] = {0, 1, -1, INT_MAX, INT_MIN};
                            *word = contents[c];
                            other = 1;
                            errno = 0;
                            long result = syscall(SYS_futex, words[w], op | flags[f], value,
                                lasts ? (long)timeouts[t] : numbers[t], &other, bits ? -1 : 0);
                            printf("op %d flags %d %s %s timeout %s bits %d: %s", op, flags[f], word_names[w],
                                content_names[c], timeout_names[t], bits, outcome(result));
                            printf(" then %d owner %d other %d\n", *word & ~FUTEX_TID_MASK,
                                (*word & FUTEX_TID_MASK) == self ? 1 : (*word & FUTEX_TID_MASK) == 0 ? 0 : 2, other);
                        }
                    }
                }
            }
        }
    }
    /* Operations on another word. */
    for (int op = 0; op < 16; op++) {
        for (int compare = 0; compare < 8; compare++) {
            static const int operands[] = {0, 3, -1, 0x7ff, -0x800};
            for (size_t i = 0; i < COUNT(operands); i++) {
                other = 0x5a;
                errno = 0;
                long result = syscall(SYS_futex, word, FUTEX_WAKE_OP, 1, 1, &other,
                    (op & 15) << 28 | compare << 24 | (operands[i] & 0xfff) << 12 | 3);
                printf("operation %d %d %d: %s other %d\n", op, compare, operands[i], outcome(result), other);
            }
        }
    }
    static const int nowhere[] = {8, 4096};
    for (size_t i = 0; i < COUNT(nowhere); i++) {
        SHOW(syscall(SYS_futex, word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, nowhere[i], 0));
        SHOW(syscall(SYS_futex, word, FUTEX_WAKE_OP, 1, 1, nowhere[i], 0));
        SHOW(syscall(SYS_futex, word, FUTEX_REQUEUE, 1, 1, nowhere[i], 0));
        SHOW(syscall(SYS_futex, word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 1, nowhere[i], 0));
    }
    SHOW(syscall(SYS_futex, word, FUTEX_WAKE_OP, 1, 1, constant, 0));
    SHOW(syscall(SYS_futex, word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, constant, 0));
    SHOW(syscall(SYS_futex, word, FUTEX_REQUEUE, -1, 1, &other, 0));
    SHOW(syscall(SYS_futex, word, FUTEX_REQUEUE, 1, -1, &other, 0));
    SHOW(syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PI, 1, 1, word, 0));
    SHOW(syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PI, 2, 1, &other, 0));
}
