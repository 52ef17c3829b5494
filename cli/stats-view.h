/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops added up by keys, as a table for people:
 *
 *	   PACKETS ...  SOURCE     DPORT
 *	       102 ...  10.9.0.2   80
 *
 * The first columns are those of measures.h; each key has one, as wide as what
 * is in it. A rule is as in rule-place.h, a device as in nfdrop monitor.
 * Unknown is "-". Before the keys is the machine, where there are many.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdio.h>

#include "stat-key.h"
#include "term.h"

/* @rows is an array of Stat as in nfdrop-protocol(7), printed in its order. */
void stats_view_print(struct json_object *rows, const enum stat_key *by,
		      size_t n_by, bool legend, bool utc,
		      const struct term *term, FILE *f);
