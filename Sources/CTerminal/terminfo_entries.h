#ifndef NATDECK_TERMINFO_ENTRIES_H
#define NATDECK_TERMINFO_ENTRIES_H

// The compiled entry of a terminal type in Base64 (RFC 4648), NULL
// for a type that is not known here.
const char *nd_terminfo_entry(const char *name);

#endif
