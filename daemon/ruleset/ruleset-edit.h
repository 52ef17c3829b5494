/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a ruleset that nobody else has yet, in the kernel's own terms:
 * each function is one message of nf_tables. Pure.
 *
 * What is shared with other snapshots is copied before it changes. All return
 * 0, -ENOMEM, or -ENOENT where what it belongs to is not there: whoever reads
 * changes has missed some then, and has to read everything again.
 */
#pragma once

#include "ruleset.h"

/* Where a rule goes: behind that of this handle, or to the end. */
#define RULE_LAST  UINT64_MAX
#define RULE_FIRST 0

/* A table of that name is replaced only when its handle is another. */
int ruleset_put_table(struct ruleset *rs, uint8_t family, const char *name,
		      uint64_t handle);
int ruleset_remove_table(struct ruleset *rs, uint8_t family, const char *name);
/*
 * Takes @chain, also on error. One of that handle keeps its rules and gets the
 * rest (name, policy, devices) from it. With another name, no rule of the table
 * has a text any more, since one may jump there.
 */
int ruleset_put_chain(struct ruleset *rs, uint8_t family, const char *table,
		      struct chain *chain);
int ruleset_remove_chain(struct ruleset *rs, uint8_t family, const char *table,
			 uint64_t handle);
/* Takes @rule, also on error. */
int ruleset_put_rule(struct ruleset *rs, uint8_t family, const char *table,
		     const char *chain, struct rule *rule, uint64_t after);
int ruleset_remove_rule(struct ruleset *rs, uint8_t family, const char *table,
			const char *chain, uint64_t handle);
/* Takes @elements, also on error; a set that is there already keeps its own. */
int ruleset_put_set(struct ruleset *rs, uint8_t family, const char *table,
		    const char *name, uint64_t handle, uint32_t flags,
		    struct set_elements *elements);
/*
 * The elements of a set, for this ruleset alone: *@ret is NULL where they are
 * not known.
 */
int ruleset_edit_set(struct ruleset *rs, uint8_t family, const char *table,
		     const char *name, struct set_elements **ret);
/* Of the counters with names of a table, so many users came. */
int ruleset_add_uses(struct ruleset *rs, uint8_t family, const char *table,
		     const struct counter_uses *uses);
int ruleset_remove_set(struct ruleset *rs, uint8_t family, const char *table,
		       uint64_t handle);
