/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <time.h>

#include "clock.h"
#include "namespaces.h"
#include "netns-job.h"
#include "ruleset-text.h"

/* Between two jobs of a lane at least. */
#define PAUSE_USEC (5 * MSEC)
/* A share is of so much time: a lane that had nothing to do has some in hand.
 */
#define SHARE_USEC (60 * SEC)
/* After a failure, twice as long after each further one. */
#define RETRY_USEC	(1 * SEC)
#define RETRY_DOUBLINGS 6

enum lane { LANE_LIGHT, LANE_HEAVY, _LANES };

/* Of @share times as much time it may take one: a tenth together. */
static const struct {
	unsigned int share;
	uint32_t cpu_msec; /* of each process */
} lanes[_LANES] = {
	[LANE_LIGHT] = { 12, 250 },
	[LANE_HEAVY] = { 60, 30000 },
};

struct namespaces {
	struct correlate *correlate;
	struct reader *reader;
	size_t memory;
	struct waiter waiter;
	struct netns_job jobs[_LANES];
	uint64_t own_usec[_LANES]; /* processor time here, for the job */
	/* CLOCK_MONOTONIC, microseconds: */
	uint64_t paid[_LANES]; /* until when its share is used up */
	uint64_t next[_LANES]; /* no job before */
	uint64_t look_at;      /* no use to look for one before */
	uint64_t timer_at;     /* UINT64_MAX: not set */
	uint64_t n_jobs, n_failed;
};

DEFINE_CLEANUP(struct namespaces *, namespaces_free)

/* --- memory --------------------------------------------------------------- */

static size_t ruleset_bytes(const struct ruleset *rs)
{
	struct ruleset_texts texts;

	ruleset_text_count(rs, &texts);
	return ruleset_count_bytes(rs) + texts.bytes;
}

static void measure(struct correlate_netns *netns)
{
	const struct rulesets *s = &netns->rulesets;

	netns->current_bytes = s->current ? ruleset_bytes(s->current) : 0;
	netns->old_bytes = 0;
	/* As if none was shared, which some are. */
	for (size_t i = 0; i < s->n_old; i++)
		netns->old_bytes += ruleset_bytes(s->old[i]);
}

static void forget(struct correlate_netns *netns, bool only_old)
{
	struct ruleset *current = NULL;

	if (only_old && netns->rulesets.current)
		current = ruleset_ref(netns->rulesets.current);
	rulesets_done(&netns->rulesets);
	netns->rulesets.current = current;
	netns->old_bytes = 0;
	if (!current)
		netns->current_bytes = 0;
}

/*
 * Forgets rulesets until all fit: old ones first, and of whoever dropped
 * nothing for the longest time.
 */
static void make_room(struct namespaces *n)
{
	struct correlate *c = n->correlate;
	size_t sum = 0;

	for (size_t i = 0; i < c->n_netns; i++)
		sum += c->netns[i]->current_bytes + c->netns[i]->old_bytes;
	for (int only_old = 1; only_old >= 0; only_old--) {
		struct correlate_netns *netns = c->oldest;

		for (; netns && sum > n->memory; netns = netns->newer) {
			sum -= netns->old_bytes +
			       (only_old ? 0 : netns->current_bytes);
			forget(netns, only_old);
		}
	}
}

/* --- one job -------------------------------------------------------------- */

static void failed(struct namespaces *n, struct correlate_want *want)
{
	unsigned int doublings = MIN(want->n_failed, RETRY_DOUBLINGS);

	n->n_failed++;
	want->n_failed++;
	want->not_before = now_usec() + (RETRY_USEC << doublings);
}

static void take_name(struct namespaces *n, struct correlate_netns *netns,
		      const struct netns_result *result)
{
	if (result->error < 0) {
		failed(n, &netns->name_want);
		return;
	}
	copy_string(netns->name, sizeof(netns->name), result->name, SIZE_MAX);
	netns->name_want = (struct correlate_want){ 0 };
}

static void take_ruleset(struct namespaces *n, struct correlate_netns *netns,
			 struct netns_result *result, enum lane lane)
{
	struct correlate_want *want = &netns->ruleset_want;
	bool was_light = lane == LANE_LIGHT;

	if (result->ruleset) {
		rulesets_set(&netns->rulesets, TAKE_PTR(result->ruleset));
		measure(netns);
		make_room(n);
	}
	netns->is_heavy = result->error == -ETIME ||
			  result->cpu_usec > lanes[LANE_LIGHT].cpu_msec * MSEC;
	if (result->error == -ETIME && was_light) {
		/* It only has to go to the other lane. */
		want->is_open = true;
		n->correlate->wants = true;
	} else if (result->error < 0) {
		failed(n, want);
	} else {
		/* Drops during the reading asked for it again. */
		if (netns->rulesets.current &&
		    netns->generation == netns->rulesets.current->generation)
			want->is_open = false;
		want->n_failed = 0;
		want->not_before = 0;
	}
}

static void pay(struct namespaces *n, enum lane lane, uint64_t usec)
{
	uint64_t now = now_usec(), since = now - MIN(now, SHARE_USEC);

	n->paid[lane] = MAX(n->paid[lane], since) + usec * lanes[lane].share;
	n->next[lane] = MAX(n->paid[lane], now + PAUSE_USEC);
}

static void finish(struct namespaces *n, enum lane lane,
		   const struct netns_job_config *job,
		   struct netns_result *result)
{
	uint64_t usec = result->cpu_usec + n->own_usec[lane];
	/* It may be forgotten by now. */
	struct correlate_netns *netns =
		correlate_find_netns(n->correlate, job->cookie, job->inum);

	if (!netns)
		n->n_failed += result->error < 0;
	else if (job->kind == NETNS_JOB_NAME)
		take_name(n, netns, result);
	else
		take_ruleset(n, netns, result, lane);
	netns_result_done(result);
	pay(n, lane, usec);
}

static void dispatch(struct namespaces *n, enum lane lane)
{
	struct netns_job_config config = n->jobs[lane].config;
	struct netns_result result;
	uint64_t before;
	bool done;

	if (config.kind == NETNS_JOB_NONE)
		return;
	before = clock_usec(CLOCK_THREAD_CPUTIME_ID);
	done = netns_job_dispatch(&n->jobs[lane], &result);
	n->own_usec[lane] += clock_usec(CLOCK_THREAD_CPUTIME_ID) - before;
	if (done)
		finish(n, lane, &config, &result);
}

static void start(struct namespaces *n, enum lane lane,
		  struct correlate_netns *netns, struct correlate_want *want)
{
	struct netns_job_config config = {
		.kind = want == &netns->name_want ? NETNS_JOB_NAME
						  : NETNS_JOB_RULESET,
		.reader = n->reader,
		.cookie = netns->cookie,
		.inum = netns->inum,
		.known = netns->rulesets.current,
		.memory = n->memory / 4,
		.cpu_msec = lanes[lane].cpu_msec,
	};

	copy_string(config.known_name, sizeof(config.known_name), netns->name,
		    SIZE_MAX);
	want->is_open = false;
	n->n_jobs++;
	n->own_usec[lane] = 0;
	if (netns_job_start(&n->jobs[lane], &config) < 0) {
		failed(n, want);
		pay(n, lane, 0);
	}
}

/* --- which --------------------------------------------------------------- */

/* What could be done in a lane, or when something can. */
struct choice {
	struct correlate_netns *netns;
	struct correlate_want *want;
	uint64_t earliest;
};

static void consider(const struct namespaces *n, struct choice *best,
		     enum lane lane, struct correlate_netns *netns,
		     struct correlate_want *want, uint64_t now)
{
	uint64_t at = MAX(n->next[lane], want->not_before);
	bool by_age = n->n_jobs % 2;

	if (at > now || n->jobs[lane].config.kind != NETNS_JOB_NONE) {
		best->earliest = MIN(best->earliest, at);
		return;
	}
	if (!best->netns || (by_age ? want->since < best->want->since
				    : netns->used > best->netns->used)) {
		best->netns = netns;
		best->want = want;
	}
}

static void choose(struct namespaces *n, struct choice best[_LANES],
		   uint64_t now)
{
	bool wants = false;

	for (enum lane lane = 0; lane < _LANES; lane++)
		best[lane] = (struct choice){ .earliest = UINT64_MAX };
	for (size_t i = 0; i < n->correlate->n_netns; i++) {
		struct correlate_netns *netns = n->correlate->netns[i];
		enum lane lane = netns->is_heavy ? LANE_HEAVY : LANE_LIGHT;

		if (netns->name_want.is_open)
			consider(n, &best[LANE_LIGHT], LANE_LIGHT, netns,
				 &netns->name_want, now);
		if (netns->ruleset_want.is_open)
			consider(n, &best[lane], lane, netns,
				 &netns->ruleset_want, now);
		wants |= netns->name_want.is_open ||
			 netns->ruleset_want.is_open;
	}
	n->correlate->wants = wants;
}

static void set_timer(struct namespaces *n, uint64_t at)
{
	n->timer_at = at;
	/* With nothing to wait for, one time more than needed. */
	if (at != UINT64_MAX)
		waiter_set_timer(&n->waiter, at);
}

static void plan(struct namespaces *n)
{
	uint64_t now = now_usec(), at = UINT64_MAX;
	struct choice best[_LANES];

	choose(n, best, now);
	for (enum lane lane = 0; lane < _LANES; lane++) {
		if (best[lane].netns)
			start(n, lane, best[lane].netns, best[lane].want);
		if (n->jobs[lane].config.kind != NETNS_JOB_NONE)
			at = MIN(at, netns_job_deadline(&n->jobs[lane]));
		else if (best[lane].netns)
			at = MIN(at, n->next[lane]);
		else
			at = MIN(at, best[lane].earliest);
	}
	n->look_at = now + PAUSE_USEC;
	set_timer(n, at);
}

void namespaces_look(struct namespaces *n)
{
	if (!n->correlate->wants)
		return;
	if (now_usec() >= n->look_at)
		plan(n);
	else if (n->look_at < n->timer_at)
		set_timer(n, n->look_at);
}

void namespaces_dispatch(struct namespaces *n)
{
	int fds[WAITER_AT_ONCE];

	/* Each lane looks at its own. */
	(void)waiter_take(&n->waiter, fds);
	for (enum lane lane = 0; lane < _LANES; lane++)
		dispatch(n, lane);
	plan(n);
}

int namespaces_new(struct namespaces **ret, struct correlate *correlate,
		   struct reader *reader, size_t memory)
{
	_cleanup_(cleanup_namespaces_free) struct namespaces *n = NULL;
	int r;

	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->correlate = correlate;
	n->reader = reader;
	n->memory = memory;
	n->timer_at = UINT64_MAX;
	waiter_init(&n->waiter);
	for (enum lane lane = 0; lane < _LANES; lane++)
		netns_job_init(&n->jobs[lane], &n->waiter);
	r = waiter_open(&n->waiter);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(n);
	return 0;
}

void namespaces_free(struct namespaces *n)
{
	if (!n)
		return;
	for (enum lane lane = 0; lane < _LANES; lane++)
		netns_job_done(&n->jobs[lane]);
	waiter_close(&n->waiter);
	free(n);
}

void namespaces_set_memory(struct namespaces *n, size_t memory)
{
	n->memory = memory;
	make_room(n);
}

int namespaces_get_fd(const struct namespaces *n)
{
	return n->waiter.epoll;
}

void namespaces_get_status(const struct namespaces *n,
			   struct namespaces_status *ret)
{
	*ret = (struct namespaces_status){
		.n_known = n->correlate->n_netns,
		.n_max = n->correlate->max_netns,
		.n_jobs = n->n_jobs,
		.n_failed = n->n_failed,
	};
	for (size_t i = 0; i < n->correlate->n_netns; i++) {
		const struct correlate_netns *netns = n->correlate->netns[i];

		ret->n_named += netns->name[0] != '\0';
		ret->n_rulesets += netns->rulesets.current != NULL;
		ret->n_heavy += netns->is_heavy;
		ret->bytes += netns->current_bytes + netns->old_bytes;
	}
}
