/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ties drops to the rules of a ruleset: the text of the rule that the kernel
 * names by its handle. Pure.
 *
 * It keeps earlier snapshots, since a drop may be told after its rule is gone:
 * counts of rules come a second later.
 */
#pragma once

#include "event.h"
#include "ruleset.h"

/* Snapshots before the current one, and rules in them that later ones lack. */
#define CORRELATE_SNAPSHOTS_MAX 64
#define CORRELATE_OLD_RULES_MAX 65536

struct correlate {
	struct ruleset *current; /* NULL: nothing was read yet */
	/* The newest first. */
	struct ruleset *old[CORRELATE_SNAPSHOTS_MAX];
	size_t n_old;
	size_t n_old_rules; /* of the old ones, at most: as many as they have */
};

void correlate_init(struct correlate *c);
void correlate_done(struct correlate *c);

/* Takes @rs: what comes from now on is looked for there first. */
void correlate_set(struct correlate *c, struct ruleset *rs);

/*
 * The rule @ev names, current or gone, or NULL. *@ret_current, unless NULL, is
 * whether it is in the current snapshot. Valid until the next correlate_set(),
 * or as long as the caller has a reference.
 */
struct rule *correlate_find(const struct correlate *c,
			    const struct drop_event *ev, bool *ret_current);

/* Gives @ev its rule's text and comment, where known. */
void correlate_event(const struct correlate *c, struct drop_event *ev);
