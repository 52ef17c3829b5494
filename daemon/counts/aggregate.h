/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops added up by who dropped them and why: packets and bytes of each rule
 * and policy, since when and until when, how fast, and whose.
 *
 * A key is network namespace, kind, family, table, chain, rule, hook, reason;
 * for what has no table the function, helper or queue that did it; for what is
 * not netfilter's, the place in the kernel, or a device's trap. The table's
 * handle is in the key, which no other table ever gets in the same boot: after
 * "nft flush ruleset" the same names and rule handles are other rules.
 *
 * Who counts is in the key as well. Where the kernel counts by rule, it counts
 * all that tells of netfilter, and its events are samples only. What it does
 * not count is counted from events. So no packet is counted twice.
 *
 * Past the capacity counts go to "other", and the total stays exact. Whoever
 * makes namespaces can fill other namespaces' half of it, and no more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "flows.h"
#include "heaviest.h"
#include "losses.h"
#include "pace.h"
#include "rates.h"
#include "ruleset.h"
#include "sample.h"

#define AGGREGATE_MAX 65536
/* If not told otherwise. */
#define AGGREGATE_USUAL 16384
/* Of them with the heaviest senders and a sample, 7 KiB each; half of it for
 * the others. */
#define AGGREGATE_HEAVIEST_MAX 4096

enum aggregate_counted {
	AGGREGATE_BY_KERNEL,
	AGGREGATE_BY_EVENTS,
	AGGREGATE_BY_COUNTER, /* the rule's own: see aggregate_add_counter() */
	_AGGREGATE_COUNTED_MAX,
};

struct aggregate_counts {
	uint64_t packets;
	uint64_t bytes;
};

/* What of it the journal was told; see interval.h. */
struct aggregate_told {
	struct aggregate_counts counts;
	uint64_t samples;
	/* CLOCK_REALTIME, of the first drop since; 0: there was none. */
	uint64_t fresh_ns;
};

/* Members as in struct drop_event. */
struct aggregate_rule {
	enum aggregate_counted counted;
	enum drop_origin origin;
	enum drop_attribution attribution;
	enum drop_kind kind;
	uint64_t netns_cookie;
	uint32_t netns_inum;
	uint32_t reason_code;
	uint64_t table_handle;
	uint64_t rule_handle;
	uint32_t queue;
	uint32_t has; /* DROP_HAS_REASON_CODE, DROP_HAS_QUEUE */
	uint32_t hash;
	uint32_t rank; /* see rule-rank.h; as of aggregate_look() */
	/* Bytes are the hook's by the kernel, from the MAC header by events. */
	struct aggregate_counts counts;
	uint64_t samples; /* packets seen as events, since our start */
	struct rates rates;
	float read_rate;  /* by counter: a second, between the last readings */
	struct pace pace; /* see aggregate_look() */
	/* CLOCK_REALTIME. Of kernel reports: the drops were in the second
	 * before.
	 */
	uint64_t first_ns;
	uint64_t last_ns;
	struct heaviest *heaviest; /* owned; NULL: no samples, or no room */
	struct sample *sample;	   /* the last one; owned; NULL: as above */
	struct aggregate_told told;
	/*
	 * What name_rules() found: the rule, of which we have a reference, and
	 * the namespace's name, owned. NULL: not known.
	 */
	struct rule *rule;
	char *netns_name;
	/* CLOCK_REALTIME: until then it was that rule; of x_tables. */
	uint64_t rule_ns;
	char hook[16];
	char family[16];
	char reason[DROP_REASON_MAX];
	char by[DROP_BY_MAX];
	char trap[DROP_TRAP_MAX];
	char location[DROP_LOCATION_MAX];
	char table[DROP_NAME_MAX];
	char chain[DROP_NAME_MAX];
};

struct aggregate {
	/* In the order of their first drop: none moves, none goes away. */
	struct aggregate_rule **rules;
	size_t n_rules;
	size_t n_allocated;
	size_t n_foreign;
	size_t n_by_counter; /* of the rules; half of them at most */
	size_t max;	 /* rules; half of them for other network namespaces */
	size_t n_ranked; /* of the rules, those that have a rank */
	uint32_t *index; /* by hash, of numbers from 1 on; 0: empty */
	size_t n_index;	 /* a power of two */
	size_t n_heaviest;
	size_t n_heaviest_foreign;
	uint64_t seed;
	uint64_t tick_ns; /* CLOCK_MONOTONIC, of the last interval's end */
	uint64_t look_ns; /* the same, of the last look; 0: none */
	/* Past the capacity, or without memory. */
	struct aggregate_counts other;
	/* With other; none by counter. */
	struct aggregate_counts total[_AGGREGATE_COUNTED_MAX];
	uint64_t since_ns; /* CLOCK_REALTIME, when counting began */
	/* Of other and losses, what the journal was told. */
	struct aggregate_counts told_other;
	struct losses told_losses;
	bool is_told; /* there is a journal that is told */
	struct flows flows;
};

/* @seed is anything that others cannot guess. */
void aggregate_init(struct aggregate *a, uint64_t seed);
void aggregate_done(struct aggregate *a);
/* From here on, up to AGGREGATE_MAX. Those that are there stay. */
void aggregate_set_max(struct aggregate *a, size_t max);

/*
 * Adds ev->count packets with @bytes, as the kernel counted them.
 * ev->timestamp_ns is when that was told. Cannot fail; false: there was no
 * room for it, and it was added to "other".
 */
bool aggregate_add(struct aggregate *a, const struct drop_event *ev,
		   uint64_t bytes);

/*
 * The same for an event. @counted: the kernel counts it too, or did, so it is
 * a sample.
 */
bool aggregate_add_event(struct aggregate *a, const struct drop_event *ev,
			 bool counted);

/*
 * Adds what @rule's own counter has grown by: ev->count packets of @bytes,
 * which are no drops beside those that others count, so they are in no total,
 * nor in "other" where there is no room for them (false). They came in so many
 * @seconds.
 */
bool aggregate_add_counter(struct aggregate *a, const struct drop_event *ev,
			   uint64_t bytes, struct rule *rule, double seconds);
/*
 * Before those of a reading: what is not in it did not grow. It is of the table
 * that @xt has, of x_tables or ebtables, or NULL: of nf_tables.
 */
void aggregate_begin_counters(struct aggregate *a,
			      const struct drop_netfilter *xt);

/* Where the event was added; NULL: to "other". */
struct aggregate_rule *aggregate_find(const struct aggregate *a,
				      const struct drop_event *ev,
				      bool counted);

/*
 * To be called every second or so with CLOCK_MONOTONIC: an interval of rates
 * may have ended.
 */
void aggregate_tick(struct aggregate *a, uint64_t now_ns);

/*
 * Somebody looks: makes each rule's pace that since the last look, unless that
 * was PACE_MIN_NS ago or less. Without one, or after PACE_MAX_NS, it is that of
 * the last interval. Gives ranks to rules that have none. Nothing is done for
 * either while nobody looks.
 */
void aggregate_look(struct aggregate *a, uint64_t now_ns, uint64_t real_ns);

/*
 * Puts in what was counted before: key, counts and times of @rule, whose other
 * members are not read. Returns 0, -EEXIST, -ENOSPC or -ENOMEM. The totals are
 * the caller's.
 */
int aggregate_restore(struct aggregate *a, const struct aggregate_rule *rule);

/*
 * Of a rule's own counter, which is shown with what nfdropd has of the rule,
 * and not beside it?
 */
bool aggregate_rule_is_hidden(const struct aggregate_rule *rule);

/* Whether a rule is in another namespace than the initial one. */
bool aggregate_rule_is_foreign(const struct aggregate_rule *rule);

/* Everything that was counted, by whomever, but by rules' own counters. */
struct aggregate_counts aggregate_total(const struct aggregate *a);
