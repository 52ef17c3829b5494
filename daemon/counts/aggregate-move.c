/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "aggregate-move.h"
#include "util.h"

static void take(uint64_t *from, uint64_t *to, uint64_t n)
{
	n = MIN(n, *from);
	*from -= n;
	*to += n;
}

/* What was not told yet goes first. */
static void take_told(uint64_t *from, uint64_t *to, uint64_t total, uint64_t n)
{
	uint64_t fresh = total - MIN(*from, total);

	if (n > fresh)
		take(from, to, n - fresh);
}

void aggregate_move(struct aggregate *a, struct aggregate_rule *from,
		    struct aggregate_rule *to, const struct drop_event *ev,
		    const struct aggregate_moved *moved)
{
	uint64_t packets = MIN(moved->counts.packets, from->counts.packets);
	uint64_t bytes = MIN(moved->counts.bytes, from->counts.bytes);

	if (from == to || packets == 0)
		return;
	take_told(&from->told.counts.packets, &to->told.counts.packets,
		  from->counts.packets, packets);
	take_told(&from->told.counts.bytes, &to->told.counts.bytes,
		  from->counts.bytes, bytes);
	take_told(&from->told.samples, &to->told.samples, from->samples,
		  packets);
	take(&from->counts.packets, &to->counts.packets, packets);
	take(&from->counts.bytes, &to->counts.bytes, bytes);
	take(&from->samples, &to->samples, packets);
	to->first_ns = MIN(to->first_ns, moved->first_ns);
	to->last_ns = MAX(to->last_ns, moved->last_ns);
	/* Nothing has shrunk. */
	from->rates.before = MIN(from->rates.before, from->counts.packets);
	from->pace.packets = MIN(from->pace.packets, from->counts.packets);
	from->pace.bytes = MIN(from->pace.bytes, from->counts.bytes);
	flows_move(&a->flows, from, to, ev,
		   &(struct flow_counts){ packets, bytes }, moved->first_ns);
}
