/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/epoll.h>

#include "clock.h"
#include "netns-job.h"
#include "ruleset-watch.h"

void netns_result_done(struct netns_result *result)
{
	ruleset_unref(result->ruleset);
	*result = (struct netns_result){ 0 };
}

void netns_job_init(struct netns_job *job, const struct waiter *waiter)
{
	*job = (struct netns_job){ .waiter = waiter };
	answer_init(&job->name);
	rulesets_init(&job->rulesets);
}

void netns_job_done(struct netns_job *job)
{
	answer_done(&job->name);
	ruleset_watch_free(job->watch);
	rulesets_done(&job->rulesets);
	netns_job_init(job, job->waiter);
}

static int start_name(struct netns_job *job)
{
	struct reader_request request = {
		.what = READER_NAME,
		.netns = job->config.inum,
		.cookie = job->config.cookie,
		.cpu_msec = job->config.cpu_msec,
	};
	int r = reader_ask(job->config.reader, &request, &job->name);

	return r < 0 ? r : waiter_add(job->waiter, job->name.fd, EPOLLIN);
}

static int start_ruleset(struct netns_job *job)
{
	struct ruleset_watch_config config = {
		.reader = job->config.reader,
		.rulesets = &job->rulesets,
		.memory = job->config.memory,
		.netns = job->config.inum,
		.cookie = job->config.cookie,
		.netns_name = job->config.known_name,
		.cpu_msec = job->config.cpu_msec,
	};
	int r;

	/* Rules that it had already keep their texts. */
	if (job->config.known)
		job->rulesets.current = ruleset_ref(job->config.known);
	r = ruleset_watch_new(&job->watch, &config);
	return r < 0 ? r
		     : waiter_add(job->waiter, ruleset_watch_get_fd(job->watch),
				  EPOLLIN);
}

int netns_job_start(struct netns_job *job,
		    const struct netns_job_config *config)
{
	int r;

	job->config = *config;
	job->started = now_usec();
	r = config->kind == NETNS_JOB_NAME ? start_name(job)
					   : start_ruleset(job);
	if (r < 0)
		netns_job_done(job);
	return r;
}

uint64_t netns_job_deadline(const struct netns_job *job)
{
	return job->started + NETNS_JOB_MAX_USEC;
}

static bool is_late(const struct netns_job *job)
{
	return now_usec() >= netns_job_deadline(job);
}

/* An answer that has no end: of a process that was ended. */
static int error_of(int r)
{
	return r == -EPIPE ? -ETIME : r;
}

static bool read_name(struct netns_job *job, struct netns_result *ret)
{
	struct reader_end end = { 0 };
	int r;

	do
		r = answer_read(&job->name, sizeof(end) + sizeof(ret->name));
	while (r == -EAGAIN);
	if (r == 0 && !is_late(job))
		return false;
	if (r == 0)
		r = -ETIME;
	if (r > 0)
		r = answer_take_end(&job->name, &end);
	if (r == 0 && memchr(job->name.data, '\0', job->name.len))
		r = -EBADMSG;
	if (r == 0)
		copy_string(ret->name, sizeof(ret->name), job->name.data,
			    job->name.len);
	ret->error = error_of(r);
	ret->cpu_usec = end.magic[0] ? end.cpu_msec * MSEC
				     : now_usec() - job->started;
	return true;
}

static int error_of_ruleset(const struct netns_job *job,
			    const struct ruleset_status *status)
{
	if (status->state == RULESET_TOO_LARGE)
		return -EFBIG;
	if (status->state == RULESET_UNAVAILABLE)
		return error_of(status->error);
	if (status->state != RULESET_CURRENT)
		return is_late(job) ? -ETIME : -EAGAIN;
	return is_late(job) || status->was_ended ? -ETIME : 0;
}

static bool read_ruleset(struct netns_job *job, struct netns_result *ret)
{
	struct ruleset_status status;

	ruleset_watch_dispatch(job->watch);
	ruleset_watch_get_status(job->watch, &status);
	if (!ruleset_watch_is_done(job->watch) && !is_late(job))
		return false;
	ret->error = error_of_ruleset(job, &status);
	ret->cpu_usec = status.cpu_usec;
	/* Also one whose texts could not all be had. */
	if (status.state == RULESET_CURRENT)
		ret->ruleset = ruleset_ref(job->rulesets.current);
	return true;
}

bool netns_job_dispatch(struct netns_job *job, struct netns_result *ret)
{
	bool done = false;

	*ret = (struct netns_result){ 0 };
	if (job->config.kind == NETNS_JOB_NAME)
		done = read_name(job, ret);
	if (job->config.kind == NETNS_JOB_RULESET)
		done = read_ruleset(job, ret);
	if (done)
		netns_job_done(job);
	return done;
}
