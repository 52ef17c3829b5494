/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of nf_tables, one behind the other as a socket gives them, of any
 * bytes: as a dump, and as changes of what the dump has made. Nothing outside of
 * them is read, and the ruleset is always one: what is counted is there, and
 * what was put in is found.
 *
 * The input's first byte is where the dump ends, in 255ths.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>

#include "fuzz.h"
#include "ruleset-changes.h"
#include "ruleset-decode.h"
#include "ruleset-share.h"
#include "support.h"

static void check_chain(struct table *table, struct chain *chain)
{
	check(chain->name);
	check(table_find_chain(table, chain->name));
	check(chain->n_rules <= chain->n_allocated || chain->n_rules == 0);
	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct rule *rule = chain->rules[i];
		const struct rule *found =
			chain_find_rule(chain, rule->handle);

		check(found && found->handle == rule->handle);
		check(chain_find_place(chain, rule->handle) <= i);
		check(!rule->comment ||
		      strlen(rule->comment) <= RULE_COMMENT_MAX);
	}
	check(chain->n_rules == 0 ||
	      chain_find_place(chain, chain->rules[0]->handle) == 0);
}

static void check_ruleset(struct ruleset *rs)
{
	size_t n_rules = 0;

	for (size_t i = 0; i < rs->n_tables; i++) {
		struct table *table = rs->tables[i];

		check(table->n_refs > 0);
		check(ruleset_find_table(rs, table->family, table->name,
					 table->handle));
		for (size_t c = 0; c < table->n_chains; c++) {
			check_chain(table, table->chains[c]);
			n_rules += table->chains[c]->n_rules;
		}
		for (size_t s = 0; s < table->n_sets; s++)
			check(table_find_set(table, table->sets[s]->name));
	}
	check(n_rules == rs->n_rules);
	check(ruleset_count_bytes(rs) >= rs->n_rules);
}

/* What a transaction did must not be seen in the snapshot before. */
struct seen {
	size_t n_tables;
	size_t n_rules;
};

static struct seen see(const struct ruleset *rs)
{
	struct seen seen = { rs->n_tables, rs->n_rules };

	return seen;
}

static struct ruleset *apply_all(struct ruleset_changes *changes,
				 struct ruleset *rs)
{
	struct ruleset *next;
	int r;

	for (;;) {
		struct seen before = see(rs), after;
		uint32_t generation = rs->generation;

		r = ruleset_changes_next(changes, rs, &next);
		after = see(rs);
		check(before.n_tables == after.n_tables);
		check(before.n_rules == after.n_rules);
		check(rs->generation == generation);
		if (r <= 0)
			break;
		check(next != rs);
		check(next->generation == generation + 1);
		check_ruleset(rs);
		check_ruleset(next);
		ruleset_unref(rs);
		rs = next;
	}
	check(r == 0 || r == -ENOENT);
	check(changes->complete <= changes->len);
	check(r == 0 || changes->len == 0);
	return rs;
}

static void run(const uint8_t *data, size_t size, size_t dumped)
{
	struct ruleset *rs = ruleset_new(), *copy;
	struct ruleset_changes changes;
	int r;

	check(rs);
	ruleset_changes_init(&changes);
	for (size_t at = 0; size - at >= sizeof(struct nlmsghdr);) {
		const struct nlmsghdr *nlh = (const void *)(data + at);
		size_t left = size - at;
		bool in_dump = at < dumped;

		if (nlh->nlmsg_len > left || nlh->nlmsg_len < sizeof(*nlh))
			break;
		at += MIN(NLMSG_ALIGN((size_t)nlh->nlmsg_len), left);
		if (in_dump) {
			r = ruleset_decode(rs, nlh, left, true);
			check(r >= 0 || r == -EBADMSG || r == -ENOENT);
			continue;
		}
		ruleset_changes_add(&changes, nlh, left);
		/* The generation of the dump is that before the first change. */
		if (changes.complete > 0 && rs->generation == 0)
			rs->generation = changes.newest - 1;
		rs = apply_all(&changes, rs);
		if (changes.len == 0)
			ruleset_changes_mend(&changes);
	}
	check_ruleset(rs);
	/* Read again: all is shared, and still one ruleset. */
	copy = ruleset_copy(rs);
	check(copy);
	ruleset_share(copy, rs);
	check_ruleset(copy);
	ruleset_unref(rs);
	check_ruleset(copy);
	ruleset_unref(copy);
	ruleset_changes_done(&changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 1)
		return 0;
	copy = copy_bytes(data + 1, size - 1);
	run(copy, size - 1, (size - 1) * data[0] / 255);
	free(copy);
	return 0;
}
