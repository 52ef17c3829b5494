/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server with the real methods on a real socket in a folder of its own,
 * and peers of it, all in one thread: whoever waits calls bed_pump().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "methods.h"
#include "server.h"
#include "support.h"

struct bed {
	struct temp_folder folder;
	char path[108];
	struct access_policy policy;
	struct methods methods;
	struct server_config config; /* may be changed before bed_start() */
	struct server *server;
};

/* Ends the program when something is in the way. */
struct bed *bed_new(void);
void bed_start(struct bed *bed);
void bed_free(struct bed *bed);

/* Serves until nothing waits. */
void bed_pump(struct bed *bed);
/* Whether something waits. */
bool bed_is_ready(struct bed *bed);

/* A non-blocking connection, accepted. */
int bed_connect(struct bed *bed);
/* One that the server did not see yet. */
int bed_connect_only(struct bed *bed);
/* Sends @text with its NUL. */
void bed_send(int fd, const char *text);
/*
 * The next message from @fd, serving meanwhile, or NULL at the end of what
 * comes. Static, until the next call. Nothing is read past the message.
 */
const char *bed_receive(struct bed *bed, int fd);

/* The same event with number @n, through the server's sink. */
void bed_emit(struct bed *bed, unsigned int n);
void bed_lose(struct bed *bed, uint64_t kernel_queue, uint64_t socket);
