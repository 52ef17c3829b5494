/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C and SIGTERM as a wish to end in good order, for a verb that runs until
 * then. They are blocked except while it waits or writes, so that none is
 * missed; a second one of the same kind ends the program at once.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "output.h"

/* From now on the signals do no more than that. A negative errno. */
int stop_catch(void);
bool stop_is_wanted(void);

/* ppoll(2): its result, or a negative errno; -EINTR by a signal. */
int stop_poll(struct pollfd *pfds, nfds_t n, const struct timespec *timeout);
/* output_write(); -EINTR when the end is wanted and the reader is slow. */
int stop_write(struct output *out, int fd);
