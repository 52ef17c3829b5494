/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ruleset-edit.h"
#include "ruleset-own.h"

DEFINE_CLEANUP(struct chain *, chain_unref)

static int set_forget(struct set *set)
{
	struct set_elements *new = set_elements_new_like(set->elements);

	if (!new)
		return -ENOMEM;
	set_elements_forget(new);
	set_fill(set, new);
	return 0;
}

int ruleset_put_table(struct ruleset *rs, uint8_t family, const char *name,
		      uint64_t handle)
{
	size_t i = ruleset_find_place(rs, family, name);
	struct table *table;
	int r;

	if (i < rs->n_tables) {
		if (rs->tables[i]->handle == handle)
			return 0;
		r = ruleset_remove_table(rs, family, name);
		if (r < 0)
			return r;
	}
	r = array_grow(&rs->tables, rs->n_tables, &rs->n_allocated);
	if (r < 0)
		return r;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->n_refs = 1;
	table->family = family;
	table->handle = handle;
	table->name = strdup(name);
	if (!table->name) {
		free(table);
		return -ENOMEM;
	}
	rs->tables[rs->n_tables++] = table;
	return 0;
}

int ruleset_remove_table(struct ruleset *rs, uint8_t family, const char *name)
{
	size_t i = ruleset_find_place(rs, family, name);

	if (i == rs->n_tables)
		return -ENOENT;
	for (size_t c = 0; c < rs->tables[i]->n_chains; c++) {
		rs->n_rules -= rs->tables[i]->chains[c]->n_rules;
		rs->n_counters -= rs->tables[i]->chains[c]->n_counters;
	}
	table_unref(rs->tables[i]);
	rs->n_tables--;
	memmove(&rs->tables[i], &rs->tables[i + 1],
		(rs->n_tables - i) * sizeof(struct table *));
	return 0;
}

/* All but the rules, from @from, which is emptied of it. */
static void chain_take(struct chain *chain, struct chain *from)
{
	free(chain->name);
	free(chain->type);
	free(chain->devices);
	chain->name = TAKE_PTR(from->name);
	chain->type = TAKE_PTR(from->type);
	chain->devices = TAKE_PTR(from->devices);
	chain->hook = from->hook;
	chain->priority = from->priority;
	chain->policy_drop = from->policy_drop;
	/* One that drops as it did counts on. */
	if (!chain->policy || !from->policy) {
		chain->n_counters -= chain->policy != NULL;
		chain->n_counters += from->policy != NULL;
		rule_unref(chain->policy);
		chain->policy = TAKE_PTR(from->policy);
	}
}

/* The name of a chain, which was @from and is @to. */
static const char *renamed(const char *name, const char *from, const char *to)
{
	return name && strcmp(name, from) == 0 ? to : name;
}

static int chain_rename_jumps(struct chain *chain, const char *from,
			      const char *to)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		_cleanup_(cleanup_rule_unref) struct rule *new = NULL;
		struct rule *old = chain->rules[i];
		const char *jump = renamed(old->jump, from, to);

		if (!old->text && jump == old->jump)
			continue;
		new = rule_new(old->handle);
		if (!new || copy_text(&new->comment, old->comment) < 0 ||
		    copy_text(&new->jump, jump) < 0)
			return -ENOMEM;
		new->content = old->content;
		new->may_drop = old->may_drop;
		new->is_goto = old->is_goto;
		new->is_compat = old->is_compat;
		new->program = rule_program_ref(old->program);
		new->counter = rule_counter_ref(old->counter);
		chain->rules[i] = TAKE_PTR(new);
		rule_unref(old);
	}
	return 0;
}

/*
 * Rules that name a chain which has another name now read otherwise; which do,
 * only nft knows: so none of the table has a text. The older snapshots keep the
 * texts that were.
 */
static int rename_jumps(struct table *table, const char *from, const char *to)
{
	struct chain *chain;
	struct set *set;
	int r = 0;

	/* Maps of verdicts name chains, too. */
	for (size_t i = 0; r >= 0 && i < table->n_sets; i++) {
		if (!table->sets[i]->elements ||
		    !table->sets[i]->elements->has_verdicts)
			continue;
		r = table_own_set(table, i, &set);
		if (r >= 0)
			r = set_forget(set);
	}
	for (size_t i = 0; r >= 0 && i < table->n_chains; i++) {
		r = table_own_chain(table, i, &chain);
		if (r >= 0)
			r = chain_rename_jumps(chain, from, to);
	}
	return r;
}

int ruleset_put_chain(struct ruleset *rs, uint8_t family,
		      const char *table_name, struct chain *chain)
{
	_cleanup_(cleanup_chain_unref) struct chain *new = chain;
	struct table *table;
	struct chain *old;
	size_t i, n_counters;
	int r;

	r = ruleset_own_table(rs, family, table_name, &table);
	if (r < 0)
		return r;
	/* Handles go up: none above the last one is known, or renamed. */
	i = table->n_chains;
	if (i > 0 && table->chains[i - 1]->handle >= new->handle)
		i = table_find_place(table, new->handle);
	if (i == table->n_chains) {
		n_counters = new->n_counters;
		r = table_add_chain(table, TAKE_PTR(new));
		if (r >= 0)
			rs->n_counters += n_counters;
		return r;
	}
	if (strcmp(table->chains[i]->name, new->name) != 0) {
		r = rename_jumps(table, table->chains[i]->name, new->name);
		if (r < 0)
			return r;
	}
	r = table_own_chain(table, i, &old);
	if (r < 0)
		return r;
	rs->n_counters -= old->n_counters;
	chain_take(old, new);
	rs->n_counters += old->n_counters;
	table_forget_names(table);
	return 0;
}

int ruleset_remove_chain(struct ruleset *rs, uint8_t family,
			 const char *table_name, uint64_t handle)
{
	struct table *table;
	size_t i;
	int r;

	r = ruleset_own_table(rs, family, table_name, &table);
	if (r < 0)
		return r;
	i = table_find_place(table, handle);
	if (i == table->n_chains)
		return -ENOENT;
	rs->n_rules -= table->chains[i]->n_rules;
	rs->n_counters -= table->chains[i]->n_counters;
	chain_unref(table->chains[i]);
	table->n_chains--;
	memmove(&table->chains[i], &table->chains[i + 1],
		(table->n_chains - i) * sizeof(struct chain *));
	table_forget_names(table);
	return 0;
}

/* The place behind the rule @after; -ENOENT when there is no such. */
static int place_after(const struct chain *chain, uint64_t after, size_t *ret)
{
	size_t n = chain->n_rules;

	if (after == RULE_FIRST)
		*ret = 0;
	else if (after == RULE_LAST ||
		 (n > 0 && chain->rules[n - 1]->handle == after))
		*ret = n;
	else
		*ret = chain_find_place(chain, after) + 1;
	return *ret > n ? -ENOENT : 0;
}

int ruleset_put_rule(struct ruleset *rs, uint8_t family, const char *table,
		     const char *chain_name, struct rule *rule, uint64_t after)
{
	_cleanup_(cleanup_rule_unref) struct rule *new = rule;
	struct chain *chain;
	size_t i;
	int r;

	r = ruleset_own_chain(rs, family, table, chain_name, &chain);
	if (r < 0)
		return r;
	r = place_after(chain, after, &i);
	if (r < 0)
		return r;
	r = array_grow(&chain->rules, chain->n_rules, &chain->n_allocated);
	if (r < 0)
		return r;
	memmove(&chain->rules[i + 1], &chain->rules[i],
		(chain->n_rules - i) * sizeof(struct rule *));
	chain->n_counters += new->counter != NULL;
	rs->n_counters += new->counter != NULL;
	if (new->counter && new->counter->is_named)
		rs->n_named++;
	chain->rules[i] = TAKE_PTR(new);
	chain->n_rules++;
	rs->n_rules++;
	return 0;
}

int ruleset_remove_rule(struct ruleset *rs, uint8_t family, const char *table,
			const char *chain_name, uint64_t handle)
{
	struct chain *chain;
	size_t i;
	int r;

	r = ruleset_own_chain(rs, family, table, chain_name, &chain);
	if (r < 0)
		return r;
	i = chain_find_place(chain, handle);
	if (i == chain->n_rules)
		return -ENOENT;
	chain->n_counters -= chain->rules[i]->counter != NULL;
	rs->n_counters -= chain->rules[i]->counter != NULL;
	rule_unref(chain->rules[i]);
	chain->n_rules--;
	memmove(&chain->rules[i], &chain->rules[i + 1],
		(chain->n_rules - i) * sizeof(struct rule *));
	rs->n_rules--;
	return 0;
}

int ruleset_put_set(struct ruleset *rs, uint8_t family, const char *table_name,
		    const char *name, uint64_t handle, uint32_t flags,
		    struct set_elements *elements)
{
	_cleanup_(cleanup_set_elements_unref) struct set_elements *new =
		elements;
	struct table *table;
	struct set *set;
	int r;

	r = ruleset_own_table(rs, family, table_name, &table);
	if (r < 0)
		return r;
	/* Handles go up, as those of chains do. */
	if (table->n_sets > 0 &&
	    table->sets[table->n_sets - 1]->handle >= handle) {
		set = table_find_set(table, name);
		if (set && set->handle == handle)
			return 0;
	}
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	set->n_refs = 1;
	set->handle = handle;
	set->flags = flags;
	set->name = strdup(name);
	if (!set->name) {
		free(set);
		return -ENOMEM;
	}
	set->elements = TAKE_PTR(new);
	return table_add_set(table, set);
}

int ruleset_edit_set(struct ruleset *rs, uint8_t family, const char *table_name,
		     const char *name, struct set_elements **ret)
{
	struct set_elements *copy;
	struct table *table;
	struct set *set;
	size_t i = 0;
	int r;

	*ret = NULL;
	r = ruleset_own_table(rs, family, table_name, &table);
	if (r < 0)
		return r;
	set = table_find_set(table, name);
	if (!set)
		return -ENOENT;
	while (table->sets[i] != set)
		i++;
	/* Also when they are not read: what is read later is not the other's. */
	r = table_own_set(table, i, &set);
	if (r < 0 || !set->elements || set->elements->is_unread)
		return r;
	if (set->elements->n_refs > 1) {
		copy = set_elements_copy(set->elements);
		if (!copy)
			return -ENOMEM;
		set_fill(set, copy);
	}
	*ret = set->elements;
	return 0;
}

int ruleset_add_uses(struct ruleset *rs, uint8_t family, const char *table_name,
		     const struct counter_uses *uses)
{
	struct table *table;
	int r;

	r = ruleset_own_table(rs, family, table_name, &table);
	if (r >= 0)
		counter_uses_add(&table->uses, uses);
	return r;
}

int ruleset_remove_set(struct ruleset *rs, uint8_t family,
		       const char *table_name, uint64_t handle)
{
	struct table *table;
	int r;

	r = ruleset_own_table(rs, family, table_name, &table);
	if (r < 0)
		return r;
	for (size_t i = 0; i < table->n_sets; i++) {
		if (table->sets[i]->handle != handle)
			continue;
		set_unref(table->sets[i]);
		table->n_sets--;
		memmove(&table->sets[i], &table->sets[i + 1],
			(table->n_sets - i) * sizeof(struct set *));
		table_forget_sets(table);
		return 0;
	}
	return -ENOENT;
}
