/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the tables of x_tables and ebtables in one namespace. Pure.
 *
 * The kernel tells a rule by its number in its chain, which another rule has
 * after a change, and tells nobody of changes: it has no generation for these
 * tables. So what the tools print is compared:
 *
 * A packet's rule is known when the table was read before the drop and after it
 * and was the same both times, counters aside, none of which went down; and
 * when the rule's own counter has grown meanwhile by no less than the drops of
 * its number. So a table that was changed and changed back between two readings
 * is noticed by the drops of the rule that had the number meanwhile, which the
 * other one has not counted. It is not where as many drops were lost, or were
 * by that other one while the table was read, some milliseconds. For this, all
 * drops before the second reading have to be told first, which takes
 * XT_SETTLE_NS. Where it is known that iptables ran meanwhile, no rule is
 * known.
 *
 * A count, which is of many packets, has a rule when all were dropped since the
 * first reading that showed this rule at that number; or when its own counter
 * is no less than the count, and all were dropped since the last reading that
 * showed another one; or when its own counter is equal to the count.
 */
#pragma once

#include "event.h"
#include "xt-save.h"

/* The kernel has 5 tables of ip and of ip6, 1 of arp and 3 of ebtables. */
#define XT_TABLES_MAX 16
#define XT_NAME_SIZE  32
/* A report of the kernel is of the second before, and may be a bit late. */
#define XT_REPORT_NS 1200000000ULL
/* A drop is told at once, if not much else is to be done. */
#define XT_SETTLE_NS 200000000ULL

/* What is known of a rule beside its text; its place is that in xt_save. */
struct xt_mark {
	uint64_t base; /* its counter when the reading before began */
	/*
	 * Drops by the rule of its number: before the last reading (or the one
	 * that goes on) began, since that, and while it went on.
	 */
	uint64_t told, told_after, told_meanwhile;
	/* CLOCK_REALTIME: until then it counted less than was told. */
	uint64_t from_ns;
	/* CLOCK_REALTIME: it had another number, or none, in a reading that
	 * began then; it was first there in one that ended then.
	 */
	uint64_t gap_ns, seen_ns;
};

struct xt_table {
	uint8_t family; /* NFPROTO_* */
	char name[XT_NAME_SIZE];
	struct xt_save save; /* the last reading; empty: none */
	struct xt_mark *marks;
	/*
	 * CLOCK_REALTIME: readings showed the same from then until then, and
	 * all drops of that time are told. read_ns is when the last one began,
	 * pending_ns the same of one that goes on or settles; 0: none does.
	 */
	uint64_t from_ns, until_ns, read_ns, pending_ns;
	uint64_t ended_ns; /* when that one ended; 0: it goes on */
	bool touched;	   /* somebody who changes tables was at work */
	bool wants;	   /* to be read */
	/* The reader's: CLOCK_MONOTONIC, microseconds; 0: not at all. */
	uint64_t read_at, settle_at;
};

struct xt_tables {
	struct xt_table *tables;
	size_t n_tables;
	bool wants; /* some table does */
};

void xt_tables_init(struct xt_tables *t);
void xt_tables_done(struct xt_tables *t);

/* Is it a rule of one of these? */
bool xt_tables_have(const struct drop_netfilter *nf);
/*
 * Does nobody count drops for that reason? A match that finds a packet
 * malformed drops it before the rule counts it.
 */
bool xt_tables_is_uncounted(const char *reason);

/* NULL: nothing is known of it. */
struct xt_table *xt_tables_find(const struct xt_tables *t, uint8_t family,
				const char *name);
/* The same, which is made where there is none; NULL without memory or room. */
struct xt_table *xt_tables_use(struct xt_tables *t, uint8_t family,
			       const char *name);
/* Forgets what was read, but not when. */
void xt_tables_forget(struct xt_tables *t);
size_t xt_tables_bytes(const struct xt_tables *t);

/*
 * A reading begins; then either it is taken, or it could not be made, as when
 * there is no memory. Times are CLOCK_REALTIME. xt_table_update() returns true
 * when the table is the same: XT_SETTLE_NS later it settles, and no other
 * reading begins until then.
 */
void xt_table_begin(struct xt_table *table, uint64_t now_ns);
bool xt_table_update(struct xt_table *table, struct xt_save *save,
		     uint64_t now_ns);
void xt_table_settle(struct xt_table *table);
/* The table may change now, or did: two readings are not believed to be one. */
void xt_table_touch(struct xt_table *table);
void xt_table_lose(struct xt_table *table);

/*
 * The rule that dropped the packet of @ev, or NULL; *@ret_later: the next
 * reading will tell. To be asked once for each packet, and @again until it
 * does.
 */
struct rule *xt_tables_find_rule(struct xt_tables *t,
				 const struct drop_event *ev, bool again,
				 bool *ret_later);

/* A count of drops by one rule. */
struct xt_count {
	const struct drop_netfilter *nf;
	uint64_t packets;
	uint64_t first_ns, last_ns; /* CLOCK_REALTIME, of the first and last */
	bool counted; /* whether the rule's own counter counts them */
};

/*
 * Returns 1 and the rule of all these drops, as a reading that began at
 * *@ret_ns showed; 0: they have none; -EAGAIN: the next reading will tell.
 */
int xt_tables_find_count(struct xt_tables *t, const struct xt_count *count,
			 struct rule **ret, uint64_t *ret_ns);
