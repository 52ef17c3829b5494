/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and flows as events, as far as they are remembered: so that filters and
 * statistics look at one thing. Pure.
 */
#pragma once

#include "aggregate.h"

/*
 * Fills @ret with what all drops of @rule have in common. It owns nothing: no
 * drop_event_done().
 */
void recall_rule(const struct aggregate_rule *rule, struct drop_event *ret);

/*
 * Fills in what all packets of a flow have in common, over the event of its
 * rule or of another flow of the same rule. The unit's name is the flow's.
 */
void recall_flow(const struct flow_key *key, const struct flow *flow,
		 struct drop_event *ret);
