/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of a ruleset for this ruleset alone, before it changes: what other
 * snapshots share is copied, and what is in it is shared with the copy. Pure.
 *
 * *@ret is set on success only. 0, -ENOMEM, or -ENOENT where there is none of
 * that name.
 */
#pragma once

#include "ruleset.h"

int ruleset_own_table(struct ruleset *rs, uint8_t family, const char *name,
		      struct table **ret);
int ruleset_own_chain(struct ruleset *rs, uint8_t family,
		      const char *table_name, const char *name,
		      struct chain **ret);
/* The chain, or the set, at a place of @table, which is owned. */
int table_own_chain(struct table *table, size_t i, struct chain **ret);
int table_own_set(struct table *table, size_t i, struct set **ret);

/* Where in it the table is, or the chain; past the last where it is not. */
size_t ruleset_find_place(const struct ruleset *rs, uint8_t family,
			  const char *name);
size_t table_find_place(const struct table *table, uint64_t handle);

/* NULL stays NULL, and is no error. */
int copy_text(char **to, const char *from);
