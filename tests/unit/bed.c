/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bed.h"
#include "util.h"

static struct json_object *get_status(void *data)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	json_object_object_add(root, "state", json_object_new_string("active"));
	return root;
}

static void add(struct json_object *root, const char *key, uint64_t v)
{
	json_object_object_add(root, key, json_object_new_uint64(v));
}

/* What it was asked for. */
static struct json_object *get_rules(void *data,
				     const struct rules_query *query)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	add(root, "first", query->first);
	if (query->filter)
		json_object_object_add(root, "filter",
				       filter_to_json(query->filter));
	if (query->heaviest)
		add(root, "heaviest", query->heaviest);
	if (query->limit != RULES_LIMIT)
		add(root, "limit", query->limit);
	if (query->look)
		json_object_object_add(
			root, "sort",
			json_object_new_string(rules_order_to_string(
				(int)query->look->order)));
	return root;
}

static struct json_object *get_stats(void *data,
				     const struct stats_query *query)
{
	struct json_object *root = json_object_new_object();
	struct json_object *by = json_object_new_array();

	(void)data;
	for (size_t i = 0; i < query->n_by; i++)
		json_object_array_add(by,
				      json_object_new_string(stat_key_to_string(
					      (int)query->by[i])));
	json_object_object_add(root, "by", by);
	if (query->filter)
		json_object_object_add(root, "filter",
				       filter_to_json(query->filter));
	add(root, "limit", query->limit);
	return root;
}

static struct json_object *get_ruleset(void *data, uint64_t first)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	add(root, "first", first);
	return root;
}

static struct json_object *get_rule(void *data, const struct rule_query *query)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	add(root, "inum", query->inum);
	add(root, "cookie", query->cookie);
	json_object_object_add(root, "family",
			       json_object_new_string(query->family));
	json_object_object_add(root, "table",
			       json_object_new_string(query->table));
	add(root, "table_handle", query->table_handle);
	json_object_object_add(root, "chain",
			       json_object_new_string(query->chain));
	add(root, "handle", query->handle);
	add(root, "generation", query->generation);
	add(root, "around", query->around);
	return root;
}

static struct json_object *get_events(void *data, const struct filter *filter,
				      size_t limit)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	if (filter)
		json_object_object_add(root, "filter", filter_to_json(filter));
	add(root, "limit", limit);
	return root;
}

/* What it was asked for, at once. */
static int trace(void *data, struct session *session,
		 const struct trace_query *query)
{
	struct json_object *root = json_object_new_object();

	(void)data;
	json_object_object_add(root, "expression",
			       json_object_new_string(query->expression));
	add(root, "count", query->count);
	add(root, "usec", query->usec);
	session_end_task(session, NULL, root);
	return 0;
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

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	check(bed, "calloc");
	temp_folder_init(&bed->folder);
	temp_folder_path(&bed->folder, "socket", bed->path);
	bed->policy = (struct access_policy){
		.group = "nfdrop",
		.gid = (gid_t)-1,
		.self = geteuid(),
	};
	bed->config = (struct server_config){
		.path = bed->path,
		.listen_fd = -1,
		.max_clients = 256,
		.max_clients_per_uid = 64,
		.limits = { .message = 64 << 10,
			    .out_messages = 1024,
			    .out_bytes = 1 << 20 },
	};
	methods_init(&bed->methods, &bed->policy, &replies, bed);
	return bed;
}

void bed_start(struct bed *bed)
{
	errno = -server_new(&bed->server, &bed->config, &bed->policy,
			    &bed->methods.handler);
	check(bed->server, "server_new");
}

void bed_free(struct bed *bed)
{
	server_free(bed->server);
	temp_folder_done(&bed->folder);
	free(bed);
}

bool bed_is_ready(struct bed *bed)
{
	struct pollfd pfd = { server_get_fd(bed->server), POLLIN, 0 };

	return poll(&pfd, 1, 0) > 0;
}

void bed_pump(struct bed *bed)
{
	/* A server that never comes to rest is a fault too. */
	for (int i = 0; bed_is_ready(bed); i++) {
		errno = -server_dispatch(bed->server);
		check(errno == 0, "server_dispatch");
		errno = ELOOP;
		check(i < 100000, "server_dispatch");
	}
}

int bed_connect_only(struct bed *bed)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	check(fd >= 0, "socket");
	strcpy(addr.sun_path, bed->path);
	check(connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0,
	      "connect");
	return fd;
}

int bed_connect(struct bed *bed)
{
	int fd = bed_connect_only(bed);

	bed_pump(bed);
	return fd;
}

void bed_send(int fd, const char *text)
{
	ssize_t len = (ssize_t)strlen(text) + 1;

	check(send(fd, text, (size_t)len, MSG_NOSIGNAL) == len, "send");
}

const char *bed_receive(struct bed *bed, int fd)
{
	static char text[1 << 20];
	size_t len = 0;

	for (;;) {
		char peek[4096], *end;
		ssize_t n;

		n = recv(fd, peek, sizeof(peek), MSG_PEEK);
		if (n < 0 && errno == EAGAIN && bed_is_ready(bed)) {
			bed_pump(bed);
			continue;
		}
		if (n <= 0)
			return NULL;
		end = memchr(peek, '\0', (size_t)n);
		if (end)
			n = end - peek + 1;
		check(len + (size_t)n <= sizeof(text), "message");
		check(recv(fd, text + len, (size_t)n, 0) == n, "recv");
		if (end)
			return text;
		len += (size_t)n;
	}
}

void bed_emit(struct bed *bed, unsigned int n)
{
	struct sink *sink = server_get_sink(bed->server);
	struct drop_event ev;

	drop_event_init(&ev);
	ev.reason_code = n;
	ev.has = DROP_HAS_REASON_CODE;
	copy_string(ev.reason, sizeof(ev.reason), n % 2 ? "ODD" : "EVEN", 5);
	sink->ops->emit(sink, &ev, NULL);
	drop_event_done(&ev);
}

void bed_lose(struct bed *bed, uint64_t kernel_queue, uint64_t socket_drops)
{
	struct sink *sink = server_get_sink(bed->server);
	struct losses delta = { .kernel_queue = kernel_queue,
				.socket = socket_drops };

	sink->ops->lost(sink, &delta);
}
