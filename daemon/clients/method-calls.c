/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "method-calls.h"
#include "reason.h"
#include "util.h"
#include "varlink-text.h"
#include "version.h"

#define EVENTS_LIMIT_MAX 30

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

struct json_object *json_with_string(struct json_object *root, const char *key,
				     const char *value)
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

int method_send_error(struct session *session, const char *error,
		      const char *key, const char *value)
{
	return session_send_error(session, error,
				  json_with_string(json_object_new_object(),
						   key, value));
}

int call_get_info(struct methods *methods, struct session *session,
		  struct json_object *const *values)
{
	struct json_object *interfaces = json_object_new_array();
	struct json_object *root = json_object_new_object();

	(void)methods;
	(void)values;
	for (size_t i = 0; i < ARRAY_SIZE(varlink_interfaces); i++)
		json_object_array_add(
			interfaces,
			json_object_new_string(varlink_interfaces[i].name));
	root = json_with_string(root, "vendor", "nfdrop");
	root = json_with_string(root, "product", "nfdropd");
	root = json_with_string(root, "version", NFDROP_VERSION);
	root = json_with_string(root, "url", "man:nfdropd(8)");
	return send_reply(session, with(root, "interfaces", interfaces));
}

int call_get_interface_description(struct methods *methods,
				   struct session *session,
				   struct json_object *const *values)
{
	const char *name;

	(void)methods;
	if (!values[0])
		return method_send_error(session, PROTO_INVALID_PARAMETER,
					 "parameter", "interface");
	name = json_object_get_string(values[0]);
	for (size_t i = 0; i < ARRAY_SIZE(varlink_interfaces); i++)
		if (strcmp(varlink_interfaces[i].name, name) == 0)
			return send_reply(
				session,
				json_with_string(json_object_new_object(),
						 "description",
						 varlink_interfaces[i].text));
	return method_send_error(session, PROTO_INTERFACE_NOT_FOUND,
				 "interface", name);
}

int call_get_status(struct methods *methods, struct session *session,
		    struct json_object *const *values)
{
	(void)values;
	return send_reply(session, methods->replies->get_status(methods->data));
}

/* A number of @value, which may be absent; -EINVAL for a negative one. */
static int get_number(struct json_object *value, uint64_t absent, uint64_t *ret)
{
	int64_t v = value ? json_object_get_int64(value) : 0;

	if (v < 0)
		return -EINVAL;
	*ret = value ? (uint64_t)v : absent;
	return 0;
}

int method_wrong_parameter(struct session *session, const char *name)
{
	return method_send_error(session, PROTO_INVALID_PARAMETER, "parameter",
				 name);
}

DEFINE_CLEANUP(struct filter *, filter_free)

/*
 * A filter of @value, which may be absent, with keys that are known of @scope.
 * Returns 1; 0 after it sent an error; -ENOMEM.
 */
static int get_filter(struct session *session, struct json_object *value,
		      enum filter_scope scope, struct filter **ret)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	const struct filter_key *beyond;
	char error[METHOD_ERROR_MAX];
	int r;

	if (!value)
		return 1;
	r = filter_from_json(value, &filter, error, sizeof(error));
	if (r == -ENOMEM)
		return r;
	if (r >= 0) {
		beyond = filter_beyond(filter, scope);
		if (!beyond) {
			*ret = TAKE_PTR(filter);
			return 1;
		}
		snprintf(error, sizeof(error),
			 "%s: this is known of single packets only; see "
			 "%s",
			 filter_key_name(beyond),
			 scope == FILTER_OF_RULE ? "GetStats and Subscribe"
						 : "Subscribe");
	}
	r = method_send_error(session, PROTO_INVALID_FILTER, "message", error);
	return MIN(r, 0);
}

/* As get_filter(). */
static int get_look(struct session *session, struct json_object *value,
		    struct rules_look *look, const struct rules_look **ret)
{
	char error[METHOD_ERROR_MAX];
	int r;

	if (!value)
		return 1;
	if (rules_look_from_json(value, look, error, sizeof(error)) >= 0) {
		*ret = look;
		return 1;
	}
	r = error[0] ? method_send_error(session, PROTO_INVALID_KEY, "message",
					 error)
		     : method_wrong_parameter(session, "look");
	return MIN(r, 0);
}

int call_get_rules(struct methods *methods, struct session *session,
		   struct json_object *const *values)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	struct rules_query query = { 0 };
	struct rules_look look;
	uint64_t heaviest, limit;
	int r;

	if (get_number(values[0], 0, &query.first) < 0)
		return method_wrong_parameter(session, "first");
	if (get_number(values[2], 0, &heaviest) < 0 ||
	    heaviest > HEAVIEST_CAPACITY)
		return method_wrong_parameter(session, "heaviest");
	query.heaviest = (uint32_t)heaviest;
	if (get_number(values[3], RULES_LIMIT, &limit) < 0 || limit == 0 ||
	    limit > RULES_LIMIT_MAX)
		return method_wrong_parameter(session, "limit");
	query.limit = (uint32_t)limit;
	r = get_look(session, values[4], &look, &query.look);
	if (r <= 0)
		return r;
	r = get_filter(session, values[1], FILTER_OF_RULE, &filter);
	if (r <= 0)
		return r;
	query.filter = filter;
	return send_reply(session,
			  methods->replies->get_rules(methods->data, &query));
}

/* Returns 1; 0 after it sent an error; or a negative errno. */
static int get_keys(struct session *session, struct json_object *by,
		    struct stats_query *query)
{
	size_t n = by ? json_object_array_length(by) : 0;
	char error[METHOD_ERROR_MAX];
	int r;

	if (n == 0)
		return MIN(method_wrong_parameter(session, "by"), 0);
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(by, i);

		if (!json_object_is_type(name, json_type_string))
			return MIN(method_wrong_parameter(session, "by"), 0);
		r = stat_key_from_string(json_object_get_string(name));
		if (r < 0) {
			stat_key_explain(json_object_get_string(name), error,
					 sizeof(error));
			r = method_send_error(session, PROTO_INVALID_KEY,
					      "message", error);
			return MIN(r, 0);
		}
		stats_query_add(query, (enum stat_key)r);
	}
	return 1;
}

int call_get_stats(struct methods *methods, struct session *session,
		   struct json_object *const *values)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	struct stats_query query = { 0 };
	uint64_t limit;
	int r;

	if (get_number(values[2], STATS_LIMIT, &limit) < 0 ||
	    limit > STATS_LIMIT_MAX)
		return method_wrong_parameter(session, "limit");
	query.limit = (size_t)limit;
	r = get_keys(session, values[0], &query);
	if (r <= 0)
		return r;
	r = get_filter(session, values[1], FILTER_OF_FLOW, &filter);
	if (r <= 0)
		return r;
	query.filter = filter;
	return send_reply(session,
			  methods->replies->get_stats(methods->data, &query));
}

int call_get_ruleset(struct methods *methods, struct session *session,
		     struct json_object *const *values)
{
	uint64_t first;

	if (get_number(values[0], 0, &first) < 0)
		return method_wrong_parameter(session, "first");
	return send_reply(session,
			  methods->replies->get_ruleset(methods->data, first));
}

/* A member of an object, or NULL. */
static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		(void)json_object_object_get_ex(object, key, &value);
	return value;
}

/* NULL: it is not there, or no text. */
static const char *member_text(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key);

	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

/* 0: it is not there, or no number. */
static uint64_t member_number(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key);

	return json_object_is_type(value, json_type_int)
		       ? json_object_get_uint64(value)
		       : 0;
}

int call_get_rule(struct methods *methods, struct session *session,
		  struct json_object *const *values)
{
	struct json_object *netns = member(values[0], "netns");
	const char *kind = member_text(values[0], "kind");
	struct rule_query query = {
		.inum = (uint32_t)member_number(netns, "inum"),
		.cookie = member_number(netns, "cookie"),
		.netns = member_text(netns, "name"),
		.family = member_text(values[0], "family"),
		.table = member_text(values[0], "table"),
		.table_handle = member_number(values[0], "table_handle"),
		.chain = member_text(values[0], "chain"),
		.handle = member_number(values[0], "rule_handle"),
		.generation = (uint32_t)member_number(values[0], "generation"),
	};
	uint64_t around;

	if (!query.family || !query.table || !query.chain)
		return method_wrong_parameter(session, "rule");
	if (kind && drop_kind_from_string(kind) < 0)
		return method_wrong_parameter(session, "rule");
	if (kind)
		query.kind = (enum drop_kind)drop_kind_from_string(kind);
	if (get_number(values[1], 3, &around) < 0 || around > RULE_AROUND_MAX)
		return method_wrong_parameter(session, "around");
	query.around = (uint32_t)around;
	return send_reply(session,
			  methods->replies->get_rule(methods->data, &query));
}

int call_get_events(struct methods *methods, struct session *session,
		    struct json_object *const *values)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	uint64_t limit;
	int r;

	if (get_number(values[1], 1, &limit) < 0 || limit > EVENTS_LIMIT_MAX)
		return method_wrong_parameter(session, "limit");
	r = get_filter(session, values[0], FILTER_OF_EVENT, &filter);
	if (r <= 0)
		return r;
	return send_reply(session,
			  methods->replies->get_events(methods->data, filter,
						       (size_t)limit));
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
	root = json_with_string(root, "name", reason->name);
	root = json_with_string(root, "subsystem", reason->subsystem);
	root = with(root, "codes", codes);
	return json_with_string(root, "explanation", reason->explanation);
}

static int unknown_reason(struct session *session, const char *name)
{
	const struct reason *near = reason_suggest(name);
	struct json_object *parameters;

	parameters = json_with_string(json_object_new_object(), "name", name);
	if (near)
		parameters =
			json_with_string(parameters, "suggestion", near->name);
	return session_send_error(session, PROTO_UNKNOWN_REASON, parameters);
}

int call_get_reasons(struct methods *methods, struct session *session,
		     struct json_object *const *values)
{
	struct json_object *reasons;
	const struct reason *only = NULL;

	(void)methods;
	if (values[0]) {
		only = reason_find(json_object_get_string(values[0]));
		if (!only)
			return unknown_reason(
				session, json_object_get_string(values[0]));
	}
	reasons = json_object_new_array();
	for (size_t i = 0; reasons && i < reason_count(); i++)
		if (!only || only == reason_at(i))
			json_object_array_add(reasons,
					      reason_to_json(reason_at(i)));
	return send_reply(session,
			  with(json_object_new_object(), "reasons", reasons));
}

int call_subscribe(struct methods *methods, struct session *session,
		   struct json_object *const *values)
{
	struct filter *filter = NULL;
	int r;

	(void)methods;
	r = get_filter(session, values[0], FILTER_OF_PACKET, &filter);
	return r <= 0 ? r : session_subscribe(session, filter);
}

int call_trace(struct methods *methods, struct session *session,
	       struct json_object *const *values)
{
	struct trace_query query = { 0 };

	if (!session->peer.may_trace)
		return session_send_error(
			session, PROTO_PERMISSION_DENIED,
			json_with_string(
				json_object_new_object(), "message",
				"Tracing needs root: it has the kernel do "
				"more work for each packet. Use sudo."));
	/* What is behind a NUL would not be seen. */
	if (!values[0] || strlen(json_object_get_string(values[0])) !=
				  (size_t)json_object_get_string_len(values[0]))
		return method_wrong_parameter(session, "expression");
	query.expression = json_object_get_string(values[0]);
	if (get_number(values[1], 0, &query.count) < 0 ||
	    (values[1] && query.count == 0))
		return method_wrong_parameter(session, "count");
	if (get_number(values[2], 0, &query.usec) < 0 ||
	    (values[2] && query.usec == 0))
		return method_wrong_parameter(session, "duration_usec");
	return methods->replies->trace(methods->data, session, &query);
}
