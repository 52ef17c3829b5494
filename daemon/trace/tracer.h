/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule dropped the packets of a flow, learnt from packets of it that the
 * kernel traced: for kernels that do not tell it themselves. Pure; trace-table
 * marks the flows, and trace-message reads the traces.
 *
 * A drop that nf_tables made, and of which no rule is known, has its flow
 * marked. The next packet of the flow is traced. What its trace tells holds for
 * the flow's other drops in the same ruleset, before and after, if no rule that
 * it met looks at more than the flow (rule-looks.h), and for itself otherwise:
 * then it is known again by its headers.
 *
 * In which ruleset a drop was made is known by its time alone, so somebody has
 * to say until when it was which: tracer_confirm(). What is not confirmed is
 * not attributed.
 *
 * Whoever sends many flows pushes out those that were dropped longest ago.
 */
#pragma once

#include "event.h"
#include "trace-way.h"

#define TRACER_FLOWS_MAX 4096
/* What a trace told of a flow is believed for so long, then it is traced again.
 */
#define TRACER_KNOWN_NS (600 * 1000000000ULL)
/* After a ruleset was told, packets that met the one before may be dropped. */
#define TRACER_MARGIN_NS 2000000ULL
/* Packets that were traced and whose drops are to be told yet. */
#define TRACER_SINGLES_MAX 256

struct aggregate_rule;

struct tracer_rule {
	uint64_t table_handle;
	uint64_t handle; /* 0: the chain's policy */
	uint8_t family;
	uint8_t hook;
	char *table; /* owned */
	char *chain; /* owned */
};

enum tracer_state {
	TRACER_WANTED, /* to be marked */
	TRACER_MARKED, /* no trace came yet */
	TRACER_KNOWN,  /* the rule of all is */
	TRACER_SINGLE, /* that of each packet may be another */
};

/*
 * Guesses of a flow that are remembered: the rule that was inferred, that there
 * are several, and that none was looked for.
 */
#define TRACER_GUESSES_MAX 3

/* Drops that were counted without a rule, or with one that was a guess. */
struct tracer_pending {
	struct aggregate_rule *from; /* NULL: of none */
	uint64_t packets;
	uint64_t bytes;
	uint64_t first_ns;
	uint64_t last_ns;
};

struct tracer_flow {
	struct trace_flow key;
	struct packet packet; /* the one that asked */
	enum tracer_state state;
	uint64_t since_ns;	  /* of the state */
	uint64_t marked_until_ns; /* 0: it is not */
	uint64_t era;		  /* what is known and pending is of it */
	bool is_single;		  /* in this era, whatever else a trace tells */
	struct tracer_rule rule;
	struct tracer_pending pending[TRACER_GUESSES_MAX];
	uint32_t n_singles; /* of it among them */
	bool is_repeated;   /* more than one was dropped */
	uint32_t hash;
	uint32_t next;	       /* in the bucket; 0: none; numbers from 1 on */
	uint32_t older, newer; /* by their last drop */
};

struct tracer_single {
	struct tracer_flow *flow; /* NULL: it is none any more */
	struct tracer_rule rule;
	uint8_t bytes[TRACE_BYTES_MAX];
	size_t len;
};

/* All times are CLOCK_REALTIME, as drops have it. */
struct tracer {
	struct tracer_flow *flows; /* TRACER_FLOWS_MAX; NULL: none yet */
	uint32_t *buckets;	   /* twice as many */
	uint32_t n_flows;
	uint32_t oldest, newest;
	uint32_t n_wanted;
	uint32_t n_repeated; /* of the wanted ones */
	uint64_t seed;
	uint64_t marked_ns;	 /* so long a flow is marked */
	struct drop_netns netns; /* ours, of what is traced */
	struct tracer_single singles[TRACER_SINGLES_MAX];
	unsigned int next_single;
	struct trace_ways ways;
	/* The ruleset, with a reference; NULL: not known. */
	struct ruleset *ruleset;
	uint64_t era;		    /* a number, from 1 on */
	uint32_t first;		    /* generation of it */
	uint64_t from_ns, until_ns; /* it was that one all the time */
	uint64_t n_traced;     /* packets whose traces told a drop's rule */
	uint64_t n_attributed; /* drops that got one */
	uint64_t n_moved;      /* of them, later */
};

/*
 * @seed is anything that others cannot guess. What is traced is of the
 * namespace t->netns, which the caller may fill in.
 */
void tracer_init(struct tracer *t, uint64_t seed, uint64_t marked_ns);
void tracer_done(struct tracer *t);

/*
 * Says that @rs was the ruleset at @ns. Returns whether it is another one than
 * the last time, apart from nfdropd's own tables; then it is from @now_ns on,
 * and what waits of traces may be of either. @rs NULL: it is not known.
 */
bool tracer_confirm(struct tracer *t, struct ruleset *rs, uint64_t ns,
		    uint64_t now_ns);

/*
 * A drop of our own namespace, and its packet, which may be NULL. If its rule
 * is known, @ev gets it, and DROP_ATTRIBUTION_TRACED. If not, and tracing could
 * tell it, its flow is wanted. Returns its flow, or NULL; valid until the next
 * call.
 */
struct tracer_flow *tracer_drop(struct tracer *t, struct drop_event *ev,
				const struct packet_bytes *bytes);
/*
 * @ev was counted as @rule's. Returns 1 if drops that were counted before are
 * @rule's as well: they are in *@ret, and forgotten. There may be others then:
 * call it again. Else 0.
 */
int tracer_counted(struct tracer *t, struct tracer_flow *flow,
		   const struct drop_event *ev, struct aggregate_rule *rule,
		   struct tracer_pending *ret);

/*
 * A flow that is to be marked, which it counts as from now on; NULL: none.
 * Those of which more than one packet was dropped come first, as there may be a
 * next one; @repeated: others do not come at all. *@ret_again: it is marked
 * still, but not for long. Valid as long as @t, but may be another flow's after
 * the next drop.
 */
const struct packet *tracer_next(struct tracer *t, uint64_t now_ns,
				 bool repeated, bool *ret_again);
/* It is marked no more; and no flow is. */
void tracer_unmark(struct tracer *t, const struct packet *packet);
void tracer_unmark_all(struct tracer *t);
/* Flows that are marked, and of which not all is known. */
uint32_t tracer_count_marked(const struct tracer *t, uint64_t now_ns);

/*
 * A trace. Returns the flow that need not be marked any more, as its rule is
 * known now, or NULL. Valid until the next call.
 */
const struct packet *
tracer_trace(struct tracer *t, const struct trace_message *m, uint64_t now_ns);
/* Traces were lost: no packet's is whole. */
void tracer_lost(struct tracer *t);
