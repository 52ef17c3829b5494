/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question about another network namespace, from asking the reader to the
 * answer: what it is called, or what its rules are.
 */
#pragma once

#include "reader.h"
#include "rulesets.h"
#include "waiter.h"

/* After that it is given up. */
#define NETNS_JOB_MAX_USEC 60000000

struct ruleset_watch;

enum netns_job_kind { NETNS_JOB_NONE, NETNS_JOB_NAME, NETNS_JOB_RULESET };

struct netns_job_config {
	enum netns_job_kind kind;
	struct reader *reader;
	uint64_t cookie; /* of the namespace, and its inode number */
	uint32_t inum;
	char known_name[256];
	/* Of a ruleset: what is known of it, whose texts are taken over, or
	 * NULL. */
	struct ruleset *known;
	size_t memory;	   /* what it may take, in bytes */
	uint32_t cpu_msec; /* what each process that reads may take */
};

struct netns_job {
	struct netns_job_config config;
	const struct waiter *waiter; /* for its descriptors */
	uint64_t started; /* CLOCK_MONOTONIC, microseconds */
	struct answer name;
	struct ruleset_watch *watch;
	struct rulesets rulesets; /* the watch's */
};

/* What came of it; done with netns_result_done(). */
struct netns_result {
	/*
	 * 0, or a negative errno: -EFBIG, too much memory; -ETIME, too much
	 * processor time; -EAGAIN, it changes all the time; -ENOENT, it is
	 * gone, has no name, or cannot be entered.
	 */
	int error;
	char name[256];		 /* of a NETNS_JOB_NAME */
	struct ruleset *ruleset; /* owned; may be there with -ETIME: no texts */
	uint64_t cpu_usec;	 /* that others took for it */
};

void netns_result_done(struct netns_result *result);

/* @job does nothing. @waiter, borrowed, will wait for its descriptors. */
void netns_job_init(struct netns_job *job, const struct waiter *waiter);
void netns_job_done(struct netns_job *job);
/* Asks. -EAGAIN or another negative errno: nothing was asked. */
int netns_job_start(struct netns_job *job,
		    const struct netns_job_config *config);
/*
 * Reads what is there. True: that was all, *@ret is set, and @job does nothing
 * again.
 */
bool netns_job_dispatch(struct netns_job *job, struct netns_result *ret);
/* When it is given up, CLOCK_MONOTONIC in microseconds. */
uint64_t netns_job_deadline(const struct netns_job *job);
