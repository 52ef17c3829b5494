/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules and policies of which one dropped a packet, where it is not known
 * which: see infer.h of the daemon. None of them is an answer.
 */
#pragma once

#include <json-c/json_types.h>

#include "event.h"

/* One dropped it, and perhaps none of them if is_partial. */
struct drop_candidates {
	/* The likeliest first: see infer-order.h of the daemon. */
	struct drop_candidate {
		enum drop_kind kind; /* nft-rule or nft-policy */
		uint64_t rule_handle;
		char hook[16];
		char family[16];
		char *table; /* owned; NULL for unknown, as those below */
		char *chain;
		char *rule; /* as nft prints it */
		/* What it looks at, and is not known: "ct state, limit". */
		char *unknown;
	} list[DROP_CANDIDATES_MAX];
	size_t n;
	bool is_partial; /* there may be others */
};

void candidates_free(struct drop_candidates *c); /* NULL allowed */
/* A copy, or NULL without memory. */
struct drop_candidates *candidates_copy(const struct drop_candidates *c);

/* "inet filter input handle 7 | ...": at most @size bytes; "" for none. */
const char *candidates_to_string(const struct drop_candidates *c, char *buf,
				 size_t size);

/* An array as in nfdrop-protocol(7), without is_partial; NULL: no memory. */
struct json_object *candidates_to_json(const struct drop_candidates *c);
/* The reverse, of any JSON: 0, -EINVAL, -ENOMEM. */
int candidates_from_json(struct json_object *json,
			 struct drop_candidates **ret);
