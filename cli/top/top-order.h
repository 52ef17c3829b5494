/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting no more than what is looked at: of many rows, those of one screen.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "top-columns.h"

struct top_order {
	enum top_column column;
	bool invert;
};

/*
 * Moves rows so that [@from, @to) of them are what they would be if all were
 * sorted: in time linear in @n, and n log n of the part. @to is at most @n.
 */
void top_order_window(const struct top_order *order, struct top_row **rows,
		      size_t n, size_t from, size_t to);

/* How many of the rows are before @row, which may be one of them. */
size_t top_order_rank(const struct top_order *order,
		      struct top_row *const *rows, size_t n,
		      const struct top_row *row);
