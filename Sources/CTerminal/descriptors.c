// Descriptors of our own: the terminal opened once more, and counters to wake a poll.
#define _GNU_SOURCE 1
#include "natdeck_terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int nd_tty_reopen(int descriptor) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    // O_NONBLOCK belongs to the open file, which we share with the shell: setting it there would
    // outlive us.
    int again = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (again >= 0) {
        struct stat old, new;
        bool is_same = fstat(descriptor, &old) == 0 && fstat(again, &new) == 0 &&
                       old.st_rdev == new.st_rdev && isatty(again);
        if (is_same) return again;
        close(again);
    }
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

bool nd_tty_size(int descriptor, int *rows, int *columns) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) < 0) return false;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return size.ws_row > 0 && size.ws_col > 0;
}

void nd_tty_discard_input(int descriptor) { tcflush(descriptor, TCIFLUSH); }

int nd_event_open(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void nd_event_signal(int descriptor) {
    uint64_t one = 1;
    ssize_t ignored = write(descriptor, &one, sizeof one);
    (void)ignored;
}

void nd_event_drain(int descriptor) {
    uint64_t count;
    ssize_t ignored = read(descriptor, &count, sizeof count);
    (void)ignored;
}

void nd_event_close(int descriptor) {
    if (descriptor >= 0) close(descriptor);
}
