/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>

#include "top-order.h"
#include "util.h"

#define SMALL 12

struct window {
	const struct top_order *order;
	struct top_row **rows;
	size_t from;
	size_t to;
	uint32_t random;
};

static bool is_before(const struct top_order *order, const struct top_row *a,
		      const struct top_row *b)
{
	return top_column_compare(order->column, order->invert, a, b) < 0;
}

static void swap(struct top_row **rows, size_t i, size_t j)
{
	struct top_row *row = rows[i];

	rows[i] = rows[j];
	rows[j] = row;
}

static void sort_small(const struct window *w, size_t low, size_t high)
{
	for (size_t i = low + 1; i < high; i++)
		for (size_t j = i;
		     j > low && is_before(w->order, w->rows[j], w->rows[j - 1]);
		     j--)
			swap(w->rows, j, j - 1);
}

/* So that no order of rows, which others choose, is a bad one. */
static size_t pick(struct window *w, size_t low, size_t high)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 17;
	w->random ^= w->random << 5;
	return low + w->random % (high - low);
}

/* Where the pivot came to stand: all before it are before, all behind behind.
 */
static size_t split(struct window *w, size_t low, size_t high)
{
	struct top_row **rows = w->rows;
	size_t end = low;

	swap(rows, pick(w, low, high), high - 1);
	for (size_t i = low; i < high - 1; i++)
		if (is_before(w->order, rows[i], rows[high - 1]))
			swap(rows, i, end++);
	swap(rows, end, high - 1);
	return end;
}

static void sort_part(struct window *w, size_t low, size_t high)
{
	while (high > w->from && low < w->to) {
		size_t middle;

		if (high - low <= SMALL) {
			sort_small(w, low, high);
			return;
		}
		middle = split(w, low, high);
		/* The smaller by recursion, which so is never deep. */
		if (middle - low < high - middle) {
			sort_part(w, low, middle);
			low = middle + 1;
		} else {
			sort_part(w, middle + 1, high);
			high = middle;
		}
	}
}

void top_order_window(const struct top_order *order, struct top_row **rows,
		      size_t n, size_t from, size_t to)
{
	struct window w = {
		.order = order,
		.rows = rows,
		.from = from,
		.to = to,
		.random = 2463534242,
	};

	if (from < to)
		sort_part(&w, 0, n);
}

size_t top_order_rank(const struct top_order *order,
		      struct top_row *const *rows, size_t n,
		      const struct top_row *row)
{
	size_t rank = 0;

	for (size_t i = 0; i < n; i++)
		rank += is_before(order, rows[i], row);
	return rank;
}
