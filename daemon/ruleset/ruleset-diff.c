/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset-diff.h"
#include "util.h"

/* What is the same before and behind the change is not looked at further. */
static void add_chain(struct ruleset_diff *diff, struct chain *old,
		      struct chain *new)
{
	size_t n_old = old->n_rules, n_new = new->n_rules, from = 0;
	uint64_t kept = 0;

	while (from < MIN(n_old, n_new) && old->rules[from] == new->rules[from])
		from++;
	while (MIN(n_old, n_new) > from &&
	       old->rules[n_old - 1] == new->rules[n_new - 1]) {
		n_old--;
		n_new--;
	}
	for (size_t i = from; i < n_new; i++) {
		const struct rule *rule = new->rules[i], *before = NULL;

		if (n_old > from)
			before = chain_find_rule(old, rule->handle);
		if (!before) {
			diff->added++;
			continue;
		}
		kept++;
		diff->replaced += before->content != rule->content;
	}
	diff->removed += n_old - from - kept;
}

static uint64_t count_rules(const struct table *table)
{
	uint64_t n = 0;

	for (size_t i = 0; i < table->n_chains; i++)
		n += table->chains[i]->n_rules;
	return n;
}

static void add_table(struct ruleset_diff *diff, struct table *old,
		      struct table *new)
{
	for (size_t i = 0; i < new->n_chains; i++) {
		struct chain *chain = new->chains[i];
		struct chain *before = table_find_chain(old, chain->name);

		if (before == chain)
			continue;
		if (before)
			add_chain(diff, before, chain);
		else
			diff->added += chain->n_rules;
	}
	for (size_t i = 0; i < old->n_chains; i++)
		if (!table_find_chain(new, old->chains[i]->name))
			diff->removed += old->chains[i]->n_rules;
}

static struct table *find(const struct ruleset *rs, const struct table *table)
{
	return ruleset_find_table(rs, table->family, table->name,
				  table->handle);
}

void ruleset_diff_add(struct ruleset_diff *diff, const struct ruleset *old,
		      const struct ruleset *new)
{
	for (size_t i = 0; i < new->n_tables; i++) {
		struct table *before = find(old, new->tables[i]);

		if (before == new->tables[i])
			continue;
		if (before)
			add_table(diff, before, new->tables[i]);
		else
			diff->added += count_rules(new->tables[i]);
	}
	for (size_t i = 0; i < old->n_tables; i++)
		if (!find(new, old->tables[i]))
			diff->removed += count_rules(old->tables[i]);
}
