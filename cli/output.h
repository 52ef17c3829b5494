/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that is first gathered, then written at once: a verb prints to a FILE
 * in memory, and one place meets a reader that has gone, a full disk, a Ctrl-C.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "term.h"

struct output {
	FILE *f; /* to print to */
	char *text;
	size_t len;
};

/* -ENOMEM. */
int output_init(struct output *out);
/* Zeros are allowed. What was not written is lost. */
void output_done(struct output *out);

/*
 * Writes to @fd what was printed, and empties @out. When *@stop becomes true
 * during a write (@stop NULL: never), -EINTR. -EPIPE: the reader has gone.
 * -ENOMEM; what write(2) says.
 */
int output_write(struct output *out, int fd, const volatile sig_atomic_t *stop);

/*
 * The same, to standard output, through a pager when it is a terminal that is
 * too low for all of it: $SYSTEMD_PAGER, $PAGER, less, more, in this order;
 * empty or "cat" is none. See pager.c.
 */
int output_page(struct output *out, const struct term *term, bool no_pager);
