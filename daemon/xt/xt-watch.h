/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads tables of x_tables and ebtables when drops in them want it; see
 * xt-tables.h. One after the other, all together for no more than a tenth of
 * one processor's time. One epoll(7) descriptor stands for all of it.
 *
 * Those of the initial namespace that have rules or policies which drop are
 * read for what these count, too, every while and when somebody asks; see
 * xt-counters.h. Not where the kernel counts by rule.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate.h"
#include "correlate.h"
#include "reader.h"

struct xt_watch;

/*
 * Borrows both. @others: of the other namespaces instead of the initial one,
 * whose owners cannot keep us from reading that. In the initial one tables are
 * read at the beginning as well, and after iptables has run. @memory is for all
 * that is known, in bytes; one table may take a quarter of it.
 */
int xt_watch_new(struct xt_watch **ret, struct correlate *correlate,
		 struct reader *reader, size_t memory, bool others);
void xt_watch_free(struct xt_watch *w); /* NULL allowed */

void xt_watch_set_memory(struct xt_watch *w, size_t memory);

int xt_watch_get_fd(const struct xt_watch *w);
struct xt_counting {
	struct aggregate *rules;
	const bool *kernel_counts; /* drops, by rule */
	uint64_t interval;	   /* microseconds */
};

/* To be called once; borrows what @counting has. */
void xt_watch_count(struct xt_watch *w, const struct xt_counting *counting);
void xt_watch_set_interval(struct xt_watch *w, uint64_t interval);
/* To be called every second or so. */
void xt_watch_tick(struct xt_watch *w);
/* Somebody asks for counts: what is a second old or more is read again. */
void xt_watch_want(struct xt_watch *w);
/* How many rules and policies count; whether they are being read, or next. */
size_t xt_watch_counters(const struct xt_watch *w, bool *ret_reading);

/* Drops came, which may want something. */
void xt_watch_look(struct xt_watch *w);
/* Does what waits. Returns whether something was read, or could not be. */
bool xt_watch_dispatch(struct xt_watch *w);
/*
 * The tool of which that is newly known, or NULL; each one once: it is not
 * installed, or what it prints of a table cannot be read without doubt.
 */
const char *xt_watch_next_missing(struct xt_watch *w);
const char *xt_watch_next_unclear(struct xt_watch *w);
