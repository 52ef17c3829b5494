/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of nfdrop explain: the chain of a rule, and the way there. */
#pragma once

#include <json-c/json_types.h>

#include "event.h"
#include "explain-print.h"

/* As explain_rule_print(); @reply knows the chain. */
void explain_chain_print(const struct explain_print *p,
			 const struct drop_event *ev, bool is_drop,
			 struct json_object *reply);

/* Its rules have handles, and not numbers. */
bool explain_is_nft(const struct drop_event *ev);
