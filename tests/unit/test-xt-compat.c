/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "ruleset-edit.h"
#include "util.h"
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
	struct rule *first, *second, *output, *more, *other, *late;
	struct xt_save save;

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
	/* nft's give way to iptables-nft's. */
	first->text = strdup("accept");
	more->text = strdup("drop");
	xt_compat_apply(rs->tables[0], &save, 1000);
	assert_string_equal(first->text, "-A INPUT -j ACCEPT");
	assert_string_equal(second->text, "-A INPUT -j DROP");
	assert_null(output->text);
	assert_string_equal(more->text, "drop");
	assert_null(other->text);
	assert_false(xt_compat_wants(rs->tables[0]));
	/* A rule that comes later need not have anything of x_tables itself. */
	late = put(rs, NFPROTO_IPV4, "other", 11, false);
	assert_true(xt_compat_wants(rs->tables[0]));
	xt_compat_apply(rs->tables[0], NULL, 0);
	assert_false(xt_compat_wants(rs->tables[0]));
	assert_null(late->text);
	assert_string_equal(first->text, "-A INPUT -j ACCEPT");
	xt_save_done(&save);
	ruleset_unref(rs);
}

static void test_room(void **state)
{
	size_t size = sizeof("-A INPUT -j ACCEPT");
	struct {
		size_t room;
		const char *first, *second;
	} cases[] = {
		/* That of the one is replaced by one as long or longer. */
		{ 0, NULL, "-A INPUT -j DROP" },
		{ size - 1, NULL, "-A INPUT -j DROP" },
		{ size, "-A INPUT -j ACCEPT", "-A INPUT -j DROP" },
	};
	struct xt_save save;

	(void)state;
	assert_int_equal(xt_save_parse(&save, NFPROTO_IPV4, "filter", text,
				       strlen(text)),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ruleset *rs = make_ruleset(NFPROTO_IPV4);
		struct rule *first = put(rs, NFPROTO_IPV4, "INPUT", 1, true);
		struct rule *second = put(rs, NFPROTO_IPV4, "INPUT", 2, true);

		second->text = strdup("sixteen bytes...");
		xt_compat_apply(rs->tables[0], &save, cases[i].room);
		if (cases[i].first)
			assert_string_equal(first->text, cases[i].first);
		else
			assert_null(first->text);
		assert_string_equal(second->text, cases[i].second);
		ruleset_unref(rs);
	}
	xt_save_done(&save);
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
