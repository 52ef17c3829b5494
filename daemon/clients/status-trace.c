/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "json-add.h"
#include "status-trace.h"

static const char *const states[_TRACE_STATE_MAX] = {
	[TRACE_IDLE] = "idle",	       [TRACE_ACTIVE] = "active",
	[TRACE_WAITING] = "waiting",   [TRACE_FAILED] = "failed",
	[TRACE_SAMPLING] = "sampling",
};

const char *status_trace_problem(const struct trace_status *status, char *buf,
				 size_t size)
{
	if (status->state == TRACE_FAILED) {
		snprintf(buf, size,
			 "Packets cannot be traced (%s), so drops are shown "
			 "without their rules.",
			 strerror(-status->error));
		return buf;
	}
	if (!status->is_left)
		return NULL;
	snprintf(buf, size,
		 "This kernel does not remove the tables of a process that is "
		 "killed (Linux 5.12 does): after a kill -9 they stay until "
		 "nfdropd traces again.");
	return buf;
}

static const char *message(const struct trace_status *status, char *buf,
			   size_t size)
{
	static const char *const sentences[_TRACE_STATE_MAX] = {
		[TRACE_IDLE] = "Nothing is to be traced.",
		[TRACE_ACTIVE] = "Packets of flows that were dropped are "
				 "traced, to learn by which rule.",
		[TRACE_WAITING] = "The ruleset is not known at the moment, so "
				  "what is traced cannot be told.",
		[TRACE_SAMPLING] =
			"Packets are traced whatever their flow, as this "
			"kernel does not tell of those that are dropped.",
	};
	const char *problem = status_trace_problem(status, buf, size);

	return problem ? problem : sentences[status->state];
}

static struct json_object *nothing(bool kernel_tells, bool is_off)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "state", kernel_tells ? "not-needed" : "off");
	json_add_text(object, "message",
		      kernel_tells ? "The kernel tells the rules itself."
		      : is_off	   ? "Packets are not traced: see [Trace] "
				     "Enabled= in nfdropd.conf(5)."
				   : "No ruleset is followed, so no packets "
				     "are traced.");
	return object;
}

struct json_object *status_trace_to_json(const struct trace_status *status,
					 bool kernel_tells, bool is_off)
{
	struct json_object *object;
	char buf[256];

	if (!status)
		return nothing(kernel_tells, is_off);
	object = json_object_new_object();
	json_add_text(object, "state", states[status->state]);
	json_add_text(object, "message", message(status, buf, sizeof(buf)));
	if (status->state == TRACE_SAMPLING)
		json_add_number(object, "samples_per_second", status->rate);
	json_add_number(object, "flows", status->n_marked);
	json_add_number(object, "max_flows", status->max_flows);
	json_add_number(object, "flows_begun", status->n_flows);
	json_add_number(object, "packets", status->n_traced);
	json_add_number(object, "attributed", status->n_attributed);
	json_add_number(object, "attributed_later", status->n_moved);
	json_add_number(object, "lost", status->n_lost);
	json_add_number(object, "skipped", status->n_skipped);
	json_add_number(object, "changes", status->n_changes);
	return object;
}
