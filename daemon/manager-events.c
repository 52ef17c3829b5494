/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "manager-parts.h"
#include "name-rules.h"
#include "status-ruleset.h"
#include "status-trace.h"
#include "status.h"
#include "util.h"

#define TICK_USEC	1000000
#define TELL_AGAIN_USEC (3600ULL * 1000000)

/* --- what is told --------------------------------------------------------- */

void manager_tell_state(struct manager *manager, int priority)
{
	char message[512];

	status_message(dropmon_get_status(manager->dropmon), message,
		       sizeof(message));
	log_message(priority, "%s", message);
	(void)sd_notifyf(false, "STATUS=%s", message);
}

/* To who reads the history: from here on it is of another's monitoring. */
void manager_tell_journal(struct manager *manager)
{
	const struct dropmon_status *status =
		dropmon_get_status(manager->dropmon);
	char message[512];

	status_message(status, message, sizeof(message));
	journal_tell_monitor(&manager->journal, status->state, message);
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

/* Once; and again when it was well meanwhile. */
static void tell_trace_problem(struct manager *manager)
{
	struct trace_status status;
	const char *problem;
	char buf[256];

	if (manager->trace)
		trace_source_get_status(manager->trace, &status);
	else if (manager->sampler)
		trace_sampler_get_status(manager->sampler, &status);
	else
		return;
	problem = status_trace_problem(&status, buf, sizeof(buf));
	if (problem && !manager->trace_problem_told)
		log_warning("%s", problem);
	manager->trace_problem_told = problem;
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
	manager_tell_state(manager, LOG_INFO);
	manager_tell_journal(manager);
}

/* --- what happens --------------------------------------------------------- */

/*
 * Drops cannot be received any more and this process may not join again, for
 * want of the capability that it gave up: a new one can.
 */
static int give_up(struct manager *manager)
{
	manager_tell_state(manager, LOG_ERR);
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
	while ((tool = xt_watch_next_unclear(watch)))
		log_info(
			"What %s prints of a table can be read in two ways, as "
			"where a comment has a line break: drops by the table's "
			"rules are shown without their texts and counters.",
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
	trace_requests_look(manager->requests);
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
	if (manager->sampler)
		trace_sampler_look(manager->sampler);
	tell_ruleset_problem(manager);
	return 0;
}

static int on_counters(sd_event_source *source, int fd, uint32_t revents,
		       void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	/* So that it is known which rules have drops that were told. */
	if (manager->sampler)
		trace_sampler_dispatch(manager->sampler);
	name_rules(&manager->rules, &manager->correlate);
	counter_watch_dispatch(manager->counters);
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

static int on_samples(sd_event_source *source, int fd, uint32_t revents,
		      void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	trace_sampler_dispatch(manager->sampler);
	server_flush(manager->server);
	return 0;
}

static int on_requests(sd_event_source *source, int fd, uint32_t revents,
		       void *data)
{
	struct manager *manager = data;

	(void)source;
	(void)fd;
	(void)revents;
	trace_requests_dispatch(manager->requests);
	server_flush(manager->server);
	return 0;
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
		manager_tell_state(manager, LOG_ERR);
		manager_tell_journal(manager);
	}
	release(manager);
	aggregate_tick(&manager->rules, clock_ns(CLOCK_MONOTONIC));
	name_rules(&manager->rules, &manager->correlate);
	/* What rules count themselves is told beside what they dropped. */
	if (journal_is_near(&manager->journal, clock_ns(CLOCK_MONOTONIC)))
		manager_want_counters(manager);
	if (manager->counters)
		counter_watch_tick(manager->counters,
				   manager->pipeline.inferrer.n_several);
	if (manager->xt_watch)
		xt_watch_tick(manager->xt_watch);
	if (manager->xt_others)
		xt_watch_tick(manager->xt_others);
	if (manager->ruleset_watch &&
	    ruleset_watch_find_reader(manager->ruleset_watch))
		log_info("The process that reads rulesets is back.");
	look_at_xt(manager);
	if (manager->trace)
		trace_source_confirm(manager->trace);
	if (manager->sampler)
		trace_sampler_look(manager->sampler);
	tell_trace_problem(manager);
	keeper_tick(&manager->keeper, clock_ns(CLOCK_MONOTONIC));
	journal_tick(&manager->journal, clock_ns(CLOCK_MONOTONIC));
	r = sd_event_source_set_time_relative(source, TICK_USEC);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
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
	manager_reload(manager);
	status_message(dropmon_get_status(manager->dropmon), message,
		       sizeof(message));
	(void)sd_notifyf(false, "READY=1\nSTATUS=%s", message);
	return 0;
}

/* --- what is waited for --------------------------------------------------- */

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

int manager_wire(struct manager *manager)
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
	if (!dropmon_is_absent(manager->dropmon)) {
		r = add_io(manager, dropmon_get_fd(manager->dropmon), on_alerts,
			   SD_EVENT_PRIORITY_NORMAL);
		if (r < 0)
			return r;
	}
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
	if (manager->counters) {
		r = add_io(manager, counter_watch_get_fd(manager->counters),
			   on_counters, SD_EVENT_PRIORITY_NORMAL);
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
	if (manager->sampler) {
		r = add_io(manager, trace_sampler_get_fd(manager->sampler),
			   on_samples, SD_EVENT_PRIORITY_NORMAL);
		if (r < 0)
			return r;
	}
	r = add_io(manager, trace_requests_get_fd(manager->requests),
		   on_requests, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
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
