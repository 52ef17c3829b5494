/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person would look at next, as commands that can be typed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define EXPLAIN_NEXT_MAX 2048

struct explain_next_about {
	const struct drop_event *ev; /* the drop, or what names the rule */
	bool gone;		     /* the rule is not there, or not now */
	uint64_t same_text;	     /* a rule that took its place, or 0 */
};

/*
 * The command of that number for this drop or rule, in @buf of
 * EXPLAIN_NEXT_MAX bytes; false when there are no more. What is unknown, and
 * names that a shell would not take as they are, make no command.
 */
bool explain_next(const struct explain_next_about *about, size_t number,
		  char *buf);
