/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "ruleset.h"

static const char *const families[] = {
	[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",
	[NFPROTO_ARP] = "arp",	     [NFPROTO_NETDEV] = "netdev",
	[NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
};

const char *nft_family_to_string(uint8_t family)
{
	return family < ARRAY_SIZE(families) ? families[family] : NULL;
}

uint8_t nft_family_from_string(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i] && strcmp(families[i], s) == 0)
			return (uint8_t)i;
	return 0;
}

int array_grow(void *array, size_t n, size_t *allocated)
{
	void **p = array;
	size_t more;
	void *items;

	if (n < *allocated)
		return 0;
	more = *allocated ? *allocated * 2 : 4;
	items = reallocarray(*p, more, sizeof(void *));
	if (!items)
		return -ENOMEM;
	*p = items;
	*allocated = more;
	return 0;
}

struct rule *rule_new(uint64_t handle)
{
	struct rule *rule = calloc(1, sizeof(*rule));

	if (rule) {
		rule->n_refs = 1;
		rule->handle = handle;
	}
	return rule;
}

struct rule *rule_ref(struct rule *rule)
{
	rule->n_refs++;
	return rule;
}

void rule_unref(struct rule *rule)
{
	if (!rule || --rule->n_refs > 0)
		return;
	free(rule->jump);
	free(rule->comment);
	free(rule->text);
	rule_program_unref(rule->program);
	rule_counter_unref(rule->counter);
	free(rule);
}

struct chain *chain_new(const char *name, uint64_t handle)
{
	struct chain *chain = calloc(1, sizeof(*chain));

	if (!chain)
		return NULL;
	chain->n_refs = 1;
	chain->handle = handle;
	chain->name = strdup(name);
	if (!chain->name) {
		free(chain);
		return NULL;
	}
	return chain;
}

void chain_unref(struct chain *chain)
{
	if (!chain || --chain->n_refs > 0)
		return;
	for (size_t i = 0; i < chain->n_rules; i++)
		rule_unref(chain->rules[i]);
	rule_unref(chain->policy);
	free(chain->rules);
	free(chain->index);
	free(chain->name);
	free(chain->type);
	free(chain->devices);
	free(chain);
}

void set_unref(struct set *set)
{
	if (!set || --set->n_refs > 0)
		return;
	free(set->name);
	set_elements_unref(set->elements);
	free(set);
}

void set_fill(struct set *set, struct set_elements *elements)
{
	set_elements_unref(set->elements);
	set->elements = elements;
}

void table_unref(struct table *table)
{
	if (!table || --table->n_refs > 0)
		return;
	for (size_t i = 0; i < table->n_chains; i++)
		chain_unref(table->chains[i]);
	for (size_t i = 0; i < table->n_sets; i++)
		set_unref(table->sets[i]);
	free(table->chains);
	free(table->sets);
	free(table->index);
	free(table->set_index);
	free(table->name);
	free(table);
}

struct ruleset *ruleset_new(void)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (rs)
		rs->n_refs = 1;
	return rs;
}

struct ruleset *ruleset_copy(const struct ruleset *rs)
{
	struct ruleset *copy = ruleset_new();

	if (!copy)
		return NULL;
	copy->tables = calloc(MAX(rs->n_tables, 1UL), sizeof(*copy->tables));
	if (!copy->tables) {
		free(copy);
		return NULL;
	}
	copy->n_allocated = MAX(rs->n_tables, 1UL);
	for (size_t i = 0; i < rs->n_tables; i++) {
		copy->tables[i] = rs->tables[i];
		copy->tables[i]->n_refs++;
	}
	copy->n_tables = rs->n_tables;
	copy->n_rules = rs->n_rules;
	copy->n_counters = rs->n_counters;
	copy->n_named = rs->n_named;
	copy->generation = rs->generation;
	copy->infers = rs->infers;
	return copy;
}

struct ruleset *ruleset_ref(struct ruleset *rs)
{
	rs->n_refs++;
	return rs;
}

void ruleset_unref(struct ruleset *rs)
{
	if (!rs || --rs->n_refs > 0)
		return;
	for (size_t i = 0; i < rs->n_tables; i++)
		table_unref(rs->tables[i]);
	free(rs->tables);
	free(rs);
}

struct table *ruleset_find_table(const struct ruleset *rs, uint8_t family,
				 const char *name, uint64_t handle)
{
	for (size_t i = 0; i < rs->n_tables; i++) {
		struct table *table = rs->tables[i];

		if (table->family == family &&
		    (handle == 0 || table->handle == handle) &&
		    strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

static void forget_counters(struct chain *chain)
{
	rule_unref(chain->policy);
	chain->policy = NULL;
	chain->n_counters = 0;
	for (size_t i = 0; i < chain->n_rules; i++) {
		rule_counter_unref(chain->rules[i]->counter);
		chain->rules[i]->counter = NULL;
	}
}

void ruleset_forget_counters(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->n_tables; i++)
		for (size_t c = 0; c < rs->tables[i]->n_chains; c++)
			forget_counters(rs->tables[i]->chains[c]);
	rs->n_counters = 0;
}

/* What its rules' programs take. */
static size_t chain_count_bytes(const struct chain *chain)
{
	size_t bytes = 0;

	for (size_t i = 0; i < chain->n_rules; i++)
		bytes += rule_program_count_bytes(chain->rules[i]->program);
	return bytes;
}

size_t ruleset_count_bytes(const struct ruleset *rs)
{
	/* Of each, with the longest name or comment and its place in lists. */
	const size_t rule = 256, other = 512;
	size_t bytes = rs->n_rules * rule +
		       rs->n_counters * (sizeof(struct rule_counter) + 16);

	for (size_t i = 0; i < rs->n_tables; i++) {
		const struct table *table = rs->tables[i];

		bytes += sizeof(struct counter_uses) +
			 (1 + table->n_chains + table->n_sets) * other;
		if (!rs->infers)
			continue;
		for (size_t s = 0; s < table->n_sets; s++)
			bytes += set_elements_count_bytes(
				table->sets[s]->elements);
		for (size_t c = 0; c < table->n_chains; c++)
			bytes += chain_count_bytes(table->chains[c]);
	}
	return bytes;
}

/* The finalizer of MurmurHash3. */
static uint64_t hash_handle(uint64_t v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ULL;
	return v ^ v >> 33;
}

/* FNV-1a. */
static uint64_t hash_name(const char *s)
{
	uint64_t v = 0xcbf29ce484222325ULL;

	for (; *s; s++)
		v = (v ^ (unsigned char)*s) * 0x100000001b3ULL;
	return hash_handle(v);
}

/* Twice as many places as entries at least; NULL without memory. */
static uint32_t *index_new(size_t n, size_t *size)
{
	*size = 8;
	while (*size < n * 2)
		*size *= 2;
	return calloc(*size, sizeof(uint32_t));
}

static void index_add(uint32_t *index, size_t size, uint64_t hash, size_t i)
{
	size_t at = hash & (size - 1);

	while (index[at] != 0)
		at = (at + 1) & (size - 1);
	index[at] = (uint32_t)i + 1;
}

void table_forget_names(struct table *table)
{
	free(table->index);
	table->index = NULL;
}

void table_forget_sets(struct table *table)
{
	free(table->set_index);
	table->set_index = NULL;
}

int table_add_chain(struct table *table, struct chain *chain)
{
	size_t n = table->n_chains;

	if (array_grow(&table->chains, n, &table->n_chains_allocated) < 0) {
		chain_unref(chain);
		return -ENOMEM;
	}
	table->chains[table->n_chains++] = chain;
	if (table->index && (n + 1) * 2 <= table->index_size)
		index_add(table->index, table->index_size,
			  hash_name(chain->name), n);
	else
		table_forget_names(table);
	return 0;
}

int table_add_set(struct table *table, struct set *set)
{
	size_t n = table->n_sets;

	if (array_grow(&table->sets, n, &table->n_sets_allocated) < 0) {
		set_unref(set);
		return -ENOMEM;
	}
	table->sets[table->n_sets++] = set;
	if (table->set_index && (n + 1) * 2 <= table->set_index_size)
		index_add(table->set_index, table->set_index_size,
			  hash_name(set->name), n);
	else
		table_forget_sets(table);
	return 0;
}

struct chain *table_find_chain(struct table *table, const char *name)
{
	uint32_t *index = table->index;

	if (!index) {
		index = index_new(table->n_chains, &table->index_size);
		for (size_t i = 0; index && i < table->n_chains; i++)
			index_add(index, table->index_size,
				  hash_name(table->chains[i]->name), i);
		table->index = index;
	}
	if (!index) {
		for (size_t i = 0; i < table->n_chains; i++)
			if (strcmp(table->chains[i]->name, name) == 0)
				return table->chains[i];
		return NULL;
	}
	for (size_t at = hash_name(name) & (table->index_size - 1);
	     index[at] != 0; at = (at + 1) & (table->index_size - 1)) {
		struct chain *chain = table->chains[index[at] - 1];

		if (strcmp(chain->name, name) == 0)
			return chain;
	}
	return NULL;
}

struct set *table_find_set(struct table *table, const char *name)
{
	uint32_t *index = table->set_index;

	if (!index) {
		index = index_new(table->n_sets, &table->set_index_size);
		for (size_t i = 0; index && i < table->n_sets; i++)
			index_add(index, table->set_index_size,
				  hash_name(table->sets[i]->name), i);
		table->set_index = index;
	}
	if (!index) {
		for (size_t i = 0; i < table->n_sets; i++)
			if (strcmp(table->sets[i]->name, name) == 0)
				return table->sets[i];
		return NULL;
	}
	for (size_t at = hash_name(name) & (table->set_index_size - 1);
	     index[at] != 0; at = (at + 1) & (table->set_index_size - 1)) {
		struct set *set = table->sets[index[at] - 1];

		if (strcmp(set->name, name) == 0)
			return set;
	}
	return NULL;
}

size_t chain_find_place(const struct chain *chain, uint64_t handle)
{
	size_t i = 0;

	while (i < chain->n_rules && chain->rules[i]->handle != handle)
		i++;
	return i;
}

struct rule *chain_find_rule(struct chain *chain, uint64_t handle)
{
	uint32_t *index = chain->index;
	size_t i;

	if (!index) {
		index = index_new(chain->n_rules, &chain->index_size);
		for (i = 0; index && i < chain->n_rules; i++)
			index_add(index, chain->index_size,
				  hash_handle(chain->rules[i]->handle), i);
		chain->index = index;
	}
	if (!index) {
		i = chain_find_place(chain, handle);
		return i < chain->n_rules ? chain->rules[i] : NULL;
	}
	for (size_t at = hash_handle(handle) & (chain->index_size - 1);
	     index[at] != 0; at = (at + 1) & (chain->index_size - 1))
		if (chain->rules[index[at] - 1]->handle == handle)
			return chain->rules[index[at] - 1];
	return NULL;
}
