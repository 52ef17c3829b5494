/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "infer-order.h"
#include "ruleset.h"

enum evidence {
	EVIDENCE_GROWS,
	EVIDENCE_GREW,
	EVIDENCE_NONE,
	EVIDENCE_STILL,
	EVIDENCE_ZERO,
};

static enum evidence evidence_of(const struct infer_candidate *candidate)
{
	const struct rule *rule = candidate->rule ? candidate->rule
						  : candidate->chain->policy;
	const struct rule_counter *c = rule ? rule->counter : NULL;

	if (!rule_counter_is_known(c) || c->read_ns == 0)
		return EVIDENCE_NONE;
	if (c->moved_ns == c->read_ns)
		return EVIDENCE_GROWS;
	if (c->moved_ns != 0)
		return EVIDENCE_GREW;
	return c->now.packets > 0 ? EVIDENCE_STILL : EVIDENCE_ZERO;
}

void infer_order(struct infer_result *result)
{
	struct infer_candidate *list = result->candidates;

	/* There are few. */
	for (size_t i = 1; i < result->n; i++) {
		const struct infer_candidate moved = list[i];
		enum evidence evidence = evidence_of(&moved);
		size_t at = i;

		for (; at > 0 && evidence_of(&list[at - 1]) > evidence; at--)
			list[at] = list[at - 1];
		list[at] = moved;
	}
}
