/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ties drops to what is known of the place where they happened: the name of the
 * network namespace, and the text of the rule that the kernel names by its
 * handle. Pure.
 *
 * Other namespaces than the initial one are known as they drop something: what
 * is to be found out about them is marked here, and done by namespaces.h.
 */
#pragma once

#include "rulesets.h"
#include "xt-tables.h"

/* Other namespaces, if so many are allowed. */
#define CORRELATE_NETNS_MAX 16384
#define CORRELATE_BUCKETS   4096 /* a power of two */

/* Something that is to be found out, when drops ask for it. */
struct correlate_want {
	bool is_open;
	uint64_t since; /* correlate.clock, when it was asked for first */
	/* namespaces.h's: after a failure, not before; how many in a row. */
	uint64_t not_before;
	unsigned int n_failed;
};

struct correlate_netns {
	uint64_t cookie;
	uint32_t inum;
	char name[DROP_NAME_MAX];
	struct rulesets rulesets;
	struct xt_tables xt;
	uint64_t used; /* a higher one was used later */
	struct correlate_want name_want;
	struct correlate_want ruleset_want;
	uint32_t generation; /* of the ruleset that dropped something last */
	/* namespaces.h's: it takes long to read, and what it takes. */
	bool is_heavy;
	size_t current_bytes, old_bytes;
	/* The table's: place in the array, those of the same hash, by use. */
	size_t place;
	struct correlate_netns *next;
	struct correlate_netns *older, *newer;
};

struct correlate {
	struct rulesets rulesets; /* of the initial namespace */
	/* Nothing of another one than ours is ever told, whichever it is. */
	bool is_alone;
	struct xt_tables xt;
	bool reads_xt; /* somebody does, when tables want it */
	/* In no order; empty when only the initial one is followed. */
	bool follows_others;
	struct correlate_netns *netns[CORRELATE_NETNS_MAX];
	size_t n_netns, max_netns;
	struct correlate_netns *buckets[CORRELATE_BUCKETS];
	struct correlate_netns *oldest, *newest; /* by use */
	uint64_t clock;
	bool wants; /* some namespace wants something */
	bool wants_xt; /* or its tables of x_tables are wanted */
};

void correlate_init(struct correlate *c, bool follows_others);
void correlate_done(struct correlate *c);

/*
 * Of other namespaces so many are known, from 1 to CORRELATE_NETNS_MAX, which
 * it is at first: with one more, who dropped nothing for the longest time is
 * forgotten.
 */
void correlate_set_max(struct correlate *c, size_t max);

/* NULL: not known. Valid until the next event. */
struct correlate_netns *correlate_find_netns(const struct correlate *c,
					     uint64_t cookie, uint32_t inum);

/*
 * The rule @ev names, current or gone, or NULL; see rulesets_find().
 */
struct rule *correlate_find(const struct correlate *c,
			    const struct drop_event *ev, bool *ret_current);

/* The same, of the rules that there are now. */
struct rule *correlate_find_current(const struct correlate *c,
				    const struct drop_event *ev);

/* xt_tables_find_count() for drops of which @ev is one. */
int correlate_find_count(struct correlate *c, const struct drop_event *ev,
			 const struct xt_count *count, struct rule **ret,
			 uint64_t *ret_ns);

/*
 * Gives @ev its rule's text and comment and its namespace's name, where known.
 * Returns whether more will be known in a moment: to be asked again then.
 */
bool correlate_event(struct correlate *c, struct drop_event *ev);
bool correlate_again(struct correlate *c, struct drop_event *ev);
