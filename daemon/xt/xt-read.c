/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>

#include "ruleset-text.h"
#include "xt-read.h"

bool xt_names_chain(const struct part *word)
{
	return part_is_word(word, "-A") || part_is_word(word, "-j") ||
	       part_is_word(word, "-g");
}

/* --- iptables-save -c ----------------------------------------------------- */

/* "[packets:bytes]" */
static bool take_counters(struct part *p, struct rule_counts *ret)
{
	return part_take(p, "[") && part_take_number(p, &ret->packets) &&
	       part_take(p, ":") && part_take_number(p, &ret->bytes) &&
	       part_take(p, "]");
}

/* Does a rule begin here, or the table end, if it is no part of something? */
static bool looks_like_line(const struct part *line)
{
	struct part p = *line;
	struct rule_counts counts;

	return part_is_word(&p, "COMMIT") ||
	       (take_counters(&p, &counts) && part_starts_with(&p, " -A "));
}

/* Takes a rule, with the line breaks in it. */
static struct part take_statement(struct part *rest, bool *odd)
{
	struct part at = *rest, word = { "", 0 }, line;
	struct part statement = { rest->s, 0 };

	for (;;) {
		word = (struct part){
			at.s, part_word_length(&at, xt_names_chain(&word))
		};
		part_skip(&at, word.len);
		if (at.len == 0 || at.s[0] == '\n')
			break;
		part_skip(&at, 1);
	}
	statement.len = (size_t)(at.s - rest->s);
	/* A quote that is none makes one rule of many. */
	at = statement;
	(void)part_take_line(&at);
	while (at.len > 0) {
		line = part_take_line(&at);
		*odd |= looks_like_line(&line);
	}
	part_skip(rest, MIN(statement.len + 1, rest->len));
	return statement;
}

/* ":INPUT ACCEPT [0:0]", ":user - [0:0]" */
static int read_chain(struct xt_parser *p, struct part line)
{
	static const struct part none = { "", 0 };
	struct rule_counts counts;
	struct part name, policy;

	/* Of a rule before, it would be a part. */
	if (p->save->n_rules > 0 || !part_take(&line, ":"))
		return -EBADMSG;
	name = (struct part){ line.s, part_word_length(&line, true) };
	part_skip(&line, name.len);
	if (!part_take(&line, " "))
		return -EBADMSG;
	policy = (struct part){ line.s, part_word_length(&line, true) };
	part_skip(&line, policy.len);
	if (!part_take(&line, " ") || !take_counters(&line, &counts) ||
	    line.len > 0)
		return -EBADMSG;
	return xt_parser_add_chain(p, &name,
				   part_is_word(&policy, "-") ? &none : &policy,
				   &counts);
}

/* "[0:0] -A INPUT -p udp -j DROP" */
static int read_rule(struct xt_parser *p)
{
	struct table *table = p->save->table;
	struct rule_counts counts;
	struct part text, name;
	bool odd = false;

	text = take_statement(&p->rest, &odd);
	if (odd || !take_counters(&text, &counts) || !part_take(&text, " -A "))
		return -EBADMSG;
	name = (struct part){ text.s, part_word_length(&text, true) };
	part_skip(&text, MIN(name.len + 1, text.len));
	/* In the order of the chains. */
	while (p->chain < table->n_chains &&
	       !part_is_word(&name, table->chains[p->chain]->name))
		p->chain++;
	return xt_parser_add_rule(p, &text, &counts);
}

int xt_read_save(struct xt_parser *p)
{
	struct part line;
	int r = 0;

	while (p->rest.len > 0 && r == 0 && !p->done) {
		line = part_take_line(&(struct part){ p->rest.s, p->rest.len });
		if (part_starts_with(&line, "[")) {
			r = read_rule(p);
			continue;
		}
		part_skip(&p->rest, MIN(line.len + 1, p->rest.len));
		if (part_starts_with(&line, ":"))
			r = read_chain(p, line);
		else if (part_take(&line, "*"))
			r = part_is_word(&line, p->save->table->name)
				    ? 0
				    : -EBADMSG;
		else if (part_is_word(&line, "COMMIT"))
			p->done = true;
		else if (!part_starts_with(&line, "#"))
			r = -EBADMSG;
	}
	return r;
}

/* --- arptables -L -n -v, ebtables -L --Lc --------------------------------- */

static const struct list {
	const char *chain;	     /* before a chain's name */
	const char *packets, *bytes; /* around a rule's counters */
} arp_list = { "Chain ", ", pcnt=", " -- bcnt=" },
  bridge_list = { "Bridge chain: ", ", pcnt = ", " -- bcnt = " };

/* "INPUT (policy ACCEPT 0 packets, 0 bytes)", "user (0 references)" */
static int read_arp_chain(struct xt_parser *p, struct part line)
{
	struct part name = { line.s, part_find_last(&line, " (") };
	struct part policy = { "", 0 };

	part_skip(&line, name.len);
	if (!part_take(&line, " ("))
		return -EBADMSG;
	if (part_take(&line, "policy "))
		policy = (struct part){ line.s, part_word_length(&line, true) };
	return xt_parser_add_chain(p, &name, &policy, NULL);
}

/* "INPUT, entries: 2, policy: ACCEPT"; people's chains have a policy as well.
 */
static int read_bridge_chain(struct xt_parser *p, struct part line,
			     uint64_t *entries)
{
	struct part name = { line.s, part_find_last(&line, ", entries: ") };

	part_skip(&line, name.len);
	if (!part_take(&line, ", entries: ") ||
	    !part_take_number(&line, entries) ||
	    !part_take(&line, ", policy: "))
		return -EBADMSG;
	return xt_parser_add_chain(p, &name, &line, NULL);
}

/* Takes the counters off the end of a rule. */
static bool take_list_counters(struct part *text, const struct list *list,
			       struct rule_counts *ret)
{
	size_t at = part_find_last(text, list->packets);
	struct part end = { text->s + at, text->len - at };

	if (!part_take(&end, list->packets) ||
	    !part_take_number(&end, &ret->packets) ||
	    !part_take(&end, list->bytes) ||
	    !part_take_number(&end, &ret->bytes))
		return false;
	part_trim(&end);
	if (end.len > 0)
		return false;
	text->len = at;
	part_trim(text);
	return true;
}

/* Takes a word, and the space behind it. */
static struct part take_word(struct part *p)
{
	struct part word = { p->s, part_word_length(p, true) };

	part_skip(p, MIN(word.len + 1, p->len));
	return word;
}

static void copy_part(char **to, const struct part *from)
{
	if (from->len == 0)
		return;
	memcpy(*to, from->s, from->len);
	*to += from->len;
	*(*to)++ = ' ';
}

/* "-j DROP -i * -o eth0 -s 10.0.0.2": without "-i *", which "-v" adds. */
static int add_arp_rule(struct xt_parser *p, const struct part *text,
			const struct rule_counts *counts)
{
	static const char *const options[] = { "-j", "-i", "-o" };
	_cleanup_free_ char *buf = malloc(text->len + 8);
	struct part rest = *text, ahead, option, value;
	char *end = buf;

	if (!buf)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		ahead = rest;
		option = take_word(&ahead);
		value = take_word(&ahead);
		if (!part_is_word(&option, options[i]))
			continue;
		rest = ahead;
		if (part_is_word(&value, "*"))
			continue;
		copy_part(&end, &option);
		copy_part(&end, &value);
	}
	copy_part(&end, &rest);
	rest = (struct part){ buf, (size_t)(end - buf) };
	part_trim(&rest);
	return xt_parser_add_rule(p, &rest, counts);
}

int xt_read_list(struct xt_parser *p)
{
	struct table *table = p->save->table;
	bool is_arp = table->family == NFPROTO_ARP;
	const struct list *list = is_arp ? &arp_list : &bridge_list;
	struct part line, text = { NULL, 0 };
	struct rule_counts counts;
	uint64_t entries = 0;
	int r = 0;

	while (p->rest.len > 0 && r == 0) {
		line = part_take_line(&p->rest);
		if (!text.s && (line.len == 0 ||
				part_starts_with(&line, "Bridge table: ")))
			continue;
		if (!text.s && part_take(&line, list->chain)) {
			if (entries > 0)
				return -EBADMSG;
			p->chain = table->n_chains;
			r = is_arp ? read_arp_chain(p, line)
				   : read_bridge_chain(p, line, &entries);
			continue;
		}
		/* With the lines before, which a name can have. */
		if (!text.s)
			text.s = line.s;
		text.len = (size_t)(line.s + line.len - text.s);
		if (text.len > 2 * RULE_TEXT_MAX)
			return -EBADMSG;
		if (!take_list_counters(&text, list, &counts))
			continue;
		if (!is_arp && entries-- == 0)
			return -EBADMSG;
		r = is_arp ? add_arp_rule(p, &text, &counts)
			   : xt_parser_add_rule(p, &text, &counts);
		text.s = NULL;
	}
	p->done = !text.s && entries == 0;
	return r;
}
