#define _GNU_SOURCE 1
#include "natdeck_host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

int nd_memory_file(int64_t limit) {
    // To go beyond what `ulimit -f` allows would end natdeck itself, and not only the child.
    struct rlimit allowed;
    if (getrlimit(RLIMIT_FSIZE, &allowed) == 0 && allowed.rlim_cur < (rlim_t)limit) {
        limit = (int64_t)allowed.rlim_cur;
    }
    int file = memfd_create("natdeck", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file >= 0 && ftruncate(file, limit) == 0 && fcntl(file, F_ADD_SEALS, F_SEAL_GROW) == 0) {
        return file;
    }
    if (file >= 0) close(file);
    return -1;
}
