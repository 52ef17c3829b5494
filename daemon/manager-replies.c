/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"
#include "manager-parts.h"
#include "ruleset-json.h"
#include "status-ruleset.h"
#include "status-trace.h"
#include "status.h"
#include "trace-reply.h"

static void fill_status(struct manager *manager, struct status *ret)
{
	*ret = (struct status){
		.monitor = dropmon_get_status(manager->dropmon),
		.pipeline = &manager->pipeline,
		.max_clients = manager->config.max_clients,
		.started_ns = manager->started_ns,
		.kernel = manager->uts.release,
	};
	server_get_counts(manager->server, &ret->clients);
	if (manager->ruleset_watch) {
		ruleset_watch_get_status(manager->ruleset_watch,
					 &manager->ruleset_status);
		ret->ruleset = &manager->ruleset_status;
	}
	if (manager->namespaces) {
		namespaces_get_status(manager->namespaces,
				      &manager->namespaces_status);
		ret->namespaces = &manager->namespaces_status;
	}
	if (manager->counters) {
		counter_watch_get_status(manager->counters,
					 &manager->counter_status);
		ret->counters = &manager->counter_status;
	}
	if (manager->counters && manager->xt_watch) {
		bool reading;

		manager->counter_status.n_counters +=
			xt_watch_counters(manager->xt_watch, &reading);
		manager->counter_status.is_reading |= reading;
	}
	ret->trace_is_off = !manager->config.trace;
	ret->keep_error = manager->keeper.error;
	ret->keep_folder = manager->config.state;
	ret->is_sampled = manager->sampler;
	if (manager->sampler) {
		trace_sampler_get_status(manager->sampler,
					 &manager->trace_status);
		ret->trace = &manager->trace_status;
	}
	if (manager->trace) {
		trace_source_get_status(manager->trace, &manager->trace_status);
		ret->trace = &manager->trace_status;
	}
}

static struct json_object *get_status(void *data)
{
	struct status status;

	fill_status(data, &status);
	return status_to_json(&status);
}

void manager_want_counters(struct manager *manager)
{
	if (manager->counters)
		counter_watch_want(manager->counters);
	if (manager->xt_watch)
		xt_watch_want(manager->xt_watch);
}

static struct json_object *get_rules(void *data,
				     const struct rules_query *query)
{
	struct manager *manager = data;
	struct losses losses = keeper_losses(&manager->keeper);
	struct status status;

	if (query->look)
		aggregate_look(&manager->rules, clock_ns(CLOCK_MONOTONIC),
			       clock_ns(CLOCK_REALTIME));
	manager_want_counters(manager);
	fill_status(manager, &status);
	status.losses = &losses;
	return status_rules_to_json(&status, query);
}

static struct json_object *get_stats(void *data,
				     const struct stats_query *query)
{
	struct manager *manager = data;
	struct losses losses = keeper_losses(&manager->keeper);
	struct status status;

	fill_status(manager, &status);
	status.losses = &losses;
	return status_stats_to_json(&status, query);
}

static struct json_object *get_ruleset(void *data, uint64_t first)
{
	const struct manager *manager = data;

	return ruleset_to_json(&manager->correlate, first);
}

static struct json_object *get_rule(void *data, const struct rule_query *query)
{
	const struct manager *manager = data;

	return rule_to_json(&manager->correlate, query);
}

static struct json_object *get_events(void *data, const struct filter *filter,
				      size_t limit)
{
	const struct manager *manager = data;

	return recent_to_json(&manager->recent, filter, limit);
}

static int trace(void *data, struct session *session,
		 const struct trace_query *query)
{
	const struct manager *manager = data;

	return trace_reply_begin(manager->requests, session, query);
}

static const struct methods_replies replies = {
	.get_status = get_status,
	.get_rules = get_rules,
	.get_stats = get_stats,
	.get_ruleset = get_ruleset,
	.get_rule = get_rule,
	.get_events = get_events,
	.trace = trace,
};

void manager_start_methods(struct manager *manager)
{
	methods_init(&manager->methods, &manager->policy, &replies, manager);
}
