/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
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

/* A line of a listing has another sign for a line break in a string. */
static bool equal_strings(const char *in_line, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (in_line[i] != s[i] &&
		    (in_line[i] != RULESET_TEXT_BREAK || s[i] != '\n'))
			return false;
	return true;
}

/* Takes @word off the beginning; false when it is not there. */
static bool take_word(struct line *line, const char *word)
{
	size_t n = strlen(word);

	if (line->len < n || !equal_strings(line->s, word, n))
		return false;
	line->s += n;
	line->len -= n;
	return true;
}

/*
 * Whether this is "table inet NAME {", with the table's handle where one is
 * told, and *@owned: of a table that a process owns, with " progname NAME"
 * behind it. Names can have anything in them: so they are compared, not read.
 */
static bool is_table(const struct reader *r, struct line line,
		     const struct table *table, bool *owned)
{
	const char *family = nft_family_to_string(table->family);
	char handle[40];

	snprintf(handle, sizeof(handle), HANDLE_MARK "%" PRIu64, table->handle);
	if (!family || !take_word(&line, "table ") ||
	    !take_word(&line, family) || !take_word(&line, " ") ||
	    !take_word(&line, table->name) || !take_word(&line, " {"))
		return false;
	if (line.len == 0)
		return r->table_handle == table->handle;
	if (!take_word(&line, handle))
		return false;
	*owned = line.len > 0;
	return line.len == 0 || take_word(&line, " progname ");
}

static void open_table(struct reader *r, const struct line *line)
{
	bool owned = false;

	r->table = NULL;
	r->chain = NULL;
	/* An owner's name can be the end of another table's. */
	for (size_t i = 0; i < r->rs->n_tables && (!r->table || owned); i++) {
		bool is_owned = false;

		if (!is_table(r, *line, r->rs->tables[i], &is_owned))
			continue;
		r->table = r->rs->tables[i];
		owned = is_owned;
	}
}

/* "NAME {", without its handle. */
static void open_chain(struct reader *r, const struct line *line,
		       uint64_t handle)
{
	static const char end[] = " {";
	char name[256];
	size_t n = line->len - MIN(line->len, strlen(end));

	r->chain = NULL;
	if (!r->table || n >= sizeof(name) ||
	    memcmp(line->s + n, end, line->len - n) != 0)
		return;
	for (size_t i = 0; i < n; i++)
		name[i] = line->s[i] == RULESET_TEXT_BREAK ? '\n' : line->s[i];
	name[n] = '\0';
	r->chain = table_find_chain(r->table, name);
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
	text = malloc(len + 1);
	if (!text)
		return;
	for (size_t i = 0; i < len; i++)
		text[i] = line->s[i] == RULESET_TEXT_BREAK ? '\n' : line->s[i];
	text[len] = '\0';
	if (len < line->len)
		memcpy(text + len - strlen(ELLIPSIS), ELLIPSIS,
		       strlen(ELLIPSIS));
	rule->text = text;
	r->given += len + 1;
}

static void read_line(struct reader *r, struct line line)
{
	struct line whole = line;
	uint64_t handle;
	bool has_handle = take_handle(&line, &handle);

	if (starts_with(&line, "table ")) {
		open_table(r, &whole);
	} else if (take_word(&line, "\tchain ")) {
		if (has_handle)
			open_chain(r, &line, handle);
		else
			r->chain = NULL;
	} else if (starts_with(&line, "\t}")) {
		r->chain = NULL;
	} else if (r->chain && has_handle && take_word(&line, "\t\t")) {
		give_text(r, &line, handle);
	}
}

/*
 * A line's length with what belongs to it: a name in a rule can end in a line
 * break, and what nft prints behind it does not begin with a tab.
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
