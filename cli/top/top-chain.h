/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule in the middle of its chain, as nfdropd tells it. Pure. */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rules before and behind it that are asked for, and all of them. */
#define TOP_CHAIN_AROUND 30
#define TOP_CHAIN_MAX	 (2 * TOP_CHAIN_AROUND + 2)

struct top_chain_rule {
	uint64_t handle; /* 0: the chain's policy */
	char *text;	 /* as nft prints it; hostile; NULL: unknown */
};

/* Zeros: nothing is known. */
struct top_chain {
	struct top_chain_rule rules[TOP_CHAIN_MAX];
	size_t n_rules;
	bool gone; /* it is as it was */
};

void top_chain_done(struct top_chain *chain);

/*
 * A reply of GetRule. The policy stands behind the last rule. One that does not
 * know the rule leaves what was known before.
 */
void top_chain_take(struct top_chain *chain, struct json_object *reply);
