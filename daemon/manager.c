/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cap-ng.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "cgroups.h"
#include "clock.h"
#include "config-load.h"
#include "dropmon.h"
#include "escape.h"
#include "journal.h"
#include "kallsyms.h"
#include "keeper.h"
#include "link-watch.h"
#include "listener.h"
#include "log.h"
#include "manager.h"
#include "methods.h"
#include "name-rules.h"
#include "namespaces.h"
#include "routes.h"
#include "recent.h"
#include "ruleset-json.h"
#include "ruleset-watch.h"
#include "server.h"
#include "status-ruleset.h"
#include "status-trace.h"
#include "status.h"
#include "trace-source.h"
#include "util.h"
#include "xt-watch.h"

#define TICK_USEC	1000000
#define TELL_AGAIN_USEC (3600ULL * 1000000)

struct manager {
	struct config config;
	const struct config_args *args;
	char *marker; /* path */
	struct dropmon_config dropmon_config;
	struct utsname uts;
	uint64_t started_ns;
	uint64_t seed;
	struct links links;
	struct kallsyms kallsyms;
	struct cgroups cgroups;
	struct aggregate rules;
	struct correlate correlate;
	struct routes routes;
	struct recent recent;
	struct keeper keeper;
	struct journal journal;
	struct filter *journal_packets; /* NULL: none have an entry each */
	struct pipeline pipeline;
	struct access_policy policy;
	struct methods methods;
	struct link_watch *link_watch;
	struct reader *reader;		     /* NULL: nothing is read */
	struct ruleset_watch *ruleset_watch; /* NULL: none is read */
	char ruleset_told[256];		     /* the last problem in the log */
	uint64_t ruleset_told_usec;
	struct namespaces *namespaces; /* NULL: ours alone */
	struct xt_watch *xt_watch;     /* NULL: none is read */
	struct xt_watch *xt_others;    /* NULL: ours alone */
	struct trace_source *trace;    /* NULL: nothing is traced */
	bool trace_problem_told;
	struct ruleset_status ruleset_status;
	struct trace_status trace_status;
	struct namespaces_status namespaces_status;
	struct dropmon *dropmon;
	struct server *server;
	sd_event *event;
	int exit_status;
};

DEFINE_CLEANUP(struct manager *, manager_free)

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
	ret->trace_is_off = !manager->config.trace;
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

static struct json_object *get_rules(void *data,
				     const struct rules_query *query)
{
	struct manager *manager = data;
	struct losses losses = keeper_losses(&manager->keeper);
	struct status status;

	if (query->look)
		aggregate_look(&manager->rules, clock_ns(CLOCK_MONOTONIC),
			       clock_ns(CLOCK_REALTIME));
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

static const struct methods_replies replies = {
	.get_status = get_status,
	.get_rules = get_rules,
	.get_stats = get_stats,
	.get_ruleset = get_ruleset,
	.get_rule = get_rule,
	.get_events = get_events,
};

static void tell_state(struct manager *manager, int priority)
{
	char message[512];

	status_message(dropmon_get_status(manager->dropmon), message,
		       sizeof(message));
	log_message(priority, "%s", message);
	(void)sd_notifyf(false, "STATUS=%s", message);
}

/* To who reads the history: from here on it is of another's monitoring. */
static void tell_journal_state(struct manager *manager)
{
	const struct dropmon_status *status =
		dropmon_get_status(manager->dropmon);
	char message[512];

	status_message(status, message, sizeof(message));
	journal_tell_monitor(&manager->journal, status->state, message);
}

/*
 * Drops cannot be received any more and this process may not join again, for
 * want of the capability that it gave up: a new one can.
 */
static int give_up(struct manager *manager)
{
	tell_state(manager, LOG_ERR);
	manager->exit_status = EX_TEMPFAIL;
	return sd_event_exit(manager->event, EX_TEMPFAIL);
}

static void look_at_xt(struct manager *manager)
{
	if (manager->xt_watch)
		xt_watch_look(manager->xt_watch);
	if (manager->xt_others)
		xt_watch_look(manager->xt_others);
}

static void release(struct manager *manager)
{
	pipeline_release(&manager->pipeline, clock_ns(CLOCK_REALTIME));
	server_flush(manager->server);
}

static void dispatch_xt(struct manager *manager, struct xt_watch *watch)
{
	const char *tool;

	if (!watch)
		return;
	if (xt_watch_dispatch(watch))
		release(manager);
	while ((tool = xt_watch_next_missing(watch)))
		log_info("%s is not installed: drops by its rules are shown "
			 "without their texts.",
			 tool);
}

static int on_alerts(sd_event_source *source, int fd, uint32_t revents,
		     void *data)
{
	struct manager *manager = data;
	int r;

	(void)source;
	(void)fd;
	(void)revents;
	/* Rules first, as they were when they dropped what is told now. */
	if (manager->ruleset_watch)
		ruleset_watch_dispatch(manager->ruleset_watch);
	r = dropmon_dispatch(manager->dropmon);
	server_flush(manager->server);
	if (manager->namespaces)
		namespaces_look(manager->namespaces);
	if (manager->trace)
		trace_source_plan(manager->trace);
	look_at_xt(manager);
	return r < 0 ? give_up(manager) : 0;
}

static int on_rules(sd_event_source *source, int fd, uint32_t revents,
		    void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	return dropmon_dispatch_rules(manager->dropmon) < 0 ? give_up(manager)
							    : 0;
}

static int on_links(sd_event_source *source, int fd, uint32_t revents,
		    void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	if (link_watch_dispatch(manager->link_watch) < 0)
		log_warning("Cannot read the network devices again: some "
			    "may lack their names until one changes.");
	return 0;
}

/*
 * Once, and again when it still is so, or is so again, after an hour: a ruleset
 * of others may be too large many times a second.
 */
static void tell_ruleset_problem(struct manager *manager)
{
	char buf[256];
	const char *problem = status_ruleset_problem(
		ruleset_watch_peek_status(manager->ruleset_watch), buf,
		sizeof(buf));
	uint64_t now = 0;

	if (!problem)
		return;
	(void)sd_event_now(manager->event, CLOCK_MONOTONIC, &now);
	if (now < manager->ruleset_told_usec + TELL_AGAIN_USEC &&
	    strcmp(problem, manager->ruleset_told) == 0)
		return;
	log_warning("%s", problem);
	copy_string(manager->ruleset_told, sizeof(manager->ruleset_told),
		    problem, SIZE_MAX);
	manager->ruleset_told_usec = now;
}

static int on_ruleset(sd_event_source *source, int fd, uint32_t revents,
		      void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	ruleset_watch_dispatch(manager->ruleset_watch);
	if (manager->trace)
		trace_source_confirm(manager->trace);
	tell_ruleset_problem(manager);
	return 0;
}

static int on_namespaces(sd_event_source *source, int fd, uint32_t revents,
			 void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	namespaces_dispatch(manager->namespaces);
	return 0;
}

static int on_traces(sd_event_source *source, int fd, uint32_t revents,
		     void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	trace_source_dispatch(manager->trace);
	return 0;
}

/* Once; and again when it was well meanwhile. */
static void tell_trace_problem(struct manager *manager)
{
	struct trace_status status;
	const char *problem;
	char buf[256];

	if (!manager->trace)
		return;
	trace_source_get_status(manager->trace, &status);
	problem = status_trace_problem(&status, buf, sizeof(buf));
	if (problem && !manager->trace_problem_told)
		log_warning("%s", problem);
	manager->trace_problem_told = problem;
}

static int on_xt(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	dispatch_xt(manager, manager->xt_watch);
	dispatch_xt(manager, manager->xt_others);
	return 0;
}

static int on_clients(sd_event_source *source, int fd, uint32_t revents,
		      void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	(void)server_dispatch(manager->server);
	return 0;
}

static void tell_change(struct manager *manager, enum dropmon_change change)
{
	switch (change) {
	case DROPMON_UNCHANGED:
		return;
	case DROPMON_RESTARTED:
		log_warning("Another program stopped drop_monitor; nfdropd "
			    "started it again. Drops of up to a second were "
			    "not seen.");
		break;
	case DROPMON_TAKEN_OVER:
		log_notice("The program that had started drop_monitor stopped "
			   "it; nfdropd has started it for itself.");
		break;
	case DROPMON_LOST_IT:
		log_warning("Another program stopped drop_monitor and started "
			    "it for itself.");
		break;
	}
	tell_state(manager, LOG_INFO);
	tell_journal_state(manager);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *data)
{
	struct manager *manager = data;
	bool stopped = dropmon_get_status(manager->dropmon)->state ==
		       DROPMON_STOPPED;
	int r;

	(void)usec;
	r = dropmon_tick(manager->dropmon);
	if (r == -EPERM)
		return give_up(manager);
	if (r >= 0) {
		tell_change(manager, (enum dropmon_change)r);
	} else if (!stopped) {
		tell_state(manager, LOG_ERR);
		tell_journal_state(manager);
	}
	release(manager);
	aggregate_tick(&manager->rules, clock_ns(CLOCK_MONOTONIC));
	name_rules(&manager->rules, &manager->correlate);
	if (manager->ruleset_watch &&
	    ruleset_watch_find_reader(manager->ruleset_watch))
		log_info("The process that reads rulesets is back.");
	look_at_xt(manager);
	if (manager->trace)
		trace_source_confirm(manager->trace);
	tell_trace_problem(manager);
	keeper_tick(&manager->keeper, clock_ns(CLOCK_MONOTONIC));
	journal_tick(&manager->journal, clock_ns(CLOCK_MONOTONIC));
	r = sd_event_source_set_time_relative(source, TICK_USEC);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/*
 * The system's path for other programs is "/run/nfdropd", which a person who
 * tries nfdropd in a folder of his own cannot write to: so the marker is
 * beside the socket.
 */
static int prepare_marker(struct manager *manager)
{
	if (asprintf(&manager->marker, "%s.monitor", manager->config.socket) <
	    0) {
		manager->marker = NULL;
		return -ENOMEM;
	}
	manager->dropmon_config = (struct dropmon_config){
		.truncation = manager->config.truncation,
		.queue_length = manager->config.queue_length,
		.receive_buffer = manager->config.receive_buffer,
		.hardware = manager->config.hardware,
		.marker = manager->marker,
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
			  !dropmon_tells_rules(manager->dropmon),
	};
	int r;

	if (!manager->reader)
		return;
	if (config.infers)
		manager->pipeline.inferrer.work_max =
			manager->config.infer_work;
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

static struct trace_source_config trace_config(const struct config *config)
{
	return (struct trace_source_config){
		.max_flows = config->trace_flows,
		.flows_per_second = config->trace_flow_rate,
		.packets_per_second = config->trace_packet_rate,
		.timeout = config->trace_timeout,
	};
}

/* After the monitor, which knows what the kernel tells. */
static void start_trace(struct manager *manager)
{
	struct trace_source_config config = trace_config(&manager->config);
	int r;

	if (!manager->config.trace || !manager->ruleset_watch ||
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

static void start_xt(struct manager *manager)
{
	size_t memory = manager->config.ruleset_memory;
	int r;

	if (!manager->reader)
		return;
	r = xt_watch_new(&manager->xt_watch, &manager->correlate,
			 manager->reader, memory, false);
	if (r >= 0 && manager->config.namespaces)
		r = xt_watch_new(&manager->xt_others, &manager->correlate,
				 manager->reader, memory, true);
	if (r < 0)
		log_warning("Cannot read tables of iptables: %s. Their rules "
			    "are shown without their texts.",
			    strerror(-r));
}

static struct server_config server_config(const struct config *config)
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

static int start_server(struct manager *manager, int *exit_status)
{
	struct server_config config = server_config(&manager->config);
	int r;

	r = listener_take(config.path, &config.listen_fd);
	if (r < 0) {
		*exit_status = EX_CONFIG;
		return r;
	}
	access_policy_init(&manager->policy, manager->config.group);
	methods_init(&manager->methods, &manager->policy, &replies, manager);
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

static struct journal_config journal_config(const struct manager *manager)
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

static void read_packets(struct manager *manager)
{
	char error[512] = "out of memory";

	if (journal_parse_packets(manager->config.journal_packets,
				  &manager->journal_packets, error,
				  sizeof(error)) < 0)
		log_warning("The packets that have an entry each in the "
			    "journal: %s. None have.",
			    error);
}

/* Takes effect of what can change now. */
static void apply_config(struct manager *manager)
{
	const struct config *config = &manager->config;
	struct server_config limits = server_config(config);
	struct journal_config journal = journal_config(manager);
	size_t memory = config->ruleset_memory;

	/* The group may have been made meanwhile. */
	access_policy_init(&manager->policy, config->group);
	server_set_limits(manager->server, &limits);
	aggregate_set_max(&manager->rules, config->max_rules);
	keeper_set_interval(&manager->keeper, config->flush_interval);
	journal_set_config(&manager->journal, &journal);
	if (manager->dropmon_config.receive_buffer != config->receive_buffer) {
		manager->dropmon_config.receive_buffer = config->receive_buffer;
		dropmon_resize_buffer(manager->dropmon);
	}
	if (!dropmon_tells_rules(manager->dropmon))
		manager->pipeline.inferrer.work_max = config->infer_work;
	if (manager->trace) {
		struct trace_source_config trace = trace_config(config);

		trace_source_configure(manager->trace, &trace);
	}
	if (manager->ruleset_watch)
		ruleset_watch_set_memory(manager->ruleset_watch, memory);
	if (manager->namespaces)
		namespaces_set_memory(manager->namespaces, memory);
	if (manager->xt_watch)
		xt_watch_set_memory(manager->xt_watch, memory);
	if (manager->xt_others)
		xt_watch_set_memory(manager->xt_others, memory);
}

static void reload(struct manager *manager)
{
	const struct setting *waits[CONFIG_SETTINGS];
	struct config new;
	size_t n;

	if (config_load(&new, manager->args) < 0) {
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

/* SIGHUP; systemd.service(5), Type=notify-reload. */
static int on_hup(sd_event_source *source, const struct signalfd_siginfo *info,
		  void *data)
{
	struct manager *manager = data;
	char message[512];

	(void)source;
	(void)info;
	(void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 clock_ns(CLOCK_MONOTONIC) / 1000);
	reload(manager);
	status_message(dropmon_get_status(manager->dropmon), message,
		       sizeof(message));
	(void)sd_notifyf(false, "READY=1\nSTATUS=%s", message);
	return 0;
}

static int add_io(struct manager *manager, int fd, sd_event_io_handler_t on_io,
		  int64_t priority)
{
	sd_event_source *source;
	int r;

	r = sd_event_add_io(manager->event, &source, fd, EPOLLIN, on_io,
			    manager);
	if (r < 0)
		return r;
	r = sd_event_source_set_priority(source, priority);
	if (r < 0)
		return r;
	r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r;
}

/* Before the clients: who asks after the signal, asks a nfdropd that knows. */
static int add_hup(struct manager *manager)
{
	sd_event_source *source;
	int r;

	r = sd_event_add_signal(manager->event, &source, SIGHUP, on_hup,
				manager);
	if (r < 0)
		return r;
	r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return r;
	r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r;
}

static int wire(struct manager *manager)
{
	struct xt_watch *const xt[] = { manager->xt_watch, manager->xt_others };
	int r;

	r = sd_event_new(&manager->event);
	if (r < 0)
		return r;
	/* Names first, so that a new device's first drop has one. */
	r = add_io(manager, link_watch_get_fd(manager->link_watch), on_links,
		   SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return r;
	r = add_io(manager, dropmon_get_fd(manager->dropmon), on_alerts,
		   SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	if (dropmon_get_rules_fd(manager->dropmon) >= 0) {
		r = add_io(manager, dropmon_get_rules_fd(manager->dropmon),
			   on_rules, SD_EVENT_PRIORITY_NORMAL);
		if (r < 0)
			return r;
	}
	if (manager->ruleset_watch) {
		r = add_io(manager,
			   ruleset_watch_get_fd(manager->ruleset_watch),
			   on_ruleset, SD_EVENT_PRIORITY_NORMAL);
		if (r < 0)
			return r;
	}
	if (manager->namespaces) {
		r = add_io(manager, namespaces_get_fd(manager->namespaces),
			   on_namespaces, SD_EVENT_PRIORITY_NORMAL);
		if (r < 0)
			return r;
	}
	if (manager->trace) {
		r = add_io(manager, trace_source_get_fd(manager->trace),
			   on_traces, SD_EVENT_PRIORITY_NORMAL);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(xt); i++) {
		if (!xt[i])
			continue;
		/* After the drops that wait, which it is about. */
		r = add_io(manager, xt_watch_get_fd(xt[i]), on_xt,
			   SD_EVENT_PRIORITY_NORMAL + 1);
		if (r < 0)
			return r;
	}
	r = add_io(manager, server_get_fd(manager->server), on_clients,
		   SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(manager->event, NULL, CLOCK_MONOTONIC,
				       TICK_USEC, 0, on_tick, manager);
	if (r < 0)
		return r;
	r = sd_event_add_signal(manager->event, NULL, SIGTERM, NULL, NULL);
	if (r < 0)
		return r;
	r = add_hup(manager);
	if (r < 0)
		return r;
	r = sd_event_add_signal(manager->event, NULL, SIGINT, NULL, NULL);
	if (r < 0)
		return r;
	r = sd_event_set_watchdog(manager->event, true);
	return r < 0 ? r : 0;
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
	journal = journal_config(manager);
	journal_init(&manager->journal, &journal, &manager->rules,
		     &manager->keeper, &manager->correlate.rulesets);
	if (journal.packets)
		pipeline_add_sink(&manager->pipeline, &manager->journal.sink);
	return 0;
}

static int manager_start(struct manager *manager, int *exit_status)
{
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
	start_trace(manager);
	start_xt(manager);
	drop_capabilities();
	return wire(manager);
}

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
	pipeline_init(&manager->pipeline, &manager->links,
		      &manager->kallsyms.symbols, &manager->cgroups.units,
		      &manager->rules);
	manager->pipeline.correlate = &manager->correlate;
	routes_init(&manager->routes, &manager->links);
	manager->pipeline.inferrer.ways = &manager->routes.ways;
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
	manager->pipeline.tracing = NULL;
	trace_source_free(manager->trace);
	xt_watch_free(manager->xt_others);
	xt_watch_free(manager->xt_watch);
	namespaces_free(manager->namespaces);
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
	tell_state(manager,
		   dropmon_get_status(manager->dropmon)->state == DROPMON_ACTIVE
			   ? LOG_INFO
			   : LOG_WARNING);
	journal_start(&manager->journal, clock_ns(CLOCK_MONOTONIC));
	if (dropmon_get_status(manager->dropmon)->state != DROPMON_ACTIVE)
		tell_journal_state(manager);
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
