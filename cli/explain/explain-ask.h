/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nfdrop explain asks nfdropd about a rule. See ask.h for the returns. */
#pragma once

#include <stdbool.h>

#include "ask.h"
#include "event.h"

/* Is it of a chain, of nf_tables, iptables or the like? */
bool explain_is_in_chain(const struct drop_event *ev);

/* Has it a rule or policy whose drops are counted? */
bool explain_is_counted(const struct drop_event *ev);

/* GetRule, for the rule, policy or chain of @ev. */
int explain_ask_rule(const char *socket, const struct drop_event *ev,
		     struct answer *ret);

/*
 * Of all that is counted, what this rule or policy dropped: a new array of type
 * Rule in *@ret. @page is the last page of GetRules.
 */
int explain_ask_counts(const char *socket, const struct drop_event *ev,
		       struct json_object **ret, struct answer *page);

/* Does @rule, of type Rule, count the drops of @ev's rule or policy? */
bool explain_is_same(struct json_object *rule, const struct drop_event *ev);
