/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the socket answers: org.varlink.service and io.nfdrop.Monitor, from one
 * table of methods.
 */
#pragma once

#include "access.h"
#include "session.h"

struct methods {
	struct session_handler handler; /* for server_new() */
	const struct access_policy *policy;
	/* The parameters of GetStatus' reply; NULL when memory is out. */
	struct json_object *(*get_status)(void *data);
	/* Those of GetRules' reply, from rule number @first on. */
	struct json_object *(*get_rules)(void *data, uint64_t first);
	void *data;
};

/* Borrows all of it. */
void methods_init(struct methods *methods, const struct access_policy *policy,
		  struct json_object *(*get_status)(void *data),
		  struct json_object *(*get_rules)(void *data, uint64_t first),
		  void *data);
