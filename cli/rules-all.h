/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules and policies that dropped nothing yet: nfdrop rules --all. */
#pragma once

#include <json-c/json_types.h>

#include "filter.h"

/*
 * Adds to @rules (type Rule) those of @ruleset (type ChainRule of GetRuleset)
 * that are not there and pass @filter, with zero packets; or without a number
 * where it is not known what they dropped, because drops are not counted by
 * rule
 * (@counted false). 0 or -ENOMEM.
 */
int rules_all_add(struct json_object *rules, struct json_object *ruleset,
		  const struct filter *filter, bool counted);
