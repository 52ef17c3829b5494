/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "stat-key.h"

static void test_names(void **state)
{
	const char *name;

	(void)state;
	for (int i = 0; i < _STAT_KEY_MAX; i++) {
		name = stat_key_to_string(i);
		assert_non_null(name);
		assert_int_equal(stat_key_from_string(name), i);
	}
	assert_null(stat_key_to_string(-1));
	assert_null(stat_key_to_string(_STAT_KEY_MAX));
	assert_int_equal(stat_key_from_string(""), -EINVAL);
	assert_int_equal(stat_key_from_string("Reason"), -EINVAL);
}

/* A key that is a filter's as well is known of the same. */
static void test_scopes(void **state)
{
	const struct filter_key *key;
	int n = 0;

	(void)state;
	for (size_t i = 0; (key = filter_key_at(i)); i++) {
		int k = stat_key_from_string(filter_key_name(key));

		if (k < 0)
			continue;
		n++;
		assert_int_equal(stat_key_scope((enum stat_key)k),
				 filter_key_scope(key));
	}
	assert_int_equal(n, 18);
}

static void test_explain(void **state)
{
	char text[512], small[20];

	(void)state;
	stat_key_explain("x\x1b", text, sizeof(text));
	assert_non_null(strstr(text, "unknown key \"x\\x1b\"; there are netns, "
				     "reason,"));
	assert_non_null(strstr(text, ", uid, unit"));
	stat_key_explain("x", small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests_name("stat-key", tests, NULL, NULL);
}
