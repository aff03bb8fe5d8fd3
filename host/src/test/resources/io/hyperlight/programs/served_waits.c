/* A served program that waits for each request in the way that its argument names. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

static int inner, outer, other;

static int wait_once(const char *way)
{
    if (!strcmp(way, "poll")) {
        struct pollfd both[2] = {{.fd = other, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        return poll(both, 2, -1) == 1 && both[1].revents == POLLIN;
    }
    if (!strcmp(way, "ppoll")) {
        sigset_t none;
        sigemptyset(&none);
        struct pollfd one = {.fd = 0, .events = POLLIN};
        struct timespec hour = {3600, 0};
        return ppoll(&one, 1, &hour, &none) == 1;
    }
    if (!strcmp(way, "select")) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(0, &set);
        FD_SET(other, &set);
        return select(other + 1, &set, NULL, NULL, NULL) == 1 && FD_ISSET(0, &set);
    }
    if (!strncmp(way, "epoll", 5)) {
        struct epoll_event event = {0};
        int count = epoll_wait(!strcmp(way, "epoll nested") ? outer : inner, &event, 1, -1);
        if (!strcmp(way, "epoll once")) {
            struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 7};
            epoll_ctl(inner, EPOLL_CTL_MOD, 0, &again);
        }
        return count == 1 && event.events == EPOLLIN && event.data.u64 == 7;
    }
    return 1;
}

int main(int count, char **arguments)
{
    (void)count;
    const char *way = arguments[1];
    other = eventfd(0, 0);
    inner = epoll_create1(0);
    outer = epoll_create1(0);
    unsigned manner = !strcmp(way, "epoll edges") ? EPOLLET : !strcmp(way, "epoll once") ? EPOLLONESHOT : 0;
    struct epoll_event event = {.events = EPOLLIN | manner, .data.u64 = 7};
    epoll_ctl(inner, EPOLL_CTL_ADD, 0, &event);
    epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event);
    event.data.u64 = 8;
    epoll_ctl(inner, EPOLL_CTL_ADD, other, &event);
    if (strcmp(way, "read")) {
        fcntl(0, F_SETFL, O_NONBLOCK);
    }
    for (int request = 1;; request++) {
        char text[100] = "";
        int size = 0, ready = wait_once(way);
        for (ssize_t more; (more = read(0, text + size, sizeof text - 1 - size)) > 0; size += more) {
        }
        printf("%d: %s %s", request, ready ? "got" : "lost", text);
        fflush(stdout);
        char byte;
        if (strcmp(way, "read") && (read(0, &byte, 1) != -1 || errno != EAGAIN)) {
            printf(" and more");
        }
    }
}
