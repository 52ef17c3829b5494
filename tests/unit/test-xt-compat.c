/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "ruleset-edit.h"
#include "xt-compat.h"

static const char text[] =
	"*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":none - [0:0]\n"
	"[0:0] -A INPUT -j ACCEPT\n[0:0] -A INPUT -j DROP\n"
	"[0:0] -A OUTPUT -j DROP\n"
	"[0:0] -A none -j DROP\nCOMMIT\n";

static struct rule *put(struct ruleset *rs, uint8_t family, const char *chain,
			uint64_t handle, bool is_compat)
{
	struct rule *rule = rule_new(handle);

	rule->is_compat = is_compat;
	assert_int_equal(ruleset_put_rule(rs, family, "filter", chain, rule,
					  RULE_LAST),
			 0);
	return rule;
}

static struct ruleset *make_ruleset(uint8_t family)
{
	struct ruleset *rs = ruleset_new();

	assert_int_equal(ruleset_put_table(rs, family, "filter", 1), 0);
	assert_int_equal(ruleset_put_chain(rs, family, "filter",
					   chain_new("INPUT", 1)),
			 0);
	assert_int_equal(ruleset_put_chain(rs, family, "filter",
					   chain_new("OUTPUT", 2)),
			 0);
	assert_int_equal(ruleset_put_chain(rs, family, "filter",
					   chain_new("other", 3)),
			 0);
	return rs;
}

static void test_apply(void **state)
{
	struct ruleset *rs = make_ruleset(NFPROTO_IPV4);
	struct rule *first, *second, *output, *more, *other;
	struct xt_save save;
	size_t given;

	(void)state;
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter", text,
				       strlen(text)),
			 0);
	first = put(rs, NFPROTO_IPV4, "INPUT", 7, false);
	assert_false(xt_compat_wants(rs->tables[0]));
	second = put(rs, NFPROTO_IPV4, "INPUT", 5, true);
	assert_true(xt_compat_wants(rs->tables[0]));
	/* One more than what is saved: it could be the one or the other. */
	output = put(rs, NFPROTO_IPV4, "OUTPUT", 8, true);
	more = put(rs, NFPROTO_IPV4, "OUTPUT", 9, true);
	other = put(rs, NFPROTO_IPV4, "other", 10, true);
	first->text = strdup("accept");
	given = xt_compat_apply(rs->tables[0], &save, 1000);
	assert_int_equal(given, sizeof("-A INPUT -j DROP"));
	assert_string_equal(first->text, "accept");
	assert_string_equal(second->text, "-A INPUT -j DROP");
	assert_null(output->text);
	assert_null(more->text);
	assert_null(other->text);
	xt_save_done(&save);
	ruleset_unref(rs);
}

static void test_room(void **state)
{
	struct ruleset *rs = make_ruleset(NFPROTO_IPV4);
	size_t size = sizeof("-A INPUT -j ACCEPT");
	struct rule *first, *second;
	struct xt_save save;

	(void)state;
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter", text,
				       strlen(text)),
			 0);
	first = put(rs, NFPROTO_IPV4, "INPUT", 1, true);
	second = put(rs, NFPROTO_IPV4, "INPUT", 2, true);
	assert_int_equal(xt_compat_apply(rs->tables[0], &save, 5), 0);
	assert_int_equal(xt_compat_apply(rs->tables[0], &save, size), size);
	assert_string_equal(first->text, "-A INPUT -j ACCEPT");
	assert_null(second->text);
	xt_save_done(&save);
	ruleset_unref(rs);
}

/* Of other families, iptables-nft shows nothing. */
static void test_family(void **state)
{
	struct ruleset *rs = make_ruleset(NFPROTO_INET);

	(void)state;
	put(rs, NFPROTO_INET, "INPUT", 1, true);
	assert_false(xt_compat_wants(rs->tables[0]));
	ruleset_unref(rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
