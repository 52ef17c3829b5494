/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a sum is made of, for its own files: log-sum.c, entries that are added
 * to rows; log-sum-page.c, what is replied of all rows. False, and NULL,
 * without memory.
 */
#pragma once

#include "log-sum.h"

/* Of a row, or of the reply. Takes @value; NULL is as without memory. */
bool log_row_add(struct json_object *object, const char *key,
		 struct json_object *value);
/* Adds @n to what is there, or to 0; false, too, where a number ends. */
bool log_row_add_to(struct json_object *row, const char *key, uint64_t n);
/* {"packets": ..., "bytes": ...} */
struct json_object *log_new_counts(uint64_t packets, uint64_t bytes);
