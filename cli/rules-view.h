/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules and policies dropped, as a table for people:
 *
 *	   PACKETS         BYTES  LAST SEEN            REASON    HOOK   WHERE
 *	       102          6120  2026-11-25 13:00:01  NFT_RULE  input  inet ...
 *
 * WHERE is how nft names it, "inet filter input handle 7", with "policy"
 * instead of the handle for a chain's policy and "rule 7" for iptables and
 * ebtables; without a table the kind, with what is known besides. Last comes
 * "netns=", as nfdrop monitor has it. Unknown is "-".
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdio.h>

#include "term.h"

/* @rules is an array of Rule as in nfdrop-protocol(7), printed in its order. */
void rules_view_print(struct json_object *rules, bool legend, bool utc,
		      const struct term *term, FILE *f);
