/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The snapshots of one namespace's ruleset: the current one, and some before,
 * since a drop may be told after its rule is gone: counts of rules come a
 * second later. Pure.
 */
#pragma once

#include "event.h"
#include "ruleset-diff.h"

/* Snapshots before the current one, and rules in them, as if none was shared.
 */
#define RULESETS_OLD_MAX       256
#define RULESETS_OLD_RULES_MAX 65536

struct rulesets {
	/* Each generation is told: what is newer than all is not known yet. */
	bool is_followed;
	struct ruleset *current; /* NULL: nothing was read yet */
	bool is_behind;		 /* it is known not to be the kernel's */
	/* CLOCK_REALTIME, when it took another one's place; 0: it did not. */
	uint64_t changed_ns;
	/* The newest first. */
	struct ruleset *old[RULESETS_OLD_MAX];
	size_t n_old;
	size_t n_old_rules;
	/*
	 * Since the first one was read, but for what came while none was known
	 * (generation 0).
	 */
	struct ruleset_diff changed;
	uint32_t first_generation; /* of that first one; 0: none was read */
};

void rulesets_init(struct rulesets *s);
void rulesets_done(struct rulesets *s);

/* Takes @rs: what comes from now on is looked for there first. */
void rulesets_set(struct rulesets *s, struct ruleset *rs);

/*
 * The rule that @nf names, current or gone, or NULL: of its generation, where
 * @nf has one, and else the newest. When that generation's ruleset is not known
 * and the rule may have been replaced in it, it is NULL; or, when changes are
 * not followed, perhaps the one before.
 * *@ret_current, unless NULL, is whether it is in the current snapshot. Valid
 * until the next rulesets_set(), or as long as the caller has a reference.
 */
struct rule *rulesets_find(const struct rulesets *s,
			   const struct drop_netfilter *nf, bool *ret_current);
/* The same, of the current snapshot alone and of any generation; without a
 * handle it is chain->policy. */
struct rule *rulesets_find_current(const struct rulesets *s,
				   const struct drop_netfilter *nf);
