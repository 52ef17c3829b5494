/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the kernel tell the rules of drops of which it does not: marks the flows
 * that tracer.h wants, in tables of nfdropd's own (trace-table.h), reads what
 * is traced of them (NFNLGRP_NFTRACE), and says in which ruleset that was.
 *
 * Bounded are the flows that are marked at the same time, those that are begun
 * a second, and packets that are traced a second. Transactions are 200
 * milliseconds apart at least, and four times what listing the ruleset takes,
 * which each of them has others begin anew. Without a flow there is no table,
 * and where marks are of little use there is none most of the time.
 */
#pragma once

#include "pipeline.h"
#include "ruleset-watch.h"

struct trace_source;

struct trace_source_config {
	uint32_t max_flows;
	uint32_t flows_per_second;
	uint32_t packets_per_second;
	uint64_t timeout; /* of a flow, microseconds */
};

enum trace_state {
	TRACE_IDLE,	/* nothing is to be traced */
	TRACE_ACTIVE,	/* some flow is */
	TRACE_WAITING,	/* for the ruleset */
	TRACE_FAILED,	/* see error; tried again */
	TRACE_SAMPLING, /* packets of any flow are: trace-sampler.h */
	_TRACE_STATE_MAX,
};

struct trace_status {
	enum trace_state state;
	int error;	   /* negative errno of the last transaction */
	bool is_left;	   /* after a kill -9 tables stay: an old kernel */
	uint32_t n_marked; /* flows, at this moment */
	uint32_t max_flows;
	uint32_t rate;	       /* samples a second */
	uint64_t n_flows;      /* that were marked */
	uint64_t n_traced;     /* packets that told a drop's rule */
	uint64_t n_attributed; /* drops that got a rule by that */
	uint64_t n_moved;      /* of them, those that were counted before */
	uint64_t n_lost;       /* times that the socket had no room */
	uint64_t n_skipped;    /* traces past the bound: others trace, too */
	uint64_t n_changes;    /* transactions */
};

/*
 * Borrows @watch, which follows our own namespace's @rulesets. @seed is
 * anything that others cannot guess. 0, or a negative errno.
 */
int trace_source_new(struct trace_source **ret,
		     const struct trace_source_config *config,
		     struct ruleset_watch *watch,
		     const struct rulesets *rulesets, uint64_t seed);
/* Its tables are gone then. NULL allowed. */
void trace_source_free(struct trace_source *s);

/* From now on. */
void trace_source_configure(struct trace_source *s,
			    const struct trace_source_config *config);

/* For pipeline.tracing, as long as @s. */
struct tracing *trace_source_get_tracing(struct trace_source *s);

int trace_source_get_fd(const struct trace_source *s);
/* Does what waits, a bounded part of it. */
void trace_source_dispatch(struct trace_source *s);
/*
 * To be called when the ruleset may have changed, and every second or so: what
 * is dropped from now on is known to be of it.
 */
void trace_source_confirm(struct trace_source *s);
/* To be called after drops were pushed: some may want to be traced. */
void trace_source_plan(struct trace_source *s);

void trace_source_get_status(const struct trace_source *s,
			     struct trace_status *ret);
