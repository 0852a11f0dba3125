#ifndef NATDECK_TERMINAL_H
#define NATDECK_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The screen: ncurses as a renderer. It writes into a file in memory, never to the terminal, so
// that a terminal which stopped reading can block neither ncurses nor its caller.

enum {
    ND_SCREEN_OK = 0,
    ND_SCREEN_UNKNOWN_TERMINAL = 1,
    ND_SCREEN_CANNOT_PLACE_CURSOR = 2,
    ND_SCREEN_NO_MEMORY = 3,
};

enum {
    ND_BOLD = 1,
    ND_DIM = 2,
    ND_UNDERLINE = 4,
    ND_REVERSE = 8,
};

// Opens the one screen for the terminal type `term`; answers one of ND_SCREEN_*.
int nd_screen_open(const char *term, int rows, int columns);
void nd_screen_close(void);
// Starts colour; answers how many colours there are, 0 for none.
int nd_screen_start_color(void);
// Gives pair `pair` these colours; -1 is the terminal's own.
void nd_screen_set_pair(int pair, int foreground, int background);
// The terminal's number of columns a character takes by the C library, -1 for unprintable ones.
int nd_scalar_width(uint32_t scalar);
// Puts a run of characters of one look at a place.
void nd_screen_put(int row, int column, const uint32_t *scalars, int count, unsigned attributes,
                   int pair);
void nd_screen_resize(int rows, int columns);
// Sends everything anew at the next flush, whatever is believed to be on the screen.
void nd_screen_invalidate(void);
// Renders what changed.
void nd_screen_flush(void);
// Leaves the alternate screen; the next flush enters it again.
void nd_screen_leave(void);
// Takes rendered bytes out, at most `capacity`; 0 when there are no more.
size_t nd_screen_take(uint8_t *buffer, size_t capacity);
// The bytes that put the terminal into (`entering`) or out of application mode beside the
// alternate screen: keypad, bracketed paste and the window's title, and on the way out the mouse.
// Answers their number.
size_t nd_screen_mode_bytes(bool entering, uint8_t *buffer, size_t capacity);
// The bytes that make the terminal report the mouse, or no longer. Answers their number.
size_t nd_screen_mouse_bytes(bool on, uint8_t *buffer, size_t capacity);
// Whether the terminal has a window with a title.
bool nd_screen_has_title(void);
// The bytes that undo everything, for a process that dies.
size_t nd_screen_farewell(uint8_t *buffer, size_t capacity);

// The keeper: what must be undone whatever ends the process, and what signals ask for.

enum {
    ND_SIGNAL_TERMINATE = 1,
    ND_SIGNAL_HANGUP = 2,
    ND_SIGNAL_INTERRUPT = 4,
    ND_SIGNAL_STOP = 8,
    ND_SIGNAL_CONTINUE = 16,
    ND_SIGNAL_RESIZE = 32,
};

// Keeps the terminal at these descriptors: remembers its modes, installs the handlers, and keeps
// what is written to stderr until the terminal is given back. Answers 0, or an errno.
int nd_keeper_open(int input, int output);
// Gives handlers and stderr back. The terminal must have been left before.
void nd_keeper_close(void);
// The bytes to write when the process dies.
void nd_keeper_set_farewell(const uint8_t *bytes, size_t count);
// What is said on stderr when a crash ends the process: `before`, the signal's name, `after`.
void nd_keeper_set_last_words(const char *before, const char *after);
// Makes the terminal raw, and the keeper responsible for it. Answers 0, or an errno.
int nd_keeper_enter(void);
// Gives the terminal its modes back. Answers whether they were still ours to give back.
bool nd_keeper_leave(void);
// Readable when a signal came.
int nd_keeper_signal_descriptor(void);
// The signals since the last call, as ND_SIGNAL_*.
unsigned nd_keeper_take_signals(void);
// Stops the process group as Ctrl-Z in a shell does, and returns when it is continued.
void nd_keeper_stop(void);

// Descriptors of our own.

// Opens the terminal behind `descriptor` once more, so that non-blocking mode is ours alone;
// answers a duplicate of `descriptor` where that cannot be done.
int nd_tty_reopen(int descriptor);
// Number of columns and rows; false when the terminal does not tell.
bool nd_tty_size(int descriptor, int *rows, int *columns);
// Throws away input that nobody read.
void nd_tty_discard_input(int descriptor);
// A counter that is readable when it is not 0. Answers -1 when out of descriptors.
int nd_event_open(void);
void nd_event_close(int descriptor);
void nd_event_signal(int descriptor);
void nd_event_drain(int descriptor);

// Takes the locale from the environment; answers whether its characters are UTF-8.
bool nd_locale_is_utf8(void);

#endif
