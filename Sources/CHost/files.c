#define _GNU_SOURCE 1
#include "natdeck_host.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

int nd_memory_file(void) { return memfd_create("natdeck", MFD_CLOEXEC); }

void nd_limit_files(pid_t process, uint64_t bytes) {
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
    // A process that has ended already needs none.
    prlimit(process, RLIMIT_FSIZE, &limit, NULL);
}
