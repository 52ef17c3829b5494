/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "methods.h"
#include "reason.h"
#include "util.h"
#include "varlink-text.h"
#include "version.h"

#define ERROR_MAX	 512

#define PARAMETERS_MAX	 5
#define EVENTS_LIMIT_MAX 30

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
	root = with_string(root, "vendor", "nfdrop");
	root = with_string(root, "product", "nfdropd");
	root = with_string(root, "version", NFDROP_VERSION);
	root = with_string(root, "url", "man:nfdropd(8)");
	return send_reply(session, with(root, "interfaces", interfaces));
}

static int call_get_interface_description(struct methods *methods,
					  struct session *session,
					  struct json_object *const *values)
{
	const char *name;

	(void)methods;
	if (!values[0])
		return send_error(session, PROTO_INVALID_PARAMETER, "parameter",
				  "interface");
	name = json_object_get_string(values[0]);
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

static int wrong_parameter(struct session *session, const char *name)
{
	return send_error(session, PROTO_INVALID_PARAMETER, "parameter", name);
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
	char error[ERROR_MAX];
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
	r = send_error(session, PROTO_INVALID_FILTER, "message", error);
	return MIN(r, 0);
}

/* As get_filter(). */
static int get_look(struct session *session, struct json_object *value,
		    struct rules_look *look, const struct rules_look **ret)
{
	char error[ERROR_MAX];
	int r;

	if (!value)
		return 1;
	if (rules_look_from_json(value, look, error, sizeof(error)) >= 0) {
		*ret = look;
		return 1;
	}
	r = error[0] ? send_error(session, PROTO_INVALID_KEY, "message", error)
		     : wrong_parameter(session, "look");
	return MIN(r, 0);
}

static int call_get_rules(struct methods *methods, struct session *session,
			  struct json_object *const *values)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	struct rules_query query = { 0 };
	struct rules_look look;
	uint64_t heaviest, limit;
	int r;

	if (get_number(values[0], 0, &query.first) < 0)
		return wrong_parameter(session, "first");
	if (get_number(values[2], 0, &heaviest) < 0 ||
	    heaviest > HEAVIEST_CAPACITY)
		return wrong_parameter(session, "heaviest");
	query.heaviest = (uint32_t)heaviest;
	if (get_number(values[3], RULES_LIMIT, &limit) < 0 || limit == 0 ||
	    limit > RULES_LIMIT_MAX)
		return wrong_parameter(session, "limit");
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
	char error[ERROR_MAX];
	int r;

	if (n == 0)
		return MIN(wrong_parameter(session, "by"), 0);
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(by, i);

		if (!json_object_is_type(name, json_type_string))
			return MIN(wrong_parameter(session, "by"), 0);
		r = stat_key_from_string(json_object_get_string(name));
		if (r < 0) {
			stat_key_explain(json_object_get_string(name), error,
					 sizeof(error));
			r = send_error(session, PROTO_INVALID_KEY, "message",
				       error);
			return MIN(r, 0);
		}
		stats_query_add(query, (enum stat_key)r);
	}
	return 1;
}

static int call_get_stats(struct methods *methods, struct session *session,
			  struct json_object *const *values)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	struct stats_query query = { 0 };
	uint64_t limit;
	int r;

	if (get_number(values[2], STATS_LIMIT, &limit) < 0 ||
	    limit > STATS_LIMIT_MAX)
		return wrong_parameter(session, "limit");
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

static int call_get_ruleset(struct methods *methods, struct session *session,
			    struct json_object *const *values)
{
	uint64_t first;

	if (get_number(values[0], 0, &first) < 0)
		return wrong_parameter(session, "first");
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

static int call_get_rule(struct methods *methods, struct session *session,
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
		return wrong_parameter(session, "rule");
	if (kind && drop_kind_from_string(kind) < 0)
		return wrong_parameter(session, "rule");
	if (kind)
		query.kind = (enum drop_kind)drop_kind_from_string(kind);
	if (get_number(values[1], 3, &around) < 0 || around > RULE_AROUND_MAX)
		return wrong_parameter(session, "around");
	query.around = (uint32_t)around;
	return send_reply(session,
			  methods->replies->get_rule(methods->data, &query));
}

static int call_get_events(struct methods *methods, struct session *session,
			   struct json_object *const *values)
{
	_cleanup_(cleanup_filter_free) struct filter *filter = NULL;
	uint64_t limit;
	int r;

	if (get_number(values[1], 1, &limit) < 0 || limit > EVENTS_LIMIT_MAX)
		return wrong_parameter(session, "limit");
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

static int call_subscribe(struct methods *methods, struct session *session,
			  struct json_object *const *values)
{
	struct filter *filter = NULL;
	int r;

	(void)methods;
	r = get_filter(session, values[0], FILTER_OF_PACKET, &filter);
	return r <= 0 ? r : session_subscribe(session, filter);
}

static int call_trace(struct methods *methods, struct session *session,
		      struct json_object *const *values)
{
	struct trace_query query = { 0 };

	if (!session->peer.may_trace)
		return session_send_error(
			session, PROTO_PERMISSION_DENIED,
			with_string(json_object_new_object(), "message",
				    "Tracing needs root: it has the kernel do "
				    "more work for each packet. Use sudo."));
	/* What is behind a NUL would not be seen. */
	if (!values[0] || strlen(json_object_get_string(values[0])) !=
				  (size_t)json_object_get_string_len(values[0]))
		return wrong_parameter(session, "expression");
	query.expression = json_object_get_string(values[0]);
	if (get_number(values[1], 0, &query.count) < 0 ||
	    (values[1] && query.count == 0))
		return wrong_parameter(session, "count");
	if (get_number(values[2], 0, &query.usec) < 0 ||
	    (values[2] && query.usec == 0))
		return wrong_parameter(session, "duration_usec");
	return methods->replies->trace(methods->data, session, &query);
}

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
		return wrong_parameter(session, wrong);
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
