/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfdropd without a kernel: rules-daemon SOCKET RULES
 *
 * Its server, its methods and its counts, of RULES rules all of which drop all
 * the time; so what an answer costs is what it costs nfdropd. Says "ready",
 * and runs until it is killed.
 */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "methods.h"
#include "netns.h"
#include "server.h"
#include "util.h"

#define SECOND_NS 1000000000ULL

static struct aggregate rules;

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

static struct json_object *get_status(void *data)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	json_object_object_add(root, "state", json_object_new_string("active"));
	json_object_object_add(
		root, "events",
		json_object_new_uint64(aggregate_total(&rules).packets));
	return root;
}

static struct json_object *get_rules(void *data,
				     const struct rules_query *query)
{
	static const struct losses none;
	struct json_object *root;

	(void)data;
	if (query->look)
		aggregate_look(&rules, now_ns(CLOCK_MONOTONIC),
			       now_ns(CLOCK_REALTIME));
	root = aggregate_to_json(&rules, query, &none);
	json_object_object_add(root, "counting", json_object_new_boolean(true));
	return root;
}

static struct json_object *get_stats(void *data,
				     const struct stats_query *query)
{
	static const struct losses none;

	(void)data;
	return stats_to_json(&rules, query, &none, 0);
}

/* No ruleset, and no events. */
static struct json_object *get_ruleset(void *data, uint64_t first)
{
	(void)data, (void)first;
	return json_object_new_object();
}

static struct json_object *get_rule(void *data, const struct rule_query *query)
{
	(void)data, (void)query;
	return json_object_new_object();
}

static struct json_object *get_events(void *data, const struct filter *filter,
				      size_t limit)
{
	(void)data, (void)filter, (void)limit;
	return json_object_new_object();
}

static const struct methods_replies replies = {
	.get_status = get_status,
	.get_rules = get_rules,
	.get_stats = get_stats,
	.get_ruleset = get_ruleset,
	.get_rule = get_rule,
	.get_events = get_events,
};

/* What the kernel tells of the last second: each rule at a speed of its own. */
static void count(size_t n)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.netns.cookie = INITIAL_NETNS_COOKIE;
	ev.netns.inum = 4026531840U;
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	ev.attribution = DROP_ATTRIBUTION_EXACT;
	ev.timestamp_ns = now_ns(CLOCK_REALTIME);
	strcpy(ev.netfilter.family, "inet");
	strcpy(ev.netfilter.table, "filter");
	strcpy(ev.netfilter.hook, "input");
	strcpy(ev.reason, "NFT_RULE");
	ev.netfilter.table_handle = 7;
	for (size_t i = 0; i < n; i++) {
		snprintf(ev.netfilter.chain, sizeof(ev.netfilter.chain),
			 "services%zu", i / 100);
		ev.netfilter.rule_handle = i + 1;
		ev.count = 1 + (i * 2654435761U) % 47;
		check(aggregate_add(&rules, &ev, ev.count * 60), "room");
	}
}

static void name_rules(void)
{
	for (size_t i = 0; i < rules.n_rules; i++) {
		struct rule *rule = rule_new(i + 1);

		check(rule && asprintf(&rule->text,
				       "tcp dport %zu counter drop", i) > 0,
		      "memory");
		rules.rules[i]->rule = rule;
	}
}

static void serve(struct server *server, size_t n)
{
	struct pollfd pfd = { server_get_fd(server), POLLIN, 0 };
	uint64_t next = now_ns(CLOCK_MONOTONIC);

	for (;;) {
		uint64_t now = now_ns(CLOCK_MONOTONIC);

		if (now >= next) {
			count(n);
			aggregate_tick(&rules, now);
			next += SECOND_NS;
		}
		if (poll(&pfd, 1,
			 (int)((next - MIN(now, next)) / 1000000) + 1) > 0)
			check(server_dispatch(server) >= 0, "server_dispatch");
	}
}

int main(int argc, char **argv)
{
	const struct access_policy policy = { "x", (gid_t)-1, geteuid() };
	struct server_config config = {
		.listen_fd = -1,
		.max_clients = 64,
		.max_clients_per_uid = 64,
		.limits = { 64 << 10, 1024, 1 << 20 },
	};
	struct methods methods;
	struct server *server;
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (n == 0 || n > AGGREGATE_USUAL) {
		fprintf(stderr, "usage: rules-daemon SOCKET RULES\n");
		return 2;
	}
	config.path = argv[1];
	aggregate_init(&rules, 1);
	count(n);
	name_rules();
	methods_init(&methods, &policy, &replies, NULL);
	errno = -server_new(&server, &config, &policy, &methods.handler);
	check(server, "server_new");
	puts("ready");
	fflush(stdout);
	serve(server, n);
}
