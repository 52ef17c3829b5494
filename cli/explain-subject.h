/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nfdrop explain is asked about, in words: a rule, a drop, a flow.
 *
 *	inet filter input handle 7	a rule, as in "nfdrop rules"; also "rule 7",
 *					or the number alone
 *	inet filter input policy	a chain's policy
 *	inet filter input		a chain
 *	10.9.0.2:40000 > 10.9.0.1:80	a flow, as in a line of "nfdrop monitor",
 *					or that whole line
 *	{"timestamp_ns":...}		a drop, as "nfdrop monitor --json=short"
 *					has it
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum subject_kind {
	SUBJECT_RULE,
	SUBJECT_FLOW,
	SUBJECT_EVENT,
};

struct subject {
	enum subject_kind kind;
	/*
	 * The drop; of a rule, only what names the rule. Its place is in
	 * netfilter, DROP_HAS_POLICY with policy set for a policy.
	 */
	struct drop_event event;
	/* A flow: values of a filter, "" for any. */
	char source[64], destination[64];
	char sport[8], dport[8];
};

/*
 * Reads the words of @arguments, which ends with NULL. -EINVAL with the
 * sentence in @error; -ENOMEM. @ret is to be given to subject_done() after 0.
 */
int subject_parse(char *const *arguments, struct subject *ret, char *error,
		  size_t size);
void subject_done(struct subject *subject);
