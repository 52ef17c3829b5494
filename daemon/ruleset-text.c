/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "ruleset-text.h"

#define HANDLE_MARK " # handle "
#define ELLIPSIS    "..."

struct reader {
	struct ruleset *rs;
	struct table *table; /* we are in, NULL: in none that is known */
	struct chain *chain;
	uint64_t table_handle; /* where none is told */
	size_t room;
	size_t given;
};

struct line {
	const char *s;
	size_t len; /* without its end */
};

static bool starts_with(const struct line *line, const char *word)
{
	size_t n = strlen(word);

	return line->len >= n && memcmp(line->s, word, n) == 0;
}

/* Takes " # handle N" off the end; false when it is not there. */
static bool take_handle(struct line *line, uint64_t *ret)
{
	static const size_t mark = sizeof(HANDLE_MARK) - 1;
	size_t at = line->len;
	uint64_t v = 0;

	while (at > 0 && line->s[at - 1] >= '0' && line->s[at - 1] <= '9')
		at--;
	if (at == line->len || line->len - at > 19 || at < mark ||
	    memcmp(line->s + at - mark, HANDLE_MARK, mark) != 0)
		return false;
	for (size_t i = at; i < line->len; i++)
		v = v * 10 + (uint64_t)(line->s[i] - '0');
	line->len = at - mark;
	*ret = v;
	return true;
}

/* The next word of @line into @buf; "" at its end. */
static void take_word(struct line *line, char *buf, size_t size)
{
	size_t n = 0;

	while (n < line->len && line->s[n] != ' ')
		n++;
	copy_string(buf, size, line->s, n);
	n = MIN(n + 1, line->len);
	line->s += n;
	line->len -= n;
}

/* "table inet NAME {", without its handle. */
static void open_table(struct reader *r, struct line line, uint64_t handle)
{
	char family[16], name[256];

	r->chain = NULL;
	take_word(&line, family, sizeof(family));
	take_word(&line, family, sizeof(family));
	take_word(&line, name, sizeof(name));
	r->table = ruleset_find_table(r->rs, nft_family_from_string(family),
				      name, handle);
}

/* "\tchain NAME {" */
static void open_chain(struct reader *r, struct line line, uint64_t handle)
{
	char name[256];

	take_word(&line, name, sizeof(name));
	take_word(&line, name, sizeof(name));
	r->chain = r->table ? table_find_chain(r->table, name) : NULL;
	if (r->chain && r->chain->handle != handle)
		r->chain = NULL;
}

static void give_text(struct reader *r, const struct line *line,
		      uint64_t handle)
{
	struct rule *rule = chain_find_rule(r->chain, handle);
	size_t len = MIN(line->len, (size_t)RULE_TEXT_MAX);
	char *text;

	if (!rule || rule->text || len + 1 > r->room - r->given)
		return;
	text = strndup(line->s, len);
	if (!text)
		return;
	if (len < line->len)
		memcpy(text + len - strlen(ELLIPSIS), ELLIPSIS,
		       strlen(ELLIPSIS));
	rule->text = text;
	r->given += len + 1;
}

static void read_line(struct reader *r, struct line line)
{
	uint64_t handle;
	bool has_handle = take_handle(&line, &handle);

	if (starts_with(&line, "table ")) {
		r->table = NULL;
		if (!has_handle)
			handle = r->table_handle;
		if (handle != 0)
			open_table(r, line, handle);
	} else if (starts_with(&line, "\tchain ")) {
		r->chain = NULL;
		line.s++;
		line.len--;
		if (has_handle)
			open_chain(r, line, handle);
	} else if (starts_with(&line, "\t}")) {
		r->chain = NULL;
	} else if (r->chain && has_handle && starts_with(&line, "\t\t")) {
		line.s += 2;
		line.len -= 2;
		give_text(r, &line, handle);
	}
}

/*
 * A line's length with what belongs to it: a string in a rule can have a line
 * break, and what is behind one does not begin with a tab.
 */
static size_t line_length(const char *s, size_t len)
{
	const char *end = memchr(s, '\n', len);
	struct line line;
	uint64_t handle;

	while (end && s[0] == '\t' && len > 1 && s[1] == '\t') {
		const char *next = end + 1;

		line = (struct line){ s, (size_t)(end - s) };
		if (take_handle(&line, &handle) || next == s + len ||
		    *next == '\t' || *next == '}')
			break;
		end = memchr(next, '\n', len - (size_t)(next - s));
	}
	return end ? (size_t)(end - s) : len;
}

size_t ruleset_text_apply(struct ruleset *rs, const char *text, size_t len,
			  uint64_t table_handle, size_t room)
{
	struct reader r = { .rs = rs,
			    .table_handle = table_handle,
			    .room = room };

	while (len > 0) {
		size_t n = line_length(text, len);

		read_line(&r, (struct line){ text, n });
		n = MIN(n + 1, len);
		text += n;
		len -= n;
	}
	return r.given;
}

static void count_chain(const struct table *table, const struct chain *chain,
			struct ruleset_texts *ret)
{
	size_t missing = 0;

	for (size_t i = 0; i < chain->n_rules; i++) {
		const char *text = chain->rules[i]->text;

		if (text)
			ret->bytes += strlen(text) + 1;
		else
			missing++;
	}
	if (missing > 0) {
		ret->table = ret->missing == 0 ? table : NULL;
		ret->chain = ret->missing == 0 ? chain : NULL;
	}
	ret->missing += missing;
	ret->known += chain->n_rules - missing;
}

void ruleset_text_count(const struct ruleset *rs, struct ruleset_texts *ret)
{
	*ret = (struct ruleset_texts){ 0 };
	for (size_t i = 0; i < rs->n_tables; i++)
		for (size_t c = 0; c < rs->tables[i]->n_chains; c++)
			count_chain(rs->tables[i], rs->tables[i]->chains[c],
				    ret);
}
