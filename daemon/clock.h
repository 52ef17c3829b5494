/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What time it is, clock_gettime(2). For parts that are not pure. */
#pragma once

#include <stdint.h>
#include <time.h>

/* In microseconds. */
#define MSEC 1000ULL
#define SEC  (1000 * MSEC)

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static inline uint64_t clock_usec(clockid_t clock)
{
	return clock_ns(clock) / 1000;
}

/* CLOCK_MONOTONIC, in microseconds. */
static inline uint64_t now_usec(void)
{
	return clock_usec(CLOCK_MONOTONIC);
}
