/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "config.h"
#include "util.h"

static const struct setting *find(const char *section, const char *key)
{
	const struct setting *s = config_find(section, key);

	assert_non_null(s);
	return s;
}

/* The table's own defaults, bounds and names are sound. */
static void test_table(void **state)
{
	struct config config, other;
	char expected[128];

	(void)state;
	memset(&config, 0xa5, sizeof(config));
	config_init(&config);
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct setting *s = &config_settings[i];

		assert_ptr_equal(config_find(s->section, s->key), s);
		assert_true(config_has_section(s->section));
		/* Also what a reset is: the default, which is a good value. */
		other = config;
		assert_int_equal(config_set(&other, s, s->initial, expected,
					    sizeof(expected)),
				 0);
		assert_memory_equal(&other, &config, sizeof(config));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(config_settings[j].option,
						s->option);
	}
	assert_null(config_find("Server", "socket"));
	assert_null(config_find("Monitor", "Socket"));
	assert_false(config_has_section("server"));
}

static void test_set(void **state)
{
	static const struct {
		const char *section, *key, *value;
		const char *expected; /* NULL: good */
	} cases[] = {
		{ "Server", "MaxClients", "512", NULL },
		{ "Server", "MaxClients", "513",
		  "expected a number from 1 to 512" },
		{ "Server", "MaxClients", "0",
		  "expected a number from 1 to 512" },
		{ "Server", "MaxClients", "1K",
		  "expected a number from 1 to 512" },
		{ "Monitor", "ReceiveBuffer", "64K", NULL },
		{ "Monitor", "ReceiveBuffer", "1G", NULL },
		{ "Monitor", "ReceiveBuffer", "1073741825",
		  "expected a size from 64K to 1G" },
		{ "Rules", "Memory", "0", NULL },
		{ "Rules", "Memory", "4G",
		  "expected a size from 0 to 4294967295" },
		{ "Counts", "FlushInterval", "1d", NULL },
		{ "Counts", "FlushInterval", "86400001ms",
		  "expected a time span from 1s to 86400s" },
		{ "Counts", "FlushInterval", "999ms",
		  "expected a time span from 1s to 86400s" },
		{ "Monitor", "Recent", "15",
		  "expected a number from 16 to 65536" },
		{ "Rules", "MaxNamespaces", "16384", NULL },
		{ "Rules", "MaxNamespaces", "16385",
		  "expected a number from 16 to 16384" },
		{ "Rules", "CounterInterval", "0",
		  "expected a time span from 1s to 86400s" },
		{ "Trace", "MaxRequests", "0", NULL },
		{ "Trace", "MaxRequests", "9",
		  "expected a number from 0 to 8" },
		{ "Trace", "RequestPacketsPerSecond", "0",
		  "expected a number from 1 to 200" },
		{ "Trace", "RequestTimeout", "1d", NULL },
		{ "Counts", "MaxRules", "65536", NULL },
		{ "Counts", "MaxRules", "65537",
		  "expected a number from 64 to 65536" },
		{ "Counts", "MaxFlows", "64", NULL },
		{ "Counts", "MaxFlows", "65537",
		  "expected a number from 64 to 65536" },
		{ "Journal", "Interval", "0", NULL },
		{ "Journal", "Interval", "1us",
		  "expected a time span from 1s to 86400s, or 0" },
		{ "Journal", "Packets", "rule=7,table=t", NULL },
		{ "Journal", "Packets", "nonsense",
		  "\"nonsense\" is not KEY=VALUE" },
		{ "Journal", "TopSources", "0", NULL },
		{ "Journal", "TopSources", "33",
		  "expected a number from 0 to 32" },
		{ "Monitor", "Hardware", "off", NULL },
		{ "Monitor", "Hardware", "maybe", "expected yes or no" },
		{ "Server", "Group", "wheel", NULL },
		{ "Server", "Group", "a:b",
		  "expected a name of at most 63 bytes without blanks" },
		{ "Server", "Socket", "/s", NULL },
	};
	char expected[128], path[300];
	struct config config, before;

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r;

		before = config;
		r = config_set(&config, find(cases[i].section, cases[i].key),
			       cases[i].value, expected, sizeof(expected));
		assert_int_equal(r, cases[i].expected ? -EINVAL : 0);
		if (!cases[i].expected)
			continue;
		assert_string_equal(expected, cases[i].expected);
		assert_memory_equal(&config, &before, sizeof(config));
	}
	assert_int_equal(config.max_clients, 512);
	assert_int_equal(config.receive_buffer, 1 << 30);
	assert_int_equal(config.flush_interval, UINT64_C(86400000000));
	assert_int_equal(config.ruleset_memory, 0);
	assert_int_equal(config.max_namespaces, 16384);
	assert_int_equal(config.counter_interval, UINT64_C(30000000));
	assert_int_equal(config.trace_requests, 0);
	assert_int_equal(config.trace_request_rate, 50);
	assert_int_equal(config.trace_request_timeout, UINT64_C(86400000000));
	assert_false(config.hardware);
	assert_string_equal(config.group, "wheel");

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(config.socket)] = '\0';
	assert_int_equal(config_set(&config, find("Server", "Socket"), path,
				    expected, sizeof(expected)),
			 -EINVAL);
	assert_string_equal(expected, "expected a path of at most 255 bytes");
	path[sizeof(config.socket) - 1] = '\0';
	assert_int_equal(config_set(&config, find("Server", "Socket"), path,
				    expected, sizeof(expected)),
			 0);
	assert_string_equal(config.socket, path);
	/* A shorter one leaves nothing of it. */
	assert_int_equal(config_set(&config, find("Server", "Socket"), "/s",
				    expected, sizeof(expected)),
			 0);
	assert_string_equal(config.socket, "/s");
}

static void test_update(void **state)
{
	const struct setting *waits[CONFIG_SETTINGS];
	struct config config, new;

	(void)state;
	config_init(&config);
	config_init(&new);
	assert_int_equal(config_update(&config, &new, waits), 0);
	copy_string(new.group, sizeof(new.group), "adm", SIZE_MAX);
	new.max_clients = 7;
	new.flush_interval = 1000000;
	new.ruleset_memory = 1 << 20;
	new.truncation = 100;
	new.hardware = false;
	copy_string(new.socket, sizeof(new.socket), "/other", SIZE_MAX);
	assert_int_equal(config_update(&config, &new, waits), 3);
	assert_string_equal(waits[0]->key, "Socket");
	assert_string_equal(waits[1]->key, "Truncation");
	assert_string_equal(waits[2]->key, "Hardware");
	assert_string_equal(config.group, "adm");
	assert_int_equal(config.max_clients, 7);
	assert_int_equal(config.flush_interval, 1000000);
	assert_int_equal(config.ruleset_memory, 1 << 20);
	assert_int_equal(config.truncation, 256);
	assert_true(config.hardware);
	assert_string_not_equal(config.socket, "/other");
	/* Said again each time, as long as it is so. */
	assert_int_equal(config_update(&config, &new, waits), 3);

	config = new;
	new.ruleset_memory = 0;
	assert_int_equal(config_update(&config, &new, waits), 1);
	assert_string_equal(waits[0]->key, "Memory");
	assert_int_equal(config.ruleset_memory, 1 << 20);
	config.ruleset_memory = 0;
	new.ruleset_memory = 5;
	assert_int_equal(config_update(&config, &new, waits), 1);
	assert_int_equal(config.ruleset_memory, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_update),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
