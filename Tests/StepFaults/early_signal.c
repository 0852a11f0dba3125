/* Sends the program SIGTERM as soon as it has said what is to become of it, once. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

static void send_once(int number) {
    static int is_sent;
    if (number != SIGTERM || __atomic_exchange_n(&is_sent, 1, __ATOMIC_SEQ_CST)) return;
    kill(getpid(), SIGTERM);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before) {
    static int (*real)(int, const struct sigaction *, struct sigaction *);
    if (!real)
        real = (int (*)(int, const struct sigaction *, struct sigaction *))dlsym(
            RTLD_NEXT, "sigaction");
    int result = real(number, action, before);
    if (action) send_once(number);
    return result;
}

sighandler_t signal(int number, sighandler_t handler) {
    static sighandler_t (*real)(int, sighandler_t);
    if (!real) real = (sighandler_t (*)(int, sighandler_t))dlsym(RTLD_NEXT, "signal");
    sighandler_t before = real(number, handler);
    send_once(number);
    return before;
}
