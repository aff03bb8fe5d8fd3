/* For CommandTest. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        char *name = arguments[i];
        if (!strncmp(name, "file=", 5)) {
            name += 5;
            for (char *at = name + 1; (at = strchr(at, '/')); at++) {
                *at = 0;
                mkdir(name, 0777);
                *at = '/';
            }
            int file = open(name, O_CREAT | O_WRONLY, 0666);
            if (file < 0 || write(file, "made", 4) != 4) return 9;
        } else if (!strncmp(name, "large=", 6)) {
            int file = open(name + 6, O_CREAT | O_WRONLY, 0666);
            if (file < 0 || ftruncate(file, 3 << 20)) return 9;
        } else if (!strncmp(name, "hole=", 5)) {
            int file = open(name + 5, O_CREAT | O_WRONLY, 0666);
            if (file < 0 || ftruncate(file, 0x7fffffffffffffff)) return 9;
        } else if (!strcmp(name, "flood")) {
            static char bytes[1 << 20];
            signal(SIGPIPE, SIG_IGN);
            long first = write(1, bytes, sizeof bytes);
            long second = write(1, bytes, sizeof bytes);
            fprintf(stderr, "%d ", first > 0 && first < (long)sizeof bytes);
            fprintf(stderr, "%ld %s", second, strerror(errno));
            return 3;
        } else {
            printf("[%s]", name);
        }
    }
    printf(" %s\n", getenv("V") ? getenv("V") : "");
    return 0;
}
