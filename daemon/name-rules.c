/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "name-rules.h"
#include "recall.h"

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

static void name_rule(struct aggregate_rule *rule,
		      const struct correlate *correlate)
{
	struct drop_event ev;
	struct rule *found;

	if (rule->table_handle == 0 || rule->rule_handle == 0)
		return;
	recall_rule(rule, &ev);
	/* A rule that replaces another has its handle, and so its count. */
	found = rule->rule ? correlate_find_current(correlate, &ev)
			   : correlate_find(correlate, &ev, NULL);
	if (!found || found == rule->rule)
		return;
	rule_unref(rule->rule);
	rule->rule = rule_ref(found);
}

void name_rules(struct aggregate *a, const struct correlate *correlate)
{
	for (size_t i = 0; i < a->n_rules; i++) {
		name_netns(a->rules[i], correlate);
		name_rule(a->rules[i], correlate);
	}
}
