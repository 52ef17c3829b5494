/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Top's clock: asks nfdropd once a delay, and says when the model has news. */
#pragma once

#include <poll.h>
#include <stdbool.h>

#include "options.h"
#include "top-detail.h"
#include "top-feed.h"
#include "top-model.h"

#define TOP_DELAY_DEFAULT_NS 2000000000ULL
#define TOP_DELAY_MIN_NS     100000000ULL
#define TOP_DELAY_MAX_NS     3600000000000ULL

struct top_loop {
	const struct options *options;
	struct top_model model;
	struct top_detail detail;
	struct top_feed feed;
	uint64_t seed;
	uint64_t delay_ns;
	uint64_t next_ns; /* when to ask again, of CLOCK_MONOTONIC */
};

/*
 * Asks nfdropd whether it is there, and fills the model with the options. An
 * exit status, having printed the sentence for a failure; or a negative errno.
 */
int top_loop_start(struct top_loop *loop, const struct options *options);
/* Zeros are allowed. */
void top_loop_done(struct top_loop *loop);

enum top_news {
	TOP_NEWS_NONE,	 /* a signal, or @other has something */
	TOP_NEWS_SHOWN,	 /* the model was ticked, or nfdropd is away */
	TOP_NEWS_LOOKED, /* rows have come that were looked for */
	TOP_NEWS_STOP,	 /* the end is wanted */
};

/*
 * Waits until there is news, or something at @other (NULL for none), whose
 * revents are then set. A negative errno.
 */
int top_loop_wait(struct top_loop *loop, struct pollfd *other);

/* Asks now, whenever it was to be. */
void top_loop_refresh(struct top_loop *loop);
