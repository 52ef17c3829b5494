/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drop-sites.h"

#define RULE   "nft_do_chain+0x40f/0x630"
#define POLICY "nft_do_chain+0x5cd/0x630"

static struct drop_sites sites;

static void learn(const char *location, enum drop_kind kind)
{
	struct drop_event ev;

	drop_event_init(&ev);
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	ev.netfilter.kind = kind;
	strcpy(ev.location, location);
	drop_sites_learn(&sites, &ev);
	drop_event_done(&ev);
}

static int setup(void **state)
{
	(void)state;
	sites = (struct drop_sites){ .n = 0 };
	return 0;
}

static void test_both(void **state)
{
	(void)state;
	learn(RULE, DROP_KIND_NFT_RULE);
	/* A policy may drop there, too, as far as is known. */
	assert_int_equal(drop_sites_find(&sites, RULE), DROP_KIND_NONE);
	learn(POLICY, DROP_KIND_NFT_POLICY);
	assert_int_equal(drop_sites_find(&sites, RULE), DROP_KIND_NFT_RULE);
	assert_int_equal(drop_sites_find(&sites, POLICY), DROP_KIND_NFT_POLICY);
	assert_int_equal(drop_sites_find(&sites, "nft_do_chain+0x1/0x630"),
			 DROP_KIND_NONE);
	/* It was one place of both after all. */
	learn(POLICY, DROP_KIND_NFT_RULE);
	assert_int_equal(drop_sites_find(&sites, RULE), DROP_KIND_NONE);
	assert_int_equal(drop_sites_find(&sites, POLICY), DROP_KIND_NONE);
}

static void test_one_place(void **state)
{
	(void)state;
	learn("nf_hook_slow+0x50/0xe0", DROP_KIND_NFT_RULE);
	learn("nf_hook_slow+0x50/0xe0", DROP_KIND_NFT_POLICY);
	assert_int_equal(drop_sites_find(&sites, "nf_hook_slow+0x50/0xe0"),
			 DROP_KIND_NONE);
}

/* What is a guess, or of a sample, or has no place, tells nothing. */
static void test_others(void **state)
{
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	strcpy(ev.location, RULE);
	ev.attribution = DROP_ATTRIBUTION_INFERRED;
	drop_sites_learn(&sites, &ev);
	ev.attribution = DROP_ATTRIBUTION_TRACED;
	ev.origin = DROP_ORIGIN_SAMPLE;
	drop_sites_learn(&sites, &ev);
	ev.origin = DROP_ORIGIN_SOFTWARE;
	ev.location[0] = '\0';
	drop_sites_learn(&sites, &ev);
	learn(RULE, DROP_KIND_CONNTRACK);
	assert_int_equal(sites.n, 0);
	drop_event_done(&ev);
}

static void test_capacity(void **state)
{
	char location[32];

	(void)state;
	for (int i = 0; i < 2 * DROP_SITES_MAX; i++) {
		snprintf(location, sizeof(location), "nft_do_chain+%#x/0x99",
			 i);
		learn(location,
		      i % 2 ? DROP_KIND_NFT_RULE : DROP_KIND_NFT_POLICY);
	}
	assert_int_equal(sites.n, DROP_SITES_MAX);
	assert_int_equal(drop_sites_find(&sites, "nft_do_chain+0x1/0x99"),
			 DROP_KIND_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_both, setup),
		cmocka_unit_test_setup(test_one_place, setup),
		cmocka_unit_test_setup(test_others, setup),
		cmocka_unit_test_setup(test_capacity, setup),
	};

	return cmocka_run_group_tests_name("drop-sites", tests, NULL, NULL);
}
