/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets for tests, in one call a chain and a rule. */
#pragma once

#include "ruleset.h"

/* All are in the table of this family and name, which has this handle. */
#define MADE_FAMILY 1 /* NFPROTO_INET */
#define MADE_TABLE  "t"
#define MADE_HANDLE 5

/* One with the empty table. All of these end the program without memory. */
struct ruleset *make_ruleset(uint32_t generation);

/* @hook -1: no base chain; else one of type filter and that hook. */
void make_chain(struct ruleset *rs, const char *name, int hook);

/* To the end of @chain; @text and @jump may be NULL. */
struct rule *make_rule(struct ruleset *rs, const char *chain, uint64_t handle,
		       const char *text, const char *jump);
