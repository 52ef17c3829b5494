/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "status-trace.h"

static const char *get(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value)
		       ? json_object_get_string(value)
		       : "";
}

static void test_nothing(void **state)
{
	static const struct {
		bool tells, off;
		const char *state, *message;
	} cases[] = {
		{ true, false, "not-needed",
		  "The kernel tells the rules itself." },
		{ true, true, "not-needed",
		  "The kernel tells the rules itself." },
		{ false, true, "off",
		  "Packets are not traced: see [Trace] Enabled= in "
		  "nfdropd.conf(5)." },
		{ false, false, "off",
		  "No ruleset is followed, so no packets are traced." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *object = status_trace_to_json(
			NULL, cases[i].tells, cases[i].off);

		assert_string_equal(get(object, "state"), cases[i].state);
		assert_string_equal(get(object, "message"), cases[i].message);
		assert_string_equal(get(object, "flows"), "");
		json_object_put(object);
	}
}

static void test_states(void **state)
{
	static const char *const words[_TRACE_STATE_MAX] = {
		[TRACE_IDLE] = "idle",
		[TRACE_ACTIVE] = "active",
		[TRACE_WAITING] = "waiting",
		[TRACE_FAILED] = "failed",
		[TRACE_SAMPLING] = "sampling",
	};
	struct trace_status status = { .error = -EPERM };
	char buf[256];

	(void)state;
	for (int i = 0; i < _TRACE_STATE_MAX; i++) {
		struct json_object *object;

		status.state = i;
		object = status_trace_to_json(&status, false, false);
		assert_string_equal(get(object, "state"), words[i]);
		assert_true(strlen(get(object, "message")) > 0);
		assert_int_equal(status_trace_problem(&status, buf,
						      sizeof(buf)) != NULL,
				 i == TRACE_FAILED);
		if (i == TRACE_FAILED)
			assert_non_null(strstr(get(object, "message"),
					       strerror(EPERM)));
		json_object_put(object);
	}
	/* What a kill -9 would leave is worth a word. */
	status.state = TRACE_IDLE;
	status.is_left = true;
	assert_non_null(status_trace_problem(&status, buf, sizeof(buf)));
}

static void test_numbers(void **state)
{
	const struct trace_status status = {
		.state = TRACE_ACTIVE,
		.n_marked = 1,
		.max_flows = 2,
		.n_flows = 3,
		.n_traced = 4,
		.n_attributed = UINT64_MAX,
		.n_moved = 6,
		.n_lost = 7,
		.n_skipped = 8,
		.n_changes = 9,
	};
	struct json_object *object =
		status_trace_to_json(&status, false, false);

	(void)state;
	assert_string_equal(get(object, "flows"), "1");
	assert_string_equal(get(object, "max_flows"), "2");
	assert_string_equal(get(object, "flows_begun"), "3");
	assert_string_equal(get(object, "packets"), "4");
	assert_string_equal(get(object, "attributed"), "18446744073709551615");
	assert_string_equal(get(object, "attributed_later"), "6");
	assert_string_equal(get(object, "lost"), "7");
	assert_string_equal(get(object, "skipped"), "8");
	assert_string_equal(get(object, "changes"), "9");
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
