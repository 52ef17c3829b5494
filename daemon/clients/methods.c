/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "method-calls.h"
#include "util.h"
#include "varlink-text.h"

#define PARAMETERS_MAX 5

struct method {
	const char *name;
	struct parameter {
		const char *name;
		enum json_type type;
	} parameters[PARAMETERS_MAX]; /* those without a name are none */
	bool needs_more;
	bool needs_access;
	/* @values are the parameters', NULL where it was not given. */
	int (*call)(struct methods *methods, struct session *session,
		    struct json_object *const *values);
};

static const struct method method_table[] = {
	{ PROTO_SERVICE ".GetInfo", { { 0 } }, false, false, call_get_info },
	{ PROTO_SERVICE ".GetInterfaceDescription",
	  { { "interface", json_type_string } },
	  false,
	  false,
	  call_get_interface_description },
	{ PROTO_MONITOR ".GetStatus", { { 0 } }, false, true, call_get_status },
	{ PROTO_MONITOR ".GetRules",
	  { { "first", json_type_int },
	    { "filter", json_type_object },
	    { "heaviest", json_type_int },
	    { "limit", json_type_int },
	    { "look", json_type_object } },
	  false,
	  true,
	  call_get_rules },
	{ PROTO_MONITOR ".GetStats",
	  { { "by", json_type_array },
	    { "filter", json_type_object },
	    { "limit", json_type_int } },
	  false,
	  true,
	  call_get_stats },
	{ PROTO_MONITOR ".GetRuleset",
	  { { "first", json_type_int } },
	  false,
	  true,
	  call_get_ruleset },
	{ PROTO_MONITOR ".GetRule",
	  { { "rule", json_type_object }, { "around", json_type_int } },
	  false,
	  true,
	  call_get_rule },
	{ PROTO_MONITOR ".GetEvents",
	  { { "filter", json_type_object }, { "limit", json_type_int } },
	  false,
	  true,
	  call_get_events },
	{ PROTO_MONITOR ".GetReasons",
	  { { "name", json_type_string } },
	  false,
	  true,
	  call_get_reasons },
	{ PROTO_MONITOR ".Subscribe",
	  { { "filter", json_type_object } },
	  true,
	  true,
	  call_subscribe },
	{ PROTO_MONITOR ".Trace",
	  { { "expression", json_type_string },
	    { "count", json_type_int },
	    { "duration_usec", json_type_int } },
	  true,
	  true,
	  call_trace },
};

static int unknown_method(struct session *session, const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(varlink_interfaces); i++) {
		const char *interface = varlink_interfaces[i].name;

		if (strlen(interface) == (size_t)(dot - name) &&
		    strncmp(interface, name, (size_t)(dot - name)) == 0)
			return method_send_error(session,
						 PROTO_METHOD_NOT_FOUND,
						 "method", name);
	}
	return method_send_error(session, PROTO_INTERFACE_NOT_FOUND,
				 "interface", name);
}

static int permission_denied(struct methods *methods, struct session *session)
{
	const struct access_policy *policy = methods->policy;
	struct json_object *parameters = json_object_new_object();
	char message[METHOD_ERROR_MAX];

	if (policy->gid == (gid_t)-1)
		snprintf(message, sizeof(message),
			 "Only root may read: there is no group \"%s\" on "
			 "this machine.",
			 policy->group);
	else
		snprintf(message, sizeof(message),
			 "Reading needs root or membership in the group "
			 "\"%s\": as root, run \"usermod -aG %s USER\", then "
			 "log in again.",
			 policy->group, policy->group);
	parameters = json_with_string(parameters, "group", policy->group);
	parameters = json_with_string(parameters, "message", message);
	return session_send_error(session, PROTO_PERMISSION_DENIED, parameters);
}

/* The number of the parameter of that name; -EINVAL. */
static int find_parameter(const struct method *method, const char *name)
{
	for (int i = 0; i < PARAMETERS_MAX && method->parameters[i].name; i++)
		if (strcmp(method->parameters[i].name, name) == 0)
			return i;
	return -EINVAL;
}

/* Those that are there; an error names the first wrong one. */
static int find_parameters(const struct method *method,
			   const struct request *request,
			   struct json_object **ret, const char **wrong)
{
	if (!request->parameters)
		return 0;
	json_object_object_foreach(request->parameters, key, value) {
		int i = find_parameter(method, key);

		if (i < 0 ||
		    (value &&
		     !json_object_is_type(value, method->parameters[i].type))) {
			*wrong = key;
			return -EINVAL;
		}
		ret[i] = value;
	}
	return 0;
}

static int method_call(struct methods *methods, const struct method *method,
		       struct session *session, struct request *request)
{
	struct json_object *values[PARAMETERS_MAX] = { 0 };
	const char *wrong;

	if (method->needs_access && !session->peer.may_read)
		return permission_denied(methods, session);
	if (find_parameters(method, request, values, &wrong) < 0)
		return method_wrong_parameter(session, wrong);
	if (method->needs_more && !request->more)
		return session_send_error(session, PROTO_EXPECTED_MORE, NULL);
	return method->call(methods, session, values);
}

static int methods_request(struct session_handler *handler,
			   struct session *session, struct request *request)
{
	struct methods *methods = (struct methods *)handler;

	/*
	 * Nobody waits for an answer, not even an error's, and nothing here
	 * changes anything: so nothing is left to do.
	 */
	if (request->oneway)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(method_table); i++)
		if (strcmp(method_table[i].name, request->method) == 0)
			return method_call(methods, &method_table[i], session,
					   request);
	return unknown_method(session, request->method);
}

void methods_init(struct methods *methods, const struct access_policy *policy,
		  const struct methods_replies *replies, void *data)
{
	*methods = (struct methods){
		.handler.request = methods_request,
		.policy = policy,
		.replies = replies,
		.data = data,
	};
}
