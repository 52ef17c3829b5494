/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rulesets.h"

void rulesets_init(struct rulesets *s)
{
	*s = (struct rulesets){ 0 };
}

void rulesets_done(struct rulesets *s)
{
	ruleset_unref(s->current);
	while (s->n_old > 0)
		ruleset_unref(s->old[--s->n_old]);
	rulesets_init(s);
}

static void forget_oldest(struct rulesets *s)
{
	struct ruleset *rs = s->old[--s->n_old];

	s->n_old_rules -= rs->n_rules;
	ruleset_unref(rs);
}

void rulesets_set(struct rulesets *s, struct ruleset *rs)
{
	struct ruleset *old = s->current;

	s->current = rs;
	if (!old)
		return;
	if (s->n_old == RULESETS_OLD_MAX)
		forget_oldest(s);
	memmove(&s->old[1], &s->old[0], s->n_old * sizeof(s->old[0]));
	s->old[0] = old;
	s->n_old++;
	s->n_old_rules += old->n_rules;
	/* The last one stays, whatever its size: most of it is shared. */
	while (s->n_old > 1 && s->n_old_rules > RULESETS_OLD_RULES_MAX)
		forget_oldest(s);
}

static struct rule *find_in(const struct ruleset *rs,
			    const struct drop_netfilter *nf)
{
	struct table *table;
	struct chain *chain;

	table = ruleset_find_table(rs, nft_family_from_string(nf->family),
				   nf->table, nf->table_handle);
	if (!table)
		return NULL;
	chain = table_find_chain(table, nf->chain);
	return chain ? chain_find_rule(chain, nf->rule_handle) : NULL;
}

struct rule *rulesets_find(const struct rulesets *s,
			   const struct drop_netfilter *nf, bool *ret_current)
{
	struct rule *rule;

	/* Without the table's handle a rule of that name might be another. */
	if (!s->current || nf->table_handle == 0 || nf->rule_handle == 0)
		return NULL;
	rule = find_in(s->current, nf);
	if (ret_current)
		*ret_current = rule != NULL;
	for (size_t i = 0; !rule && i < s->n_old; i++)
		rule = find_in(s->old[i], nf);
	return rule;
}
