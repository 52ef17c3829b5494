/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit-name.h"
#include "util.h"

static void test_components(void **state)
{
	static const struct {
		const char *component;
		enum unit_part part;
		const char *name;
	} cases[] = {
		{ "nginx.service", UNIT_PART_UNIT, "nginx.service" },
		{ "session-3.scope", UNIT_PART_UNIT, "session-3.scope" },
		{ "user@1000.service", UNIT_PART_UNIT, "user@1000.service" },
		{ "dev-disk\\x2d1.swap", UNIT_PART_UNIT,
		  "dev-disk\\x2d1.swap" },
		{ "system.slice", UNIT_PART_SLICE, "system.slice" },
		{ "-.slice", UNIT_PART_SLICE, "-.slice" },
		/* As cg_escape() has them. */
		{ "_cpu.service", UNIT_PART_UNIT, "cpu.service" },
		{ "__x.service", UNIT_PART_UNIT, "_x.service" },
		{ "docker", UNIT_PART_NONE, "" },
		{ "lxc.payload.c1", UNIT_PART_NONE, "" },
		{ ".service", UNIT_PART_NONE, "" },
		{ "_.service", UNIT_PART_NONE, "" },
		{ ".slice", UNIT_PART_NONE, "" },
		{ "a.timer", UNIT_PART_NONE, "" },
		{ "a.service ", UNIT_PART_NONE, "" },
		{ "a\x1b[2J.service", UNIT_PART_NONE, "" },
		{ "\xc3\xa9.service", UNIT_PART_NONE, "" },
		{ "a\n.service", UNIT_PART_NONE, "" },
		{ "", UNIT_PART_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[UNIT_NAME_SIZE] = "";

		assert_int_equal(unit_name_from_cgroup(cases[i].component, buf),
				 cases[i].part);
		assert_string_equal(buf, cases[i].name);
	}
}

static void test_length(void **state)
{
	char name[UNIT_NAME_SIZE + 2], buf[UNIT_NAME_SIZE];

	(void)state;
	memset(name, 'a', sizeof(name));
	strcpy(name + 255 - strlen(".service"), ".service");
	assert_int_equal(unit_name_from_cgroup(name, buf), UNIT_PART_UNIT);
	assert_string_equal(buf, name);
	memset(name, 'a', sizeof(name));
	strcpy(name + 256 - strlen(".service"), ".service");
	assert_int_equal(unit_name_from_cgroup(name, buf), UNIT_PART_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_components),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests_name("unit-name", tests, NULL, NULL);
}
