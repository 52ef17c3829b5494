/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "name-rules.h"
#include "recall.h"
#include "util.h"

/* A rule that could not be looked at again for so long may be another one. */
#define UNSURE_NS 30000000000ULL

static void name_netns(struct aggregate_rule *rule,
		       const struct correlate *correlate)
{
	const struct correlate_netns *netns;

	if (rule->netns_name || !aggregate_rule_is_foreign(rule))
		return;
	netns = correlate_find_netns(correlate, rule->netns_cookie,
				     rule->netns_inum);
	/* Without memory it is for the next time. */
	if (netns && netns->name[0])
		rule->netns_name = strdup(netns->name);
}

static void set_rule(struct aggregate_rule *rule, struct rule *found)
{
	if (found)
		rule_ref(found);
	rule_unref(rule->rule);
	rule->rule = found;
}

/*
 * Another rule can have the number by now. As long as that is not known, it is
 * taken for the same one.
 */
static void name_xt_rule(struct aggregate_rule *rule,
			 const struct drop_event *ev,
			 struct correlate *correlate)
{
	struct xt_count count = {
		.nf = &ev->netfilter,
		.packets = rule->counts.packets,
		.first_ns = rule->first_ns,
		.last_ns = rule->last_ns,
		.counted = !xt_tables_is_uncounted(rule->reason),
	};
	struct rule *found;
	uint64_t ns;
	int r;

	if (rule->rule && rule->last_ns < rule->rule_ns)
		return;
	if (rule->counted == AGGREGATE_BY_KERNEL)
		count.first_ns -= MIN(count.first_ns, XT_REPORT_NS);
	r = correlate_find_count(correlate, ev, &count, &found, &ns);
	if (r > 0) {
		set_rule(rule, found);
		rule->rule_ns = ns;
	} else if (r == 0 || rule->last_ns - rule->rule_ns > UNSURE_NS) {
		set_rule(rule, NULL);
	}
}

static void name_rule(struct aggregate_rule *rule, struct correlate *correlate)
{
	struct drop_event ev;
	struct rule *found;

	if (rule->rule_handle == 0 && (rule->kind != DROP_KIND_NFT_POLICY ||
				       aggregate_rule_is_foreign(rule)))
		return;
	recall_rule(rule, &ev);
	if (xt_tables_have(&ev.netfilter)) {
		/* It has it from the reading that told of it. */
		if (rule->counted == AGGREGATE_BY_COUNTER)
			return;
		name_xt_rule(rule, &ev, correlate);
		return;
	}
	if (rule->table_handle == 0)
		return;
	/* A rule that replaces another has its handle, and so its count. */
	found = rule->rule || rule->rule_handle == 0
			? correlate_find_current(correlate, &ev)
			: correlate_find(correlate, &ev, NULL);
	if (found && found != rule->rule)
		set_rule(rule, found);
}

void name_rules(struct aggregate *a, struct correlate *correlate)
{
	for (size_t i = 0; i < a->n_rules; i++) {
		name_netns(a->rules[i], correlate);
		name_rule(a->rules[i], correlate);
	}
}
