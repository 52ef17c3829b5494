/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ruleset-own.h"

/* A copy of @n pointers, with room for one more; NULL without memory. */
static void *copy_pointers(void *from, size_t n, size_t *allocated)
{
	void *p = calloc(n + 1, sizeof(void *));

	if (p) {
		if (n > 0)
			memcpy(p, from, n * sizeof(void *));
		*allocated = n + 1;
	}
	return p;
}

static struct table *table_copy(const struct table *table)
{
	struct table *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = (struct table){
		.n_refs = 1,
		.handle = table->handle,
		.family = table->family,
		.name = strdup(table->name),
		.uses = table->uses,
		.chains = copy_pointers(table->chains, table->n_chains,
					&copy->n_chains_allocated),
		.sets = copy_pointers(table->sets, table->n_sets,
				      &copy->n_sets_allocated),
	};
	copy->n_chains_allocated = table->n_chains + 1;
	copy->n_sets_allocated = table->n_sets + 1;
	if (!copy->name || !copy->chains || !copy->sets) {
		table_unref(copy);
		return NULL;
	}
	for (size_t i = 0; i < table->n_chains; i++)
		table->chains[i]->n_refs++;
	for (size_t i = 0; i < table->n_sets; i++)
		table->sets[i]->n_refs++;
	copy->n_chains = table->n_chains;
	copy->n_sets = table->n_sets;
	return copy;
}

/* NULL stays NULL, and is no error. */
int copy_text(char **to, const char *from)
{
	if (!from)
		return 0;
	*to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

static struct chain *chain_copy(const struct chain *chain)
{
	struct chain *copy = chain_new(chain->name, chain->handle);

	if (!copy)
		return NULL;
	copy->hook = chain->hook;
	copy->priority = chain->priority;
	copy->policy_drop = chain->policy_drop;
	if (chain->policy)
		copy->policy = rule_ref(chain->policy);
	copy->rules =
		copy_pointers(chain->rules, chain->n_rules, &copy->n_allocated);
	if (!copy->rules || copy_text(&copy->type, chain->type) < 0 ||
	    copy_text(&copy->devices, chain->devices) < 0) {
		chain_unref(copy);
		return NULL;
	}
	for (size_t i = 0; i < chain->n_rules; i++)
		rule_ref(chain->rules[i]);
	copy->n_rules = chain->n_rules;
	copy->n_counters = chain->n_counters;
	return copy;
}

size_t ruleset_find_place(const struct ruleset *rs, uint8_t family,
			  const char *name)
{
	size_t i = 0;

	while (i < rs->n_tables && (rs->tables[i]->family != family ||
				    strcmp(rs->tables[i]->name, name) != 0))
		i++;
	return i;
}

/* The table, for this ruleset alone. */
int ruleset_own_table(struct ruleset *rs, uint8_t family, const char *name,
		      struct table **ret)
{
	size_t i = ruleset_find_place(rs, family, name);
	struct table *copy;

	if (i == rs->n_tables)
		return -ENOENT;
	if (rs->tables[i]->n_refs > 1) {
		copy = table_copy(rs->tables[i]);
		if (!copy)
			return -ENOMEM;
		table_unref(rs->tables[i]);
		rs->tables[i] = copy;
	}
	*ret = rs->tables[i];
	return 0;
}

/* The chain at a place of @table, which is this ruleset's own. */
int table_own_chain(struct table *table, size_t i, struct chain **ret)
{
	struct chain *copy;

	if (table->chains[i]->n_refs > 1) {
		copy = chain_copy(table->chains[i]);
		if (!copy)
			return -ENOMEM;
		chain_unref(table->chains[i]);
		table->chains[i] = copy;
	}
	free(table->chains[i]->index);
	table->chains[i]->index = NULL;
	*ret = table->chains[i];
	return 0;
}

/* The set at a place of @table, the same; it shares its elements. */
int table_own_set(struct table *table, size_t i, struct set **ret)
{
	struct set *old = table->sets[i], *copy;

	if (old->n_refs > 1) {
		copy = calloc(1, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		*copy = *old;
		copy->n_refs = 1;
		copy->elements = set_elements_ref(old->elements);
		copy->name = strdup(old->name);
		if (!copy->name) {
			set_unref(copy);
			return -ENOMEM;
		}
		set_unref(old);
		table->sets[i] = copy; /* of the same name */
	}
	*ret = table->sets[i];
	return 0;
}

size_t table_find_place(const struct table *table, uint64_t handle)
{
	size_t i = 0;

	while (i < table->n_chains && table->chains[i]->handle != handle)
		i++;
	return i;
}

int ruleset_own_chain(struct ruleset *rs, uint8_t family,
		      const char *table_name, const char *name,
		      struct chain **ret)
{
	struct table *table;
	struct chain *chain;
	int r;

	r = ruleset_own_table(rs, family, table_name, &table);
	if (r < 0)
		return r;
	chain = table_find_chain(table, name);
	if (!chain)
		return -ENOENT;
	/* Already this ruleset's: the usual case of a first reading. */
	if (chain->n_refs == 1) {
		free(chain->index);
		chain->index = NULL;
		*ret = chain;
		return 0;
	}
	return table_own_chain(table, table_find_place(table, chain->handle),
			       ret);
}
