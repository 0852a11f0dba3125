#ifndef NATDECK_HOST_H
#define NATDECK_HOST_H

#include <stdint.h>
#include <sys/types.h>

// What glibc and the kernel offer and Swift's own module for glibc leaves out.

// A file in memory, closed when another program is executed; -1 and errno where there is none.
int nd_memory_file(void);

// Has a process ended by SIGXFSZ where it makes a file longer than this; see prlimit(2).
void nd_limit_files(pid_t process, uint64_t bytes);

// Makes malloc(3) keep one heap for all threads and give freed memory back, whatever it was used
// for: by itself it keeps a heap for each, and after one large reply as much as that for good.
void nd_heap_keep_small(void);

#endif
