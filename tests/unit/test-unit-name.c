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

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		const char *name; /* NULL: none */
	} cases[] = {
		{ "0::/system.slice/nginx.service\n", "nginx.service" },
		{ "0::/system.slice/docker-12ab.scope", "docker-12ab.scope" },
		{ "0::/user.slice/user-0.slice/user@0.service/app.slice/"
		  "sshd.service\n",
		  "user@0.service" },
		{ "1:name=systemd:/system.slice/a.service\n", "a.service" },
		{ "12:name=systemd:/b.service\n", "b.service" },
		{ "0::/\n", NULL },
		{ "0::\n", NULL },
		{ "0::/system.slice\n", NULL },
		{ "0::/machine/a.service\n", NULL },
		{ "0::/../../a.service\n", NULL },
		{ "0::/a.service (deleted)\n", NULL },
		/* Of hierarchies where anyone may have made it. */
		{ "4:memory:/a.service\n", NULL },
		{ "4:memory:/x:name=systemd:/a.service\n", NULL },
		{ "4:name=other:/a.service\n", NULL },
		{ ":name=systemd:/a.service\n", NULL },
		{ "10::/a.service\n", NULL },
		{ "x0::/a.service\n", NULL },
		{ "\n", NULL },
		{ "", NULL },
	};
	char line[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[UNIT_NAME_SIZE] = "";
		bool found = unit_name_from_line(cases[i].line, buf);

		assert_int_equal(found, cases[i].name != NULL);
		if (found)
			assert_string_equal(buf, cases[i].name);
	}
	/* A component that is too long for a name is not cut to one. */
	memset(line, 'a', sizeof(line));
	memcpy(line, "0::/", 4);
	strcpy(line + 4 + UNIT_NAME_SIZE - strlen(".service"),
	       ".service.service\n");
	assert_false(unit_name_from_line(line, (char[UNIT_NAME_SIZE]){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_components),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests_name("unit-name", tests, NULL, NULL);
}
