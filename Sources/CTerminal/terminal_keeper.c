// What must be undone whatever ends the process. Everything a handler touches is
// async-signal-safe: atomics, write, pread, poll, tcsetattr, dup2, strlen, raise (signal-safety(7)).
#define _GNU_SOURCE 1
#include "natdeck_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static struct termios modes_before;
static int tty_input = -1;
static int tty_output = -1;
static uint8_t farewell[512];
static size_t farewell_count;
// Whether the terminal is ours to restore.
static atomic_bool is_entered;
static atomic_uint signals;
static int signal_event = -1;
// stderr as it was, and the memory that stands in for it; -1 when stderr is no terminal.
static int real_stderr = -1;
static int held_stderr = -1;
// The most of the held text that is shown; a longer one is cut at its beginning.
enum { HELD_LIMIT = 16384 };

// Signals that end the process by default: crashes, and what nobody handles.
static const int deadly[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGTRAP,   SIGABRT, SIGSYS,
                             SIGQUIT, SIGXCPU, SIGXFSZ, SIGUSR1, SIGUSR2,   SIGALRM, SIGVTALRM,
                             SIGPROF, SIGIO};
static const int reported[] = {SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH};
enum {
    DEADLY = sizeof deadly / sizeof deadly[0],
    REPORTED = sizeof reported / sizeof reported[0],
};
static struct sigaction deadly_before[DEADLY];
// What is said on stderr when one of them ends the process, made beforehand.
static char last_words[DEADLY][192];
static struct sigaction reported_before[REPORTED];
static struct sigaction pipe_before;
static bool is_installed;

// Writes without ever waiting long: a dead connection must not keep a dying process.
static void write_patiently(int descriptor, const uint8_t *bytes, size_t count) {
    for (int tries = 0; count > 0 && tries < 10;) {
        struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
        if (poll(&ready, 1, 50) <= 0) {
            tries++;
            continue;
        }
        if (ready.revents & (POLLERR | POLLNVAL | POLLHUP)) return;
        ssize_t written = write(descriptor, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (errno != EAGAIN && errno != EINTR) {
            return;
        } else {
            tries++;
        }
    }
}

static bool set_modes_before(void) {
    // From the background tcsetattr would stop the process instead of letting it end.
    sigset_t blocked, old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &blocked, &old);
    int result;
    do {
        result = tcsetattr(tty_input, TCSANOW, &modes_before);
    } while (result < 0 && errno == EINTR);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return result == 0;
}

static void show_held_stderr(void) {
    if (held_stderr < 0) return;
    dup2(real_stderr, STDERR_FILENO);
    off_t end = lseek(held_stderr, 0, SEEK_END);
    off_t place = end > HELD_LIMIT ? end - HELD_LIMIT : 0;
    uint8_t buffer[512];
    ssize_t count;
    while ((count = pread(held_stderr, buffer, sizeof buffer, place)) > 0) {
        write_patiently(real_stderr, buffer, (size_t)count);
        place += count;
    }
    held_stderr = -1;
}

static void restore_in_a_hurry(void) {
    if (!atomic_exchange(&is_entered, false)) return;
    write_patiently(tty_output, farewell, farewell_count);
    set_modes_before();
    show_held_stderr();
}

static void say_last_words(int number) {
    for (int i = 0; i < DEADLY; i++) {
        if (deadly[i] != number) continue;
        write_patiently(STDERR_FILENO, (const uint8_t *)last_words[i], strlen(last_words[i]));
    }
}

static void on_deadly(int number) {
    int error = errno;
    restore_in_a_hurry();
    say_last_words(number);
    signal(number, SIG_DFL);
    // Pending until this handler returns; a fault also comes again by itself.
    raise(number);
    errno = error;
}

static void on_reported(int number) {
    int error = errno;
    unsigned bit = 0;
    switch (number) {
        case SIGTERM: bit = ND_SIGNAL_TERMINATE; break;
        case SIGHUP: bit = ND_SIGNAL_HANGUP; break;
        case SIGINT: bit = ND_SIGNAL_INTERRUPT; break;
        case SIGTSTP: bit = ND_SIGNAL_STOP; break;
        case SIGCONT: bit = ND_SIGNAL_CONTINUE; break;
        case SIGWINCH: bit = ND_SIGNAL_RESIZE; break;
    }
    unsigned before = atomic_fetch_or(&signals, bit);
    if ((before & bit) && (number == SIGTERM || number == SIGINT)) {
        // Asked twice and not even the first was heard: the loop hangs.
        on_deadly(number);
    }
    nd_event_signal(signal_event);
    errno = error;
}

// A handler rather than SIG_IGN, which the programs we start would inherit.
static void on_ignored(int number) { (void)number; }

static void install(int number, void (*handler)(int), struct sigaction *before) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, NULL, before);
    // nohup and shells without job control mean it.
    bool keeps = before->sa_handler == SIG_IGN && (number == SIGHUP || number == SIGTSTP);
    // Somebody's own handler for an ordinary signal is theirs.
    bool is_ordinary = number == SIGUSR1 || number == SIGUSR2 || number == SIGALRM ||
                       number == SIGVTALRM || number == SIGPROF || number == SIGIO;
    if (keeps || (is_ordinary && before->sa_handler != SIG_DFL)) return;
    sigaction(number, &action, NULL);
}

static void install_all(void) {
    static uint8_t *stack;
    stack_t current;
    // A stack overflow leaves no room for a handler on the stack that overflowed.
    if (stack == NULL && sigaltstack(NULL, &current) == 0 && (current.ss_flags & SS_DISABLE)) {
        size_t size = 65536;
        stack = malloc(size);
        if (stack != NULL) {
            stack_t alternate = {.ss_sp = stack, .ss_size = size};
            sigaltstack(&alternate, NULL);
        }
    }
    for (int i = 0; i < DEADLY; i++) install(deadly[i], on_deadly, &deadly_before[i]);
    for (int i = 0; i < REPORTED; i++) install(reported[i], on_reported, &reported_before[i]);
    install(SIGPIPE, on_ignored, &pipe_before);
    is_installed = true;
}

static void hold_stderr(void) {
    if (!isatty(STDERR_FILENO)) return;
    int memory = memfd_create("natdeck stderr", MFD_CLOEXEC);
    if (memory < 0) return;
    fcntl(memory, F_SETFL, O_APPEND);
    real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (real_stderr < 0) {
        close(memory);
        return;
    }
    dup2(memory, STDERR_FILENO);
    held_stderr = memory;
}

int nd_keeper_open(int input, int output) {
    static bool has_exit_handler;
    if (tcgetattr(input, &modes_before) < 0) return errno;
    signal_event = nd_event_open();
    if (signal_event < 0) return errno;
    tty_input = input;
    tty_output = output;
    atomic_store(&signals, 0);
    if (!has_exit_handler) has_exit_handler = atexit(restore_in_a_hurry) == 0;
    install_all();
    hold_stderr();
    return 0;
}

void nd_keeper_close(void) {
    nd_keeper_leave();
    int memory = held_stderr;
    show_held_stderr();
    if (memory >= 0) close(memory);
    if (real_stderr >= 0) close(real_stderr);
    real_stderr = -1;
    if (is_installed) {
        for (int i = 0; i < DEADLY; i++) sigaction(deadly[i], &deadly_before[i], NULL);
        for (int i = 0; i < REPORTED; i++) sigaction(reported[i], &reported_before[i], NULL);
        sigaction(SIGPIPE, &pipe_before, NULL);
        is_installed = false;
    }
    if (signal_event >= 0) close(signal_event);
    signal_event = tty_input = tty_output = -1;
}

void nd_keeper_set_farewell(const uint8_t *bytes, size_t count) {
    if (count > sizeof farewell) count = sizeof farewell;
    memcpy(farewell, bytes, count);
    farewell_count = count;
}

void nd_keeper_set_last_words(const char *before, const char *after) {
    for (int i = 0; i < DEADLY; i++) {
        snprintf(last_words[i], sizeof last_words[i], "%s ended by SIG%s%s\n", before,
                 sigabbrev_np(deadly[i]), after);
    }
}

int nd_keeper_enter(void) {
    struct termios raw = modes_before;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    int result;
    do {
        result = tcsetattr(tty_input, TCSANOW, &raw);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return errno;
    atomic_store(&is_entered, true);
    return 0;
}

bool nd_keeper_leave(void) {
    if (!atomic_exchange(&is_entered, false)) return false;
    set_modes_before();
    return true;
}

int nd_keeper_signal_descriptor(void) { return signal_event; }

unsigned nd_keeper_take_signals(void) {
    if (signal_event >= 0) nd_event_drain(signal_event);
    return atomic_exchange(&signals, 0);
}

void nd_keeper_stop(void) {
    struct sigaction before, action;
    memset(&action, 0, sizeof action);
    sigaction(SIGTSTP, NULL, &before);
    // A shell without job control could not continue us.
    if (before.sa_handler == SIG_IGN) return;
    action.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &action, NULL);
    atomic_fetch_and(&signals, ~(unsigned)ND_SIGNAL_CONTINUE);
    kill(0, SIGTSTP);
    // Another thread may take the signal a moment later. SIGCONT tells that it is over; without
    // one the group is orphaned and the kernel has dropped the signal.
    for (int i = 0; i < 20 && !(atomic_load(&signals) & ND_SIGNAL_CONTINUE); i++) {
        poll(NULL, 0, 10);
    }
    atomic_fetch_and(&signals, ~(unsigned)(ND_SIGNAL_CONTINUE | ND_SIGNAL_STOP));
    sigaction(SIGTSTP, &before, NULL);
}
