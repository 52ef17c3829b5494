/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes from nfdropd into top's model: answers once a delay, and a
 * detail's drops as they happen. A nfdropd that goes away is told to the model,
 * and asked again with each refresh. Never blocks.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "nfdrop.h"
#include "top-detail.h"
#include "top-model.h"

/* A connection for questions, one for the detail's drops. */
enum top_line { TOP_LINE_ASK, TOP_LINE_DROPS, _TOP_LINE_MAX };

struct top_feed {
	const char *socket;
	struct top_model *model;
	struct top_detail *detail;
	struct nfdrop_client *lines[_TOP_LINE_MAX]; /* NULL: not connected */
	/* Drops that may yet be read in this refresh; a flood is not for us. */
	unsigned int budget;
	bool refused;	   /* the drops' filter: then without one */
	bool asking;	   /* a refresh is under way */
	bool only_look;	   /* and it is no more than a look */
	uint64_t asked_ns; /* or answered, the last question */
	size_t question;   /* that is asked: see top-questions.h */
	uint64_t part;	   /* of it: where the page begins, which grouping */
	unsigned int parts;
	enum top_by asked_by; /* as it was then */
	uint64_t asked_detail;
	uint64_t recent_detail; /* whose earlier drops were asked for */
};

void top_feed_init(struct top_feed *feed, const char *socket,
		   struct top_model *model, struct top_detail *detail);
void top_feed_done(struct top_feed *feed);

/*
 * Begins to ask for everything that the model's view needs, unless the last
 * refresh is still under way. @now_ns is of a clock that does not jump,
 * @real_ns CLOCK_REALTIME, as below. -ENOMEM.
 */
int top_feed_refresh(struct top_feed *feed, uint64_t now_ns, uint64_t real_ns);

/*
 * The same for the look alone, see top_window_is_wanted(), unless something is
 * asked already.
 */
int top_feed_look(struct top_feed *feed, uint64_t now_ns, uint64_t real_ns);

/* What to wait for. Returns how many of @pfds were filled. */
size_t top_feed_poll(const struct top_feed *feed,
		     struct pollfd pfds[_TOP_LINE_MAX]);

/* What a dispatch has come to: none of them, or both. */
enum top_feed_end {
	TOP_FEED_REFRESHED = 1, /* or nfdropd is away, which ends it */
	TOP_FEED_LOOKED = 2,
};

/* Takes what has come. Returns enum top_feed_end, or -ENOMEM. */
int top_feed_dispatch(struct top_feed *feed, uint64_t now_ns, uint64_t real_ns);

/* The detail was opened, closed, or shows another row. */
void top_feed_detail_changed(struct top_feed *feed);
