/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests from a client that a server cannot trust: through the parser, and
 * as bytes through a session with the real methods, whose every answer must be
 * Varlink.
 */
#include <errno.h>
#include <json-c/json.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "methods.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

static void check_parser(const uint8_t *data, size_t size)
{
	char *text = copy_bytes(data, size);
	struct request request, again;
	struct reply reply;
	struct buffer *b;
	int r;

	r = request_parse(text, size, &request);
	check(r == 0 || r == -EBADMSG);
	if (r == 0) {
		check(utf8_is_valid(request.method));
		check(!request.parameters ||
		      json_object_is_type(request.parameters,
					  json_type_object));
		b = request_new(request.method, request.parameters,
				request.more);
		check(b);
		check(request_parse(b->data, b->len - 1, &again) == 0);
		check(strcmp(request.method, again.method) == 0);
		check(request.more == again.more);
		check(!request.parameters == !again.parameters);
		request_done(&again);
		request_done(&request);
		buffer_unref(b);
	}
	r = reply_parse(text, size, &reply);
	check(r == 0 || r == -EBADMSG);
	if (r == 0) {
		check(!reply.error || utf8_is_valid(reply.error));
		reply_done(&reply);
	}
	free(text);
}

/* A few rules, of two chains. */
static const struct aggregate *some_rules(void)
{
	static struct aggregate rules;
	struct drop_event ev;

	if (rules.n_rules > 0)
		return &rules;
	aggregate_init(&rules, 1);
	drop_event_init(&ev);
	for (uint64_t i = 0; i < 7; i++) {
		ev.netns.cookie = 1 + i / 5;
		ev.netfilter.kind = DROP_KIND_NFT_RULE;
		strcpy(ev.netfilter.table, "filter");
		strcpy(ev.netfilter.chain, i % 2 ? "a" : "b");
		ev.netfilter.rule_handle = i + 1;
		ev.count = i / 2;
		check(aggregate_add(&rules, &ev, 60));
	}
	return &rules;
}

static struct json_object *get_rules(void *data,
				     const struct rules_query *query)
{
	static const struct losses losses;
	struct json_object *reply, *rules, *look, *first, *n, *place;

	(void)data;
	check(query->first <= INT64_MAX);
	check(query->heaviest <= HEAVIEST_CAPACITY);
	check(query->limit > 0 && query->limit <= RULES_LIMIT_MAX);
	check(!query->filter || !filter_beyond(query->filter, FILTER_OF_RULE));
	reply = aggregate_to_json(some_rules(), query, &losses);
	check(reply);
	check(json_object_object_get_ex(reply, "rules", &rules));
	check(json_object_array_length(rules) <= query->limit);
	check(json_object_object_get_ex(reply, "look", &look) ==
	      (query->look != NULL));
	if (!query->look)
		return reply;
	check(json_object_object_get_ex(look, "first", &first));
	check(json_object_object_get_ex(look, "n_rules", &n));
	check(json_object_get_uint64(first) <= json_object_get_uint64(n));
	/* It is in the reply. */
	if (json_object_object_get_ex(look, "place", &place))
		check(json_object_get_uint64(place) -
			      json_object_get_uint64(first) <
		      json_object_array_length(rules));
	return reply;
}

static struct json_object *get_stats(void *data,
				     const struct stats_query *query)
{
	(void)data;
	check(query->n_by > 0 && query->n_by <= _STAT_KEY_MAX);
	check(query->limit <= STATS_LIMIT_MAX);
	check(!query->filter || !filter_beyond(query->filter, FILTER_OF_FLOW));
	return json_object_new_object();
}

static struct json_object *get_status(void *data)
{
	(void)data;
	return json_object_new_object();
}

static struct json_object *get_ruleset(void *data, uint64_t first)
{
	(void)data;
	check(first <= INT64_MAX);
	return json_object_new_object();
}

static struct json_object *get_rule(void *data, const struct rule_query *query)
{
	const struct correlate *nothing = data;

	check(query->around <= RULE_AROUND_MAX);
	return rule_to_json(nothing, query);
}

static struct json_object *get_events(void *data, const struct filter *filter,
				      size_t limit)
{
	(void)data;
	(void)filter;
	check(limit <= 30);
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

/* Whole messages that parse, and not more of them than were asked for. */
static void check_answers(int fd, size_t n_questions)
{
	static char answers[1 << 20];
	size_t len = 0, n_answers = 0;
	ssize_t n;

	while ((n = recv(fd, answers + len, sizeof(answers) - len, 0)) > 0)
		len += (size_t)n;
	for (char *p = answers; p < answers + len;) {
		char *end = memchr(p, '\0', (size_t)(answers + len - p));
		struct reply reply;

		check(end);
		check(reply_parse(p, (size_t)(end - p), &reply) == 0);
		reply_done(&reply);
		n_answers++;
		p = end + 1;
	}
	check(n_answers <= n_questions);
}

static void check_session(const uint8_t *data, size_t size)
{
	static const struct stream_limits limits = { 4096, 8, 1 << 18 };
	const struct access_policy policy = { "x", (gid_t)-1, geteuid() };
	/* The packet is as hostile as the request. */
	const struct packet_bytes bytes = { .data = data, .len = size };
	struct drop_event ev;
	static struct correlate nothing;
	struct methods methods;
	struct session *session;
	size_t n_questions = 1;
	int fds[2];

	for (size_t i = 0; i < size; i++)
		n_questions += data[i] == '\0';
	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	methods_init(&methods, &policy, &replies, &nothing);
	check(session_new(&session, fds[0], &limits, &policy,
			  &methods.handler) == 0);
	if (send(fds[1], data, size, 0) == (ssize_t)size &&
	    send(fds[1], "", 1, 0) == 1) {
		for (int i = 0; i < 3; i++)
			if (session_read(session) < 0 ||
			    session_write(session) < 0)
				break;
		check(session->stream.in_size <= limits.message);
		check(session->stream.out_bytes <= limits.out_bytes);
		drop_event_init(&ev);
		(void)session_wants(session, &ev, NULL);
		(void)session_wants(session, &ev, &bytes);
		if (!session_wants_write(session))
			check_answers(fds[1], n_questions + 1);
	}
	session_free(session);
	close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_parser(data, size);
	if (size > 0 && size < 65536)
		check_session(data, size);
	return 0;
}
