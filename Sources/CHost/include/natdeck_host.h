#ifndef NATDECK_HOST_H
#define NATDECK_HOST_H

#include <stdint.h>

// What glibc and the kernel offer and Swift's own module for glibc leaves out.

// A file in memory, closed when another program is executed, into which no more than `limit` bytes
// can be written: then write(2) fails with EPERM. -1 and errno where there is none.
int nd_memory_file(int64_t limit);

// O_PATH of open(2): to look at a file or folder, or to go on from it, without opening it.
int nd_open_path(void);

// Locks a whole open file for its open file description: exclusively, or shared where it is open
// for reading only. It does not wait. 0, or -1 and errno: EAGAIN where somebody else has it.
int nd_lock(int file, int shared);

// Whether somebody else has the whole or a part of a file locked; nothing is taken for the answer.
// 1 or 0, or -1 and errno.
int nd_is_locked(int file);

// Sees to it that so many bytes can be added after `end`, without making the file longer. 0, or -1
// and errno: EOPNOTSUPP where the file system cannot tell.
int nd_reserve(int file, int64_t end, int64_t length);

// Makes malloc(3) keep one heap for all threads, and freed memory in it for what comes next: for a
// program that ends soon, a fifth of whose time would go into memory asked for anew.
void nd_heap_keep_freed(void);

// Makes malloc(3) keep one heap for all threads and give freed memory back, whatever it was used
// for: by itself it keeps a heap for each, and after one large reply as much as that for good.
void nd_heap_keep_small(void);

// How many processors there are, the ones that are switched off included.
int nd_processors(void);

// Has the calling thread run on this processor alone. 0, or -1 and errno.
int nd_stay_on(int processor);

// Gives a file an extended attribute, as setxattr(2) does. 0, or -1 and errno.
int nd_set_attribute(const char *path, const char *name, const char *value);

#endif
