/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "clock.h"
#include "own-table.h"
#include "trace-child.h"
#include "trace-packet-json.h"
#include "trace-requests.h"
#include "trace-socket.h"
#include "util.h"
#include "waiter.h"

/* That are read for a packet: some 64, and as many of others'. */
#define MESSAGES_MAX (2U * 64)
/* So long a process may take to end, before it is ended. */
#define ENDING_USEC (3 * SEC)
/* After traces were read before drops. */
#define LOOKED_USEC (50 * MSEC)
/* What ends without a word so soon after traces were lost may have had one. */
#define LOST_USEC (2 * TRACE_SILENCE_USEC)
/* A ruleset may have got base chains where there were none. */
#define PLACES_USEC SEC

struct trace_request {
	struct trace_requests *requests;
	unsigned int number;
	bool is_used;
	bool is_wanted; /* somebody is told */
	bool is_ready;	/* its tables are there */
	bool has_begun; /* which was told */
	bool is_ending;
	bool is_moving; /* to other places: ends, and begins anew */
	enum trace_request_end end;
	const struct trace_request_ops *ops;
	void *data;
	char *expression; /* owned */
	uint32_t rate;	  /* packets a second */
	uint64_t left;	  /* packets to be told yet; UINT64_MAX: no bound */
	uint64_t until;	  /* CLOCK_MONOTONIC, as the others */
	uint64_t end_by;  /* of one that ends: then it is killed */
	struct trace_places places;
	struct trace_child child;
	struct trace_nft_status status;
	struct trace_expression_error error;
};

struct trace_requests {
	struct sink sink; /* the first: see emit() */
	struct trace_limits limits;
	const struct links *links;
	struct ruleset_watch *watch;
	const struct rulesets *rulesets;
	struct waiter waiter;
	struct trace_socket socket;
	struct trace_packets packets;
	struct trace_request of[TRACE_REQUESTS_MAX];
	uint64_t lost;	  /* what was told of it, the socket's sum */
	uint64_t lost_at; /* CLOCK_MONOTONIC, as: */
	uint64_t look_at; /* for other places */
};

DEFINE_CLEANUP(struct trace_requests *, trace_requests_free)

/* --- the traces ----------------------------------------------------------- */

static void stop(struct trace_request *request, enum trace_request_end end)
{
	if (request->is_ending)
		return;
	request->is_ending = true;
	request->is_moving = false;
	request->end = end;
	request->end_by = now_usec() + ENDING_USEC;
	trace_child_stop(&request->child);
}

static void tell_packet(struct trace_request *request, struct json_object *json)
{
	/* What came before its end is told, also where it took a while. */
	if (!request->is_wanted || !request->has_begun || request->left == 0 ||
	    (request->is_ending && request->end != TRACE_REQUEST_TIME))
		return;
	if (request->ops->packet(request->data, json) &&
	    request->left != UINT64_MAX)
		request->left--;
	if (request->left == 0)
		stop(request, TRACE_REQUEST_COUNT);
}

static void take_packet(void *data, const struct trace_packet *packet)
{
	struct trace_requests *requests = data;
	struct json_object *json;

	if (packet->end == TRACE_END_UNKNOWN &&
	    now_usec() < requests->lost_at + LOST_USEC)
		return;
	json = trace_packet_to_json(packet, requests->links);
	for (size_t i = 0; json && i < TRACE_REQUESTS_MAX; i++)
		if (packet->wanted & 1U << i)
			tell_packet(&requests->of[i], json);
	json_object_put(json);
}

/* Its process may have made it, and not said so yet. */
static bool is_owner(const struct trace_request *request, const char *table)
{
	char name[48];
	int n;

	if (request->is_ready)
		return strcmp(request->status.table, table) == 0;
	n = snprintf(name, sizeof(name), OWN_TABLE_PREFIX "%ld",
		     (long)request->child.pid);
	return request->child.pid > 0 && strncmp(name, table, (size_t)n) == 0 &&
	       (table[n] == '\0' || table[n] == '-');
}

/* Whose table it is; NULL: of none of these. */
static const struct trace_request *find_owner(const struct trace_requests *r,
					      const char *table)
{
	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++)
		if (r->of[i].is_used && is_owner(&r->of[i], table))
			return &r->of[i];
	return NULL;
}

static void take_trace(void *data, const struct trace_message *m)
{
	struct trace_requests *requests = data;
	struct trace_told told = {
		.role = TRACE_OF_OTHERS,
		.ns = clock_ns(CLOCK_REALTIME),
		.usec = now_usec(),
	};

	if (own_table_is_name(m->table)) {
		const struct trace_request *owner =
			find_owner(requests, m->table);

		if (!owner)
			return;
		told.request = owner->number;
		told.role = trace_role_of(m->chain, told.hook);
		told.may_go_on = true;
	}
	trace_packets_add(&requests->packets, m, &told,
			  requests->rulesets->current, take_packet, requests);
}

static void lose_traces(void *data)
{
	struct trace_requests *requests = data;

	requests->lost_at = now_usec();
	trace_packets_forget(&requests->packets);
}

static const struct trace_socket_ops socket_ops = {
	.take = take_trace,
	.lost = lose_traces,
};

static void tell_all(struct trace_requests *requests,
		     enum trace_request_note note)
{
	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++) {
		struct trace_request *request = &requests->of[i];

		if (request->is_used && request->is_wanted &&
		    request->has_begun)
			request->ops->note(request->data, note);
	}
}

/* --- requests ------------------------------------------------------------- */

static int start(struct trace_request *request)
{
	const struct trace_nft_config config = {
		.expression = request->expression,
		.places = request->places,
		.rate = request->rate,
	};
	struct trace_requests *requests = request->requests;
	int r;

	/* Before the first packet is marked. */
	r = trace_socket_open(&requests->socket);
	if (r < 0)
		return r;
	r = trace_child_start(&request->child, &config);
	if (r < 0)
		return r;
	r = waiter_add(&requests->waiter, request->child.fd, EPOLLIN);
	if (r < 0)
		trace_child_kill(&request->child);
	return r;
}

static void clear(struct trace_request *request)
{
	trace_child_kill(&request->child);
	free(request->expression);
	*request = (struct trace_request){
		.requests = request->requests,
		.number = request->number,
		.child.fd = -1,
	};
}

/* The process is gone, and its tables. */
static void finish(struct trace_request *request)
{
	struct trace_expression_error error = request->error;
	const struct trace_request_ops *ops = request->ops;
	enum trace_request_end end = request->end;
	void *data = request->is_wanted ? request->data : NULL;
	struct trace_requests *requests = request->requests;

	if (request->is_moving) {
		int r;

		request->is_moving = request->is_ready = false;
		trace_packets_forget_request(&requests->packets,
					     request->number);
		r = start(request);
		if (r >= 0)
			return;
		end = TRACE_REQUEST_FAILED;
		copy_string(error.message, sizeof(error.message), strerror(-r),
			    SIZE_MAX);
	}
	trace_packets_forget_request(&requests->packets, request->number);
	clear(request);
	if (data)
		ops->ended(data, end, &error);
}

static void take_message(struct trace_request *request,
			 const struct trace_child_message *message)
{
	bool first = !request->has_begun;

	switch (message->what) {
	case TRACE_CHILD_READY:
	case TRACE_CHILD_AGAIN:
		request->status = message->status;
		request->status.table[sizeof(request->status.table) - 1] = '\0';
		request->is_ready = request->has_begun = true;
		if (!request->is_wanted)
			return;
		if (message->what == TRACE_CHILD_AGAIN)
			request->ops->note(request->data, TRACE_NOTE_RESTORED);
		else if (first)
			request->ops->begun(request->data, &request->status);
		return;
	case TRACE_CHILD_LIMITED:
		if (request->is_wanted)
			request->ops->note(request->data, TRACE_NOTE_LIMITED);
		return;
	case TRACE_CHILD_REFUSED:
	case TRACE_CHILD_FAILED:
		request->error = message->error;
		stop(request, message->what == TRACE_CHILD_REFUSED
				      ? TRACE_REQUEST_REFUSED
				      : TRACE_REQUEST_FAILED);
	}
}

/* Some of its packets may still be on their way. */
static bool is_draining(const struct trace_request *request)
{
	return request->is_ending && request->is_wanted &&
	       request->end == TRACE_REQUEST_TIME &&
	       trace_packets_has(&request->requests->packets, request->number);
}

static void read_child(struct trace_request *request)
{
	struct trace_child_message message;
	int r;

	while ((r = trace_child_read(&request->child, &message)) > 0)
		take_message(request, &message);
	if (r != -ENOTCONN)
		return;
	if (!request->is_ending && !request->is_moving) {
		request->end = TRACE_REQUEST_FAILED;
		copy_string(request->error.message,
			    sizeof(request->error.message),
			    "the process that marks packets has ended",
			    SIZE_MAX);
		request->is_ending = true;
	}
	if (!is_draining(request))
		finish(request);
}

/* Ends those whose time is over. Returns when to look again, or 0. */
static uint64_t look_at_time(struct trace_requests *requests, uint64_t now)
{
	uint64_t next = 0;

	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++) {
		struct trace_request *request = &requests->of[i];
		uint64_t at;

		if (!request->is_used)
			continue;
		if (!request->is_ending && now >= request->until)
			stop(request, TRACE_REQUEST_TIME);
		if ((request->is_ending || request->is_moving) &&
		    (now >= request->end_by ||
		     (request->child.fd < 0 && !is_draining(request)))) {
			trace_child_kill(&request->child);
			finish(request);
			if (!request->is_used)
				continue;
		}
		at = request->is_ending || request->is_moving ? request->end_by
							      : request->until;
		next = next ? MIN(next, at) : at;
	}
	return next;
}

/* Where the ruleset has base chains now. */
static void look_at_places(struct trace_requests *requests, uint64_t now)
{
	struct trace_places places;

	if (now < requests->look_at || !requests->rulesets->current)
		return;
	requests->look_at = now + PLACES_USEC;
	trace_places_find(requests->rulesets->current, &places);
	/* Those of IP are marked wherever they come. */
	places.hooks[TRACE_INET] = 0;
	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++) {
		struct trace_request *request = &requests->of[i];

		if (!request->is_used || request->is_ending ||
		    request->is_moving || !request->is_ready ||
		    trace_places_are_same(&request->places, &places))
			continue;
		request->places = places;
		request->is_moving = true;
		request->end_by = now + ENDING_USEC;
		trace_child_stop(&request->child);
	}
}

static size_t count_used(const struct trace_requests *requests)
{
	size_t n = 0;

	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++)
		n += requests->of[i].is_used;
	return n;
}

static bool is_idle(const struct trace_requests *requests)
{
	return count_used(requests) == 0;
}

static void plan(struct trace_requests *requests)
{
	uint64_t now = now_usec(), next, at;

	at = trace_packets_expire(&requests->packets, now, take_packet,
				  requests);
	look_at_places(requests, now);
	next = look_at_time(requests, now);
	if (is_idle(requests)) {
		trace_socket_close(&requests->socket);
		requests->lost_at = 0;
		waiter_set_timer(&requests->waiter, 0);
		return;
	}
	next = at ? MIN(next, at) : next;
	/* For other places, and a socket that has closed itself. */
	waiter_set_timer(&requests->waiter, MIN(next, now + PLACES_USEC));
}

static void read_socket(struct trace_requests *requests)
{
	const struct trace_socket *socket = &requests->socket;
	uint64_t lost;

	if (!socket->nl && !is_idle(requests))
		(void)trace_socket_open(&requests->socket);
	if (!socket->nl)
		return;
	if (requests->watch)
		ruleset_watch_dispatch(requests->watch);
	(void)trace_socket_read(&requests->socket);
	lost = socket->n_lost + socket->n_skipped;
	if (lost != requests->lost)
		tell_all(requests, TRACE_NOTE_LOST);
	requests->lost = lost;
}

void trace_requests_dispatch(struct trace_requests *requests)
{
	int fds[WAITER_AT_ONCE];

	(void)waiter_take(&requests->waiter, fds);
	read_socket(requests);
	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++)
		if (requests->of[i].is_used)
			read_child(&requests->of[i]);
	plan(requests);
}

/* --- all of it ------------------------------------------------------------ */

void trace_requests_set_limits(struct trace_requests *requests,
			       const struct trace_limits *limits)
{
	uint32_t n = MAX(limits->requests, 1U);

	requests->limits = *limits;
	requests->socket.messages_max = MESSAGES_MAX * limits->rate * n;
}

const struct trace_limits *
trace_requests_peek_limits(const struct trace_requests *requests)
{
	return &requests->limits;
}

int trace_requests_new(struct trace_requests **ret,
		       const struct trace_limits *limits,
		       const struct links *links, struct ruleset_watch *watch,
		       const struct rulesets *rulesets)
{
	_cleanup_(cleanup_trace_requests_free) struct trace_requests *requests =
		calloc(1, sizeof(*requests));
	int r;

	if (!requests)
		return -ENOMEM;
	requests->links = links;
	requests->watch = watch;
	requests->rulesets = rulesets;
	for (unsigned int i = 0; i < TRACE_REQUESTS_MAX; i++) {
		requests->of[i].requests = requests;
		requests->of[i].number = i;
		requests->of[i].child.fd = -1;
	}
	waiter_init(&requests->waiter);
	trace_socket_init(&requests->socket, &socket_ops, requests,
			  &requests->waiter, 0);
	trace_requests_set_limits(requests, limits);
	r = waiter_open(&requests->waiter);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(requests);
	return 0;
}

void trace_requests_free(struct trace_requests *requests)
{
	if (!requests)
		return;
	for (size_t i = 0; i < TRACE_REQUESTS_MAX; i++)
		clear(&requests->of[i]);
	trace_socket_close(&requests->socket);
	trace_packets_done(&requests->packets);
	waiter_close(&requests->waiter);
	free(requests);
}

int trace_requests_add(struct trace_requests *requests,
		       const struct trace_request_config *config,
		       const struct trace_request_ops *ops, void *data,
		       struct trace_request **ret,
		       struct trace_expression_error *error)
{
	uint64_t usec = requests->limits.usec;
	struct trace_request *request = NULL;
	int r;

	*error = (struct trace_expression_error){ 0 };
	r = trace_expression_check(config->expression, error);
	if (r < 0)
		return r;
	if (count_used(requests) >= requests->limits.requests)
		return -EUSERS;
	for (size_t i = 0; !request && i < TRACE_REQUESTS_MAX; i++)
		if (!requests->of[i].is_used)
			request = &requests->of[i];
	if (!request)
		return -EUSERS;
	request->expression = strdup(config->expression);
	if (!request->expression)
		return -ENOMEM;
	request->is_used = request->is_wanted = true;
	request->ops = ops;
	request->data = data;
	request->rate = requests->limits.rate;
	request->left = config->count ? config->count : UINT64_MAX;
	if (config->usec > 0)
		usec = MIN(usec, config->usec);
	request->until = now_usec() + usec;
	trace_places_find(requests->rulesets->current, &request->places);
	request->places.hooks[TRACE_INET] = 0;
	r = start(request);
	if (r < 0) {
		clear(request);
		return r;
	}
	*ret = request;
	plan(requests);
	return 0;
}

void trace_request_cancel(struct trace_request *request)
{
	request->is_wanted = false;
	stop(request, TRACE_REQUEST_TIME);
	waiter_set_timer(&request->requests->waiter, now_usec() + ENDING_USEC);
}

void trace_requests_look(struct trace_requests *requests)
{
	if (is_idle(requests))
		return;
	read_socket(requests);
	/* Some may end by silence from now on. */
	waiter_set_timer(&requests->waiter, now_usec() + LOOKED_USEC);
}

static void emit(struct sink *sink, const struct drop_event *ev,
		 const struct packet_bytes *bytes)
{
	struct trace_requests *requests = (struct trace_requests *)sink;

	if (!is_idle(requests))
		trace_packets_drop(&requests->packets, ev, bytes, take_packet,
				   requests);
}

/* Then some packets end for no known reason. */
static void lost(struct sink *sink, const struct losses *delta)
{
	(void)sink;
	(void)delta;
}

static const struct sink_ops sink_ops = { .emit = emit, .lost = lost };

struct sink *trace_requests_get_sink(struct trace_requests *requests)
{
	requests->sink.ops = &sink_ops;
	return &requests->sink;
}

int trace_requests_get_fd(const struct trace_requests *requests)
{
	return requests->waiter.epoll;
}
