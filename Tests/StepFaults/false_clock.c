/* Tells the time of day as /run/clock says, in seconds from the true one; every other clock is true. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    FILE *file = clock == CLOCK_REALTIME ? fopen("/run/clock", "re") : NULL;
    long offset = 0;
    if (!file) return result;
    if (fscanf(file, "%ld", &offset) == 1) now->tv_sec += offset;
    fclose(file);
    return result;
}
