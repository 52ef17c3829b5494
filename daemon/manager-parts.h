/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the manager is made of, for its own files: manager.c, its life;
 * manager-start.c, how each part begins; manager-config.c, what a
 * configuration means for them; manager-events.c, what they wait for;
 * manager-replies.c, what clients are told of them.
 */
#pragma once

#include <sys/utsname.h>

#include "cgroups.h"
#include "config.h"
#include "counter-watch.h"
#include "dropmon.h"
#include "journal.h"
#include "kallsyms.h"
#include "keeper.h"
#include "link-watch.h"
#include "manager.h"
#include "methods.h"
#include "namespaces.h"
#include "recent.h"
#include "routes.h"
#include "ruleset-watch.h"
#include "server.h"
#include "trace-requests.h"
#include "trace-sampler.h"
#include "trace-source.h"
#include "xt-watch.h"

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
	struct counter_watch *counters; /* NULL: none are read */
	struct namespaces *namespaces;	/* NULL: ours alone */
	struct xt_watch *xt_watch;	/* NULL: none is read */
	struct xt_watch *xt_others;	/* NULL: ours alone */
	struct trace_source *trace;	/* NULL: no flows are traced */
	struct trace_sampler *sampler;	/* NULL: the kernel tells of drops */
	bool trace_problem_told;
	struct trace_requests *requests;
	struct ruleset_status ruleset_status;
	struct trace_status trace_status;
	struct counter_status counter_status;
	struct namespaces_status namespaces_status;
	struct dropmon *dropmon;
	struct server *server;
	struct sd_event *event;
	int exit_status;
};

/* Begins each part, in their order. As manager_new(). */
int manager_start(struct manager *manager, int *exit_status);
/* What clients ask is answered from here on. */
void manager_start_methods(struct manager *manager);
/* Somebody is about to be told what rules' own counters show. */
void manager_want_counters(struct manager *manager);

struct server_config manager_server_config(const struct config *config);
struct trace_source_config manager_trace_config(const struct config *config);
struct trace_limits manager_trace_limits(const struct config *config);
struct journal_config manager_journal_config(const struct manager *manager);
/* Reads it again. */
void manager_reload(struct manager *manager);

/* Has the event loop wait for each part; 0, or a negative errno. */
int manager_wire(struct manager *manager);
/* The monitor's state, to the log and systemd; and to the journal's history. */
void manager_tell_state(struct manager *manager, int priority);
void manager_tell_journal(struct manager *manager);
