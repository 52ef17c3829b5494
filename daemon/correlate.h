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

/* Other namespaces; who dropped nothing for the longest time is forgotten. */
#define CORRELATE_NETNS_MAX 256

struct correlate_netns {
	uint64_t cookie;
	uint32_t inum;
	char name[DROP_NAME_MAX];
	struct rulesets rulesets;
	struct xt_tables xt;
	uint64_t used; /* a higher one was used later */
	/* What is to be found out. */
	bool wants_name;
	bool wants_ruleset;
	uint32_t generation; /* of the ruleset that dropped something last */
};

struct correlate {
	struct rulesets rulesets; /* of the initial namespace */
	struct xt_tables xt;
	bool reads_xt; /* somebody does, when tables want it */
	/* In no order; empty when only the initial one is followed. */
	bool follows_others;
	struct correlate_netns *netns[CORRELATE_NETNS_MAX];
	size_t n_netns;
	uint64_t clock;
	bool wants; /* some namespace wants something */
	bool wants_xt; /* or its tables of x_tables are wanted */
};

void correlate_init(struct correlate *c, bool follows_others);
void correlate_done(struct correlate *c);

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
