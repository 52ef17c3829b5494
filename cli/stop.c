/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>

#include "stop.h"

static volatile sig_atomic_t stop;
static sigset_t caught; /* those that are blocked */
static sigset_t original;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

int stop_catch(void)
{
	/* Without SA_RESTART: a write that blocks returns. */
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = (int)SA_RESETHAND,
	};

	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &caught, &original) < 0 ||
	    sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0)
		return -errno;
	return 0;
}

bool stop_is_wanted(void)
{
	return stop;
}

int stop_poll(struct pollfd *pfds, nfds_t n, const struct timespec *timeout)
{
	int r = ppoll(pfds, n, timeout, &original);

	return r < 0 ? -errno : r;
}

int stop_write(struct output *out, int fd)
{
	int r;

	sigprocmask(SIG_SETMASK, &original, NULL);
	r = stop ? -EINTR : output_write(out, fd, &stop);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	return r;
}
