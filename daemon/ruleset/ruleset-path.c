/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ruleset-path.h"

/* A rule that leads from one chain of the table to another. */
struct jump {
	const struct rule *rule;
	uint32_t from; /* places in table->chains */
	uint32_t to;
};

/* The way back from the chain asked for. */
struct way {
	const struct rule *rule; /* of that chain, which leads on */
	uint32_t chain;		 /* its place in the table */
	uint32_t next;		 /* the way this one continues, in ways */
	uint32_t length;
};

/*
 * Ways are looked at in the order of their length. No chain needs more of them
 * than there are to be found: further ones through it are not shorter.
 */
struct search {
	const struct table *table;
	struct jump *jumps; /* by where they lead, then in the table's order */
	size_t n_jumps;
	size_t *first;	 /* of each chain: the first jump there */
	uint8_t *n_seen; /* of each chain: the ways through it */
	struct way *ways;
	size_t n_ways;
	struct ruleset_path *paths;
	size_t n_paths;
	bool more;
};

static void search_done(struct search *s)
{
	free(s->jumps);
	free(s->first);
	free(s->n_seen);
	free(s->ways);
}

static size_t count_jumps(const struct table *table)
{
	size_t n = 0;

	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t r = 0; r < table->chains[c]->n_rules; r++)
			n += table->chains[c]->rules[r]->jump != NULL;
	return n;
}

/* A chain and its place in the table, for a search by the chain's name. */
struct named {
	const char *name;
	uint32_t place;
};

static int compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void add_jumps(struct search *s, const struct named *names)
{
	for (size_t c = 0; c < s->table->n_chains; c++) {
		const struct chain *chain = s->table->chains[c];

		for (size_t r = 0; r < chain->n_rules; r++) {
			struct named key = { .name = chain->rules[r]->jump };
			const struct named *to;

			if (!key.name)
				continue;
			to = bsearch(&key, names, s->table->n_chains,
				     sizeof(*names), compare_names);
			if (to)
				s->jumps[s->n_jumps++] = (struct jump){
					.rule = chain->rules[r],
					.from = (uint32_t)c,
					.to = to->place,
				};
		}
	}
}

/* By target, and what stood first stays first: a counting sort. */
static int sort_jumps(struct search *s)
{
	size_t n = s->table->n_chains, at = 0;
	struct jump *sorted = calloc(s->n_jumps + 1, sizeof(*sorted));
	size_t *next;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_jumps; i++)
		s->first[s->jumps[i].to + 1]++;
	for (size_t c = 0; c <= n; c++)
		at = s->first[c] += at;
	next = calloc(n + 1, sizeof(*next));
	if (!next) {
		free(sorted);
		return -ENOMEM;
	}
	memcpy(next, s->first, (n + 1) * sizeof(*next));
	for (size_t i = 0; i < s->n_jumps; i++)
		sorted[next[s->jumps[i].to]++] = s->jumps[i];
	free(next);
	free(s->jumps);
	s->jumps = sorted;
	return 0;
}

static int search_init(struct search *s)
{
	_cleanup_free_ struct named *names = NULL;
	size_t n = s->table->n_chains;

	names = calloc(n + 1, sizeof(*names));
	s->jumps = calloc(count_jumps(s->table) + 1, sizeof(*s->jumps));
	s->first = calloc(n + 1, sizeof(*s->first));
	s->n_seen = calloc(n + 1, sizeof(*s->n_seen));
	s->ways = calloc(n * RULESET_PATHS_MAX + 1, sizeof(*s->ways));
	if (!names || !s->jumps || !s->first || !s->n_seen || !s->ways)
		return -ENOMEM;
	for (size_t c = 0; c < n; c++)
		names[c] = (struct named){ s->table->chains[c]->name,
					   (uint32_t)c };
	qsort(names, n, sizeof(*names), compare_names);
	add_jumps(s, names);
	return sort_jumps(s);
}

static void keep_path(struct search *s, size_t i)
{
	struct ruleset_path *path;

	if (s->n_paths == RULESET_PATHS_MAX) {
		s->more = true;
		return;
	}
	path = &s->paths[s->n_paths++];
	path->n_steps = 0;
	for (;; i = s->ways[i].next) {
		path->steps[path->n_steps].chain =
			s->table->chains[s->ways[i].chain];
		path->steps[path->n_steps].rule = s->ways[i].rule;
		path->n_steps++;
		if (!s->ways[i].rule)
			return;
	}
}

/* All rules that lead to the chain of a way. The kernel allows no loops. */
static void extend(struct search *s, size_t i)
{
	uint32_t to = s->ways[i].chain;

	if (s->ways[i].length == RULESET_PATH_LENGTH)
		return;
	for (size_t j = s->first[to]; j < s->first[to + 1]; j++) {
		const struct jump *jump = &s->jumps[j];

		if (s->n_seen[jump->from] == RULESET_PATHS_MAX) {
			s->more = true;
			continue;
		}
		s->n_seen[jump->from]++;
		s->ways[s->n_ways++] = (struct way){
			.rule = jump->rule,
			.chain = jump->from,
			.next = (uint32_t)i,
			.length = s->ways[i].length + 1,
		};
	}
}

static int find_place(const struct table *table, const struct chain *chain,
		      uint32_t *ret)
{
	for (size_t c = 0; c < table->n_chains; c++)
		if (table->chains[c] == chain) {
			*ret = (uint32_t)c;
			return 0;
		}
	return -ENOENT;
}

int ruleset_find_paths(const struct table *table, const struct chain *chain,
		       struct ruleset_path ret[RULESET_PATHS_MAX], bool *more)
{
	_cleanup_(search_done) struct search s = { .table = table,
						   .paths = ret };
	uint32_t place;
	int r;

	r = find_place(table, chain, &place);
	if (r < 0)
		return r;
	r = search_init(&s);
	if (r < 0)
		return r;
	s.n_seen[place] = 1;
	s.ways[s.n_ways++] = (struct way){ .chain = place, .length = 1 };
	for (size_t i = 0; i < s.n_ways; i++) {
		if (s.table->chains[s.ways[i].chain]->type)
			keep_path(&s, i);
		extend(&s, i);
	}
	/* What was left out led to no base chain, or there were enough. */
	*more = s.more && s.n_paths == RULESET_PATHS_MAX;
	return (int)s.n_paths;
}
