/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One drop or rule, told in full, for people:
 *
 *	2026-11-25 15:04:05.123456  NFT_RULE
 *	10.9.0.2:40000 > 10.9.0.1:80 tcp S, 60 bytes, in by eth0
 *
 *	     Why: A rule of nf_tables dropped the packet.
 *	    Rule: inet filter input handle 7, known exactly: the kernel told it
 *	    Hook: input
 *	   Chain: table inet filter, chain input: filter, hook input, priority
 *0, policy accept 5      ct state established,related accept > 7      tcp dport
 *80 counter drop 8      udp dport 53 accept Count: 102 packets with 6120
 *bytes, 4.2 a second, first ..., last ... From: 10.9.0.2 (102) Now: It is still
 *there, and the ruleset did not change since. Next: nft -a list chain inet
 *filter input
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdio.h>

#include "event.h"
#include "term.h"

struct explanation {
	/* The drop, or what names the rule or chain that was asked for. */
	const struct drop_event *event;
	bool is_drop;
	/* What GetRule replied; NULL: it was not asked, for want of a table. */
	struct json_object *rule;
	/* Type Rule, those of this rule or policy; NULL: not asked. */
	struct json_object *counts;
	/* Why there can be no counts; NULL: there can. */
	const char *not_counted;
};

void explain_view_print(const struct explanation *explanation,
			const struct term *term, bool utc, FILE *f);

/* The same as JSON, a new object; NULL without memory. */
struct json_object *explain_view_json(const struct explanation *explanation);
