/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the counted rules are asked for, and in which order: a client that
 * shows a screen of ten thousand rules gets that screen alone. Pure.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate.h"
#include "filter.h"

/* Rules in one reply when no limit is given, and at most. */
#define RULES_LIMIT	100
#define RULES_LIMIT_MAX 1000
/* Bytes of a text that is looked for. */
#define RULES_TEXT_MAX 256

/* What rules can be sorted by; words are in the table of rules-query.c. */
enum rules_order {
	RULES_BY_PACKETS,
	RULES_BY_BYTES,
	RULES_BY_RATE,
	RULES_BY_RATE_1MIN,
	RULES_BY_RATE_15MIN,
	RULES_BY_RATE_NOW,
	RULES_BY_BYTE_RATE_NOW,
	RULES_BY_FIRST_SEEN,
	RULES_BY_LAST_SEEN,
	RULES_BY_COUNTER,
	RULES_BY_HANDLE,
	RULES_BY_REASON,
	RULES_BY_HOOK,
	RULES_BY_NAME,
	_RULES_BY_MAX,
};

/* NULL past the last. */
const char *rules_order_to_string(int order);

/*
 * Type Look of io.nfdrop.Monitor.varlink. Strings belong to the JSON that it
 * was made from.
 */
struct rules_look {
	enum rules_order order;
	bool invert;
	const char *text; /* only rules that have it; NULL: all */
	bool has_rule;
	uint64_t rule;	    /* by number: is to be in the reply */
	bool chain;	    /* only rules of its chain */
	const char *search; /* instead of rule, the next that has it; or NULL */
	int step;	    /* where from: -1 before it, 0 it, 1 behind it */
};

/*
 * 0, or -EINVAL: *@error is then a sentence for a word that is no order
 * (@error of @size bytes), or "".
 */
int rules_look_from_json(struct json_object *json, struct rules_look *ret,
			 char *error, size_t size);

struct rules_query {
	uint64_t first;
	const struct filter *filter; /* NULL: all; of FILTER_OF_RULE */
	/* How many of the heaviest of each; at most HEAVIEST_CAPACITY. */
	uint32_t heaviest;
	/* At most RULES_LIMIT_MAX; 0: RULES_LIMIT. */
	uint32_t limit;
	const struct rules_look *look; /* NULL: in the order of first drops */
};

/* How many rules a reply has at most. */
size_t rules_query_limit(const struct rules_query *query);

/* Whether the filter lets it through. */
bool rules_query_wants(const struct rules_query *query,
		       const struct aggregate_rule *rule);

#define RULES_NOWHERE SIZE_MAX

/* What a look sees. */
struct rules_view {
	/* Numbers of all rules that it lets through, in order; owned. */
	uint32_t *numbers;
	size_t n;
	/*
	 * Where the reply begins: query->first, unless the rule that is to be
	 * in it is elsewhere, or none are there.
	 */
	size_t first;
	size_t place; /* of the rule, or what was found; or RULES_NOWHERE */
	bool found;   /* what is searched */
};

/*
 * @query has a look. Largest numbers, latest times, and texts in the order of
 * bytes first, unknown ones last; then more packets; then the lower rank, as of
 * aggregate_look(); then the lower number: so no two are the same. All of it is
 * turned round by invert. -ENOMEM.
 */
int rules_view_make(const struct aggregate *a, const struct rules_query *query,
		    struct rules_view *ret);
/* Zeros are allowed. */
void rules_view_done(struct rules_view *view);
