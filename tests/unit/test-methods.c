/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "bed.h"
#include "proto.h"
#include "reason.h"
#include "util.h"

static int setup(void **state)
{
	struct bed *bed = bed_new();

	bed_start(bed);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	bed_free(*state);
	return 0;
}

#define S	    "org.varlink.service."
#define M	    "io.nfdrop.Monitor."
#define CALL(m)	    "{\"method\":\"" m "\"}"
#define WITH(m, p)  "{\"method\":\"" m "\",\"parameters\":" p "}"
#define ERROR(e, p) "{\"error\":\"" e "\",\"parameters\":" p "}"

static void test_answers(void **state)
{
	static const struct {
		const char *request, *reply;
	} cases[] = {
		{ CALL(M "GetStatus"),
		  "{\"parameters\":{\"state\":\"active\"}}" },
		{ WITH(M "GetStatus", "{}"),
		  "{\"parameters\":{\"state\":\"active\"}}" },
		{ "{\"method\":\"" M "GetStatus\",\"more\":true}",
		  "{\"parameters\":{\"state\":\"active\"}}" },
		{ WITH(M "GetStatus", "{\"x\":1}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"x\"}") },
		{ WITH(M "GetReasons", "{\"name\":1}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"name\"}") },
		{ WITH(M "GetReasons", "{\"name\":null,\"y\":1}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"y\"}") },
		{ WITH(M "GetReasons", "{\"name\":\"netfilter_drp\"}"),
		  ERROR(M "UnknownReason",
			"{\"name\":\"netfilter_drp\","
			"\"suggestion\":\"NETFILTER_DROP\"}") },
		{ WITH(M "GetReasons", "{\"name\":\"\"}"),
		  ERROR(M "UnknownReason", "{\"name\":\"\"}") },
		{ CALL(M "GetRules"), "{\"parameters\":{\"first\":0}}" },
		{ WITH(M "GetRules", "{\"first\":100}"),
		  "{\"parameters\":{\"first\":100}}" },
		{ WITH(M "GetRules", "{\"first\":-1}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"first\"}") },
		{ WITH(M "GetRules", "{\"first\":\"1\"}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"first\"}") },
		{ WITH(M "GetRules", "{\"filter\":{\"table\":[\"t\"]},"
				     "\"heaviest\":32}"),
		  "{\"parameters\":{\"first\":0,\"filter\":{\"table\":"
		  "[\"t\"]},\"heaviest\":32}}" },
		{ WITH(M "GetRules", "{\"heaviest\":33}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"heaviest\"}") },
		{ WITH(M "GetRules", "{\"limit\":1000,\"look\":{\"sort\":"
				     "\"hook\",\"text\":\"x\"}}"),
		  "{\"parameters\":{\"first\":0,\"limit\":1000,"
		  "\"sort\":\"hook\"}}" },
		{ WITH(M "GetRules", "{\"limit\":1001}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"limit\"}") },
		{ WITH(M "GetRules", "{\"limit\":0}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"limit\"}") },
		{ WITH(M "GetRules", "{\"look\":[]}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"look\"}") },
		{ WITH(M "GetRules", "{\"look\":{\"rule\":\"1\"}}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"look\"}") },
		{ WITH(M "GetRules", "{\"look\":{\"sort\":\"x\"}}"),
		  ERROR(M "InvalidKey",
			"{\"message\":\"\\\"x\\\" is no order; there are "
			"packets, bytes, rate, rate_1min, rate_15min, "
			"rate_now, byte_rate_now, first_seen, last_seen, "
			"counter, handle, reason, hook, name\"}") },
		{ WITH(M "GetRules", "{\"filter\":null,\"first\":null}"),
		  "{\"parameters\":{\"first\":0}}" },
		{ WITH(M "GetRules", "{\"filter\":{\"dport\":[\"53\"]}}"),
		  ERROR(M "InvalidFilter",
			"{\"message\":\"dport: this is known of single "
			"packets only; see GetStats and Subscribe\"}") },
		{ WITH(M "GetStats", "{\"by\":[\"reason\",\"source\","
				     "\"reason\"]}"),
		  "{\"parameters\":{\"by\":[\"reason\",\"source\"],"
		  "\"limit\":100}}" },
		{ WITH(M "GetStats", "{\"by\":[\"unit\"],\"limit\":1000,"
				     "\"filter\":{\"dport\":[\"53\"]}}"),
		  "{\"parameters\":{\"by\":[\"unit\"],\"filter\":"
		  "{\"dport\":[\"53\"]},\"limit\":1000}}" },
		{ CALL(M "GetStats"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"by\"}") },
		{ WITH(M "GetStats", "{\"by\":[]}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"by\"}") },
		{ WITH(M "GetStats", "{\"by\":[1]}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"by\"}") },
		{ WITH(M "GetStats", "{\"by\":[\"unit\"],\"limit\":1001}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"limit\"}") },
		{ WITH(M "GetStats", "{\"by\":[\"unit\"],\"filter\":{\"sport\":"
				     "[\"53\"]}}"),
		  ERROR(M "InvalidFilter",
			"{\"message\":\"sport: this is known of single "
			"packets only; see Subscribe\"}") },
		{ WITH(M "GetStats", "{\"by\":[\"unit\",\"x\\n\"]}"),
		  ERROR(M "InvalidKey",
			"{\"message\":\"unknown key \\\"x\\\\x0a\\\"; there "
			"are netns, reason, subsystem, kind, family, table, "
			"chain, rule, hook, location, attribution, origin, "
			"in, out, protocol, source, destination, dport, uid, "
			"unit\"}") },
		{ WITH(M "GetRuleset", "{\"first\":80}"),
		  "{\"parameters\":{\"first\":80}}" },
		{ WITH(M "GetRuleset", "{\"first\":-1}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"first\"}") },
		{ WITH(M "GetRule", "{\"rule\":{\"netns\":{\"inum\":7,"
				    "\"cookie\":9},\"family\":\"ip\","
				    "\"table\":\"t\",\"table_handle\":3,"
				    "\"chain\":\"c\",\"rule_handle\":4,"
				    "\"generation\":8},"
				    "\"around\":30}"),
		  "{\"parameters\":{\"inum\":7,\"cookie\":9,\"family\":"
		  "\"ip\",\"table\":\"t\",\"table_handle\":3,\"chain\":"
		  "\"c\",\"handle\":4,\"generation\":8,\"around\":30}}" },
		{ WITH(M "GetRule", "{\"rule\":{\"family\":\"ip\","
				    "\"table\":\"t\",\"chain\":1}}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"rule\"}") },
		{ WITH(M "GetRule", "{\"rule\":{\"family\":\"ip\","
				    "\"table\":\"t\",\"chain\":\"c\"},"
				    "\"around\":31}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"around\"}") },
		{ CALL(M "GetRule"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"rule\"}") },
		{ WITH(M "GetEvents", "{\"filter\":{\"sport\":[\"5\"]},"
				      "\"limit\":30}"),
		  "{\"parameters\":{\"filter\":{\"sport\":[\"5\"]},"
		  "\"limit\":30}}" },
		{ WITH(M "GetEvents", "{\"limit\":31}"),
		  ERROR(S "InvalidParameter", "{\"parameter\":\"limit\"}") },
		{ CALL(M "Subscribe"), "{\"error\":\"" S "ExpectedMore\"}" },
		{ WITH(S "GetInterfaceDescription", "{\"interface\":\"a.b\"}"),
		  ERROR(S "InterfaceNotFound", "{\"interface\":\"a.b\"}") },
		{ CALL(S "GetInterfaceDescription"),
		  ERROR(S "InvalidParameter",
			"{\"parameter\":\"interface\"}") },
		{ CALL(M "getStatus"),
		  ERROR(S "MethodNotFound",
			"{\"method\":\"" M "getStatus\"}") },
		{ CALL(S "Nothing"),
		  ERROR(S "MethodNotFound", "{\"method\":\"" S "Nothing\"}") },
		{ CALL("io.nfdrop.Other.GetStatus"),
		  ERROR(S "InterfaceNotFound",
			"{\"interface\":\"io.nfdrop.Other.GetStatus\"}") },
		{ CALL("GetStatus"), ERROR(S "InterfaceNotFound",
					   "{\"interface\":\"GetStatus\"}") },
		{ CALL(""),
		  ERROR(S "InterfaceNotFound", "{\"interface\":\"\"}") },
		{ CALL("io.nfdrop.Monitor"),
		  ERROR(S "InterfaceNotFound",
			"{\"interface\":\"io.nfdrop.Monitor\"}") },
	};
	struct bed *bed = *state;
	int fd = bed_connect(bed);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *reply;

		bed_send(fd, cases[i].request);
		reply = bed_receive(bed, fd);
		assert_non_null(reply);
		assert_string_equal(reply, cases[i].reply);
	}
	close(fd);
}

static struct json_object *call(struct bed *bed, int fd, const char *request,
				struct reply *reply)
{
	const char *text;

	bed_send(fd, request);
	text = bed_receive(bed, fd);
	assert_non_null(text);
	assert_int_equal(reply_parse(text, strlen(text), reply), 0);
	assert_null(reply->error);
	assert_false(reply->continues);
	return reply->parameters;
}

static const char *get_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	return json_object_get_string(value);
}

static void test_info(void **state)
{
	struct json_object *interfaces, *parameters;
	struct bed *bed = *state;
	int fd = bed_connect(bed);
	struct reply reply;
	char request[256];

	parameters = call(bed, fd, CALL(S "GetInfo"), &reply);
	assert_string_equal(get_string(parameters, "product"), "nfdropd");
	assert_int_not_equal(get_string(parameters, "vendor")[0], '\0');
	assert_int_not_equal(get_string(parameters, "version")[0], '\0');
	assert_int_not_equal(get_string(parameters, "url")[0], '\0');
	assert_true(json_object_object_get_ex(parameters, "interfaces",
					      &interfaces));
	assert_int_equal(json_object_array_length(interfaces), 2);
	/* Each one describes itself, as an interface of that name. */
	for (size_t i = 0; i < 2; i++) {
		const char *name = json_object_get_string(
			json_object_array_get_idx(interfaces, i));
		char line[128];
		struct reply text;

		snprintf(request, sizeof(request),
			 WITH(S "GetInterfaceDescription",
			      "{\"interface\":\"%s\"}"),
			 name);
		snprintf(line, sizeof(line), "\ninterface %s\n", name);
		assert_non_null(strstr(get_string(call(bed, fd, request, &text),
						  "description"),
				       line));
		reply_done(&text);
	}
	reply_done(&reply);
	close(fd);
}

static void test_reasons(void **state)
{
	struct bed *bed = *state;
	int fd = bed_connect(bed);
	struct json_object *list, *codes, *code, *reason;
	struct reply reply;

	json_object_object_get_ex(call(bed, fd, CALL(M "GetReasons"), &reply),
				  "reasons", &list);
	assert_int_equal(json_object_array_length(list), reason_count());
	for (size_t i = 0; i < reason_count(); i++) {
		reason = json_object_array_get_idx(list, i);
		assert_string_equal(get_string(reason, "name"),
				    reason_at(i)->name);
		assert_string_equal(get_string(reason, "explanation"),
				    reason_at(i)->explanation);
	}
	reply_done(&reply);

	json_object_object_get_ex(
		call(bed, fd,
		     WITH(M "GetReasons",
			  "{\"name\":\"skb_drop_reason_no_socket\"}"),
		     &reply),
		"reasons", &list);
	assert_int_equal(json_object_array_length(list), 1);
	reason = json_object_array_get_idx(list, 0);
	assert_string_equal(get_string(reason, "name"), "NO_SOCKET");
	assert_string_equal(get_string(reason, "subsystem"), "core");
	assert_true(json_object_object_get_ex(reason, "codes", &codes));
	assert_true(json_object_object_get_ex(codes, "6.12", &code));
	assert_int_equal(json_object_get_int64(code),
			 reason_find("NO_SOCKET")->code_6_12);
	reply_done(&reply);
	close(fd);
}

static void test_filters(void **state)
{
	static const char *const bad[] = {
		"{\"no-such-key\":[\"1\"]}",
		"{\"port\":[\"70000\"]}",
		"{\"port\":53}",
		"{\"address\":[\"10.0.0.0/33\"]}",
		"{\"bpf\":[\"1,6 0 0 1\"]}",
		"{\"bpf\":\"2,5 0 0 4294967295,6 0 0 1\"}",
		"{\"bpf\":\"9999,6 0 0 1\"}",
	};
	struct bed *bed = *state;
	int fd = bed_connect(bed);
	char request[256];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *text;

		snprintf(request, sizeof(request),
			 "{\"method\":\"" M "Subscribe\",\"more\":true,"
			 "\"parameters\":{\"filter\":%s}}",
			 bad[i]);
		bed_send(fd, request);
		text = bed_receive(bed, fd);
		assert_non_null(text);
		assert_true(strncmp(text, "{\"error\":\"" M "InvalidFilter\"",
				    40) == 0);
		assert_non_null(strstr(text, "\"message\":\""));
	}
	/* Still no subscription: calls are answered. */
	bed_send(fd, CALL(M "GetStatus"));
	assert_non_null(bed_receive(bed, fd));
	bed_send(fd, "{\"method\":\"" M "Subscribe\",\"more\":true,"
		     "\"parameters\":{\"filter\":{\"reason\":[\"ODD\"]}}}");
	assert_string_equal(bed_receive(bed, fd),
			    "{\"parameters\":{},\"continues\":true}");
	bed_emit(bed, 2);
	bed_emit(bed, 3);
	server_flush(bed->server);
	assert_non_null(strstr(bed_receive(bed, fd), "\"reason_code\":3"));
	assert_null(bed_receive(bed, fd));
	close(fd);
}

/* Nothing comes back: not a reply, and no error either. */
static void test_oneway(void **state)
{
	static const char *const calls[] = {
		CALL(M "GetStatus"), CALL(M "Nothing"),
		CALL("a.b.C"),	     WITH(M "GetStatus", "{\"x\":1}"),
		CALL(M "Subscribe"),
	};
	struct bed *bed = *state;
	int fd = bed_connect(bed);
	char request[256];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		snprintf(request, sizeof(request), "%.*s,\"oneway\":true}",
			 (int)strlen(calls[i]) - 1, calls[i]);
		bed_send(fd, request);
		assert_null(bed_receive(bed, fd));
	}
	bed_send(fd, CALL(M "GetStatus"));
	assert_non_null(bed_receive(bed, fd));
	assert_null(bed_receive(bed, fd));
	close(fd);
}

/* With a policy that lets nobody in but root; a peer that is not root. */
static void test_permission(void **state)
{
	static const struct {
		const char *request, *reply;
	} cases[] = {
		{ CALL(M "GetStatus"), M "PermissionDenied" },
		{ CALL(M "GetReasons"), M "PermissionDenied" },
		{ CALL(M "GetRules"), M "PermissionDenied" },
		{ "{\"method\":\"" M "Subscribe\",\"more\":true}",
		  M "PermissionDenied" },
		{ WITH(M "GetStatus", "{\"x\":1}"), M "PermissionDenied" },
		{ CALL(S "GetInfo"), NULL },
		{ WITH(S "GetInterfaceDescription",
		       "{\"interface\":\"io.nfdrop.Monitor\"}"),
		  NULL },
	};
	struct bed *bed = *state;
	struct server_counts counts;
	bool root = geteuid() == 0;
	struct reply reply;
	const char *text;
	int fd;

	bed->policy.self = geteuid() + 1;
	if (root)
		assert_int_equal(seteuid(65533), 0);
	fd = bed_connect_only(bed);
	if (root)
		assert_int_equal(seteuid(0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bed_send(fd, cases[i].request);
		text = bed_receive(bed, fd);
		assert_non_null(text);
		assert_int_equal(reply_parse(text, strlen(text), &reply), 0);
		if (cases[i].reply)
			assert_string_equal(reply.error, cases[i].reply);
		else
			assert_null(reply.error);
		reply_done(&reply);
	}
	/* And no drop reaches it. */
	bed_emit(bed, 1);
	server_flush(bed->server);
	assert_null(bed_receive(bed, fd));
	server_get_counts(bed->server, &counts);
	assert_int_equal(counts.missed, 0);

	/* With the remedy, which depends. */
	bed_send(fd, CALL(M "GetStatus"));
	text = bed_receive(bed, fd);
	assert_non_null(strstr(text, "there is no group"));
	assert_non_null(strstr(text, "\"group\":\"nfdrop\""));
	bed->policy.gid = 65531;
	bed_send(fd, CALL(M "GetStatus"));
	assert_non_null(
		strstr(bed_receive(bed, fd), "usermod -aG nfdrop USER"));
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_answers), TEST(test_info),   TEST(test_reasons),
		TEST(test_filters), TEST(test_oneway), TEST(test_permission),
	};

	return cmocka_run_group_tests_name("methods", tests, NULL, NULL);
}
