/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "clock.h"
#include "netns-find.h"
#include "trace-socket.h"
#include "trace-source.h"
#include "trace-table.h"
#include "util.h"
#include "waiter.h"

/* Between two transactions at least, and so many times a listing's. */
#define INTERVAL_USEC  (200 * MSEC)
#define INTERVAL_LISTS 4
/* So long the tables stay without a flow. */
#define LINGER_USEC SEC
/*
 * Of many flows no other packet ever comes: when so few of those that were
 * begun in a round have told their rule, the next are not marked for two
 * rounds, unless they have dropped more than one. A round is as long as a mark
 * lasts, within these bounds, so that its end is not too soon for a flow whose
 * packets come seldom.
 */
#define ROUND_MIN_USEC (5 * SEC)
#define ROUND_MAX_USEC (60 * SEC)
#define ROUND_PART     10
/* A ruleset that is being read, or listed, is not made another for so long. */
#define PATIENCE_USEC (2 * SEC)
#define FAILED_USEC   (5 * SEC)
/* Flows whose marks have ended are looked for so often at most. */
#define COUNT_USEC (50 * MSEC)
/* Of a packet, about, and as many of others' packets. */
#define TRACES_OF_ONE 64

struct trace_source {
	struct tracing tracing; /* the first: see look() */
	struct trace_source_config config;
	struct ruleset_watch *watch;
	const struct rulesets *rulesets;
	struct trace_table *table;
	struct trace_socket socket;
	struct waiter waiter;
	struct trace_places places;
	/* Flows that need not be marked any more, and the first one's time. */
	const struct packet *known[TRACE_TABLE_AT_ONCE];
	size_t n_known;
	uint64_t known_at;
	/* CLOCK_MONOTONIC, microseconds: */
	uint64_t paid_until; /* for the flows of before */
	uint64_t next_at;    /* no transaction before */
	uint64_t wanted_at;  /* since then some flow is; 0: none */
	uint64_t round_at;   /* when this round began, with so many */
	uint64_t round_flows, round_traced;
	uint64_t paused_until, resting_until;
	uint64_t idle_at; /* since then none is marked; 0: some */
	uint64_t counted_at;
	uint32_t n_marked; /* flows, then */
	bool is_waiting;   /* for the ruleset */
	struct trace_status status;
};

DEFINE_CLEANUP(struct trace_source *, trace_source_free)

static struct tracer *tracer_of(struct trace_source *s)
{
	return &s->tracing.tracer;
}

/* --- the traces ----------------------------------------------------------- */

static void add_known(struct trace_source *s, const struct packet *packet)
{
	if (s->n_known == TRACE_TABLE_AT_ONCE)
		return;
	for (size_t i = 0; i < s->n_known; i++)
		if (s->known[i] == packet)
			return;
	if (s->n_known == 0)
		s->known_at = now_usec();
	s->known[s->n_known++] = packet;
}

static void take_trace(void *data, const struct trace_message *m)
{
	struct trace_source *s = data;
	const struct packet *packet =
		tracer_trace(tracer_of(s), m, clock_ns(CLOCK_REALTIME));

	if (packet)
		add_known(s, packet);
}

static void lose_traces(void *data)
{
	tracer_lost(tracer_of(data));
}

static const struct trace_socket_ops socket_ops = {
	.take = take_trace,
	.lost = lose_traces,
};

/* --- which ruleset it was ------------------------------------------------- */

static void take_ruleset(struct trace_source *s, const struct ruleset *rs)
{
	struct trace_places places;

	/* What waits may be of either. */
	trace_socket_close(&s->socket);
	trace_places_find(rs, &places);
	if (!trace_places_are_same(&places, &s->places) ||
	    !trace_table_is_owned(s->table)) {
		s->places = places;
		s->n_known = 0;
		(void)trace_table_rest(s->table);
		tracer_unmark_all(tracer_of(s));
	}
	if (trace_table_is_there(s->table))
		(void)trace_socket_open(&s->socket);
}

void trace_source_confirm(struct trace_source *s)
{
	uint64_t ns = clock_ns(CLOCK_REALTIME);
	struct ruleset *rs;
	uint32_t generation;

	s->is_waiting = true;
	if (trace_table_ask_generation(s->table, &generation) < 0)
		return;
	ruleset_watch_dispatch(s->watch);
	rs = s->rulesets->current;
	if (!rs || rs->generation != generation)
		return;
	s->is_waiting = false;
	if (tracer_confirm(tracer_of(s), rs, ns, clock_ns(CLOCK_REALTIME)))
		take_ruleset(s, rs);
}

static void look(struct tracing *tracing)
{
	struct trace_source *s = (struct trace_source *)tracing;

	(void)trace_socket_read(&s->socket);
	trace_source_confirm(s);
}

/* --- the marks ------------------------------------------------------------ */

static uint64_t interval_of(const struct trace_source *s)
{
	const struct ruleset_status *ruleset =
		ruleset_watch_peek_status(s->watch);
	uint64_t msec = MAX(ruleset->reading_msec, ruleset->listing_msec);

	return MAX(INTERVAL_USEC, msec * MSEC * INTERVAL_LISTS);
}

static uint32_t count_marked(struct trace_source *s, uint64_t now)
{
	if (now >= s->counted_at + COUNT_USEC) {
		s->counted_at = now;
		s->n_marked = tracer_count_marked(tracer_of(s),
						  clock_ns(CLOCK_REALTIME));
	}
	return s->n_marked;
}

/* How many flows may be begun now, within what a second may have. */
static size_t allowance(struct trace_source *s, uint64_t now)
{
	uint64_t cost = SEC / s->config.flows_per_second;
	uint32_t marked = count_marked(s, now);
	uint64_t n;

	s->paid_until = MAX(s->paid_until, now - MIN(now, SEC));
	n = s->paid_until < now ? (now - s->paid_until) / cost : 0;
	n = MIN(n, (uint64_t)TRACE_TABLE_AT_ONCE);
	return marked < s->config.max_flows
		       ? MIN(n, s->config.max_flows - marked)
		       : 0;
}

struct flow_list {
	struct packet packets[TRACE_TABLE_AT_ONCE];
	const struct packet *of[TRACE_TABLE_AT_ONCE];
	size_t n;
};

/* A mark lasts longer where it is removed and added in one transaction. */
static void take_wanted(struct trace_source *s, struct flow_list *flows,
			size_t max, struct flow_list *again)
{
	uint64_t now_ns = clock_ns(CLOCK_REALTIME);
	const struct packet *packet;
	bool is_marked;

	flows->n = again->n = 0;
	while (flows->n < max &&
	       (packet = tracer_next(tracer_of(s), now_ns,
				     now_usec() < s->paused_until,
				     &is_marked))) {
		if (!trace_table_takes(packet)) {
			tracer_unmark(tracer_of(s), packet);
			continue;
		}
		if (is_marked)
			again->packets[again->n++] = *packet;
		flows->of[flows->n] = packet;
		flows->packets[flows->n++] = *packet;
	}
}

/* Behind those that are there. */
static void take_known(struct trace_source *s, struct flow_list *flows)
{
	/* They may have gone by themselves. */
	bool are_there = now_usec() < s->known_at + s->config.timeout / 2;

	for (size_t i = 0; i < s->n_known; i++) {
		tracer_unmark(tracer_of(s), s->known[i]);
		if (are_there && flows->n < TRACE_TABLE_AT_ONCE)
			flows->packets[flows->n++] = *s->known[i];
	}
	s->n_known = 0;
}

static void begin_round(struct trace_source *s, uint64_t now)
{
	s->round_at = now;
	s->round_flows = s->status.n_flows;
	s->round_traced = tracer_of(s)->n_traced;
}

static void mark(struct trace_source *s, uint64_t now)
{
	size_t max = allowance(s, now);
	struct flow_list add, remove;
	struct trace_change change;
	int r;

	take_wanted(s, &add, max, &remove);
	if (add.n == 0)
		return;
	take_known(s, &remove);
	change = (struct trace_change){
		.add = add.packets,
		.n_add = add.n,
		.remove = remove.packets,
		.n_remove = remove.n,
	};
	if (!trace_table_is_there(s->table))
		begin_round(s, now);
	/* Before the first packet is marked. */
	r = trace_socket_open(&s->socket);
	if (r == 0)
		r = trace_table_change(s->table, &s->places, &change);
	s->status.error = r;
	s->status.n_changes++;
	s->next_at = now_usec() + (r < 0 ? FAILED_USEC : interval_of(s));
	if (r < 0) {
		for (size_t i = 0; i < add.n; i++)
			tracer_unmark(tracer_of(s), add.of[i]);
		return;
	}
	s->status.n_flows += add.n;
	s->n_marked += (uint32_t)add.n;
	s->paid_until += add.n * (SEC / s->config.flows_per_second);
}

static void rest(struct trace_source *s)
{
	int r = trace_table_rest(s->table);

	s->n_known = 0;
	s->status.n_changes++;
	tracer_unmark_all(tracer_of(s));
	if (r < 0)
		s->status.error = r;
	else
		trace_socket_close(&s->socket);
	s->next_at = now_usec() + (r < 0 ? FAILED_USEC : interval_of(s));
}

static uint64_t round_usec(const struct trace_source *s)
{
	return MIN(MAX(s->config.timeout, ROUND_MIN_USEC), ROUND_MAX_USEC);
}

/* Is it worth going on? */
static void end_round(struct trace_source *s, uint64_t now)
{
	const struct tracer *t = tracer_of(s);
	uint64_t flows = s->status.n_flows - s->round_flows;
	uint64_t traced = t->n_traced - s->round_traced;

	if (now < s->round_at + round_usec(s) ||
	    !trace_table_is_there(s->table))
		return;
	if (traced * ROUND_PART < flows)
		s->paused_until = now + 2 * round_usec(s);
	else if (t->n_repeated > TRACE_TABLE_AT_ONCE)
		s->resting_until = now + round_usec(s);
	if (s->paused_until > now || s->resting_until > now)
		rest(s);
	begin_round(s, now);
}

/* When to look for wanted flows; 0: there is no use. */
static uint64_t mark_at(struct trace_source *s, uint64_t now)
{
	const struct tracer *t = tracer_of(s);
	bool paused = now < s->paused_until;

	if ((paused ? t->n_repeated : t->n_wanted) == 0 ||
	    !trace_places_are_any(&s->places)) {
		s->wanted_at = 0;
		return paused && t->n_wanted > 0 ? s->paused_until : 0;
	}
	if (s->wanted_at == 0)
		s->wanted_at = now;
	if (now < MAX(s->next_at, s->resting_until))
		return MAX(s->next_at, s->resting_until);
	/* Not while the ruleset is read, but for when it never ends. */
	if (!ruleset_watch_is_done(s->watch) &&
	    now < s->wanted_at + PATIENCE_USEC)
		return now + INTERVAL_USEC / 4;
	return now;
}

void trace_source_plan(struct trace_source *s)
{
	uint64_t now = now_usec(), at, next = 0;

	end_round(s, now);
	at = mark_at(s, now);
	if (at != 0 && at <= now) {
		mark(s, now);
		s->wanted_at = 0;
		/* Others may be wanted, or none was allowed. */
		at = tracer_of(s)->n_wanted > 0
			     ? MAX(s->next_at, now + INTERVAL_USEC)
			     : 0;
	}
	next = at;
	if (!trace_table_is_there(s->table) || count_marked(s, now) > 0) {
		s->idle_at = 0;
	} else if (s->idle_at == 0) {
		s->idle_at = now;
	} else if (now >= s->idle_at + LINGER_USEC && now >= s->next_at) {
		rest(s);
		s->idle_at = 0;
	}
	/* Marks end by themselves, and nobody tells. */
	if (trace_table_is_there(s->table)) {
		uint64_t look_at = now + LINGER_USEC / 2;

		if (trace_socket_open(&s->socket) < 0)
			tracer_lost(tracer_of(s));
		next = next ? MIN(next, look_at) : look_at;
	}
	waiter_set_timer(&s->waiter, next);
}

/* --- all of it ------------------------------------------------------------ */

void trace_source_dispatch(struct trace_source *s)
{
	int fds[WAITER_AT_ONCE];

	(void)waiter_take(&s->waiter, fds);
	(void)trace_socket_read(&s->socket);
	trace_source_plan(s);
}

static struct trace_table_config
table_config(const struct trace_source_config *config)
{
	return (struct trace_table_config){
		.flows = config->max_flows,
		.seconds = (uint32_t)MAX(config->timeout / SEC, 1U),
		.rate = config->packets_per_second,
	};
}

int trace_source_new(struct trace_source **ret,
		     const struct trace_source_config *config,
		     struct ruleset_watch *watch,
		     const struct rulesets *rulesets, uint64_t seed)
{
	struct trace_table_config table = table_config(config);
	_cleanup_(cleanup_trace_source_free) struct trace_source *s =
		calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	waiter_init(&s->waiter);
	trace_socket_init(&s->socket, &socket_ops, s, &s->waiter,
			  config->packets_per_second * TRACES_OF_ONE);
	s->tracing.look = look;
	tracer_init(tracer_of(s), seed, config->timeout * 1000);
	netns_find_own(&tracer_of(s)->netns.inum, &tracer_of(s)->netns.cookie);
	s->config = *config;
	s->watch = watch;
	s->rulesets = rulesets;
	r = waiter_open(&s->waiter);
	if (r < 0)
		return r;
	r = trace_table_new(&s->table, &table);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void trace_source_free(struct trace_source *s)
{
	if (!s)
		return;
	trace_table_free(s->table);
	trace_socket_close(&s->socket);
	tracer_done(tracer_of(s));
	waiter_close(&s->waiter);
	free(s);
}

void trace_source_configure(struct trace_source *s,
			    const struct trace_source_config *config)
{
	struct trace_table_config table = table_config(config);

	if (memcmp(&s->config, config, sizeof(*config)) == 0)
		return;
	s->config = *config;
	tracer_of(s)->marked_ns = config->timeout * 1000;
	s->socket.messages_max = config->packets_per_second * TRACES_OF_ONE;
	trace_table_configure(s->table, &table);
	/* Those that are there are of the old one. */
	rest(s);
	trace_source_plan(s);
}

struct tracing *trace_source_get_tracing(struct trace_source *s)
{
	return &s->tracing;
}

int trace_source_get_fd(const struct trace_source *s)
{
	return s->waiter.epoll;
}

void trace_source_get_status(const struct trace_source *s,
			     struct trace_status *ret)
{
	const struct tracer *t = &s->tracing.tracer;

	*ret = s->status;
	ret->n_marked = tracer_count_marked(t, clock_ns(CLOCK_REALTIME));
	ret->max_flows = s->config.max_flows;
	ret->n_traced = t->n_traced;
	ret->n_attributed = t->n_attributed;
	ret->n_moved = t->n_moved;
	ret->n_lost = s->socket.n_lost;
	ret->n_skipped = s->socket.n_skipped;
	ret->is_left = !trace_table_is_owned(s->table);
	if (s->status.error < 0)
		ret->state = TRACE_FAILED;
	else if (s->is_waiting)
		ret->state = TRACE_WAITING;
	else
		ret->state = trace_table_is_there(s->table) ? TRACE_ACTIVE
							    : TRACE_IDLE;
}
