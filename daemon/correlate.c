/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "correlate.h"
#include "netns.h"

void correlate_init(struct correlate *c)
{
	*c = (struct correlate){ 0 };
}

void correlate_done(struct correlate *c)
{
	ruleset_unref(c->current);
	while (c->n_old > 0)
		ruleset_unref(c->old[--c->n_old]);
}

static void forget_oldest(struct correlate *c)
{
	struct ruleset *rs = c->old[--c->n_old];

	c->n_old_rules -= rs->n_rules;
	ruleset_unref(rs);
}

void correlate_set(struct correlate *c, struct ruleset *rs)
{
	struct ruleset *old = c->current;

	c->current = rs;
	if (!old)
		return;
	if (c->n_old == CORRELATE_SNAPSHOTS_MAX)
		forget_oldest(c);
	memmove(&c->old[1], &c->old[0], c->n_old * sizeof(c->old[0]));
	c->old[0] = old;
	c->n_old++;
	c->n_old_rules += old->n_rules;
	/* The last one stays, whatever its size: most of it is shared. */
	while (c->n_old > 1 && c->n_old_rules > CORRELATE_OLD_RULES_MAX)
		forget_oldest(c);
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

struct rule *correlate_find(const struct correlate *c,
			    const struct drop_event *ev, bool *ret_current)
{
	struct rule *rule;

	/* Without the table's handle a rule of that name might be another. */
	if (!c->current || ev->netfilter.table_handle == 0 ||
	    ev->netfilter.rule_handle == 0 ||
	    !netns_is_initial(ev->netns.cookie, ev->netns.inum))
		return NULL;
	rule = find_in(c->current, &ev->netfilter);
	if (ret_current)
		*ret_current = rule != NULL;
	for (size_t i = 0; !rule && i < c->n_old; i++)
		rule = find_in(c->old[i], &ev->netfilter);
	return rule;
}

void correlate_event(const struct correlate *c, struct drop_event *ev)
{
	const struct rule *rule = correlate_find(c, ev, NULL);

	if (!rule || ev->netfilter.rule)
		return;
	/* Without memory it stays unknown. */
	if (rule->text)
		ev->netfilter.rule = strdup(rule->text);
	if (rule->comment)
		copy_string(ev->netfilter.comment,
			    sizeof(ev->netfilter.comment), rule->comment,
			    SIZE_MAX);
}
