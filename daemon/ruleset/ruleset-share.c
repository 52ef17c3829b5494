/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset-own.h"
#include "ruleset-share.h"

/* Whether there is one is part of the content. */
static void share_counter(struct rule *rule, struct rule *same)
{
	if (rule->counter && same->counter)
		rule_counter_meet(same->counter, &rule->counter->now);
	rule_counter_unref(rule->counter);
	rule->counter = rule_counter_ref(same->counter);
}

static void chain_share(struct chain *chain, struct chain *old)
{
	if (chain->policy && old->policy && chain->handle == old->handle &&
	    chain->policy != old->policy) {
		share_counter(chain->policy, old->policy);
		rule_unref(chain->policy);
		chain->policy = rule_ref(old->policy);
	}
	for (size_t i = 0; i < chain->n_rules; i++) {
		struct rule *same =
			chain_find_rule(old, chain->rules[i]->handle);

		if (!same || same == chain->rules[i] ||
		    same->content != chain->rules[i]->content)
			continue;
		share_counter(chain->rules[i], same);
		if (chain->rules[i]->program && !same->program)
			continue;
		rule_unref(chain->rules[i]);
		chain->rules[i] = rule_ref(same);
	}
}

/* Whether a chain of @table had another name in @old: see ruleset-edit.h. */
static bool has_renamed(const struct table *table, struct table *old)
{
	for (size_t i = 0; i < table->n_chains; i++) {
		const struct chain *chain = table->chains[i];
		const struct chain *same = table_find_chain(old, chain->name);

		if (same && same->handle == chain->handle)
			continue;
		if (table_find_place(old, chain->handle) < old->n_chains)
			return true;
	}
	return false;
}

static void table_share(struct table *table, struct table *old)
{
	counter_uses_add(&table->uses, &old->uses);
	/* It was read anew since changes were lost. */
	counter_uses_lose(&table->uses);
	if (has_renamed(table, old))
		return;
	for (size_t i = 0; i < table->n_chains; i++) {
		struct chain *chain =
			table_find_chain(old, table->chains[i]->name);

		if (chain)
			chain_share(table->chains[i], chain);
	}
}

void ruleset_share(struct ruleset *rs, const struct ruleset *old)
{
	for (size_t i = 0; i < rs->n_tables; i++) {
		struct table *table = rs->tables[i];
		struct table *same = ruleset_find_table(
			old, table->family, table->name, table->handle);

		if (same)
			table_share(table, same);
	}
}
