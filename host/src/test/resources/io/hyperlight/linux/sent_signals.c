/* For SentSignalTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <hyperlight.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[300];
static volatile int depth, again;

static void say(const char *what)
{
    strcat(text, what);
}

static void number(const char *what, long value)
{
    char piece[60];
    snprintf(piece, sizeof piece, " %s %ld", what, value);
    strcat(text, piece);
}

static void note(int signal, siginfo_t *info, void *context)
{
    (void)context;
    number(depth++ ? "nested" : "got", signal);
    number("code", info->si_code);
    number("from", info->si_pid);
    if (signal == SIGHUP && again-- > 0) {
        raise(SIGHUP); /* is blocked until this returns */
        say(" raised");
    }
    depth--;
}

static void handle(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};
    if (sigaction(signal, &action, NULL) != 0) {
        say(" no handler");
    }
}

static sigset_t set_of(int first, int second)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    sigaddset(&set, second);
    return set;
}

static void mask(int how, int first, int second)
{
    sigset_t set = set_of(first, second);
    if (sigprocmask(how, &set, NULL) != 0) {
        say(" no mask");
    }
}

static hl_string said(void)
{
    return hl_from_cstring(text);
}

static void begin(void)
{
    text[0] = 0;
    depth = 0;
}

HL_EXPORT(hl_string, send_all_ways)
hl_string send_all_ways(void)
{
    begin();
    handle(SIGUSR1, 0);
    number("raise", raise(SIGUSR1));
    number("; kill", kill(getpid(), SIGUSR1));
    number("; tgkill", syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
    number("; group", kill(0, SIGUSR1));
    return said();
}

HL_EXPORT(hl_string, hold)
hl_string hold(void)
{
    begin();
    handle(SIGUSR1, 0);
    handle(SIGUSR2, 0);
    mask(SIG_BLOCK, SIGUSR1, SIGUSR2);
    raise(SIGUSR2);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    sigset_t pending;
    sigpending(&pending);
    number("pending", sigismember(&pending, SIGUSR1) + 2 * sigismember(&pending, SIGUSR2));
    mask(SIG_UNBLOCK, SIGUSR1, SIGUSR2);
    say(" unblocked");
    return said();
}

HL_EXPORT(hl_string, raise_in_handler)
hl_string raise_in_handler(void)
{
    begin();
    handle(SIGHUP, 0);
    again = 2;
    raise(SIGHUP);
    say(" back");
    return said();
}

HL_EXPORT(hl_string, wait_for_pending)
hl_string wait_for_pending(void)
{
    begin();
    handle(SIGUSR1, 0);
    mask(SIG_BLOCK, SIGUSR1, SIGTERM);
    raise(SIGUSR1);
    sigset_t none, set;
    sigemptyset(&none);
    sigaddset(&none, SIGTERM);
    number("suspend", sigsuspend(&none));
    number("errno", errno);
    kill(getpid(), SIGTERM);
    set = set_of(SIGTERM, SIGTERM);
    siginfo_t info;
    number("; waited for", sigwaitinfo(&set, &info));
    number("code", info.si_code);
    struct timespec soon = {.tv_nsec = 1000};
    number("; then", sigtimedwait(&set, &info, &soon));
    number("errno", errno);
    sigprocmask(SIG_SETMASK, NULL, &set);
    number("; blocked", sigismember(&set, SIGUSR1) + sigismember(&set, SIGTERM));
    return said();
}

HL_EXPORT(hl_string, blocked_is_not_ignored)
hl_string blocked_is_not_ignored(void)
{
    begin();
    mask(SIG_BLOCK, SIGCHLD, SIGWINCH);
    raise(SIGCHLD);
    raise(SIGWINCH);
    handle(SIGCHLD, 0);
    mask(SIG_UNBLOCK, SIGCHLD, SIGWINCH);
    say(" done");
    return said();
}

HL_EXPORT(hl_string, wrong)
hl_string wrong(void)
{
    begin();
    number("other process", kill(4711, SIGTERM));
    number("errno", errno);
    number("no signal", kill(getpid(), 65));
    number("errno", errno);
    number("exists", kill(getpid(), 0));
    struct sigaction action = {.sa_handler = SIG_IGN};
    number("; kill", sigaction(SIGKILL, &action, NULL));
    number("errno", errno);
    stack_t stack = {.ss_sp = text, .ss_size = 100};
    number("; small", sigaltstack(&stack, NULL));
    number("errno", errno);
    stack.ss_size = 10000;
    stack.ss_flags = 77;
    number("; flags", sigaltstack(&stack, NULL));
    number("errno", errno);
    number("; bad", syscall(SYS_rt_sigaction, SIGUSR1, 1, 0, 8));
    number("errno", errno);
    number("; size", syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
    number("errno", errno);
    return said();
}

HL_EXPORT(void, send, int)
void send(int signal)
{
    kill(getpid(), signal);
}

static void leave(int signal)
{
    (void)signal;
    say(" aborting");
}

HL_EXPORT(void, abort_with_handler)
void abort_with_handler(void)
{
    begin();
    signal(SIGABRT, leave);
    abort();
}

HL_EXPORT(void, wait_for_nobody, int)
void wait_for_nobody(int how)
{
    sigset_t set = set_of(SIGUSR1, SIGUSR1);
    if (how == 0) {
        pause();
    } else if (how == 1) {
        sigsuspend(&set);
    } else {
        sigwaitinfo(&set, NULL);
    }
}

/* State between calls. */

static char stacks[2][16384];

HL_EXPORT(void, configure, int)
void configure(int way)
{
    handle(SIGUSR1 + 2 * way, SA_ONSTACK);
    signal(SIGUSR1 + 2 - 2 * way, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM + way);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(SIGTERM + way);
    stack_t stack = {.ss_sp = stacks[way], .ss_size = sizeof stacks[way]};
    sigaltstack(&stack, NULL);
}

HL_EXPORT(hl_string, configuration)
hl_string configuration(void)
{
    begin();
    struct sigaction action;
    sigaction(SIGUSR1, NULL, &action);
    number("first", action.sa_sigaction == note);
    sigaction(SIGUSR2, NULL, &action);
    number("second", action.sa_sigaction == note);
    sigset_t set;
    sigprocmask(SIG_SETMASK, NULL, &set);
    number("blocked", sigismember(&set, SIGTERM) + 2 * sigismember(&set, SIGTERM + 1));
    sigpending(&set);
    number("pending", sigismember(&set, SIGTERM) + 2 * sigismember(&set, SIGTERM + 1));
    stack_t stack;
    sigaltstack(NULL, &stack);
    number("stack", stack.ss_flags == SS_DISABLE ? 0 : stack.ss_sp == stacks[0] ? 1 : 2);
    return said();
}
