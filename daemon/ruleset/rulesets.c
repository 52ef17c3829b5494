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
	if (s->first_generation == 0)
		s->first_generation = rs->generation;
	if (!old)
		return;
	/* The same, but for its number: it stands for both. */
	if (rs->n_same > old->n_same && ruleset_first(rs) == ruleset_first(old)) {
		ruleset_unref(old);
		return;
	}
	/* Of none, or one that is not known, nothing came or went. */
	if (old->generation != 0 && rs->generation != 0)
		ruleset_diff_add(&s->changed, old, rs);
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
	if (!chain)
		return NULL;
	return nf->rule_handle == 0 ? chain->policy
				    : chain_find_rule(chain, nf->rule_handle);
}

/* At place 0 the current one, then those before. */
static const struct ruleset *at(const struct rulesets *s, size_t i)
{
	return i == 0 ? s->current : s->old[i - 1];
}

/* The place of the newest that is not newer than that; n_old + 1: there is
 * none. */
static size_t place_of(const struct rulesets *s, uint32_t generation)
{
	size_t i = 0;

	while (i <= s->n_old &&
	       (int32_t)(ruleset_first(at(s, i)) - generation) > 0)
		i++;
	return i;
}

/*
 * Whether what the snapshot at @place has for @nf, @rule, is what the ruleset
 * of that generation had: those in between were not read.
 */
static bool is_certain(const struct rulesets *s, size_t place,
		       const struct drop_netfilter *nf, const struct rule *rule)
{
	const struct rule *later;

	if (ruleset_is_of(at(s, place), nf->generation))
		return true;
	if (place == 0)
		return false;
	later = find_in(at(s, place - 1), nf);
	return !later || later == rule;
}

struct rule *rulesets_find(const struct rulesets *s,
			   const struct drop_netfilter *nf, bool *ret_current)
{
	struct rule *rule = NULL;
	size_t place = 0;

	if (ret_current)
		*ret_current = false;
	/* Without the table's handle a rule of that name might be another. */
	if (!s->current || nf->table_handle == 0 || nf->rule_handle == 0)
		return NULL;
	if (nf->generation != 0)
		place = place_of(s, nf->generation);
	/* So old that all was read anew since. */
	if (place > s->n_old && s->is_followed)
		return NULL;
	for (size_t i = place; !rule && i <= s->n_old; i++)
		rule = find_in(at(s, i), nf);
	if (rule && nf->generation != 0 && s->is_followed &&
	    !is_certain(s, place, nf, rule))
		return NULL;
	/* Told late, or it was on its way through the rules meanwhile. */
	for (size_t i = place; !rule && i > 0; i--)
		rule = find_in(at(s, i - 1), nf);
	if (ret_current)
		*ret_current = rule && find_in(s->current, nf) == rule;
	return rule;
}

struct rule *rulesets_find_current(const struct rulesets *s,
				   const struct drop_netfilter *nf)
{
	if (!s->current || nf->table_handle == 0)
		return NULL;
	return find_in(s->current, nf);
}
