/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "aggregate.h"
#include "netns.h"
#include "util.h"

#define ALLOCATE_FIRST 64

void aggregate_init(struct aggregate *a)
{
	*a = (struct aggregate){ 0 };
}

void aggregate_done(struct aggregate *a)
{
	for (size_t i = 0; i < a->n_rules; i++)
		free(a->rules[i]);
	free(a->rules);
	free(a->sorted);
	*a = (struct aggregate){ 0 };
}

static void set_key(struct aggregate_rule *rule, const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;

	*rule = (struct aggregate_rule){
		.netns_cookie = ev->netns.cookie,
		.netns_inum = ev->netns.inum,
		.kind = nf->kind,
		.rule_handle = nf->rule_handle,
		.reason_code = ev->reason_code,
		.has = ev->has & (DROP_HAS_REASON_CODE | DROP_HAS_QUEUE),
		.queue = nf->queue,
	};
	strcpy(rule->hook, nf->hook);
	strcpy(rule->family, nf->family);
	strcpy(rule->table, nf->table);
	strcpy(rule->chain, nf->chain);
	strcpy(rule->reason, ev->reason);
	/* A rule has one such expression; a table's name says where it is. */
	if (nf->table[0] == '\0')
		strcpy(rule->by, nf->by);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By place: namespace, table, chain, rule; then by the rest of the key. */
static int compare_keys(const struct aggregate_rule *a,
			const struct aggregate_rule *b)
{
	int r;

	r = compare_numbers(a->netns_cookie, b->netns_cookie);
	if (r == 0)
		r = strcmp(a->family, b->family);
	if (r == 0)
		r = strcmp(a->table, b->table);
	if (r == 0)
		r = strcmp(a->chain, b->chain);
	if (r == 0)
		r = compare_numbers(a->rule_handle, b->rule_handle);
	if (r == 0)
		r = strcmp(a->hook, b->hook);
	if (r == 0)
		r = compare_numbers(a->kind, b->kind);
	if (r == 0)
		r = strcmp(a->reason, b->reason);
	if (r == 0)
		r = compare_numbers(a->reason_code, b->reason_code);
	if (r == 0)
		r = strcmp(a->by, b->by);
	if (r == 0)
		r = compare_numbers(a->queue, b->queue);
	return r;
}

/* Where @key is in a->sorted, or would be. */
static size_t find_position(const struct aggregate *a,
			    const struct aggregate_rule *key)
{
	size_t low = 0, high = a->n_rules;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_keys(a->sorted[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_foreign(const struct aggregate_rule *rule)
{
	return rule->netns_cookie != 0 &&
	       !netns_is_initial(rule->netns_cookie, rule->netns_inum);
}

static int reserve(struct aggregate *a)
{
	size_t n = MIN(MAX(a->n_allocated * 2, ALLOCATE_FIRST), AGGREGATE_MAX);
	struct aggregate_rule **rules;

	if (a->n_rules < a->n_allocated)
		return 0;
	rules = reallocarray(a->rules, n, sizeof(struct aggregate_rule *));
	if (!rules)
		return -ENOMEM;
	a->rules = rules;
	rules = reallocarray(a->sorted, n, sizeof(struct aggregate_rule *));
	if (!rules)
		return -ENOMEM;
	a->sorted = rules;
	a->n_allocated = n;
	return 0;
}

/* NULL when there is no room for it. */
static struct aggregate_rule *insert(struct aggregate *a, size_t position,
				     const struct aggregate_rule *key)
{
	struct aggregate_rule *rule;

	if (a->n_rules == AGGREGATE_MAX ||
	    (is_foreign(key) && a->n_foreign == AGGREGATE_FOREIGN_MAX) ||
	    reserve(a) < 0)
		return NULL;
	rule = malloc(sizeof(*rule));
	if (!rule)
		return NULL;
	*rule = *key;
	memmove(a->sorted + position + 1, a->sorted + position,
		(a->n_rules - position) * sizeof(struct aggregate_rule *));
	a->sorted[position] = rule;
	a->rules[a->n_rules++] = rule;
	a->n_foreign += is_foreign(rule);
	return rule;
}

static void add_counts(struct aggregate_counts *counts, uint64_t packets,
		       uint64_t bytes)
{
	counts->packets += packets;
	counts->bytes += bytes;
}

bool aggregate_add(struct aggregate *a, const struct drop_event *ev,
		   uint64_t bytes)
{
	struct aggregate_rule key, *rule = NULL;
	size_t position;

	add_counts(&a->total, ev->count, bytes);
	set_key(&key, ev);
	position = find_position(a, &key);
	if (position < a->n_rules &&
	    compare_keys(a->sorted[position], &key) == 0)
		rule = a->sorted[position];
	else
		rule = insert(a, position, &key);
	if (!rule) {
		add_counts(&a->other, ev->count, bytes);
		return false;
	}
	add_counts(&rule->counts, ev->count, bytes);
	/* CPUs tell in any order, and the clock may be set. */
	if (rule->first_ns == 0 || ev->timestamp_ns < rule->first_ns)
		rule->first_ns = ev->timestamp_ns;
	rule->last_ns = MAX(rule->last_ns, ev->timestamp_ns);
	return true;
}
