/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "links.h"
#include "util.h"

static int setup(void **state)
{
	struct links *links = malloc(sizeof(*links));

	assert_non_null(links);
	links_init(links);
	*state = links;
	return 0;
}

static int teardown(void **state)
{
	struct links *links = *state;

	links_done(links);
	links_done(links);
	free(links);
	return 0;
}

static void test_changes(void **state)
{
	struct links *links = *state;
	uint16_t type;

	assert_null(links_find(links, 1));
	links_remove(links, 1);
	assert_int_equal(links_set(links, 3, "eth3"), 0);
	assert_int_equal(links_set(links, 1, "lo"), 0);
	assert_int_equal(links_set(links, UINT32_MAX, "last"), 0);
	assert_int_equal(links_set(links, 2, "eth2"), 0);
	assert_string_equal(links_find(links, 1), "lo");
	assert_string_equal(links_find(links, 2), "eth2");
	assert_string_equal(links_find(links, 3), "eth3");
	links_set_info(links, 2, &(struct link_info){ .master = 3 });
	links_set_info(links, 7, &(struct link_info){ .master = 3 });
	assert_true(links_is_port(links, 2));
	assert_false(links_is_port(links, 3));
	assert_false(links_is_port(links, 7));
	links_set_info(links, 2,
		       &(struct link_info){ .has_type = true, .type = 1 });
	links_set_info(links, 3, &(struct link_info){ .has_type = true });
	links_set_info(links, 7,
		       &(struct link_info){ .has_type = true, .type = 1 });
	assert_true(links_find_type(links, 2, &type));
	assert_int_equal(type, 1);
	assert_true(links_find_type(links, 3, &type));
	assert_int_equal(type, 0);
	assert_false(links_find_type(links, 1, &type));
	assert_false(links_find_type(links, 7, &type));
	assert_string_equal(links_find(links, UINT32_MAX), "last");
	assert_null(links_find(links, 0));
	assert_null(links_find(links, 4));

	assert_int_equal(links_set(links, 2, "wan0"), 0);
	assert_string_equal(links_find(links, 2), "wan0");
	assert_int_equal(links->n_items, 4);

	links_remove(links, 2);
	links_remove(links, 2);
	assert_null(links_find(links, 2));
	assert_string_equal(links_find(links, 1), "lo");
	assert_string_equal(links_find(links, 3), "eth3");
	links_remove(links, UINT32_MAX);
	assert_null(links_find(links, UINT32_MAX));

	links_clear(links);
	assert_null(links_find(links, 1));
	assert_int_equal(links_set(links, 1, "new"), 0);
	assert_string_equal(links_find(links, 1), "new");
}

static void test_names(void **state)
{
	struct links *links = *state;

	assert_int_equal(links_set(links, 1, ""), 0);
	assert_string_equal(links_find(links, 1), "");
	assert_int_equal(links_set(links, 1, "a-name-that-is-too-long"), 0);
	assert_string_equal(links_find(links, 1), "a-name-that-is-");
}

/* Every device that there may be, not in order; one more is refused. */
static void test_capacity(void **state)
{
	struct links *links = *state;
	char name[IFNAMSIZ];

	for (uint32_t i = 0; i < LINKS_MAX; i++) {
		/* 4, 3, 2, 1, 8, 7, ... */
		uint32_t ifindex = i - i % 4 + 4 - i % 4;

		snprintf(name, sizeof(name), "if%u", ifindex);
		assert_int_equal(links_set(links, ifindex, name), 0);
	}
	assert_int_equal(links->n_items, LINKS_MAX);
	assert_int_equal(links_set(links, 1000000, "more"), -ENOSPC);
	assert_null(links_find(links, 1000000));
	for (uint32_t i = 1; i <= LINKS_MAX; i++) {
		snprintf(name, sizeof(name), "if%u", i);
		assert_string_equal(links_find(links, i), name);
		assert_true(i == 1 || links->items[i - 2].ifindex <
					      links->items[i - 1].ifindex);
	}
	/* A known one may still be renamed, and one that left makes room. */
	assert_int_equal(links_set(links, 7, "renamed"), 0);
	links_remove(links, 9);
	assert_int_equal(links_set(links, 1000000, "more"), 0);
}

static void test_bridge(void **state)
{
	static const uint8_t of_bridge[] = { 2, 0, 0, 0, 0, 1 },
			     of_port[] = { 2, 0, 0, 0, 0, 2 },
			     other[] = { 2, 0, 0, 0, 0, 9 },
			     many[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct link_info bridge = { .is_bridge = true, .has_mac = true };
	struct link_info port = { .master = 1, .has_mac = true };
	struct links *links = *state;

	memcpy(bridge.mac, of_bridge, sizeof(bridge.mac));
	assert_int_equal(links_set(links, 1, "br0"), 0);
	assert_int_equal(links_set(links, 2, "eth0"), 0);
	assert_int_equal(links_set(links, 3, "eth1"), 0);
	links_set_info(links, 1, &bridge);
	links_set_info(links, 2, &port);
	memcpy(port.mac, of_port, sizeof(port.mac));
	links_set_info(links, 3, &port);
	/* The bridge's, another port's, nobody's here, and everybody's. */
	assert_int_equal(links_find_lead(links, 2, of_bridge), LINK_LEAD_UP);
	assert_int_equal(links_find_lead(links, 2, of_port), LINK_LEAD_UP);
	assert_int_equal(links_find_lead(links, 2, other), LINK_LEAD_ACROSS);
	assert_int_equal(links_find_lead(links, 2, many), LINK_LEAD_UNKNOWN);
	/* Of no port, of no device. */
	assert_int_equal(links_find_lead(links, 1, other), LINK_LEAD_UNKNOWN);
	assert_int_equal(links_find_lead(links, 9, other), LINK_LEAD_UNKNOWN);
	bridge.is_promiscuous = true;
	bridge.filters_vlans = true;
	links_set_info(links, 1, &bridge);
	assert_int_equal(links_find_lead(links, 2, of_bridge),
			 LINK_LEAD_UNKNOWN);
	assert_int_equal(links_find_lead(links, 2, other), LINK_LEAD_UNKNOWN);
	/* A bond's. */
	bridge = (struct link_info){ .has_mac = true };
	links_set_info(links, 1, &bridge);
	assert_int_equal(links_find_lead(links, 2, other), LINK_LEAD_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capacity, setup, teardown),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
