/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>

#include "clock.h"
#include "escape.h"
#include "listener.h"
#include "log.h"
#include "manager-parts.h"
#include "netns-find.h"
#include "util.h"

/* Is there something else to be told, where the kernel does not tell of drops?
 */
static bool can_sample(const struct config *config)
{
	return config->trace && config->trace_samples > 0 &&
	       config->ruleset_memory > 0;
}

/*
 * As a service in RuntimeDirectory= (systemd.exec(5)), which stays, wherever
 * Socket= is. Who tries nfdropd beside it has a socket, and a marker, of his
 * own.
 */
static int prepare_marker(struct manager *manager)
{
	const char *folder = getenv("RUNTIME_DIRECTORY");
	int r;

	if (folder && folder[0] == '/' && !strchr(folder, ':'))
		r = asprintf(&manager->marker, "%s/monitor", folder);
	else
		r = asprintf(&manager->marker, "%s.monitor",
			     manager->config.socket);
	if (r < 0) {
		manager->marker = NULL;
		return -ENOMEM;
	}
	manager->dropmon_config = (struct dropmon_config){
		.truncation = manager->config.truncation,
		.queue_length = manager->config.queue_length,
		.receive_buffer = manager->config.receive_buffer,
		.hardware = manager->config.hardware,
		.marker = manager->marker,
		.may_be_absent = can_sample(&manager->config),
	};
	return 0;
}

static int start_monitor(struct manager *manager, int *exit_status)
{
	enum dropmon_step step = DROPMON_OPEN;
	char message[512];
	int r;

	r = dropmon_new(&manager->dropmon, &manager->dropmon_config,
			&manager->pipeline, &step);
	if (r < 0) {
		log_error("%s",
			  dropmon_explain(step, r, message, sizeof(message)));
		*exit_status = dropmon_exit_status(step, r);
	}
	return r;
}

/*
 * First of all: what is open then, the reader has too. Without it, rules have
 * no texts.
 */
static void start_reader(struct manager *manager)
{
	const char *path = manager->config.reader;
	char shown[128];
	int r;

	if (manager->config.ruleset_memory == 0)
		return;
	if (path[0] != '\0') {
		r = reader_connect(&manager->reader, path);
		if (r >= 0)
			return;
		log_warning("Cannot connect to the reader at %s: %s. Reading "
			    "rulesets without it, as far as this process may.",
			    escape_string(path, shown, sizeof(shown)),
			    strerror(-r));
	}
	r = reader_new(&manager->reader);
	if (r < 0)
		log_warning("Cannot start a process that reads rulesets: %s. "
			    "Rules are shown without their texts.",
			    strerror(-r));
}

static void start_rulesets(struct manager *manager)
{
	struct ruleset_watch_config config = {
		.reader = manager->reader,
		.rulesets = &manager->correlate.rulesets,
		.memory = manager->config.ruleset_memory,
		/* It takes memory, and is of no use where the kernel tells. */
		.infers = manager->config.infer_work > 0 &&
			  !dropmon_is_absent(manager->dropmon) &&
			  !dropmon_tells_rules(manager->dropmon),
	};
	int r;

	if (!manager->reader)
		return;
	if (config.infers) {
		struct inferrer *inferrer = &manager->pipeline.inferrer;

		inferrer->work_max = manager->config.infer_work;
		netns_find_own(&inferrer->netns.inum, &inferrer->netns.cookie);
	}
	r = ruleset_watch_new(&manager->ruleset_watch, &config);
	if (r < 0)
		log_warning("Cannot follow the ruleset: %s. Rules are shown "
			    "without their texts.",
			    strerror(-r));
	if (!manager->config.namespaces)
		return;
	r = namespaces_new(&manager->namespaces, &manager->correlate,
			   manager->reader, manager->config.ruleset_memory);
	if (r < 0)
		log_warning("Cannot look into network namespaces: %s. They "
			    "are shown without names and rules' texts.",
			    strerror(-r));
}

static void start_counters(struct manager *manager)
{
	const struct counter_watch_config config = {
		.reader = manager->reader,
		.rulesets = &manager->correlate.rulesets,
		.rules = &manager->rules,
		.kernel_counts = &manager->pipeline.kernel_counts,
		.interval = manager->config.counter_interval,
	};
	int r;

	if (!manager->ruleset_watch)
		return;
	r = counter_watch_new(&manager->counters, &config);
	if (r < 0)
		log_warning("Cannot have the rules' counters read: %s.",
			    strerror(-r));
}

/* After the monitor, which knows what the kernel tells. */
static void start_trace(struct manager *manager)
{
	struct trace_source_config config =
		manager_trace_config(&manager->config);
	int r;

	if (!manager->config.trace || !manager->ruleset_watch ||
	    dropmon_is_absent(manager->dropmon) ||
	    dropmon_tells_rules(manager->dropmon))
		return;
	r = trace_source_new(&manager->trace, &config, manager->ruleset_watch,
			     &manager->correlate.rulesets, manager->seed);
	if (r < 0) {
		log_warning("Cannot trace packets: %s. Drops are shown "
			    "without their rules.",
			    strerror(-r));
		return;
	}
	manager->pipeline.tracing = trace_source_get_tracing(manager->trace);
}

/* Without it there is nothing to be told at all. */
static int start_sampler(struct manager *manager)
{
	int r = -ENODATA;

	if (!dropmon_is_absent(manager->dropmon))
		return 0;
	manager->correlate.is_alone = true;
	if (manager->ruleset_watch)
		r = trace_sampler_new(&manager->sampler,
				      manager->config.trace_samples,
				      manager->ruleset_watch,
				      &manager->correlate.rulesets,
				      &manager->pipeline);
	if (r < 0)
		log_error("The kernel does not tell of drops here, and packets "
			  "cannot be traced: %s.",
			  strerror(-r));
	return r;
}

static void start_xt(struct manager *manager)
{
	const struct xt_counting counting = {
		.rules = &manager->rules,
		.kernel_counts = &manager->pipeline.kernel_counts,
		.interval = manager->config.counter_interval,
	};
	size_t memory = manager->config.ruleset_memory;
	int r;

	if (!manager->reader)
		return;
	r = xt_watch_new(&manager->xt_watch, &manager->correlate,
			 manager->reader, memory, false);
	if (r >= 0)
		xt_watch_count(manager->xt_watch, &counting);
	if (r >= 0 && manager->config.namespaces)
		r = xt_watch_new(&manager->xt_others, &manager->correlate,
				 manager->reader, memory, true);
	if (r < 0)
		log_warning("Cannot read tables of iptables: %s. Their rules "
			    "are shown without their texts.",
			    strerror(-r));
}

static int start_server(struct manager *manager, int *exit_status)
{
	struct server_config config = manager_server_config(&manager->config);
	int r;

	r = listener_take(config.path, &config.listen_fd);
	if (r < 0) {
		*exit_status = EX_CONFIG;
		return r;
	}
	access_policy_init(&manager->policy, manager->config.group);
	manager_start_methods(manager);
	r = server_new(&manager->server, &config, &manager->policy,
		       &manager->methods.handler);
	if (r < 0) {
		*exit_status = listener_explain(config.path, r);
		return r;
	}
	listener_keep(manager->server);
	pipeline_add_sink(&manager->pipeline, server_get_sink(manager->server));
	return 0;
}

/*
 * CAP_NET_ADMIN starts and configures drop_monitor, also later, when somebody
 * stopped it. CAP_SYS_ADMIN was for the group, CAP_SYSLOG for kallsyms.
 */
static void drop_capabilities(void)
{
	if (capng_get_caps_process() == 0 &&
	    !capng_have_capability(CAPNG_PERMITTED, CAP_NET_ADMIN))
		return;
	capng_clear(CAPNG_SELECT_BOTH);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
		     CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		log_warning("Cannot give up capabilities: going on with all "
			    "of them.");
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void read_packets(struct manager *manager)
{
	char error[512] = "out of memory";

	if (filter_from_text(manager->config.journal_packets,
			     &manager->journal_packets, error,
			     sizeof(error)) < 0)
		log_warning("The packets that have an entry each in the "
			    "journal: %s. None have.",
			    error);
}

/* Before the monitor, whose first counts go on from there. */
static int start_keeper(struct manager *manager, int *exit_status)
{
	struct journal_config journal;
	const char *state = manager->config.state;
	int r;

	r = keeper_init(&manager->keeper, state[0] != '\0' ? state : NULL,
			manager->config.flush_interval, manager->started_ns,
			&manager->rules, &manager->pipeline);
	if (r < 0) {
		*exit_status = EX_CANTCREAT;
		return r;
	}
	read_packets(manager);
	journal = manager_journal_config(manager);
	journal_init(&manager->journal, &journal, &manager->rules,
		     &manager->keeper, &manager->correlate.rulesets);
	if (journal.packets)
		pipeline_add_sink(&manager->pipeline, &manager->journal.sink);
	return 0;
}

int manager_start(struct manager *manager, int *exit_status)
{
	struct trace_limits limits;
	int r;

	*exit_status = EX_OSERR;
	manager->started_ns = clock_ns(CLOCK_REALTIME);
	if (uname(&manager->uts) < 0)
		return -errno;
	start_reader(manager);
	r = prepare_marker(manager);
	if (r < 0)
		return r;
	/* Before the monitor: a second nfdropd must not touch the first's. */
	r = start_server(manager, exit_status);
	if (r < 0)
		return r;
	r = link_watch_new(&manager->link_watch, &manager->links);
	if (r < 0) {
		log_error("Cannot read the network devices: %s.", strerror(-r));
		return r;
	}
	r = start_keeper(manager, exit_status);
	if (r < 0)
		return r;
	r = start_monitor(manager, exit_status);
	if (r < 0)
		return r;
	start_rulesets(manager);
	start_counters(manager);
	start_trace(manager);
	r = start_sampler(manager);
	if (r < 0)
		return r;
	start_xt(manager);
	limits = manager_trace_limits(&manager->config);
	r = trace_requests_new(&manager->requests, &limits, &manager->links,
			       manager->ruleset_watch,
			       &manager->correlate.rulesets);
	if (r < 0)
		return r;
	pipeline_add_sink(&manager->pipeline,
			  trace_requests_get_sink(manager->requests));
	drop_capabilities();
	return manager_wire(manager);
}
