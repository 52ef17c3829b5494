/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the watch is made of, for its own files: xt-watch.c, its life, and what
 * it waits for; xt-watch-read.c, reading one table.
 */
#pragma once

#include "waiter.h"
#include "xt-watch.h"

/* Families, by number, whose tools are missing. */
#define FAMILIES 16

enum step { STEP_IDLE, STEP_NAMES, STEP_TABLE };

struct xt_watch {
	struct correlate *correlate;
	struct reader *reader;
	size_t memory;
	bool others;
	struct waiter waiter;
	int inotify; /* -1: none */
	bool watches_lock;
	bool wants_names;
	uint64_t names_at; /* CLOCK_MONOTONIC: not before */
	/* The job: which table, of which namespace, 0 of ours. */
	enum step step;
	uint64_t cookie;
	uint32_t inum;
	uint8_t family;
	char table[XT_NAME_SIZE];
	struct answer answer;
	uint64_t next;	    /* CLOCK_MONOTONIC: no job before */
	uint64_t settle_at; /* the same: the next table settles */
	/* By family: of the tool. */
	struct finding {
		bool is_so, told;
	} missing[FAMILIES], unclear[FAMILIES];
	struct xt_counting counting; /* nothing in it: of nobody */
	struct drop_netns netns;     /* ours */
	uint64_t counted_at; /* CLOCK_MONOTONIC: when it was asked for last */
};

/* Reads what is wanted; where nothing may be read yet, *@next is when. */
void xt_watch_start_job(struct xt_watch *w, uint64_t now, uint64_t *next);
/* Ends it: who answers hangs. What it was about is read again. */
void xt_watch_give_up(struct xt_watch *w);
/* Takes what came of the answer. Returns whether the job ended. */
bool xt_watch_read_answer(struct xt_watch *w);

/* Whether counts of rules are wanted. */
bool xt_watch_is_counting(const struct xt_watch *w);
