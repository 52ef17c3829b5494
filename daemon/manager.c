/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/random.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "clock.h"
#include "log.h"
#include "manager-parts.h"
#include "name-rules.h"
#include "util.h"

DEFINE_CLEANUP(struct manager *, manager_free)

int manager_new(struct manager **ret, const struct config *config,
		const struct config_args *args, int *exit_status)
{
	_cleanup_(cleanup_manager_free) struct manager *manager = NULL;
	int r;

	manager = calloc(1, sizeof(*manager));
	if (!manager) {
		*exit_status = EX_OSERR;
		return -ENOMEM;
	}
	manager->config = *config;
	manager->args = args;
	links_init(&manager->links);
	kallsyms_init(&manager->kallsyms,
		      kallsyms_open("/proc/kallsyms", STDIN_FILENO));
	/* Without it, on a host of cgroup v1 say, no unit is known. */
	cgroups_init(&manager->cgroups, cgroups_open("/sys/fs/cgroup"));
	/* Without it others could guess what falls together, and no more. */
	(void)!getrandom(&manager->seed, sizeof(manager->seed), GRND_NONBLOCK);
	aggregate_init(&manager->rules, manager->seed);
	aggregate_set_max(&manager->rules, config->max_rules);
	flows_set_max(&manager->rules.flows, config->max_flows / 2);
	manager->keeper.state.fd = -1;
	correlate_init(&manager->correlate,
		       config->namespaces && config->ruleset_memory > 0);
	correlate_set_max(&manager->correlate, config->max_namespaces);
	pipeline_init(&manager->pipeline, &manager->links,
		      &manager->kallsyms.symbols, &manager->cgroups.units,
		      &manager->rules);
	manager->pipeline.correlate = &manager->correlate;
	routes_init(&manager->routes, &manager->links);
	manager->pipeline.inferrer.ways = &manager->routes.ways;
	manager->pipeline.inferrer.links = &manager->links;
	r = recent_init(&manager->recent, config->recent);
	if (r < 0) {
		*exit_status = EX_OSERR;
		return r;
	}
	pipeline_add_sink(&manager->pipeline, &manager->recent.sink);
	r = manager_start(manager, exit_status);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(manager);
	return 0;
}

void manager_free(struct manager *manager)
{
	if (!manager)
		return;
	sd_event_unref(manager->event);
	dropmon_free(manager->dropmon);
	server_free(manager->server);
	trace_requests_free(manager->requests);
	manager->pipeline.tracing = NULL;
	trace_source_free(manager->trace);
	trace_sampler_free(manager->sampler);
	xt_watch_free(manager->xt_others);
	xt_watch_free(manager->xt_watch);
	namespaces_free(manager->namespaces);
	counter_watch_free(manager->counters);
	ruleset_watch_free(manager->ruleset_watch);
	reader_free(manager->reader);
	link_watch_free(manager->link_watch);
	links_done(&manager->links);
	kallsyms_done(&manager->kallsyms);
	cgroups_done(&manager->cgroups);
	routes_done(&manager->routes);
	journal_done(&manager->journal);
	filter_free(manager->journal_packets);
	keeper_done(&manager->keeper);
	pipeline_done(&manager->pipeline);
	aggregate_done(&manager->rules);
	correlate_done(&manager->correlate);
	recent_done(&manager->recent);
	free(manager->marker);
	free(manager);
}

int manager_run(struct manager *manager)
{
	int r;

	(void)sd_notify(false, "READY=1");
	manager_tell_state(manager,
		   dropmon_get_status(manager->dropmon)->state == DROPMON_ACTIVE
			   ? LOG_INFO
			   : LOG_WARNING);
	journal_start(&manager->journal, clock_ns(CLOCK_MONOTONIC));
	if (dropmon_get_status(manager->dropmon)->state != DROPMON_ACTIVE)
		manager_tell_journal(manager);
	r = sd_event_loop(manager->event);
	(void)sd_notify(false, "STOPPING=1");
	dropmon_end(manager->dropmon);
	name_rules(&manager->rules, &manager->correlate);
	journal_stop(&manager->journal, clock_ns(CLOCK_MONOTONIC));
	keeper_flush(&manager->keeper);
	if (r < 0) {
		log_error("The event loop failed: %s.", strerror(-r));
		return EX_OSERR;
	}
	return manager->exit_status;
}
