/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nfdrop explain is asked about, in words: a rule, a drop, a flow.
 *
 *	inet filter input handle 7	a rule, as in "nfdrop rules":
 *"netns=NAME" may follow, and then other words, which are not looked at; the
 *number alone is enough; of iptables it is "rule 7" inet filter input policy
 *a chain's policy inet filter input		a chain 10.9.0.2:40000
 *> 10.9.0.1:80	a flow, or a whole line of "nfdrop monitor"
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
	 * The drop. Of a rule, only what names the rule: its place is in
	 * netfilter, DROP_HAS_POLICY with policy set for a policy, and netns
	 * has the name or the number that was given. Of a flow, what else the
	 * line said: reason, table, chain and namespace, "" for any.
	 */
	struct drop_event event;
	bool any_family; /* of a rule: none was given, "ip" was assumed */
	/* A flow: values of a filter, "" for any. */
	char source[64], destination[64];
	char sport[8], dport[8];
};

/* A drop as JSON, with the longest rule, all of it escaped, fits. */
#define SUBJECT_TEXT_MAX 65536

/*
 * Reads the words of @arguments, which ends with NULL. -EINVAL with the
 * sentence in @error; -ENOMEM. @ret is to be given to subject_done() after 0.
 */
int subject_parse(char *const *arguments, struct subject *ret, char *error,
		  size_t size);
void subject_done(struct subject *subject);

/*
 * Lines of text that are about no drop are not to be explained: an empty one,
 * the columns' titles, "-- ... --" and {"lost": ...}.
 */
bool subject_is_none(const char *line);

/* Is it the beginning of a JSON object, of which lines are to come? */
bool subject_is_begun(const char *text);
