/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "ruleset-text.h"
#include "xt-read.h"

/* Of what a rule takes without its text, with what malloc(3) adds. */
#define RULE_BYTES    192
#define COUNTER_BYTES (sizeof(struct rule_counter) + 16)
/* XT_TABLE_MAXNAMELEN and EBT_CHAIN_MAXNAMELEN, which have the NUL in them. */
#define NAME_SIZE 32

/* --- chains --------------------------------------------------------------- */

static const struct base {
	const char *name;
	uint32_t hook;
} inet_chains[] = {
	{ "PREROUTING", NF_INET_PRE_ROUTING },
	{ "INPUT", NF_INET_LOCAL_IN },
	{ "FORWARD", NF_INET_FORWARD },
	{ "OUTPUT", NF_INET_LOCAL_OUT },
	{ "POSTROUTING", NF_INET_POST_ROUTING },
	{ "BROUTING", 5 },
	{ NULL, 0 },
}, arp_chains[] = {
	{ "INPUT", 0 },
	{ "OUTPUT", 1 },
	{ "FORWARD", 2 },
	{ NULL, 0 },
};

/* linux/netfilter_ipv4.h and linux/netfilter_bridge.h. */
static int32_t priority_of(uint8_t family, const char *table, uint32_t hook)
{
	if (family == NFPROTO_ARP)
		return 0;
	if (family == NFPROTO_BRIDGE) {
		if (strcmp(table, "nat") != 0)
			return -200;
		return hook == NF_INET_POST_ROUTING ? 300
		       : hook == NF_INET_LOCAL_OUT  ? 100
						    : -300;
	}
	if (strcmp(table, "raw") == 0)
		return -300;
	if (strcmp(table, "mangle") == 0)
		return -150;
	if (strcmp(table, "nat") == 0)
		return hook == NF_INET_POST_ROUTING || hook == NF_INET_LOCAL_IN
			       ? 100
			       : -100;
	return strcmp(table, "security") == 0 ? 50 : 0;
}

/* Nobody reads it yet. */
static int give_counter(struct xt_save *save, struct rule *rule,
			const struct rule_counts *counts)
{
	rule->counter = rule_counter_new(counts);
	if (!rule->counter)
		return -ENOMEM;
	rule->counter->is_unread = true;
	save->bytes += COUNTER_BYTES;
	return 0;
}

static int give_policy(struct xt_save *save, struct chain *chain,
		       const struct rule_counts *counts)
{
	chain->policy = rule_new(0);
	if (!chain->policy)
		return -ENOMEM;
	chain->policy->may_drop = true;
	save->bytes += RULE_BYTES;
	return give_counter(save, chain->policy, counts);
}

int xt_parser_add_chain(struct xt_parser *p, const struct part *name,
			const struct part *policy,
			const struct rule_counts *counts)
{
	struct table *table = p->save->table;
	const struct base *base = table->family == NFPROTO_ARP ? arp_chains
							       : inet_chains;
	struct chain *chain;
	char buf[NAME_SIZE];

	if (name->len == 0 || name->len >= sizeof(buf))
		return -EBADMSG;
	copy_string(buf, sizeof(buf), name->s, name->len);
	if (table_find_chain(table, buf))
		return -EBADMSG;
	chain = chain_new(buf, table->n_chains + 1);
	if (!chain)
		return -ENOMEM;
	while (base->name && strcmp(base->name, buf) != 0)
		base++;
	if (policy->len > 0 && base->name) {
		chain->type = strdup(table->name);
		chain->hook = base->hook;
		chain->priority =
			priority_of(table->family, table->name, base->hook);
	}
	chain->policy_drop = part_is_word(policy, "DROP");
	if (chain->type && chain->policy_drop && counts &&
	    give_policy(p->save, chain, counts) < 0) {
		chain_unref(chain);
		return -ENOMEM;
	}
	return table_add_chain(table, chain);
}

/* --- rules ---------------------------------------------------------------- */

/* Without the quotes around it, and backslashes in them. */
static char *unquote(const struct part *word)
{
	char *s = malloc(word->len + 1);
	size_t n = 0;

	for (size_t i = 0; s && i < word->len; i++) {
		if (word->s[i] == '"')
			continue;
		if (word->s[i] == '\\' && i + 1 < word->len)
			i++;
		s[n++] = word->s[i];
	}
	if (s)
		s[n] = '\0';
	return s;
}

/* What @word says of the rule, @before being the word before it. */
static void read_word(struct rule *rule, const struct part *before,
		      const struct part *word)
{
	static const char *const targets[] = { "DROP", "REJECT", "QUEUE",
					       "NFQUEUE", "SYNPROXY" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		rule->may_drop |= part_is_word(word, targets[i]);
	/* Without memory they stay unknown. */
	if (part_is_word(before, "--comment") && !rule->comment)
		rule->comment = unquote(word);
	if ((part_is_word(before, "-j") || part_is_word(before, "-g")) &&
	    !rule->jump) {
		rule->jump = strndup(word->s, word->len);
		rule->is_goto = before->s[1] == 'g';
	}
}

/* Returns whether its target drops whatever comes to it. */
static bool read_words(struct rule *rule, struct part text)
{
	struct part word = { "", 0 }, before;
	bool drops = false;

	while (text.len > 0) {
		before = word;
		word = (struct part){
			text.s, part_word_length(&text, xt_names_chain(&before))
		};
		part_skip(&text, MIN(word.len + 1, text.len));
		read_word(rule, &before, &word);
		if (part_is_word(&before, "-j"))
			drops = part_is_word(&word, "DROP") ||
				part_is_word(&word, "REJECT");
		/* A comment is no option, whatever it looks like. */
		if (part_is_word(&before, "--comment"))
			word.len = 0;
	}
	return drops;
}

static char *make_text(const char *chain, const struct part *text)
{
	char *buf;

	if (asprintf(&buf, "-A %s%s%.*s", chain, text->len > 0 ? " " : "",
		     (int)text->len, text->s) < 0)
		return NULL;
	return buf;
}

static int append(struct chain *chain, struct rule *rule)
{
	if (array_grow(&chain->rules, chain->n_rules, &chain->n_allocated) < 0)
		return -ENOMEM;
	chain->rules[chain->n_rules++] = rule_ref(rule);
	return 0;
}

int xt_parser_add_rule(struct xt_parser *p, const struct part *text,
		       const struct rule_counts *counts)
{
	_cleanup_(cleanup_rule_unref) struct rule *rule = NULL;
	struct xt_save *save = p->save;
	struct chain *chain;
	int r;

	if (p->chain >= save->table->n_chains || text->len > RULE_TEXT_MAX)
		return -EBADMSG;
	chain = save->table->chains[p->chain];
	rule = rule_new(chain->n_rules + 1);
	if (!rule)
		return -ENOMEM;
	rule->text = make_text(chain->name, text);
	if (!rule->text)
		return -ENOMEM;
	if (read_words(rule, *text)) {
		r = give_counter(save, rule, counts);
		if (r < 0)
			return r;
	}
	r = array_grow(&save->packets, save->n_rules, &p->n_allocated);
	if (r < 0)
		return r;
	r = append(chain, rule);
	if (r < 0)
		return r;
	save->packets[save->n_rules++] = counts->packets;
	save->bytes += RULE_BYTES + strlen(rule->text) + 1;
	return 0;
}

/* A target that is no chain is no jump; neither is a chain of the kernel's. */
static void forget_targets(struct table *table)
{
	for (size_t c = 0; c < table->n_chains; c++)
		for (size_t i = 0; i < table->chains[c]->n_rules; i++) {
			struct rule *rule = table->chains[c]->rules[i];
			const struct chain *to =
				rule->jump ? table_find_chain(table, rule->jump)
					   : NULL;

			if (to && !to->type) {
				rule_counter_unref(rule->counter);
				rule->counter = NULL;
				continue;
			}
			free(rule->jump);
			rule->jump = NULL;
			rule->is_goto = false;
		}
}

/* --- all of it ------------------------------------------------------------ */

static struct table *table_new(uint8_t family, const char *name)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->n_refs = 1;
	table->family = family;
	table->name = strdup(name);
	if (table->name)
		return table;
	free(table);
	return NULL;
}

static size_t count_counters(const struct chain *chain)
{
	size_t n = chain->policy != NULL;

	for (size_t i = 0; i < chain->n_rules; i++)
		n += chain->rules[i]->counter != NULL;
	return n;
}

static int finish(struct xt_parser *p)
{
	struct xt_save *save = p->save;
	size_t n = 0;

	if (!p->done || save->table->n_chains == 0)
		return -EBADMSG;
	forget_targets(save->table);
	save->first = calloc(save->table->n_chains, sizeof(*save->first));
	if (!save->first)
		return -ENOMEM;
	for (size_t i = 0; i < save->table->n_chains; i++) {
		save->first[i] = n;
		n += save->table->chains[i]->n_rules;
		save->n_counters += count_counters(save->table->chains[i]);
	}
	return 0;
}

int xt_save_parse(struct xt_save *ret, uint8_t family, const char *name,
		  const char *text, size_t len)
{
	struct xt_save save = { 0 };
	struct xt_parser p = { .save = &save, .rest = { text, len } };
	int r;

	if (memchr(text, '\0', len))
		return -EBADMSG;
	save.table = table_new(family, name);
	if (!save.table)
		return -ENOMEM;
	r = family == NFPROTO_ARP || family == NFPROTO_BRIDGE
		    ? xt_read_list(&p)
		    : xt_read_save(&p);
	if (r == 0)
		r = finish(&p);
	if (r < 0) {
		xt_save_done(&save);
		return r;
	}
	*ret = save;
	return 0;
}

void xt_save_done(struct xt_save *save)
{
	table_unref(save->table);
	free(save->packets);
	free(save->first);
	*save = (struct xt_save){ 0 };
}

static bool chain_equal(const struct chain *a, const struct chain *b)
{
	if (a->n_rules != b->n_rules || a->policy_drop != b->policy_drop ||
	    !a->type != !b->type || strcmp(a->name, b->name) != 0)
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (strcmp(a->rules[i]->text, b->rules[i]->text) != 0)
			return false;
	return true;
}

bool xt_save_equal(const struct xt_save *a, const struct xt_save *b)
{
	if (a->n_rules != b->n_rules ||
	    a->table->n_chains != b->table->n_chains)
		return false;
	for (size_t i = 0; i < a->table->n_chains; i++)
		if (!chain_equal(a->table->chains[i], b->table->chains[i]))
			return false;
	return true;
}

int64_t xt_save_find(const struct xt_save *save, const char *name,
		     uint64_t number, struct rule **ret)
{
	struct chain *chain = table_find_chain(save->table, name);

	if (!chain || number == 0 || number > chain->n_rules)
		return -ENOENT;
	*ret = chain->rules[number - 1];
	return (int64_t)(save->first[chain->handle - 1] + number - 1);
}
