/* What every program of the benchmarks needs: errors, clocks, and numbers from the command line. */
#ifndef COMMON_H
#define COMMON_H

#include <stdint.h>

/* Ends the program with the name of what failed and errno's words. */
_Noreturn void die(const char *what);

/* Ends the program with its command line: what is given does not fit. */
_Noreturn void usage(const char *line);

/* A number of at least `least`, or the end of the program. */
double number(const char *text, double least);

unsigned interface_index(const char *ifname);

/* A listening Unix stream socket at path, where nobody else's file is expected. */
int listen_at(const char *path);

/* Says on standard output that the program has begun what it is for. */
void say_ready(void);

/* The kernel rounds sleeps of at most 50 us up by as much, unless told otherwise (prctl(2), PR_SET_TIMERSLACK). */
void sleep_exactly(void);

/* CLOCK_MONOTONIC, in nanoseconds. */
int64_t now_ns(void);

/* What all threads of this process have used of a CPU, in nanoseconds. */
int64_t cpu_ns(void);

void sleep_until(int64_t monotonic_ns);

#endif
