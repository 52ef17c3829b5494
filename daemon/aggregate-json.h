/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counts by rule as JSON, a page at a time, so that each reply is bounded.
 * Keys are those of type Rule in io.nfdrop.Monitor.varlink. Pure.
 */
#pragma once

#include <json-c/json_types.h>

#include "aggregate.h"

/*
 * With the longest names, and each of their bytes as JSON's \u00XX, a rule has
 * less than 4 KiB; a session's queue always has room for 512 KiB.
 */
#define AGGREGATE_PAGE 100

/*
 * A new object with the rules from number @first on (0 is the first that
 * dropped) as "rules", the number to go on from as "next" unless it ends here,
 * "total" and "other". Between two pages no rule moves or goes away. NULL when
 * memory is out.
 */
struct json_object *aggregate_to_json(const struct aggregate *a,
				      uint64_t first);
