/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a drop between netlink bytes and the sinks. Pure: no socket, no
 * clock, no log.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>

#include "aggregate.h"
#include "correlate.h"
#include "held.h"
#include "inferrer.h"
#include "links.h"
#include "losses.h"
#include "sink.h"
#include "tracer.h"

/* Makes "symbol+offset/size" of a kernel address, for summary alerts. */
struct symbols {
	/* 0, or a negative errno when the address has no known symbol. */
	int (*resolve)(struct symbols *symbols, uint64_t pc, char *buf,
		       size_t size);
};

/* Finds the systemd unit of a socket's cgroup. */
struct units {
	/*
	 * The name, valid until the next call, or NULL when it is not known.
	 * @now_ns is CLOCK_REALTIME.
	 */
	const char *(*find)(struct units *units, uint64_t cgroup_id,
			    uint64_t now_ns);
};

/* Knows the rules of drops of which the kernel does not tell them. */
struct tracing {
	struct tracer tracer;
	/*
	 * Drops were received, and are going to be pushed: time to read what
	 * else was told of them.
	 */
	void (*look)(struct tracing *tracing);
};

struct pipeline {
	const struct links *links;
	struct symbols *symbols; /* NULL: locations of summaries unknown */
	struct units *units;	 /* NULL: units unknown */
	struct aggregate *rules; /* NULL: nothing is counted by rule */
	/* NULL: texts of rules unknown; pipeline_init() makes it that. */
	struct correlate *correlate;
	/* NULL: nothing is traced; pipeline_init() makes it that. */
	struct tracing *tracing;
	struct held held; /* for the sinks */
	/* With correlate, where the kernel tells no rules: off until then. */
	struct inferrer inferrer;
	struct sink *sinks;
	uint64_t n_events;    /* packets dropped, that were seen */
	uint64_t n_malformed; /* messages that did not parse */
	bool saw_reason;      /* this kernel tells reasons */
	/*
	 * The kernel counts by rule as well: the dropmon's. Messages that wait
	 * when it changes are taken for those of the new state.
	 */
	bool kernel_counts;
	struct losses losses;
};

/* Borrows all of it. */
void pipeline_init(struct pipeline *p, const struct links *links,
		   struct symbols *symbols, struct units *units,
		   struct aggregate *rules);
void pipeline_done(struct pipeline *p);
/* Borrows @sink, which must outlive @p. */
void pipeline_add_sink(struct pipeline *p, struct sink *sink);

/* To be called between receiving messages and pushing them. */
void pipeline_look(struct pipeline *p);
/*
 * Takes one message from the kernel, of any content; what does not parse is
 * counted and skipped. @now_ns (CLOCK_REALTIME) is for those without a time.
 */
void pipeline_push_message(struct pipeline *p, const struct nlmsghdr *nlh,
			   size_t len, uint64_t now_ns);
/*
 * Completes @ev, which stays the caller's, and gives it to every sink, with the
 * packet's @bytes, which may be NULL.
 */
void pipeline_push(struct pipeline *p, struct drop_event *ev,
		   const struct packet_bytes *bytes);
/*
 * Gives the sinks what waited for the text of a rule, where that is known or
 * took too long. To be called when something became known, and once a second.
 */
void pipeline_release(struct pipeline *p, uint64_t now_ns);
/* Adds to the ledger and tells the sinks. */
void pipeline_lost(struct pipeline *p, const struct losses *delta);
