#ifndef NATDECK_HOST_H
#define NATDECK_HOST_H

#include <stdint.h>

// What glibc and the kernel offer and Swift's own module for glibc leaves out.

// A file in memory, closed when another program is executed, into which no more than `limit` bytes
// can be written: then write(2) fails with EPERM. -1 and errno where there is none.
int nd_memory_file(int64_t limit);

// Makes malloc(3) keep one heap for all threads and give freed memory back, whatever it was used
// for: by itself it keeps a heap for each, and after one large reply as much as that for good.
void nd_heap_keep_small(void);

#endif
