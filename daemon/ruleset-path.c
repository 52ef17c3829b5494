/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "ruleset-path.h"

/* Ways looked at in all: a ruleset can have more than there is time for. */
#define WAYS_MAX 4096

/* The way back from the chain asked for. */
struct way {
	const struct chain *chain;
	const struct rule *rule; /* of that chain, which leads on */
	uint32_t next;		 /* the way this one continues, in ways */
	uint32_t length;
};

struct search {
	const struct table *table;
	struct way *ways;
	size_t n_ways;
	struct ruleset_path *paths;
	size_t n_paths;
	bool more;
};

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
		path->steps[path->n_steps].chain = s->ways[i].chain;
		path->steps[path->n_steps].rule = s->ways[i].rule;
		path->n_steps++;
		if (!s->ways[i].rule)
			return;
	}
}

static void add_way(struct search *s, const struct chain *chain,
		    const struct rule *rule, size_t next)
{
	if (s->n_ways == WAYS_MAX) {
		s->more = true;
		return;
	}
	s->ways[s->n_ways++] = (struct way){
		.chain = chain,
		.rule = rule,
		.next = (uint32_t)next,
		.length = s->ways[next].length + 1,
	};
}

/* All rules that lead to the chain of a way. The kernel allows no loops. */
static void extend(struct search *s, size_t i)
{
	const char *name = s->ways[i].chain->name;

	if (s->ways[i].length == RULESET_PATH_LENGTH)
		return;
	for (size_t c = 0; c < s->table->n_chains; c++) {
		const struct chain *chain = s->table->chains[c];

		for (size_t r = 0; r < chain->n_rules; r++)
			if (chain->rules[r]->jump &&
			    strcmp(chain->rules[r]->jump, name) == 0)
				add_way(s, chain, chain->rules[r], i);
	}
}

int ruleset_find_paths(const struct table *table, const struct chain *chain,
		       struct ruleset_path ret[RULESET_PATHS_MAX], bool *more)
{
	struct search s = { .table = table, .paths = ret };

	s.ways = calloc(WAYS_MAX, sizeof(*s.ways));
	if (!s.ways)
		return -ENOMEM;
	s.ways[s.n_ways++] = (struct way){ .chain = chain, .length = 1 };
	for (size_t i = 0; i < s.n_ways && !s.more; i++) {
		if (s.ways[i].chain->type)
			keep_path(&s, i);
		extend(&s, i);
	}
	free(s.ways);
	*more = s.more;
	return (int)s.n_paths;
}
