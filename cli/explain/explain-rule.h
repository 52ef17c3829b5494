/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of nfdrop explain: the rule, its chain, and the way there. */
#pragma once

#include <json-c/json_types.h>

#include "event.h"
#include "explain-print.h"

/*
 * @reply is GetRule's for the rule of @ev, or NULL where it was not asked for;
 * @is_drop: @ev is a drop, and no rule that was asked for by name.
 */
void explain_rule_print(const struct explain_print *p,
			const struct drop_event *ev, bool is_drop,
			struct json_object *reply);

/* Is it there still, and what changed. Nothing where it is not known. */
void explain_rule_print_now(const struct explain_print *p,
			    const struct drop_event *ev, bool is_drop,
			    struct json_object *reply);

/* The rule itself in GetRule's reply, or NULL; so for a policy. */
struct json_object *explain_rule_find(struct json_object *reply);
