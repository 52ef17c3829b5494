/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Unix socket and its sessions. One epoll(7) descriptor stands for all of
 * them, so that any event loop can wait for it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "session.h"
#include "sink.h"

struct server_config {
	const char *path;
	int listen_fd; /* from socket activation, or -1 to bind @path */
	size_t max_clients;
	size_t max_clients_per_uid;
	struct stream_limits limits;
};

struct server_counts {
	size_t current;	  /* sessions now */
	uint64_t refused; /* connections past a bound */
	uint64_t missed;  /* drops that sessions did not get, summed */
};

struct server;

/*
 * Listens. Borrows @policy and @handler; takes config->listen_fd. -EADDRINUSE:
 * another process listens at the path. -ENAMETOOLONG, and what bind(2) says.
 */
int server_new(struct server **ret, const struct server_config *config,
	       const struct access_policy *policy,
	       struct session_handler *handler);
/* The socket that it bound itself, or -1. */
int server_get_bound(const struct server *server);
/* It is to stay when the server is freed: somebody else has it, too. */
void server_leave(struct server *server);
/* Closes every session, and removes the socket that it bound. */
void server_free(struct server *server); /* NULL allowed */

/*
 * Other bounds: of clients for those that connect from now on, of what waits for
 * one for them as well.
 */
void server_set_limits(struct server *server,
		       const struct server_config *config);

int server_get_fd(const struct server *server);
/* Does what waits. A session's trouble ends that session only. */
int server_dispatch(struct server *server);
/* Writes what was queued since; after a batch of drops, and each second. */
void server_flush(struct server *server);

/* Every drop to every session that wants it: for pipeline_add_sink(). */
struct sink *server_get_sink(struct server *server);
void server_get_counts(const struct server *server, struct server_counts *ret);
