// ncurses as a renderer: the only file that includes curses.h.
#define _GNU_SOURCE 1
#define NCURSES_WIDECHAR 1
#include "natdeck_terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

static SCREEN *screen;
static FILE *output;
static FILE *input;
static off_t taken;

static const char paste_on[] = "\033[?2004h";
static const char paste_off[] = "\033[?2004l";
// Presses and releases, in the form that has no limit (xterm's ctlseqs, 1000 and 1006).
static const char mouse_on[] = "\033[?1000h\033[?1006h";
static const char mouse_off[] = "\033[?1006l\033[?1000l";

// The title goes onto the terminal's own stack and comes back from there; one without a stack ignores
// both (xterm's ctlseqs, 22 and 23 of XTWINOPS).
static const char title_keep[] = "\033[22;2t";
static const char title_back[] = "\033[23;2t";

// Whether the environment asks for UTF-8. Source: locale(7) for the order of the variables.
static bool wants_utf8(void) {
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value == NULL || *value == 0) continue;
        return strcasestr(value, "UTF-8") != NULL || strcasestr(value, "UTF8") != NULL;
    }
    return false;
}

bool nd_locale_is_utf8(void) {
    // A locale that is not installed, such as that of an SSH client, is still one of UTF-8: any
    // other of UTF-8 has the same characters.
    if (setlocale(LC_CTYPE, "") == NULL && wants_utf8() && setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        setlocale(LC_CTYPE, "en_US.UTF-8");
    }
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int nd_scalar_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

static void close_files(void) {
    if (output != NULL) fclose(output);
    if (input != NULL) fclose(input);
    output = input = NULL;
}

int nd_screen_open(const char *term, int row_count, int column_count) {
    int memory = memfd_create("natdeck screen", MFD_CLOEXEC);
    if (memory < 0) return ND_SCREEN_NO_MEMORY;
    output = fdopen(memory, "w");
    // ncurses asks for an input but never reads it: keys are decoded elsewhere.
    int nothing = memfd_create("natdeck no input", MFD_CLOEXEC);
    if (nothing >= 0) input = fdopen(nothing, "r");
    if (output == NULL || input == NULL) {
        close_files();
        return ND_SCREEN_NO_MEMORY;
    }
    taken = 0;
    screen = newterm(term, output, input);
    if (screen == NULL) {
        // Not told apart by newterm: a type nobody knows, and one that is known to be too simple.
        int status = 0;
        setupterm(term, fileno(output), &status);
        close_files();
        return status == 1 ? ND_SCREEN_CANNOT_PLACE_CURSOR : ND_SCREEN_UNKNOWN_TERMINAL;
    }
    if (cursor_address == NULL) {
        nd_screen_close();
        return ND_SCREEN_CANNOT_PLACE_CURSOR;
    }
    typeahead(-1);
    // The size comes from the terminal itself: $LINES may be older than the last resize.
    resize_term(row_count, column_count);
    leaveok(stdscr, TRUE);
    scrollok(stdscr, FALSE);
    nonl();
    noecho();
    curs_set(0);
    return ND_SCREEN_OK;
}

void nd_screen_close(void) {
    if (screen == NULL) return;
    delscreen(screen);
    screen = NULL;
    close_files();
}

int nd_screen_start_color(void) {
    if (!has_colors() || start_color() == ERR) return 0;
    use_default_colors();
    return COLORS;
}

void nd_screen_set_pair(int pair, int foreground, int background) {
    // Terminals that cannot go back to their own colours get the usual ones.
    bool has_own = orig_pair != NULL || orig_colors != NULL;
    if (background < 0 && !has_own) background = COLOR_BLACK;
    if (foreground < 0 && !has_own) foreground = COLOR_WHITE;
    init_pair((short)pair, (short)foreground, (short)background);
}

void nd_screen_put(int row, int column, const uint32_t *scalars, int count, unsigned attributes,
                   int pair) {
    attr_t look = A_NORMAL;
    if (attributes & ND_BOLD) look |= A_BOLD;
    if (attributes & ND_DIM) look |= A_DIM;
    if (attributes & ND_UNDERLINE) look |= A_UNDERLINE;
    if (attributes & ND_REVERSE) look |= A_REVERSE;
    cchar_t cells[64];
    while (count > 0) {
        int part = count < 64 ? count : 64;
        int width = 0;
        for (int i = 0; i < part; i++) {
            wchar_t text[2] = {(wchar_t)scalars[i], 0};
            int cell_width = wcwidth(text[0]);
            width += cell_width > 0 ? cell_width : 1;
            setcchar(&cells[i], text, look, (short)pair, NULL);
        }
        // Unlike addnwstr this neither moves the cursor nor scrolls at the last cell.
        mvadd_wchnstr(row, column, cells, part);
        column += width;
        scalars += part;
        count -= part;
    }
}

void nd_screen_resize(int row_count, int column_count) {
    // resizeterm would queue a KEY_RESIZE that nobody reads.
    resize_term(row_count, column_count);
    leaveok(stdscr, TRUE);
    clearok(curscr, TRUE);
}

void nd_screen_invalidate(void) { clearok(curscr, TRUE); }

void nd_screen_flush(void) {
    wnoutrefresh(stdscr);
    doupdate();
}

static int put_byte(int byte) { return fputc(byte, output); }

void nd_screen_leave(void) {
    endwin();
    // Where there is no alternate screen the shell's prompt comes on the last line: what stood there
    // must not look like the rest of a command.
    if (exit_ca_mode == NULL && clr_eol != NULL) {
        tputs(clr_eol, 1, put_byte);
        fflush(output);
    }
}

size_t nd_screen_take(uint8_t *buffer, size_t capacity) {
    if (output == NULL) return 0;
    int memory = fileno(output);
    ssize_t count = pread(memory, buffer, capacity, taken);
    if (count > 0) {
        taken += count;
        return (size_t)count;
    }
    if (taken > 0 && ftruncate(memory, 0) == 0) {
        lseek(memory, 0, SEEK_SET);
        taken = 0;
    }
    return 0;
}

// Appends a capability without its padding ("$<5>"), which only real terminals of old needed.
static size_t append(uint8_t *buffer, size_t capacity, size_t count, const char *text) {
    if (text == NULL || text == (const char *)-1) return count;
    for (; *text != 0; text++) {
        if (text[0] == '$' && text[1] == '<') {
            const char *end = strchr(text, '>');
            if (end != NULL) {
                text = end;
                continue;
            }
        }
        if (count < capacity) buffer[count++] = (uint8_t)*text;
    }
    return count;
}

// A terminal without ECMA-48 sequences would show those that terminfo does not name.
static bool is_ecma48(void) {
    return cursor_address != NULL && strncmp(cursor_address, "\033[", 2) == 0;
}

bool nd_screen_has_title(void) {
    // terminfo tells of few: the types themselves say more. The Linux console has none, and others
    // would show it as text.
    const char *types[] = {"xterm", "tmux", "screen", "rxvt", "alacritty", "foot",
                           "kitty", "wezterm", "konsole", "vte", "gnome", "st-"};
    const char *term = termname();
    for (size_t i = 0; is_ecma48() && i < sizeof types / sizeof *types; i++) {
        if (strncmp(term, types[i], strlen(types[i])) == 0) return true;
    }
    return false;
}

size_t nd_screen_mode_bytes(bool entering, uint8_t *buffer, size_t capacity) {
    size_t count = append(buffer, capacity, 0, entering ? keypad_xmit : keypad_local);
    if (is_ecma48()) count = append(buffer, capacity, count, entering ? paste_on : paste_off);
    // Off whether it was on or not: then no way out can forget it.
    if (is_ecma48() && !entering) count = append(buffer, capacity, count, mouse_off);
    if (nd_screen_has_title()) {
        count = append(buffer, capacity, count, entering ? title_keep : title_back);
    }
    return count;
}

size_t nd_screen_mouse_bytes(bool on, uint8_t *buffer, size_t capacity) {
    return is_ecma48() ? append(buffer, capacity, 0, on ? mouse_on : mouse_off) : 0;
}

size_t nd_screen_farewell(uint8_t *buffer, size_t capacity) {
    size_t count = nd_screen_mode_bytes(false, buffer, capacity);
    count = append(buffer, capacity, count, exit_alt_charset_mode);
    count = append(buffer, capacity, count, exit_attribute_mode);
    count = append(buffer, capacity, count, orig_pair);
    count = append(buffer, capacity, count, cursor_normal);
    count = append(buffer, capacity, count, exit_ca_mode);
    // Where there is no alternate screen, the next line starts on a line of its own.
    if (exit_ca_mode == NULL) count = append(buffer, capacity, count, "\r\n");
    return count;
}
