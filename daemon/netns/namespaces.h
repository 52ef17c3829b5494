/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out what the other network namespaces are called, and what their rules
 * are, as drops there ask for it; see correlate.h. Never more than a tenth of
 * one processor's time: whoever may make user namespaces can make these, with
 * rulesets, at will.
 *
 * There are two lanes, with a share of that each, so that what takes long does
 * not keep others waiting: what took long once is heavy from then on. In a lane
 * it is one after the other, by turns whose drop was the last and who waits for
 * the longest time. What fails is tried again later and later.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "correlate.h"
#include "reader.h"

struct namespaces;

struct namespaces_status {
	size_t n_known; /* that dropped something lately */
	size_t n_max;	/* as many at most, or soon */
	size_t n_named;
	size_t n_rulesets;
	size_t n_heavy;
	size_t bytes; /* of the rulesets, about */
	uint64_t n_jobs;
	uint64_t n_failed; /* gone, too large, or changing all the time */
};

/*
 * Borrows both. @memory is for all their rulesets together, in bytes; one may
 * take a quarter of it.
 */
int namespaces_new(struct namespaces **ret, struct correlate *correlate,
		   struct reader *reader, size_t memory);
void namespaces_free(struct namespaces *n); /* NULL allowed */

void namespaces_set_memory(struct namespaces *n, size_t memory);

int namespaces_get_fd(const struct namespaces *n);
/* Drops came, which may want something. */
void namespaces_look(struct namespaces *n);
/* Does what waits. */
void namespaces_dispatch(struct namespaces *n);
void namespaces_get_status(const struct namespaces *n,
			   struct namespaces_status *ret);
