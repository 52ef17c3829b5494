/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket on which the kernel tells of packets that are traced
 * (NFNLGRP_NFTRACE), whoever marked them. Open only while somebody waits for
 * traces: they cost the kernel nothing then.
 */
#pragma once

#include "trace-message.h"
#include "waiter.h"

struct mnl_socket;

/* Who listens. Neither may open or close the socket. */
struct trace_socket_ops {
	void (*take)(void *data, const struct trace_message *m);
	/* Traces were lost: what begins in the middle is not known. */
	void (*lost)(void *data);
};

struct trace_socket {
	const struct trace_socket_ops *ops;
	void *data;
	struct waiter *waiter; /* that waits for it while it is open */
	struct mnl_socket *nl; /* NULL: closed */
	uint32_t messages_max; /* a second; with more it closes itself */
	uint64_t second_at;    /* the second of n_messages */
	uint64_t n_messages;
	uint64_t n_lost;    /* times that it had no room */
	uint64_t n_skipped; /* times that it closed itself */
};

/* Closed. Borrows all but @socket. */
void trace_socket_init(struct trace_socket *socket,
		       const struct trace_socket_ops *ops, void *data,
		       struct waiter *waiter, uint32_t messages_max);
/* 0, also when it is open already; or a negative errno. */
int trace_socket_open(struct trace_socket *socket);
/* What waits there is lost, and said so. */
void trace_socket_close(struct trace_socket *socket);
/* Takes what waits, a bounded part of it. Returns whether more may wait. */
bool trace_socket_read(struct trace_socket *socket);
