/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "util.h"
#include "waiter.h"

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .epoll = -1, .timer = -1 };
}

int waiter_open(struct waiter *w)
{
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		return -errno;
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer < 0)
		return -errno;
	return waiter_add(w, w->timer, EPOLLIN);
}

void waiter_close(struct waiter *w)
{
	cleanup_close(&w->timer);
	cleanup_close(&w->epoll);
	waiter_init(w);
}

int waiter_add(const struct waiter *w, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void waiter_remove(const struct waiter *w, int fd)
{
	(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void waiter_set_timer(const struct waiter *w, uint64_t usec)
{
	struct itimerspec spec = {
		.it_value = { (time_t)(usec / SEC), (long)(usec % SEC) * 1000 },
	};

	(void)timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

size_t waiter_take(const struct waiter *w, int fds[WAITER_AT_ONCE])
{
	struct epoll_event events[WAITER_AT_ONCE];
	uint64_t expired;
	size_t n = 0;
	int ready;

	ready = epoll_wait(w->epoll, events, WAITER_AT_ONCE, 0);
	for (int i = 0; i < ready; i++) {
		if (events[i].data.fd == w->timer)
			(void)!read(w->timer, &expired, sizeof(expired));
		else
			fds[n++] = events[i].data.fd;
	}
	return n;
}
