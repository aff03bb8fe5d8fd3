/* For RestoreOrderOracleTest: answers with its request, or is left in the middle of an answer. */

#include <string.h>
#include <unistd.h>

int main(void)
{
    static char request[100];
    for (;;) {
        ssize_t length = read(0, request, sizeof request);
        if (length <= 0) {
            continue;
        }
        write(1, request, (size_t)length);
        if (!memcmp(request, "fail", 4)) {
            write(2, "x", 1);
        }
    }
}
