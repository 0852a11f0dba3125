#define _GNU_SOURCE 1
#include "natdeck_host.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/xattr.h>
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

int nd_open_path(void) { return O_PATH; }

// fcntl(2), open file description locks: they end with the last descriptor of that description,
// however the process ends, and asking takes nothing.
static struct flock whole_file(short type) {
    struct flock lock = {0};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

int nd_lock(int file, int shared) {
    struct flock lock = whole_file(shared ? F_RDLCK : F_WRLCK);
    return fcntl(file, F_OFD_SETLK, &lock);
}

int nd_is_locked(int file) {
    struct flock lock = whole_file(F_WRLCK);
    if (fcntl(file, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type != F_UNLCK;
}

int nd_reserve(int file, int64_t end, int64_t length) {
    return fallocate(file, FALLOC_FL_KEEP_SIZE, end, length);
}

int nd_set_attribute(const char *path, const char *name, const char *value) {
    return setxattr(path, name, value, strlen(value), 0);
}
