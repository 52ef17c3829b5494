/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket on which NET_DM's alerts arrive: read in batches, and every message
 * that the socket had no room for is counted.
 */
#pragma once

#include <stdint.h>

#include "pipeline.h"

/* What comes on a socket, and so is lost when it has no room. */
enum alerts_content {
	ALERTS_DROPS = 1 << 0, /* packets, and counts by location */
	ALERTS_RULES = 1 << 1, /* counts by rule */
};

struct alerts;

/* @content is a mask. Borrows @pipeline. Errors are those of socket(2) and
 * bind(2), -ENOMEM. */
int alerts_new(struct alerts **ret, uint32_t content, uint32_t receive_buffer,
	       struct pipeline *pipeline);
void alerts_free(struct alerts *a); /* NULL allowed */

/* Joins a multicast group. -EPERM: it needs CAP_SYS_ADMIN. */
int alerts_join(struct alerts *a, uint32_t group);

/* Another size of the socket's buffer; nothing that waits is lost. */
void alerts_set_buffer(struct alerts *a, uint32_t receive_buffer);

int alerts_get_fd(const struct alerts *a);
/*
 * Reads a bounded number of messages into the pipeline. Returns 1 when more
 * may wait, 0 when the socket is empty, or a negative errno.
 */
int alerts_dispatch(struct alerts *a);
/* Tells the pipeline what the socket dropped since the last call. */
void alerts_count_losses(struct alerts *a);
