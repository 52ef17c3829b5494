/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "methods.h"
#include "reason.h"
#include "util.h"
#include "varlink-text.h"
#include "version.h"

#define ERROR_MAX 512

struct method {
	const char *name;
	/* Its only one; NULL for none. */
	const char *parameter;
	enum json_type type;
	bool needs_more;
	bool needs_access;
	int (*call)(struct methods *methods, struct session *session,
		    struct json_object *parameter);
};

/* Takes @value. NULL when @root or @value is, and then both are gone. */
static struct json_object *with(struct json_object *root, const char *key,
				struct json_object *value)
{
	if (root && value && json_object_object_add(root, key, value) == 0)
		return root;
	json_object_put(value);
	json_object_put(root);
	return NULL;
}

static struct json_object *with_string(struct json_object *root,
				       const char *key, const char *value)
{
	return with(root, key, json_object_new_string(value));
}

/* Takes @parameters, which is NULL when memory is out. */
static int send_reply(struct session *session, struct json_object *parameters)
{
	struct buffer *message;

	if (!parameters)
		return -ENOMEM;
	message = reply_new(parameters, false);
	json_object_put(parameters);
	return session_send(session, message);
}

static int send_error(struct session *session, const char *error,
		      const char *key, const char *value)
{
	return session_send_error(session, error,
				  with_string(json_object_new_object(), key,
					      value));
}

static int call_get_info(struct methods *methods, struct session *session,
			 struct json_object *parameter)
{
	struct json_object *interfaces = json_object_new_array();
	struct json_object *root = json_object_new_object();

	(void)methods;
	(void)parameter;
	for (size_t i = 0; i < ARRAY_SIZE(varlink_interfaces); i++)
		json_object_array_add(
			interfaces,
			json_object_new_string(varlink_interfaces[i].name));
	root = with_string(root, "vendor", "nfdrop");
	root = with_string(root, "product", "nfdropd");
	root = with_string(root, "version", NFDROP_VERSION);
	root = with_string(root, "url", "man:nfdropd(8)");
	return send_reply(session, with(root, "interfaces", interfaces));
}

static int call_get_interface_description(struct methods *methods,
					  struct session *session,
					  struct json_object *parameter)
{
	const char *name;

	(void)methods;
	if (!parameter)
		return send_error(session, PROTO_INVALID_PARAMETER, "parameter",
				  "interface");
	name = json_object_get_string(parameter);
	for (size_t i = 0; i < ARRAY_SIZE(varlink_interfaces); i++)
		if (strcmp(varlink_interfaces[i].name, name) == 0)
			return send_reply(
				session,
				with_string(json_object_new_object(),
					    "description",
					    varlink_interfaces[i].text));
	return send_error(session, PROTO_INTERFACE_NOT_FOUND, "interface",
			  name);
}

static int call_get_status(struct methods *methods, struct session *session,
			   struct json_object *parameter)
{
	(void)parameter;
	return send_reply(session, methods->get_status(methods->data));
}

static int call_get_rules(struct methods *methods, struct session *session,
			  struct json_object *parameter)
{
	int64_t first = parameter ? json_object_get_int64(parameter) : 0;

	if (first < 0)
		return send_error(session, PROTO_INVALID_PARAMETER, "parameter",
				  "first");
	return send_reply(session,
			  methods->get_rules(methods->data, (uint64_t)first));
}

static struct json_object *reason_to_json(const struct reason *reason)
{
	struct json_object *root = json_object_new_object();
	struct json_object *codes = json_object_new_object();

	if (reason->code_6_12 != REASON_CODE_NONE)
		codes = with(codes, "6.12",
			     json_object_new_uint64(reason->code_6_12));
	if (reason->code_7_3 != REASON_CODE_NONE)
		codes = with(codes, "7.3",
			     json_object_new_uint64(reason->code_7_3));
	root = with_string(root, "name", reason->name);
	root = with_string(root, "subsystem", reason->subsystem);
	root = with(root, "codes", codes);
	return with_string(root, "explanation", reason->explanation);
}

static int unknown_reason(struct session *session, const char *name)
{
	const struct reason *near = reason_suggest(name);
	struct json_object *parameters;

	parameters = with_string(json_object_new_object(), "name", name);
	if (near)
		parameters = with_string(parameters, "suggestion", near->name);
	return session_send_error(session, PROTO_UNKNOWN_REASON, parameters);
}

static int call_get_reasons(struct methods *methods, struct session *session,
			    struct json_object *parameter)
{
	struct json_object *reasons;
	const struct reason *only = NULL;

	(void)methods;
	if (parameter) {
		only = reason_find(json_object_get_string(parameter));
		if (!only)
			return unknown_reason(
				session, json_object_get_string(parameter));
	}
	reasons = json_object_new_array();
	for (size_t i = 0; reasons && i < reason_count(); i++)
		if (!only || only == reason_at(i))
			json_object_array_add(reasons,
					      reason_to_json(reason_at(i)));
	return send_reply(session,
			  with(json_object_new_object(), "reasons", reasons));
}

static int call_subscribe(struct methods *methods, struct session *session,
			  struct json_object *parameter)
{
	struct filter *filter = NULL;
	char error[ERROR_MAX];
	int r;

	(void)methods;
	if (parameter) {
		r = filter_from_json(parameter, &filter, error, sizeof(error));
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			return send_error(session, PROTO_INVALID_FILTER,
					  "message", error);
	}
	return session_subscribe(session, filter);
}

static const struct method method_table[] = {
	{ PROTO_SERVICE ".GetInfo", NULL, json_type_null, false, false,
	  call_get_info },
	{ PROTO_SERVICE ".GetInterfaceDescription", "interface",
	  json_type_string, false, false, call_get_interface_description },
	{ PROTO_MONITOR ".GetStatus", NULL, json_type_null, false, true,
	  call_get_status },
	{ PROTO_MONITOR ".GetRules", "first", json_type_int, false, true,
	  call_get_rules },
	{ PROTO_MONITOR ".GetReasons", "name", json_type_string, false, true,
	  call_get_reasons },
	{ PROTO_MONITOR ".Subscribe", "filter", json_type_object, true, true,
	  call_subscribe },
};

static int unknown_method(struct session *session, const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(varlink_interfaces); i++) {
		const char *interface = varlink_interfaces[i].name;

		if (strlen(interface) == (size_t)(dot - name) &&
		    strncmp(interface, name, (size_t)(dot - name)) == 0)
			return send_error(session, PROTO_METHOD_NOT_FOUND,
					  "method", name);
	}
	return send_error(session, PROTO_INTERFACE_NOT_FOUND, "interface",
			  name);
}

static int permission_denied(struct methods *methods, struct session *session)
{
	const struct access_policy *policy = methods->policy;
	struct json_object *parameters = json_object_new_object();
	char message[ERROR_MAX];

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
	parameters = with_string(parameters, "group", policy->group);
	parameters = with_string(parameters, "message", message);
	return session_send_error(session, PROTO_PERMISSION_DENIED, parameters);
}

/* The one parameter, if it is there; an error names the first wrong one. */
static int find_parameter(const struct method *method,
			  const struct request *request,
			  struct json_object **ret, const char **wrong)
{
	*ret = NULL;
	if (!request->parameters)
		return 0;
	json_object_object_foreach(request->parameters, key, value) {
		if (!method->parameter || strcmp(key, method->parameter) != 0) {
			*wrong = key;
			return -EINVAL;
		}
		if (value && !json_object_is_type(value, method->type)) {
			*wrong = key;
			return -EINVAL;
		}
		*ret = value;
	}
	return 0;
}

static int method_call(struct methods *methods, const struct method *method,
		       struct session *session, struct request *request)
{
	struct json_object *parameter;
	const char *wrong;

	if (method->needs_access && !session->peer.may_read)
		return permission_denied(methods, session);
	if (find_parameter(method, request, &parameter, &wrong) < 0)
		return send_error(session, PROTO_INVALID_PARAMETER, "parameter",
				  wrong);
	if (method->needs_more && !request->more)
		return session_send_error(session, PROTO_EXPECTED_MORE, NULL);
	return method->call(methods, session, parameter);
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
		  struct json_object *(*get_status)(void *data),
		  struct json_object *(*get_rules)(void *data, uint64_t first),
		  void *data)
{
	*methods = (struct methods){
		.handler.request = methods_request,
		.policy = policy,
		.get_status = get_status,
		.get_rules = get_rules,
		.data = data,
	};
}
