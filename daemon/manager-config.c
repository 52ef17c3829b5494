/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config-load.h"
#include "log.h"
#include "manager-parts.h"

struct server_config manager_server_config(const struct config *config)
{
	return (struct server_config){
		.path = config->socket,
		.listen_fd = -1,
		.max_clients = config->max_clients,
		.max_clients_per_uid = config->max_clients_per_uid,
		.limits = { .message = 64 << 10,
			    .out_messages = config->session_queue,
			    .out_bytes = config->session_memory },
	};
}

struct trace_source_config manager_trace_config(const struct config *config)
{
	return (struct trace_source_config){
		.max_flows = config->trace_flows,
		.flows_per_second = config->trace_flow_rate,
		.packets_per_second = config->trace_packet_rate,
		.timeout = config->trace_timeout,
	};
}

struct trace_limits manager_trace_limits(const struct config *config)
{
	return (struct trace_limits){
		.requests = config->trace_requests,
		.rate = config->trace_request_rate,
		.usec = config->trace_request_timeout,
	};
}

struct journal_config manager_journal_config(const struct manager *manager)
{
	const struct config *config = &manager->config;

	return (struct journal_config){
		.interval = config->journal_interval,
		.max_entries = config->journal_entries,
		.n_sources = config->journal_sources,
		.packets = manager->journal_packets,
		.packets_max = config->journal_packet_rate,
	};
}

/* Takes effect of what can change now. */
static void apply_config(struct manager *manager)
{
	const struct config *config = &manager->config;
	struct server_config limits = manager_server_config(config);
	struct journal_config journal = manager_journal_config(manager);
	struct trace_limits requests = manager_trace_limits(config);
	size_t memory = config->ruleset_memory;

	/* The group may have been made meanwhile. */
	access_policy_init(&manager->policy, config->group);
	server_set_limits(manager->server, &limits);
	aggregate_set_max(&manager->rules, config->max_rules);
	keeper_set_interval(&manager->keeper, config->flush_interval);
	if (manager->counters)
		counter_watch_set_interval(manager->counters,
					   config->counter_interval);
	if (manager->xt_watch)
		xt_watch_set_interval(manager->xt_watch,
				      config->counter_interval);
	correlate_set_max(&manager->correlate, config->max_namespaces);
	trace_requests_set_limits(manager->requests, &requests);
	journal_set_config(&manager->journal, &journal);
	if (manager->dropmon_config.receive_buffer != config->receive_buffer) {
		manager->dropmon_config.receive_buffer = config->receive_buffer;
		dropmon_resize_buffer(manager->dropmon);
	}
	if (!dropmon_is_absent(manager->dropmon) &&
	    !dropmon_tells_rules(manager->dropmon))
		manager->pipeline.inferrer.work_max = config->infer_work;
	if (manager->trace) {
		struct trace_source_config trace = manager_trace_config(config);

		trace_source_configure(manager->trace, &trace);
	}
	if (manager->sampler)
		trace_sampler_set_rate(manager->sampler, config->trace_samples);
	if (manager->ruleset_watch)
		ruleset_watch_set_memory(manager->ruleset_watch, memory);
	if (manager->namespaces)
		namespaces_set_memory(manager->namespaces, memory);
	if (manager->xt_watch)
		xt_watch_set_memory(manager->xt_watch, memory);
	if (manager->xt_others)
		xt_watch_set_memory(manager->xt_others, memory);
}

void manager_reload(struct manager *manager)
{
	const struct setting *waits[CONFIG_SETTINGS];
	struct config new;
	unsigned int n_unread = 0;
	size_t n;

	/* What they say would have its default again. */
	if (config_load(&new, manager->args, &n_unread) < 0 || n_unread > 0) {
		log_warning("Going on as configured before.");
		return;
	}
	n = config_update(&manager->config, &new, waits);
	apply_config(manager);
	for (size_t i = 0; i < n; i++)
		log_notice("[%s] %s= has changed, which takes effect when "
			   "nfdropd is started again.",
			   waits[i]->section, waits[i]->key);
	log_info("The configuration was read again.");
}
