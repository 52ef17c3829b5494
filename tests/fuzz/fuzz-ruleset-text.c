/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listing of any bytes, for a ruleset with names that are hard: texts come
 * from one line each, and no more room is taken than there is.
 */
#include <netinet/in.h>

#include <linux/netfilter.h>

#include "fuzz.h"
#include "ruleset-edit.h"
#include "ruleset-text.h"
#include "support.h"

static const char *const names[] = { "t", "c", "a b", "x { # handle 1", "l\n",
				     "t {" };

static struct ruleset *sample(void)
{
	struct ruleset *rs = ruleset_new();
	uint64_t handle = 0;

	check(rs);
	for (size_t t = 0; t < ARRAY_SIZE(names); t++) {
		check(ruleset_put_table(rs, NFPROTO_INET, names[t], t + 1) ==
		      0);
		for (size_t c = 0; c < ARRAY_SIZE(names); c++) {
			struct chain *chain = chain_new(names[c], c + 1);

			check(ruleset_put_chain(rs, NFPROTO_INET, names[t],
						chain) == 0);
			for (int i = 0; i < 2; i++)
				check(ruleset_put_rule(rs, NFPROTO_INET,
						       names[t], names[c],
						       rule_new(++handle % 12),
						       RULE_LAST) == 0);
		}
	}
	return rs;
}

static size_t check_texts(const struct ruleset *rs)
{
	size_t sum = 0;

	for (size_t t = 0; t < rs->n_tables; t++) {
		const struct table *table = rs->tables[t];

		for (size_t c = 0; c < table->n_chains; c++) {
			const struct chain *chain = table->chains[c];

			for (size_t i = 0; i < chain->n_rules; i++) {
				const char *text = chain->rules[i]->text;

				if (!text)
					continue;
				check(strlen(text) <= RULE_TEXT_MAX);
				sum += strlen(text) + 1;
			}
		}
	}
	return sum;
}

static void run(const char *text, size_t size, uint64_t table_handle,
		size_t room)
{
	struct ruleset *rs = sample();
	struct ruleset_texts texts;
	size_t given = ruleset_text_apply(rs, text, size, table_handle, room);

	check(given <= room);
	check(check_texts(rs) == given);
	ruleset_text_count(rs, &texts);
	check(texts.bytes == given);
	check(texts.known + texts.missing == rs->n_rules);
	/* A second time there is nothing to give, where there was room. */
	if (room == SIZE_MAX)
		check(ruleset_text_apply(rs, text, size, table_handle, room) ==
		      0);
	ruleset_unref(rs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (size < 1)
		return 0;
	copy = copy_bytes(data + 1, size - 1);
	run(copy, size - 1, 0, SIZE_MAX);
	run(copy, size - 1, data[0] % 8, data[0]);
	free(copy);
	return 0;
}
