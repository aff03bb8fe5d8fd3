/* One thread waits for standard input, in the way that the argument names, and another one works meanwhile. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static const char *way;
static char text[100];

static void wait_for_input(void)
{
    if (!strcmp(way, "poll")) {
        struct pollfd one = {.fd = 0, .events = POLLIN};
        poll(&one, 1, -1);
    } else if (!strcmp(way, "select")) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(0, &set);
        select(1, &set, NULL, NULL, NULL);
    } else if (!strcmp(way, "epoll")) {
        int epoll = epoll_create1(0);
        struct epoll_event event = {.events = EPOLLIN};
        epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
        epoll_wait(epoll, &event, 1, -1);
    }
}

static void *read_all(void *unused)
{
    (void)unused;
    size_t size = 0;
    for (;;) {
        wait_for_input();
        /* Less than there is: the rest must stay. */
        ssize_t more = read(0, text + size, 5);
        if (more <= 0) {
            return NULL;
        }
        size += more;
    }
}

int main(int count, char **arguments)
{
    (void)count;
    way = arguments[1];
    pthread_t thread;
    pthread_create(&thread, NULL, read_all, NULL);
    usleep(20000);
    write(1, "other\n", 6);
    pthread_join(thread, NULL);
    return strcmp(text, "first second") != 0;
}
