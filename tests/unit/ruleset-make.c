/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ruleset-make.h"
#include "ruleset-edit.h"

static void check(bool ok)
{
	if (!ok)
		abort();
}

static char *copy(const char *s)
{
	char *text = s ? strdup(s) : NULL;

	check(!s || text);
	return text;
}

struct ruleset *make_ruleset(uint32_t generation)
{
	struct ruleset *rs = ruleset_new();

	check(rs);
	rs->generation = generation;
	check(ruleset_put_table(rs, MADE_FAMILY, MADE_TABLE, MADE_HANDLE) == 0);
	return rs;
}

void make_chain(struct ruleset *rs, const char *name, int hook)
{
	static uint64_t handle = 1000000;
	struct chain *chain = chain_new(name, handle++);

	check(chain);
	if (hook >= 0) {
		chain->type = copy("filter");
		chain->hook = (uint32_t)hook;
	}
	check(ruleset_put_chain(rs, MADE_FAMILY, MADE_TABLE, chain) == 0);
}

struct rule *make_rule(struct ruleset *rs, const char *chain, uint64_t handle,
		       const char *text, const char *jump)
{
	struct rule *rule = rule_new(handle);

	check(rule);
	rule->text = copy(text);
	rule->jump = copy(jump);
	check(ruleset_put_rule(rs, MADE_FAMILY, MADE_TABLE, chain, rule,
			       RULE_LAST) == 0);
	return rule;
}
