/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counts by rule as JSON, a page at a time, so that each reply is bounded.
 * Keys are those of type Rule in io.nfdrop.Monitor.varlink. Pure.
 */
#pragma once

#include <json-c/json_types.h>

#include "aggregate.h"
#include "losses.h"
#include "rules-query.h"

/*
 * A new object with the rules from number query->first on (0 is the first that
 * dropped) as "rules", the number to go on from as "next" unless it ends here,
 * "since", "total", "by_events" and "other". Between two pages no rule moves or
 * goes away. Fewer than the limit are there when they are long; see JSON_ROOM.
 *
 * With a look, numbers are places in its order, "look" is what it saw, and each
 * rule has its number and its pace, which is as of aggregate_look().
 *
 * @losses are those since counting began. NULL when memory is out.
 */
struct json_object *aggregate_to_json(const struct aggregate *a,
				      const struct rules_query *query,
				      const struct losses *losses);

/* "kernel" or "events". */
const char *aggregate_counted_to_string(enum aggregate_counted counted);

/* Type RuleLosses, as "lost"; false without memory. */
bool aggregate_json_add_lost(struct json_object *object,
			     const struct losses *losses);
