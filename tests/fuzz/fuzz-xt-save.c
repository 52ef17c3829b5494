/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tool of x_tables may print, of any content, for each family: no read
 * past it, and what is believed is sound and is told as the text has it.
 */
#include <errno.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "fuzz.h"
#include "support.h"
#include "xt-save.h"

static void check_chain(const struct xt_save *save, const struct chain *chain,
			size_t place)
{
	struct rule *rule;

	for (size_t i = 0; i < chain->n_rules; i++) {
		int64_t at = xt_save_find(save, chain->name, i + 1, &rule);

		check(at == (int64_t)(place + i) && rule == chain->rules[i]);
		check(rule->handle == i + 1);
		check(strncmp(rule->text, "-A ", 3) == 0);
		check(!rule->jump || table_find_chain(save->table, rule->jump));
	}
	check(xt_save_find(save, chain->name, chain->n_rules + 1, &rule) < 0);
}

static void parse(uint8_t family, const char *text, size_t size)
{
	struct xt_save save, again;
	size_t n = 0;
	int r;

	r = xt_save_parse(&save, family, "filter", text, size);
	check(r == 0 || r == -EBADMSG);
	if (r < 0)
		return;
	for (size_t i = 0; i < save.table->n_chains; i++) {
		check_chain(&save, save.table->chains[i], n);
		n += save.table->chains[i]->n_rules;
	}
	check(n == save.n_rules);
	check(xt_save_parse(&again, family, "filter", text, size) == 0);
	check(xt_save_equal(&save, &again));
	xt_save_done(&again);
	xt_save_done(&save);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_ARP,
					    NFPROTO_BRIDGE };
	char *copy = copy_bytes(data, size);

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		parse(families[i], copy, size);
	free(copy);
	return 0;
}
