/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "namespaces.h"
#include "ruleset-text.h"
#include "ruleset-watch.h"

#define MSEC 1000ULL
#define SEC  (1000 * MSEC)

/* A job is followed by ten times as long a pause, and by this at least. */
#define SHARE	   10
#define PAUSE_USEC (20 * MSEC)

enum step { STEP_IDLE, STEP_NAME, STEP_RULESET };

struct namespaces {
	struct correlate *correlate;
	struct reader *reader;
	size_t memory;
	int epoll;
	int timer;
	/* The job: which namespace, and how far it is. */
	enum step step;
	uint64_t cookie;
	uint32_t inum;
	struct answer name;
	struct ruleset_watch *watch;
	struct rulesets rulesets; /* the watch's */
	uint64_t cpu_usec;	  /* that the job took */
	uint64_t next;		  /* CLOCK_MONOTONIC: no job before */
	uint64_t n_jobs, n_failed;
};

DEFINE_CLEANUP(struct namespaces *, namespaces_free)

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec / 1000;
}

static int watch_fd(struct namespaces *n, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* The job's namespace, if it is not forgotten by now. */
static struct correlate_netns *of_job(const struct namespaces *n)
{
	return correlate_find_netns(n->correlate, n->cookie, n->inum);
}

static void end_job(struct namespaces *n)
{
	n->step = STEP_IDLE;
	n->next = now_usec() + MAX(n->cpu_usec * SHARE, PAUSE_USEC);
}

static void start_name(struct namespaces *n, struct correlate_netns *netns)
{
	struct reader_request request = { .what = READER_NAME,
					  .netns = netns->inum };

	netns->wants_name = false;
	if (reader_ask(n->reader, &request, &n->name) < 0 ||
	    watch_fd(n, n->name.fd) < 0) {
		answer_done(&n->name);
		n->n_failed++;
		end_job(n);
		return;
	}
	n->step = STEP_NAME;
}

static void finish_name(struct namespaces *n, int r)
{
	struct correlate_netns *netns = of_job(n);
	struct reader_end end = { 0 };

	if (r > 0)
		r = answer_take_end(&n->name, &end);
	if (r < 0)
		n->n_failed++;
	else if (netns && !memchr(n->name.data, '\0', n->name.len))
		copy_string(netns->name, sizeof(netns->name), n->name.data,
			    n->name.len);
	answer_done(&n->name);
	n->cpu_usec = end.cpu_msec * MSEC;
	end_job(n);
}

static void read_name(struct namespaces *n)
{
	int r;

	do
		r = answer_read(&n->name, DROP_NAME_MAX * 2);
	while (r == -EAGAIN);
	if (r != 0)
		finish_name(n, r);
}

static void start_ruleset(struct namespaces *n, struct correlate_netns *netns)
{
	struct ruleset_watch_config config = {
		.reader = n->reader,
		.rulesets = &n->rulesets,
		.memory = n->memory / 4,
		.netns = netns->inum,
		.cookie = netns->cookie,
	};

	netns->wants_ruleset = false;
	/* Rules that it had already keep their texts. */
	if (netns->rulesets.current)
		n->rulesets.current = ruleset_ref(netns->rulesets.current);
	if (ruleset_watch_new(&n->watch, &config) < 0 ||
	    watch_fd(n, ruleset_watch_get_fd(n->watch)) < 0) {
		n->n_failed++;
		ruleset_watch_free(n->watch);
		n->watch = NULL;
		rulesets_done(&n->rulesets);
		end_job(n);
		return;
	}
	n->step = STEP_RULESET;
}

static size_t ruleset_bytes(const struct ruleset *rs)
{
	struct ruleset_texts texts;

	ruleset_text_count(rs, &texts);
	return ruleset_count_bytes(rs) + texts.bytes;
}

/* Forgets rulesets until all fit, that of who dropped nothing longest first. */
static void make_room(struct namespaces *n)
{
	for (;;) {
		struct correlate_netns *oldest = NULL;
		size_t sum = 0;

		for (size_t i = 0; i < n->correlate->n_netns; i++) {
			struct correlate_netns *netns = n->correlate->netns[i];

			if (!netns->rulesets.current)
				continue;
			sum += ruleset_bytes(netns->rulesets.current);
			/* Old ones share nearly everything with it. */
			if (!oldest || netns->used < oldest->used)
				oldest = netns;
		}
		if (!oldest || sum <= n->memory)
			return;
		rulesets_done(&oldest->rulesets);
	}
}

static void finish_ruleset(struct namespaces *n)
{
	struct correlate_netns *netns = of_job(n);
	struct ruleset_status status;

	ruleset_watch_get_status(n->watch, &status);
	ruleset_watch_free(n->watch);
	n->watch = NULL;
	if (status.state != RULESET_CURRENT)
		n->n_failed++;
	else if (netns && n->rulesets.current)
		rulesets_set(&netns->rulesets,
			     ruleset_ref(n->rulesets.current));
	rulesets_done(&n->rulesets);
	make_room(n);
	n->cpu_usec = (status.reading_msec + status.listing_msec) * MSEC;
	end_job(n);
}

/* The namespace that waits and dropped something last. */
static struct correlate_netns *next_job(const struct namespaces *n)
{
	struct correlate_netns *next = NULL;

	for (size_t i = 0; i < n->correlate->n_netns; i++) {
		struct correlate_netns *netns = n->correlate->netns[i];

		if ((netns->wants_name || netns->wants_ruleset) &&
		    (!next || netns->used > next->used))
			next = netns;
	}
	return next;
}

static void start_job(struct namespaces *n)
{
	struct correlate_netns *netns = next_job(n);

	if (!netns) {
		n->correlate->wants = false;
		return;
	}
	n->cookie = netns->cookie;
	n->inum = netns->inum;
	n->cpu_usec = 0;
	n->n_jobs++;
	if (netns->wants_name)
		start_name(n, netns);
	else
		start_ruleset(n, netns);
}

static void plan(struct namespaces *n)
{
	struct itimerspec spec = { 0 };

	if (n->step != STEP_IDLE || !n->correlate->wants)
		return;
	if (now_usec() >= n->next) {
		start_job(n);
		if (n->step != STEP_IDLE || !n->correlate->wants)
			return;
	}
	spec.it_value.tv_sec = (time_t)(n->next / SEC);
	spec.it_value.tv_nsec = (long)(n->next % SEC) * 1000;
	(void)timerfd_settime(n->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

void namespaces_look(struct namespaces *n)
{
	if (n->step == STEP_IDLE && n->correlate->wants)
		plan(n);
}

void namespaces_dispatch(struct namespaces *n)
{
	struct epoll_event events[4];
	uint64_t expired;
	int n_events;

	n_events = epoll_wait(n->epoll, events, (int)ARRAY_SIZE(events), 0);
	for (int i = 0; i < n_events; i++)
		if (events[i].data.fd == n->timer)
			(void)!read(n->timer, &expired, sizeof(expired));
	if (n->step == STEP_NAME)
		read_name(n);
	if (n->step == STEP_RULESET) {
		ruleset_watch_dispatch(n->watch);
		if (ruleset_watch_is_done(n->watch))
			finish_ruleset(n);
	}
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
	n->timer = -1;
	answer_init(&n->name);
	rulesets_init(&n->rulesets);
	n->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (n->epoll < 0)
		return -errno;
	n->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (n->timer < 0)
		return -errno;
	r = watch_fd(n, n->timer);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(n);
	return 0;
}

void namespaces_free(struct namespaces *n)
{
	if (!n)
		return;
	answer_done(&n->name);
	ruleset_watch_free(n->watch);
	rulesets_done(&n->rulesets);
	cleanup_close(&n->timer);
	cleanup_close(&n->epoll);
	free(n);
}

int namespaces_get_fd(const struct namespaces *n)
{
	return n->epoll;
}

void namespaces_get_status(const struct namespaces *n,
			   struct namespaces_status *ret)
{
	*ret = (struct namespaces_status){
		.n_known = n->correlate->n_netns,
		.n_jobs = n->n_jobs,
		.n_failed = n->n_failed,
	};
	for (size_t i = 0; i < n->correlate->n_netns; i++) {
		const struct correlate_netns *netns = n->correlate->netns[i];

		ret->n_named += netns->name[0] != '\0';
		ret->n_rulesets += netns->rulesets.current != NULL;
	}
}
