/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "status-ruleset.h"

/* The string or number at @key; "" when it is missing. */
static const char *get(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value)
		       ? json_object_get_string(value)
		       : "";
}

static void check(const struct ruleset_status *status, const char *state,
		  const char *part)
{
	struct json_object *object = status_ruleset_to_json(status);

	assert_non_null(object);
	assert_string_equal(get(object, "state"), state);
	if (!part)
		assert_string_equal(get(object, "message"), "");
	else if (!strstr(get(object, "message"), part))
		fail_msg("\"%s\" is not in: %s", part, get(object, "message"));
	json_object_put(object);
}

static void test_messages(void **state)
{
	struct ruleset_status status = { .state = RULESET_CURRENT,
					 .rules = 3,
					 .texts = 3 };

	(void)state;
	check(NULL, "off", "Memory= in nfdropd.conf(5)");
	check(&status, "current", NULL);
	status.texts = 2;
	check(&status, "current", "are being read");
	status.listing_failed = true;
	check(&status, "current", "nft list ruleset");
	status.texts_too_large = true;
	check(&status, "current", "Memory= in nfdropd.conf(5)");
	status.reader_gone = true;
	check(&status, "current", "restart nfdropd");
	status = (struct ruleset_status){ .state = RULESET_READING };
	check(&status, "reading", "being read");
	status.state = RULESET_BEHIND;
	check(&status, "behind", "read again");
	status.state = RULESET_TOO_LARGE;
	check(&status, "too-large", "Memory= in nfdropd.conf(5)");
	status.state = RULESET_UNAVAILABLE;
	status.error = -EPERM;
	check(&status, "unavailable", strerror(EPERM));
}

/* What has to be done goes to the log; what passes by itself does not. */
static void test_problems(void **state)
{
	struct ruleset_status status = { .state = RULESET_READING };
	char buf[256];

	(void)state;
	assert_null(status_ruleset_problem(&status, buf, sizeof(buf)));
	status.state = RULESET_BEHIND;
	assert_null(status_ruleset_problem(&status, buf, sizeof(buf)));
	status =
		(struct ruleset_status){ .state = RULESET_CURRENT, .rules = 3 };
	assert_null(status_ruleset_problem(&status, buf, sizeof(buf)));
	status.state = RULESET_TOO_LARGE;
	assert_non_null(status_ruleset_problem(&status, buf, sizeof(buf)));
	status.state = RULESET_UNAVAILABLE;
	assert_ptr_equal(status_ruleset_problem(&status, buf, sizeof(buf)),
			 buf);
}

static void test_numbers(void **state)
{
	const struct ruleset_status status = {
		.state = RULESET_BEHIND,
		.generation = UINT32_MAX,
		.tables = 1,
		.chains = 2,
		.rules = 3,
		.texts = 4,
		.n_changes = UINT64_MAX,
		.n_readings = 6,
		.n_listings = 7,
	};
	struct ruleset_status none = status;
	struct json_object *object = status_ruleset_to_json(&status);

	(void)state;
	assert_string_equal(get(object, "generation"), "4294967295");
	assert_string_equal(get(object, "tables"), "1");
	assert_string_equal(get(object, "chains"), "2");
	assert_string_equal(get(object, "rules"), "3");
	assert_string_equal(get(object, "texts"), "4");
	assert_string_equal(get(object, "changes"), "18446744073709551615");
	assert_string_equal(get(object, "readings"), "6");
	assert_string_equal(get(object, "listings"), "7");
	json_object_put(object);
	/* Nothing is known: no number is told. */
	none.state = RULESET_READING;
	object = status_ruleset_to_json(&none);
	assert_string_equal(get(object, "rules"), "");
	json_object_put(object);
}

static void test_namespaces(void **state)
{
	const struct namespaces_status status = {
		.n_known = 1, .n_named = 2, .n_rulesets = 3, .n_failed = 4
	};
	struct json_object *object = status_namespaces_to_json(&status);

	(void)state;
	assert_string_equal(get(object, "followed"), "true");
	assert_string_equal(get(object, "known"), "1");
	assert_string_equal(get(object, "named"), "2");
	assert_string_equal(get(object, "rulesets"), "3");
	assert_string_equal(get(object, "failed"), "4");
	json_object_put(object);
	object = status_namespaces_to_json(NULL);
	assert_string_equal(get(object, "followed"), "false");
	assert_string_equal(get(object, "known"), "");
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
