/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "clock.h"
#include "netns-find.h"
#include "netns.h"
#include "trace-drop.h"
#include "trace-sampler.h"
#include "trace-socket.h"
#include "trace-table.h"
#include "util.h"

/* Between two transactions at least; and after one that failed. */
#define INTERVAL_USEC (500 * MSEC)
#define FAILED_USEC   (5 * SEC)
/* Of a packet, about, and of several families'. */
#define TRACES_OF_ONE 128
/* That wait for the ruleset's number. */
#define DROPS_MAX 256

struct sampled_drop {
	struct drop_event event;
	struct packet_bytes bytes;
	uint8_t data[TRACE_BYTES_MAX];
};

struct trace_sampler {
	struct ruleset_watch *watch;
	const struct rulesets *rulesets;
	struct pipeline *pipeline;
	struct drop_netns netns; /* ours */
	uint32_t rate;
	struct trace_table *table;
	struct trace_socket socket;
	struct waiter waiter;
	struct trace_places places; /* where the tables are */
	struct trace_ways ways;
	/* What the ways are found in, with a reference; an empty one at first.
	 */
	struct ruleset *ruleset;
	/* What is read was traced with this one. */
	uint32_t generation;
	bool has_generation;
	uint32_t first;	  /* of the tables; see trace_sampler_look() */
	uint64_t next_at; /* no transaction before; CLOCK_MONOTONIC */
	struct sampled_drop *drops; /* DROPS_MAX */
	size_t n_drops;
	struct trace_status status;
};

DEFINE_CLEANUP(struct trace_sampler *, trace_sampler_free)

/* --- the traces ----------------------------------------------------------- */

static void take_trace(void *data, const struct trace_message *m)
{
	struct trace_sampler *s = data;
	const struct trace_way *way = trace_ways_add(&s->ways, m, s->ruleset);
	struct sampled_drop *drop;

	if (!way)
		return;
	if (s->n_drops == DROPS_MAX) {
		s->status.n_skipped++;
		return;
	}
	drop = &s->drops[s->n_drops++];
	trace_drop_init(way, m, 0, clock_ns(CLOCK_REALTIME), &drop->event,
			&drop->bytes);
	drop->event.netns = s->netns;
	memcpy(drop->data, way->bytes, way->len);
	drop->bytes.data = drop->data;
}

static void lose_traces(void *data)
{
	struct trace_sampler *s = data;

	trace_ways_forget(&s->ways);
}

static const struct trace_socket_ops socket_ops = {
	.take = take_trace,
	.lost = lose_traces,
};

static void forget_drops(struct trace_sampler *s)
{
	for (size_t i = 0; i < s->n_drops; i++)
		drop_event_done(&s->drops[i].event);
	s->n_drops = 0;
}

static void push_drops(struct trace_sampler *s)
{
	for (size_t i = 0; i < s->n_drops; i++) {
		s->drops[i].event.netfilter.generation = s->generation;
		pipeline_push(s->pipeline, &s->drops[i].event,
			      &s->drops[i].bytes);
	}
	s->status.n_traced += s->n_drops;
	s->status.n_attributed += s->n_drops;
	forget_drops(s);
}

/* What waits may be of either ruleset: from here on it is of the newer one. */
static void begin(struct trace_sampler *s, uint32_t generation)
{
	s->status.n_skipped += s->n_drops;
	forget_drops(s);
	trace_socket_close(&s->socket);
	s->generation = generation;
	s->has_generation = true;
	if (trace_table_is_there(s->table))
		(void)trace_socket_open(&s->socket);
}

/* Was the ruleset the same, from before the first trace to after the last? */
static void settle(struct trace_sampler *s)
{
	uint32_t generation;

	if (trace_table_ask_generation(s->table, &generation) < 0) {
		s->has_generation = false;
		return;
	}
	if (!s->has_generation || generation != s->generation)
		begin(s, generation);
	else
		push_drops(s);
}

/* --- the marks ------------------------------------------------------------ */

static void set_ruleset(struct trace_sampler *s, struct ruleset *rs)
{
	if (s->ruleset == rs)
		return;
	/* They point into it. */
	trace_ways_forget(&s->ways);
	ruleset_unref(s->ruleset);
	s->ruleset = ruleset_ref(rs);
}

static void mark(struct trace_sampler *s, const struct trace_places *places)
{
	const struct trace_change nothing = { .n_add = 0 };
	int r = trace_table_rest(s->table);

	if (r == 0 && trace_places_are_any(places))
		r = trace_table_change(s->table, places, &nothing);
	s->status.error = r;
	s->status.n_changes++;
	s->next_at = now_usec() + (r < 0 ? FAILED_USEC : INTERVAL_USEC);
	if (r == 0)
		s->places = *places;
	settle(s);
}

/* Not by the number of nfdropd's own tables. */
static uint32_t first_of(const struct ruleset *rs)
{
	return rs->generation - rs->n_own;
}

void trace_sampler_look(struct trace_sampler *s)
{
	struct ruleset *rs = s->rulesets->current;
	struct trace_places places;
	bool is_other;

	if (!rs)
		return;
	set_ruleset(s, rs);
	trace_places_find(rs, &places);
	/* Others can remove what no socket owns. */
	is_other =
		!trace_places_are_same(&places, &s->places) ||
		(!trace_table_is_owned(s->table) && first_of(rs) != s->first);
	if (!is_other &&
	    (trace_table_is_there(s->table) || !trace_places_are_any(&places)))
		return;
	if (now_usec() < s->next_at)
		return;
	s->first = first_of(rs);
	mark(s, &places);
}

/* --- all of it ------------------------------------------------------------ */

void trace_sampler_dispatch(struct trace_sampler *s)
{
	int fds[WAITER_AT_ONCE];

	(void)waiter_take(&s->waiter, fds);
	(void)trace_socket_read(&s->socket);
	/* Rules first, as they were when they dropped what is told now. */
	ruleset_watch_dispatch(s->watch);
	settle(s);
	trace_sampler_look(s);
}

static struct trace_table_config table_config(uint32_t rate)
{
	return (struct trace_table_config){
		.flows = 1,
		.seconds = 1,
		.rate = rate,
		.samples = rate,
	};
}

int trace_sampler_new(struct trace_sampler **ret, uint32_t rate,
		      struct ruleset_watch *watch,
		      const struct rulesets *rulesets,
		      struct pipeline *pipeline)
{
	const struct trace_table_config table = table_config(rate);
	_cleanup_(cleanup_trace_sampler_free) struct trace_sampler *s =
		calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	waiter_init(&s->waiter);
	trace_socket_init(&s->socket, &socket_ops, s, &s->waiter,
			  rate * TRACES_OF_ONE);
	trace_ways_init(&s->ways);
	s->rate = rate;
	s->watch = watch;
	s->rulesets = rulesets;
	s->pipeline = pipeline;
	s->ruleset = ruleset_new();
	s->drops = calloc(DROPS_MAX, sizeof(*s->drops));
	if (!s->ruleset || !s->drops)
		return -ENOMEM;
	netns_find_own(&s->netns.inum, &s->netns.cookie);
	/* There is no other one: it goes without saying. */
	if (!netns_is_initial(s->netns.cookie, s->netns.inum))
		s->netns = (struct drop_netns){ 0 };
	r = waiter_open(&s->waiter);
	if (r < 0)
		return r;
	r = trace_table_new(&s->table, &table);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void trace_sampler_free(struct trace_sampler *s)
{
	if (!s)
		return;
	trace_table_free(s->table);
	trace_socket_close(&s->socket);
	forget_drops(s);
	free(s->drops);
	ruleset_unref(s->ruleset);
	waiter_close(&s->waiter);
	free(s);
}

void trace_sampler_set_rate(struct trace_sampler *s, uint32_t rate)
{
	const struct trace_table_config table = table_config(rate);

	if (s->rate == rate)
		return;
	s->rate = rate;
	s->socket.messages_max = rate * TRACES_OF_ONE;
	trace_table_configure(s->table, &table);
	/* Those that are there are of the old one. */
	(void)trace_table_rest(s->table);
	s->next_at = 0;
	trace_sampler_look(s);
}

int trace_sampler_get_fd(const struct trace_sampler *s)
{
	return s->waiter.epoll;
}

void trace_sampler_get_status(const struct trace_sampler *s,
			      struct trace_status *ret)
{
	*ret = s->status;
	ret->rate = s->rate;
	ret->n_lost = s->socket.n_lost;
	ret->n_skipped += s->socket.n_skipped;
	ret->is_left = !trace_table_is_owned(s->table);
	if (s->status.error < 0)
		ret->state = TRACE_FAILED;
	else if (!s->rulesets->current)
		ret->state = TRACE_WAITING;
	else
		ret->state = TRACE_SAMPLING;
}
