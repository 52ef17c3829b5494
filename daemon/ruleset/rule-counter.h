/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counter of a rule that counts what the rule drops: the kernel's own, to
 * the packet, and on any kernel. Pure.
 *
 * Such is a counter from which the packet comes to the rule's verdict whatever
 * it is, where that verdict drops or rejects: between them are at most
 * statements that never end a rule, as a log. One before a match or a limit
 * counts more than the rule drops, and a map's verdict is not always a drop:
 * none of these is taken for the rule's drops.
 *
 * It is in the rule itself ("counter"), or has a name ("counter name"). The
 * latter is the rule's as long as nothing else of the table uses it: neither
 * another rule nor an element of a map, nor the rule itself once more. How many
 * do, the kernel tells with its counts (NFTA_OBJ_USE), and who came since the
 * reading before, counter-uses.h.
 *
 * A base chain whose policy drops can count what comes to the policy, which it
 * drops all: that is a rule's, too, of the handle 0 (chain->policy).
 *
 * Sources: linux/netfilter/nf_tables.h; net/netfilter/nft_counter.c, nft_log.c,
 * nft_last.c, nft_immediate.c, nft_objref.c, nft_reject*.c, nft_compat.c, and
 * nft_meta.c for what is set.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule_counts {
	uint64_t packets;
	uint64_t bytes; /* from the network header on, as the hook saw them */
};

/* Times are CLOCK_REALTIME, in nanoseconds; 0: never. */
struct rule_counter {
	size_t n_refs;
	/*
	 * It has a name, which is of this place in table->uses, and nothing was
	 * read of it when it was made. When it was read last one used it, and
	 * its table's uses of the place were so many.
	 */
	bool is_named;
	uint8_t place;
	bool is_alone;
	uint32_t uses;
	/* Of x_tables, where it is not read: what it showed once is no use. */
	bool is_unread;
	/*
	 * The same, of what was found smaller than so many packets, or for the
	 * first time: it may be put back to what it was. See xt-counters.h.
	 */
	bool is_unsure;
	uint64_t fell_from;
	struct rule_counts now; /* as the kernel had it last */
	/* What it has grown by since the rule is known to us. */
	struct rule_counts added;
	uint64_t read_ns;  /* the last reading */
	uint64_t moved_ns; /* the last one that found it larger */
	uint64_t reset_ns; /* the last one that found it smaller */
	/* nfdropd has drops of this rule: they are shown, and not these. */
	bool has_drops;
};

struct rule_counter_found {
	/* What it is called, in the message; NULL: it is in the rule itself. */
	const char *name;
	struct rule_counts counts; /* of one without a name */
};

/*
 * Of NFTA_RULE_EXPRESSIONS of any content, or NULL: whether there is one, and
 * what it counts.
 */
bool rule_counter_find(const struct nlattr *expressions,
		       struct rule_counter_found *ret);

/* Of what has attributes NFTA_COUNTER_*, of any content, or NULL. */
struct rule_counts rule_counts_in(const struct nlattr *nest);

/* One reference; NULL without memory. */
struct rule_counter *rule_counter_new(const struct rule_counts *now);
/* The same of one with this name, of which nothing was read. */
struct rule_counter *rule_counter_new_named(const char *name);
struct rule_counter *
rule_counter_ref(struct rule_counter *c);	 /* NULL allowed */
void rule_counter_unref(struct rule_counter *c); /* NULL allowed */

/* Whether it is known what it shows; NULL allowed. */
static inline bool rule_counter_is_known(const struct rule_counter *c)
{
	return c && !c->is_unread && (!c->is_named || c->is_alone);
}

/*
 * A reading of one with a name, which so many use, where its table's uses of
 * its place are @uses. Whether it has been the rule's alone since the reading
 * before: else what it has grown by is not all the rule's.
 */
bool rule_counter_meet_uses(struct rule_counter *c, uint32_t n_uses,
			    uint32_t uses);

/* The counts alone: nothing of them is new. */
void rule_counter_begin(struct rule_counter *c, const struct rule_counts *now,
			uint64_t now_ns);

/*
 * Takes a reading. What is smaller than before was set to zero in between ("nft
 * reset"), so all of it is new; unless @same is false: then the rule may be
 * another one, with the number that it was given, and nothing of it is.
 * Returns what is new.
 */
struct rule_counts rule_counter_take(struct rule_counter *c,
				     const struct rule_counts *now,
				     uint64_t now_ns, bool same);

/*
 * The ruleset was read again, and has the same rule with @now. Smaller than
 * before it may be another one, with the number that it was given.
 */
void rule_counter_meet(struct rule_counter *c, const struct rule_counts *now);

/* A reading (READER_COUNTERS) is of these, each behind the other. */
enum counter_kind {
	COUNTER_PLACE = 1,
	COUNTER_VALUE = 2,
};

/* The chain whose rules come behind it. */
struct counter_place {
	uint32_t kind;
	uint32_t family; /* NFPROTO_* */
	uint64_t table_handle;
	char chain[256];
};

struct counter_value {
	uint32_t kind;
	uint32_t n_uses;  /* of its name; 0: it has none */
	uint64_t handle;  /* 0: of the chain's policy */
	uint64_t content; /* rule->content */
	struct rule_counts counts;
};
