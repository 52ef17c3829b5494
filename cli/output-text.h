/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drop as one line, for people and for grep:
 *
 *	TIME             REASON          DEVICES   FLOW ... LENGTH  WHERE  ...
 *	15:04:05.123456  NETFILTER_DROP  eth0      10.9.0.2:40000 > ...
 *
 * Columns are two spaces apart and padded; what is wider moves the rest. The
 * first six are always there, "-" is unknown:
 *
 *  TIME     of day with microseconds, local or UTC
 *  REASON   the kernel's name
 *  DEVICES  "eth0", "eth0>br0" (in, out), ">br0"; "if7" is a number without a
 *           known name
 *  FLOW     see flow.h
 *  LENGTH   bytes
 *  WHERE    symbol+offset/size of the kernel's code
 *
 * then, where known, KEY=VALUE one space apart, in this order: count kind
 * attribution hook family table chain handle policy rule set element errno
 * queue mark netns uid unit trap group vlan. A value with anything but letters,
 * digits and "_-.:/@%+," is in double quotes, with \" and \\ inside.
 * attribution is left out for exact. handle is the rule's.
 *
 * nfdrop log has PACKETS behind TIME, and before that HOST where there are
 *many.
 *
 * Lines that begin with "-- " are no drops: what was lost, and a new day.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "event.h"
#include "term.h"

struct text_output {
	const struct term *term;
	bool utc;
	/* The second that @clock and @day are of. */
	time_t second;
	char clock[32];
	int day;
	bool began;
	/* Of nfdrop log: drops are added up, perhaps of many machines. */
	bool is_log;
	bool has_hosts;
	const char *host; /* of the next one */
};

void text_output_init(struct text_output *out, const struct term *term,
		      bool utc);

/* The columns' titles. */
void text_output_print_legend(struct text_output *out, FILE *f);
/* "-- 15:04:05 nfdropd stopped: ... --", what is to be told of that time. */
void text_output_print_note(struct text_output *out, FILE *f, uint64_t ns,
			    enum style style, const char *note);
/* A line; before it another one when its day is not the last event's. */
void text_output_print_event(struct text_output *out, FILE *f,
			     const struct drop_event *ev);
/* "-- 3 drops not shown: kernel queue 1, socket 0, this client 2 --" */
void text_output_print_lost(struct text_output *out, FILE *f,
			    uint64_t kernel_queue, uint64_t socket,
			    uint64_t session);
