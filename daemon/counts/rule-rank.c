/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate.h"
#include "rule-rank.h"
#include "util.h"

#define HEX_MAX 17

static int compare_hex(uint64_t a, uint64_t b)
{
	char x[HEX_MAX], y[HEX_MAX];

	if (a == b)
		return 0;
	snprintf(x, sizeof(x), "%" PRIx64, a);
	snprintf(y, sizeof(y), "%" PRIx64, b);
	return strcmp(x, y);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static const char *kind(const struct aggregate_rule *rule)
{
	return rule->kind != DROP_KIND_NONE
		       ? drop_kind_to_string((int)rule->kind)
		       : "";
}

int rule_rank_compare(const struct aggregate_rule *a,
		      const struct aggregate_rule *b)
{
	int r = compare_hex(a->netns_cookie, b->netns_cookie);

	if (r == 0)
		r = compare_hex(a->netns_inum, b->netns_inum);
	if (r == 0)
		r = strcmp(a->family, b->family);
	if (r == 0)
		r = strcmp(a->table, b->table);
	if (r == 0)
		r = strcmp(a->chain, b->chain);
	if (r == 0)
		r = compare_numbers(a->rule_handle, b->rule_handle);
	if (r == 0)
		r = strcmp(kind(a), kind(b));
	if (r == 0)
		r = strcmp(a->hook, b->hook);
	if (r == 0)
		r = strcmp(a->reason, b->reason);
	return r != 0 ? r : strcmp(a->location, b->location);
}

static int compare(const void *a, const void *b)
{
	return rule_rank_compare(*(struct aggregate_rule *const *)a,
				 *(struct aggregate_rule *const *)b);
}

void rule_rank_update(struct aggregate *a)
{
	_cleanup_free_ struct aggregate_rule **rules = NULL;

	if (a->n_ranked == a->n_rules)
		return;
	rules = reallocarray(NULL, a->n_rules, sizeof(struct aggregate_rule *));
	if (!rules)
		return;
	memcpy(rules, a->rules, a->n_rules * sizeof(struct aggregate_rule *));
	qsort(rules, a->n_rules, sizeof(struct aggregate_rule *), compare);
	for (size_t i = 0; i < a->n_rules; i++)
		rules[i]->rank = (uint32_t)i;
	a->n_ranked = a->n_rules;
}
