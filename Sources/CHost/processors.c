#define _GNU_SOURCE 1
#include "natdeck_host.h"

#include <sched.h>
#include <unistd.h>

int nd_processors(void) { return (int)sysconf(_SC_NPROCESSORS_CONF); }

int nd_stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set);
}
