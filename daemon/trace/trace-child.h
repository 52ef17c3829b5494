/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process for one trace on request: it has the tables of trace-nft.h, which
 * go with it, and it ends when nfdropd does. libnftables' time, memory and
 * crashes are its own.
 */
#pragma once

#include <sys/types.h>

#include "trace-nft.h"

struct trace_child {
	pid_t pid;
	int fd; /* its messages; to be waited for; -1: it is gone */
};

enum trace_child_what {
	TRACE_CHILD_READY,   /* the tables are there: status */
	TRACE_CHILD_LIMITED, /* more packets matched than may be marked */
	TRACE_CHILD_AGAIN,   /* they were gone, and are there again: status */
	TRACE_CHILD_REFUSED, /* the last one: error */
	TRACE_CHILD_FAILED,  /* the last one: error.message */
};

struct trace_child_message {
	enum trace_child_what what;
	struct trace_nft_status status;
	struct trace_expression_error error;
};

/* Begins. 0, or a negative errno. @config is of no use after it. */
int trace_child_start(struct trace_child *child,
		      const struct trace_nft_config *config);
/*
 * What it says. 1; 0: nothing yet; -ENOTCONN: it has ended, and its tables are
 * gone; its number is given back.
 */
int trace_child_read(struct trace_child *child,
		     struct trace_child_message *ret);
/* Asks it to end, which trace_child_read() then tells. */
void trace_child_stop(struct trace_child *child);
/* Ends it, whatever it does, and waits for that. */
void trace_child_kill(struct trace_child *child);
