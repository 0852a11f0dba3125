#include "natdeck_host.h"

#include <malloc.h>

void nd_heap_keep_small(void) {
    mallopt(M_ARENA_MAX, 1);
    // Setting a threshold also stops it from growing with every large block that is freed.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}
