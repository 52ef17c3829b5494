/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what rules and statistics are sorted: --sort=. */
#pragma once

#include <json-c/json_types.h>
#include <stddef.h>

/* "packets", "bytes", "rate", ..., which are keys of JSON; NULL past the last.
 */
const char *order_name_at(size_t i);

/*
 * Sorts an array of objects by the number of that key, the largest first; of
 * the same number the one with more packets, then the one seen earlier.
 */
void order_sort(struct json_object *array, const char *name);
