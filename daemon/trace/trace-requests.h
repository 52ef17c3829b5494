/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces that somebody asked for: each has a process that marks its packets
 * (trace-child.h), and together they have the socket on which the kernel tells
 * of them. Without a request there is neither.
 *
 * Bounded are the requests at the same time, the packets a second that each
 * marks, how long one takes, and what is read: with more messages a second, of
 * others' traces as well, nothing is for the rest of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "links.h"
#include "ruleset-watch.h"
#include "sink.h"
#include "trace-expression.h"
#include "trace-nft.h"

struct trace_requests;
struct trace_request;
struct json_object;

struct trace_limits {
	uint32_t requests; /* at the same time, up to TRACE_REQUESTS_MAX */
	uint32_t rate;	   /* packets a second of each */
	uint64_t usec;	   /* of each, also of one without a length */
};

enum trace_request_note {
	TRACE_NOTE_LIMITED,  /* more packets matched than are marked */
	TRACE_NOTE_RESTORED, /* the tables were gone for a moment */
	TRACE_NOTE_LOST,     /* some of what was told: packets are missing */
	_TRACE_REQUEST_NOTE_MAX,
};

enum trace_request_end {
	TRACE_REQUEST_COUNT,   /* so many packets were told */
	TRACE_REQUEST_TIME,    /* so long it took */
	TRACE_REQUEST_REFUSED, /* the expression is wrong: error */
	TRACE_REQUEST_FAILED,  /* error.message says why */
};

/* Who asked. May not begin or cancel a request in these. */
struct trace_request_ops {
	/* From now on packets are seen. */
	void (*begun)(void *data, const struct trace_nft_status *status);
	/* @packet is borrowed. Returns whether it was told. */
	bool (*packet)(void *data, struct json_object *packet);
	void (*note)(void *data, enum trace_request_note note);
	/* Its tables are gone, and so is the request. */
	void (*ended)(void *data, enum trace_request_end end,
		      const struct trace_expression_error *error);
};

struct trace_request_config {
	const char *expression;
	uint64_t count; /* 0: no bound */
	uint64_t usec;	/* 0: as long as is allowed, as anything above */
};

/*
 * Borrows all but @limits; @watch, which may be NULL, is what reads @rulesets.
 * 0, or a negative errno.
 */
int trace_requests_new(struct trace_requests **ret,
		       const struct trace_limits *limits,
		       const struct links *links, struct ruleset_watch *watch,
		       const struct rulesets *rulesets);
/* Ends all of them without a word. NULL allowed. */
void trace_requests_free(struct trace_requests *requests);

/* Those that run keep theirs. */
void trace_requests_set_limits(struct trace_requests *requests,
			       const struct trace_limits *limits);
const struct trace_limits *
trace_requests_peek_limits(const struct trace_requests *requests);

/*
 * Begins one, which *@ret is, borrowed until it has ended. -EUSERS: there are
 * as many as are allowed; -EINVAL: see @error; or another negative errno.
 */
int trace_requests_add(struct trace_requests *requests,
		       const struct trace_request_config *config,
		       const struct trace_request_ops *ops, void *data,
		       struct trace_request **ret,
		       struct trace_expression_error *error);
/* Nobody wants it any more: nothing is told, not even its end. */
void trace_request_cancel(struct trace_request *request);

/*
 * For pipeline_add_sink(): drops by something other than nf_tables are where
 * packets end, too. Reads what was traced before them when
 * trace_requests_look() is called.
 */
struct sink *trace_requests_get_sink(struct trace_requests *requests);
void trace_requests_look(struct trace_requests *requests);

int trace_requests_get_fd(const struct trace_requests *requests);
/* Does what waits, a bounded part of it. */
void trace_requests_dispatch(struct trace_requests *requests);
