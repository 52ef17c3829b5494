/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors and one point in time that a part waits for, behind the one
 * descriptor that it shows: epoll(7) and timerfd_create(2).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WAITER_AT_ONCE 4

struct waiter {
	int epoll;
	int timer;
};

/* It waits for nothing; waiter_close() may be called. */
void waiter_init(struct waiter *w);
/* 0, or a negative errno; close it in any case. */
int waiter_open(struct waiter *w);
void waiter_close(struct waiter *w);

/* @events as of epoll_ctl(2). A descriptor that is closed is removed by that.
 */
int waiter_add(const struct waiter *w, int fd, uint32_t events);
void waiter_remove(const struct waiter *w, int fd);
/* Wakes up at that time, CLOCK_MONOTONIC in microseconds; 0: does not. */
void waiter_set_timer(const struct waiter *w, uint64_t usec);

/*
 * Which descriptors are ready, some of them; a timer that has expired is not
 * among them, and is ready no more. Returns their number. Does not wait.
 */
size_t waiter_take(const struct waiter *w, int fds[WAITER_AT_ONCE]);
