/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top-history.h"
#include "util.h"

#define NS 1000000000ULL

static void add_to_slot(struct top_history *h, uint64_t second, double n)
{
	size_t i = second % TOP_HISTORY_SECONDS;

	if (h->slots[i].second != second) {
		h->slots[i].second = second;
		h->slots[i].n = 0;
	}
	h->slots[i].n += n;
}

void top_history_add(struct top_history *h, uint64_t from_ns, uint64_t to_ns,
		     double n)
{
	double per_ns;

	if (to_ns <= from_ns)
		return;
	per_ns = n / (double)(to_ns - from_ns);
	if (to_ns - from_ns > TOP_HISTORY_SECONDS * NS)
		from_ns = to_ns - TOP_HISTORY_SECONDS * NS;
	while (from_ns < to_ns) {
		uint64_t second = from_ns / NS;
		uint64_t end = MIN((second + 1) * NS, to_ns);

		add_to_slot(h, second, per_ns * (double)(end - from_ns));
		from_ns = end;
	}
}

/* The mean of the seconds before @end that are known. */
static double get_cell(const struct top_history *h, uint64_t end,
		       unsigned int seconds)
{
	unsigned int known = 0;
	double sum = 0;

	for (unsigned int i = 1; i <= seconds && end > i; i++) {
		uint64_t second = end - i;
		size_t slot = second % TOP_HISTORY_SECONDS;

		if (h->slots[slot].second != second)
			continue;
		sum += h->slots[slot].n;
		known++;
	}
	return known > 0 ? sum / known : -1;
}

void top_history_get(const struct top_history *h, uint64_t now_ns,
		     unsigned int seconds, double *cells, size_t n_cells)
{
	uint64_t end = now_ns / NS;

	for (size_t i = n_cells; i-- > 0;) {
		cells[i] = end > 0 ? get_cell(h, end, seconds) : -1;
		end = end > seconds ? end - seconds : 0;
	}
}
