/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules and policies dropped, as a table for people:
 *
 *	   PACKETS ...  REASON    HOOK   WHERE
 *	       102 ...  NFT_RULE  input  inet filter input handle 7  tcp dport
 *80 drop
 *
 * The first columns are those of measures.h, then COUNTER, the rules' own in
 * the kernel, where one has it; WHERE is rule-place.h's, and then
 * the rule's text. Unknown is "-". On a terminal of less than 150 columns HOOK
 *and what follows is a line of its own below; what is longer than a terminal is
 *wide goes on below itself.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdio.h>

#include "term.h"

/* @rules is an array of Rule as in nfdrop-protocol(7), printed in its order. */
void rules_view_print(struct json_object *rules, bool legend, bool utc,
		      const struct term *term, FILE *f);
