/* A wall clock that goes wrong, for LD_PRELOAD: three times a second it jumps back by an hour, and
   now and then ahead by ten. With CLOCK_AT it stands still at that second instead. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return result;
    const char *at = getenv("CLOCK_AT");
    struct timespec steady;
    real(CLOCK_MONOTONIC, &steady);
    long thirds = steady.tv_sec * 3 + steady.tv_nsec / 333333334;
    now->tv_sec = at ? atol(at) : now->tv_sec - (thirds % 11 - 5) * 3600;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec found;
    int result = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return result;
}

time_t time(time_t *out) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (out) *out = found.tv_sec;
    return found.tv_sec;
}
