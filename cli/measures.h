/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns that rules and statistics have in common, first in each line:
 *
 *	   PACKETS         BYTES    RATE    1MIN   15MIN  LAST SEEN
 *	     >=102          6120    12.4     3.1     0.4  2026-11-25 13:00:01
 *
 * Rates are packets a second. On a terminal of less than MEASURES_WIDE columns
 * the averages are left out. ">=" is before a number that may be too small.
 * All of it is "-" where no packets are counted.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdio.h>

#include "term.h"

#define MEASURES_WIDE 120

void measures_print_legend(const struct term *term, FILE *f);
/*
 * @row has the keys of type Rule, of which lower_bound may be absent. Returns
 * the number of columns, with the two spaces behind each.
 */
unsigned measures_print(const struct term *term, struct json_object *row,
			bool utc, FILE *f);

/*
 * Lines that say what is in no line of the table: @more packets of @n_more
 * lines; and what the reply @page counts as other and lost. @sampled: what is
 * shown are packets that were seen, and none that the kernel counted.
 */
void measures_print_rest(const struct term *term, struct json_object *page,
			 bool sampled, uint64_t n_more, uint64_t more, FILE *f);

/* "2026-11-25 13:00:01" of nanoseconds; "" of 0. Returns @buf. */
const char *measures_time(uint64_t ns, bool utc, char *buf, size_t size);
