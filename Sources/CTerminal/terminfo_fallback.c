// What ncurses asks when its database does not know a terminal type. The libtinfo of Debian is built
// without entries of its own, so a program that finds no database would know no terminal at all; a
// static one then takes this function in place of the library's. Linked dynamically, ncurses has its
// own, and the database is there.
//
// Source: ncurses' INSTALL, "--with-fallbacks", and what tinfo/MKfallback.sh makes of it.
#include "terminfo_entries.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Reads a compiled entry, as from a file of the database; 1 where it is one. Source: ncurses'
// tinfo.h, where the first argument is a TERMTYPE2.
extern int _nc_read_termtype(void *type, char *entry, int size);

const void *_nc_fallback2(const char *name);

static int digit(char character) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *place = character == 0 ? NULL : strchr(digits, character);
    return place == NULL ? -1 : (int)(place - digits);
}

// Decodes Base64 (RFC 4648) up to its padding. Answers the number of bytes.
static size_t decode(const char *text, char *bytes, size_t capacity) {
    size_t count = 0;
    uint32_t bits = 0;
    int held = 0;
    for (; digit(*text) >= 0 && count < capacity; text++) {
        bits = bits << 6 | (uint32_t)digit(*text);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[count++] = (char)(bits >> held);
        }
    }
    return count;
}

const void *_nc_fallback2(const char *name) {
    // A TERMTYPE2 takes 96 bytes; ncurses copies it, so that one does for every call.
    static union {
        void *alignment;
        char bytes[512];
    } type;
    const char *base64 = nd_terminfo_entry(name);
    if (base64 == NULL) return NULL;
    // No entry of the database is larger: MAX_ENTRY_SIZE2 in tic.h.
    char entry[32768];
    size_t size = decode(base64, entry, sizeof entry);
    memset(&type, 0, sizeof type);
    return _nc_read_termtype(&type, entry, (int)size) == 1 ? &type : NULL;
}
