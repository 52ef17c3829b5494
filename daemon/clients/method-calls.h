/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each method does, for the table of methods.c.
 *
 * @values are its parameters, in the table's order and of its types, NULL where
 * one was not given. Each sends its reply, or an error where a parameter is not
 * what it should be; a negative errno ends the session.
 */
#pragma once

#include "methods.h"

/* Of the text in an error. */
#define METHOD_ERROR_MAX 512

int call_get_info(struct methods *methods, struct session *session,
		  struct json_object *const *values);
int call_get_interface_description(struct methods *methods,
				   struct session *session,
				   struct json_object *const *values);
int call_get_status(struct methods *methods, struct session *session,
		    struct json_object *const *values);
int call_get_rules(struct methods *methods, struct session *session,
		   struct json_object *const *values);
int call_get_stats(struct methods *methods, struct session *session,
		   struct json_object *const *values);
int call_get_ruleset(struct methods *methods, struct session *session,
		     struct json_object *const *values);
int call_get_rule(struct methods *methods, struct session *session,
		  struct json_object *const *values);
int call_get_events(struct methods *methods, struct session *session,
		    struct json_object *const *values);
int call_get_reasons(struct methods *methods, struct session *session,
		     struct json_object *const *values);
int call_subscribe(struct methods *methods, struct session *session,
		   struct json_object *const *values);
int call_trace(struct methods *methods, struct session *session,
	       struct json_object *const *values);

/*
 * @root with a member. NULL when memory is out, and then @root is gone, which
 * may be NULL.
 */
struct json_object *json_with_string(struct json_object *root, const char *key,
				     const char *value);
/* An error with one parameter, @key. */
int method_send_error(struct session *session, const char *error,
		      const char *key, const char *value);
/* The parameter of that name is missing, unknown or out of range. */
int method_wrong_parameter(struct session *session, const char *name);
