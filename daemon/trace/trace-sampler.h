/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel does not tell of drops at all: marks some packets of
 * whatever flow, as many a second as it may, in tables of nfdropd's own
 * (trace-table.h), and tells of those of them that nf_tables dropped, which is
 * a sample of its drops. What anything else drops is not seen.
 *
 * Packets whose way began in one ruleset and ended in another are not told, as
 * it is not known which one's rule it was.
 */
#pragma once

#include "pipeline.h"
#include "ruleset-watch.h"
#include "trace-source.h"

struct trace_sampler;

/*
 * Borrows @watch, which follows our own namespace's @rulesets, and @pipeline,
 * which gets the drops. @rate: packets a second, of each family of tables; not
 * 0. 0, or a negative errno.
 */
int trace_sampler_new(struct trace_sampler **ret, uint32_t rate,
		      struct ruleset_watch *watch,
		      const struct rulesets *rulesets,
		      struct pipeline *pipeline);
/* Its tables are gone then. NULL allowed. */
void trace_sampler_free(struct trace_sampler *s);

/* From now on. */
void trace_sampler_set_rate(struct trace_sampler *s, uint32_t rate);

int trace_sampler_get_fd(const struct trace_sampler *s);
/* Tells what waits, a bounded part of it. */
void trace_sampler_dispatch(struct trace_sampler *s);
/*
 * To be called when the ruleset may have changed, and every second or so: marks
 * where it has chains now.
 */
void trace_sampler_look(struct trace_sampler *s);

/* Flows have no part in it. */
void trace_sampler_get_status(const struct trace_sampler *s,
			      struct trace_status *ret);
