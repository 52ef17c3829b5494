/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "reason.h"
#include "util.h"

static const char *const subsystems[] = {
	"core",	       "netfilter",	    "qdisc",
	"openvswitch", "mac80211_unusable", "mac80211_monitor",
};

static size_t subsystem_rank(const char *subsystem)
{
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++)
		if (strcmp(subsystems[i], subsystem) == 0)
			return i;
	fail_msg("unknown subsystem %s", subsystem);
	return 0;
}

static uint32_t code_of(const struct reason *r, enum reason_release release)
{
	return release == REASON_RELEASE_6_12 ? r->code_6_12 : r->code_7_3;
}

static void assert_reason(const struct reason *r, const char *name)
{
	assert_non_null(r);
	assert_string_equal(r->name, name);
}

static void test_order(void **state)
{
	(void)state;
	assert_true(reason_count() > 250);
	assert_string_equal(reason_at(0)->subsystem, "core");
	for (size_t i = 1; i < reason_count(); i++) {
		const struct reason *a = reason_at(i - 1), *b = reason_at(i);
		size_t ra = subsystem_rank(a->subsystem);
		size_t rb = subsystem_rank(b->subsystem);

		assert_true(ra <= rb);
		if (ra == rb)
			assert_true(strcmp(a->name, b->name) < 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		size_t n = 0;

		for (size_t j = 0; j < reason_count(); j++)
			n += strcmp(reason_at(j)->subsystem, subsystems[i]) ==
			     0;
		assert_true(n > 0);
	}
}

static void test_end(void **state)
{
	(void)state;
	assert_non_null(reason_at(reason_count() - 1));
	assert_null(reason_at(reason_count()));
	assert_null(reason_at(SIZE_MAX));
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = reason_at(i);

		assert_true(isupper((unsigned char)r->name[0]));
		assert_int_equal(strspn(r->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						 "0123456789_"),
				 strlen(r->name));
		assert_true(strlen(r->name) <= 50);
		assert_true(strlen(r->name) < DROP_REASON_MAX);
		assert_true(strlen(r->subsystem) < DROP_REASON_MAX);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(r->name, reason_at(j)->name);
	}
}

static void test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = reason_at(i);

		if (strcmp(r->subsystem, "netfilter") != 0)
			assert_true(r->code_6_12 != REASON_CODE_NONE ||
				    r->code_7_3 != REASON_CODE_NONE);
		for (int k = REASON_RELEASE_6_12; k < _REASON_RELEASE_MAX;
		     k++) {
			uint32_t code = code_of(r, k);

			if (code == REASON_CODE_NONE)
				continue;
			assert_string_equal(reason_subsystem(code, k),
					    r->subsystem);
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(code,
						     code_of(reason_at(j), k));
		}
	}
}

/* A few of the kernels' values, by hand. */
static void test_known_codes(void **state)
{
	static const struct {
		const char *name;
		uint32_t code_6_12;
		uint32_t code_7_3;
	} known[] = {
		{ "NOT_DROPPED_YET", 0, 0 },
		{ "CONSUMED", 1, 1 },
		{ "NOT_SPECIFIED", 2, 2 },
		{ "NO_SOCKET", 3, 3 },
		{ "UNIX_DISCONNECT", REASON_CODE_NONE, 7 },
		{ "UNIX_SKIP_OOB", 7, 8 },
		{ "NETFILTER_DROP", 11, 12 },
		{ "RX_DROP_U_MIC_FAIL", 0x10001, 0x10001 },
		{ "RX_DROP_M_BAD_BCN_KEYIDX", 0x20002, REASON_CODE_NONE },
		{ "OVS_DROP_LAST_ACTION", 0x30001, 0x20001 },
		{ "QDISC_DROP_GENERIC", REASON_CODE_NONE, 0x30001 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct reason *r = reason_find(known[i].name);

		assert_reason(r, known[i].name);
		assert_int_equal(r->code_6_12, known[i].code_6_12);
		assert_int_equal(r->code_7_3, known[i].code_7_3);
	}
}

static void test_explanations(void **state)
{
	(void)state;
	for (size_t i = 0; i < reason_count(); i++) {
		const char *s = reason_at(i)->explanation;
		size_t n = strlen(s);

		assert_true(n > 20 && n <= 160);
		assert_int_equal(s[n - 1], '.');
		assert_null(strstr(s, ". "));
		assert_null(strstr(s, "  "));
		assert_null(strstr(s, "TODO"));
		for (size_t j = 0; j < n; j++)
			assert_true(s[j] >= ' ' && s[j] <= '~');
	}
}

static void test_find_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = reason_at(i);
		char name[128];

		assert_ptr_equal(reason_find(r->name), r);

		for (size_t j = 0; j <= strlen(r->name); j++)
			name[j] = (char)tolower((unsigned char)r->name[j]);
		assert_ptr_equal(reason_find(name), r);

		/* One letter more or less is another name, or none. */
		snprintf(name, sizeof(name), "%s_", r->name);
		assert_null(reason_find(name));
		name[strlen(r->name) - 1] = '\0';
		assert_ptr_not_equal(reason_find(name), r);
	}
}

static void test_find_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = reason_at(i);
		char name[128];

		snprintf(name, sizeof(name), "SKB_DROP_REASON_%s", r->name);
		if (strcmp(r->subsystem, "core") == 0)
			assert_ptr_equal(reason_find(name), r);
		else
			assert_null(reason_find(name));

		snprintf(name, sizeof(name), "netfilter_drop_%s", r->name);
		if (strcmp(r->subsystem, "netfilter") == 0)
			assert_ptr_equal(reason_find(name), r);
		else
			assert_null(reason_find(name));
	}
	assert_reason(reason_find("skb_drop_reason_Tcp_Csum"), "TCP_CSUM");
	assert_reason(reason_find("SKB_CSUM"), "SKB_CSUM");
	assert_reason(reason_find("NETFILTER_DROP"), "NETFILTER_DROP");
}

static void test_find_unknown(void **state)
{
	static const char *const unknown[] = {
		"",
		" ",
		"_",
		"A",
		"ZZZ",
		"MAX",
		"UNSPEC",
		"QDISC_DROP_UNSPEC",
		"QDISC_DROP_MAX",
		" NO_SOCKET",
		"NO_SOCKET ",
		"NO-SOCKET",
		"SKB_DROP_REASON_",
		"SKB_DROP_REASON_MAX",
		"SKB_DROP_REASON",
		"SKB_DROP_REASON_SKB_DROP_REASON_NO_SOCKET",
		"NETFILTER_DROP_",
		"NETFILTER_DROP_NO_SOCKET",
		"\xff\xfe\x80",
		"NO_SOCKET\xff",
		"TCP_CSUM\n",
	};
	char name[4096];

	(void)state;
	assert_null(reason_find(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (reason_find(unknown[i]))
			fail_msg("'%s' was found", unknown[i]);
	memset(name, 'A', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_null(reason_find(name));
}

static void test_suggest(void **state)
{
	static const struct {
		const char *typed;
		const char *meant; /* NULL for none */
	} cases[] = {
		/* its own */
		{ "NO_SOCKET", "NO_SOCKET" },
		{ "skb_drop_reason_no_socket", "NO_SOCKET" },
		/* the shortest that begins so */
		{ "NETFILTER", "NETFILTER_DROP" },
		{ "ipv6dis", "IPV6DISABLED" },
		{ "UDP", "UDP_CSUM" },
		{ "SKB_DROP_REASON_TCP_CLOS", "TCP_CLOSE" },
		{ "NETFILTER_DROP_NFT_RUL", "NFT_RULE" },
		/* typing errors: replaced, missing, added, swapped */
		{ "TCP_CSUN", "TCP_CSUM" },
		{ "NO_SCKET", "NO_SOCKET" },
		{ "NFT_RULES", "NFT_RULE" },
		{ "TCP_CUSM", "TCP_CSUM" },
		{ "no-socket", "NO_SOCKET" },
		{ "netfiter_drpo", "NETFILTER_DROP" },
		{ "XPD", "XDP" },
		/* part of a name, and a name in more */
		{ "rpfilter", "IP_RPFILTER" },
		{ "SKB_CONSUMED", "CONSUMED" },
		/* none */
		{ "", NULL },
		{ "TC", NULL },
		{ "QQQQQQ", NULL },
		{ "completely different", NULL },
		{ "SKB_DROP_REASON_", NULL },
		{ "\xff\xff\xff\xff", NULL },
	};
	char name[4096];

	(void)state;
	assert_null(reason_suggest(NULL));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct reason *r = reason_suggest(cases[i].typed);

		if (!cases[i].meant && r)
			fail_msg("'%s' suggests %s", cases[i].typed, r->name);
		if (!cases[i].meant)
			continue;
		if (!r || strcmp(r->name, cases[i].meant) != 0)
			fail_msg("'%s' suggests %s, not %s", cases[i].typed,
				 r ? r->name : "nothing", cases[i].meant);
	}

	/* 64 characters are looked at, 65 are not. */
	memset(name, 'x', sizeof(name));
	memcpy(name, "NO_SOCKET", strlen("NO_SOCKET"));
	name[64] = '\0';
	assert_reason(reason_suggest(name), "NO_SOCKET");
	name[64] = 'x';
	name[65] = '\0';
	assert_null(reason_suggest(name));
	name[65] = 'x';
	name[sizeof(name) - 1] = '\0';
	assert_null(reason_suggest(name));
}

/* A wrong last letter still leads to the reason, or to one as near. */
static void test_suggest_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < reason_count(); i++) {
		const struct reason *r = reason_at(i), *s;
		size_t n = strlen(r->name) - 1;
		char name[128];

		snprintf(name, sizeof(name), "%s", r->name);
		name[n] = '%';
		s = reason_suggest(name);
		assert_non_null(s);
		assert_memory_equal(s->name, r->name, n);
		assert_ptr_equal(reason_suggest(r->name), r);
	}
}

static void test_subsystem(void **state)
{
	(void)state;
	for (int k = REASON_RELEASE_UNKNOWN; k < _REASON_RELEASE_MAX; k++) {
		assert_string_equal(reason_subsystem(0, k), "core");
		assert_string_equal(reason_subsystem(0xffff, k), "core");
		assert_string_equal(reason_subsystem(0x1ffff, k),
				    "mac80211_unusable");
		assert_null(reason_subsystem(0xff0001, k));
		assert_null(reason_subsystem(REASON_CODE_NONE, k));
	}
	assert_string_equal(reason_subsystem(0x20001, REASON_RELEASE_6_12),
			    "mac80211_monitor");
	assert_string_equal(reason_subsystem(0x30001, REASON_RELEASE_6_12),
			    "openvswitch");
	assert_string_equal(reason_subsystem(0x20001, REASON_RELEASE_7_3),
			    "openvswitch");
	assert_string_equal(reason_subsystem(0x30001, REASON_RELEASE_7_3),
			    "qdisc");
	/* The releases contradict each other. */
	assert_null(reason_subsystem(0x20001, REASON_RELEASE_UNKNOWN));
	assert_null(reason_subsystem(0x30001, REASON_RELEASE_UNKNOWN));
	assert_null(reason_subsystem(0, _REASON_RELEASE_MAX));
}

static void test_release(void **state)
{
	static const struct {
		const char *string;
		enum reason_release release;
	} cases[] = {
		{ "6.12.57+deb13-amd64", REASON_RELEASE_6_12 },
		{ "6.12", REASON_RELEASE_6_12 },
		{ "6.12-rc3", REASON_RELEASE_6_12 },
		{ "7.3.4", REASON_RELEASE_7_3 },
		{ "7.3.4+deb13-amd64", REASON_RELEASE_7_3 },
		{ "7.3+", REASON_RELEASE_7_3 },
		{ "6.1.0-40-amd64", REASON_RELEASE_UNKNOWN },
		{ "6.120.1", REASON_RELEASE_UNKNOWN },
		{ "6.13.0", REASON_RELEASE_UNKNOWN },
		{ "7.30", REASON_RELEASE_UNKNOWN },
		{ "16.12.1", REASON_RELEASE_UNKNOWN },
		{ "7.3x", REASON_RELEASE_UNKNOWN },
		{ "7", REASON_RELEASE_UNKNOWN },
		{ "", REASON_RELEASE_UNKNOWN },
		{ "x", REASON_RELEASE_UNKNOWN },
	};

	(void)state;
	assert_int_equal(reason_release_from_string(NULL),
			 REASON_RELEASE_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(reason_release_from_string(cases[i].string),
				 cases[i].release);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_known_codes),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_find_each),
		cmocka_unit_test(test_find_prefix),
		cmocka_unit_test(test_find_unknown),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_suggest_each),
		cmocka_unit_test(test_subsystem),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
