/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds out what the other network namespaces are called, and what their rules
 * are, as drops there ask for it; see correlate.h. One namespace after the
 * other, and never more than a tenth of one processor's time: whoever may make
 * user namespaces can make these, with rulesets, at will.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "correlate.h"
#include "reader.h"

struct namespaces;

struct namespaces_status {
	size_t n_known; /* that dropped something lately */
	size_t n_named;
	size_t n_rulesets;
	uint64_t n_jobs;
	uint64_t n_failed; /* gone, or too large */
};

/*
 * Borrows both. @memory is for all their rulesets together, in bytes; one may
 * take a quarter of it.
 */
int namespaces_new(struct namespaces **ret, struct correlate *correlate,
		   struct reader *reader, size_t memory);
void namespaces_free(struct namespaces *n); /* NULL allowed */

int namespaces_get_fd(const struct namespaces *n);
/* Drops came, which may want something. */
void namespaces_look(struct namespaces *n);
/* Does what waits. */
void namespaces_dispatch(struct namespaces *n);
void namespaces_get_status(const struct namespaces *n,
			   struct namespaces_status *ret);
