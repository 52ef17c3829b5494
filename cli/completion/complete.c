/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complete-values.h"
#include "complete.h"
#include "nfdrop.h"
#include "util.h"
#include "verb.h"

/* The words before the last, as the parser would take them. */
struct line {
	const struct verb *const *verbs;
	size_t n_verbs;
	const struct verb *verb;	  /* NULL: none yet */
	const struct option_def *pending; /* the last word is its value */
	bool no_options;		  /* "--" was there */
	size_t n_arguments;
	const char *socket;
	struct option_set known; /* of every verb */
};

/* By its name, also cut short as getopt_long(3) allows; NULL: none, or many. */
static const struct option_def *find_long(const struct option_set *set,
					  const char *name, size_t len)
{
	const struct option_def *found = NULL;

	for (size_t i = 0; i < set->n; i++) {
		const struct option_def *def = &set->defs[i];

		if (strncmp(def->name, name, len) != 0)
			continue;
		if (def->name[len] == '\0')
			return def;
		if (found)
			return NULL;
		found = def;
	}
	return found;
}

static const struct option_def *find_letter(const struct option_set *set,
					    char letter)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->defs[i].letter == letter)
			return &set->defs[i];
	return NULL;
}

static void take_value(struct line *line, const struct option_def *def,
		       const char *value)
{
	if (strcmp(def->name, "socket") == 0)
		line->socket = value;
}

static void take_long(struct line *line, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct option_def *def = find_long(&line->known, word, len);

	if (!def || !def->value)
		return;
	if (word[len] == '=')
		take_value(line, def, word + len + 1);
	else
		line->pending = def;
}

/* "-qn5", "-qn 5" */
static void take_letters(struct line *line, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_def *def =
			find_letter(&line->known, *letters);

		if (!def || !def->value)
			continue;
		if (letters[1])
			take_value(line, def, letters + 1);
		else
			line->pending = def;
		return;
	}
}

static void take_argument(struct line *line, const char *word)
{
	if (line->verb) {
		line->n_arguments++;
		return;
	}
	for (size_t i = 0; i < line->n_verbs; i++)
		if (strcmp(line->verbs[i]->name, word) == 0)
			line->verb = line->verbs[i];
}

static void take_word(struct line *line, const char *word)
{
	const struct option_def *def = line->pending;

	line->pending = NULL;
	if (def)
		take_value(line, def, word);
	else if (line->no_options || word[0] != '-' || word[1] == '\0')
		take_argument(line, word);
	else if (strcmp(word, "--") == 0)
		line->no_options = true;
	else if (word[1] == '-')
		take_long(line, word + 2);
	else
		take_letters(line, word + 1);
}

static void put(const struct candidates *c, const struct values *values)
{
	fputs(!values	      ? "unknown\n"
	      : values->files ? "files\n"
			      : "words\n",
	      c->f);
	for (size_t i = 0; values && values->words && values->words[i]; i++)
		candidates_add(c, values->words[i], NULL);
	if (values && values->list)
		values->list(c);
}

/* @before is what stands before the value in the word, "--table=" say. */
static void complete_value(const struct line *line, const char *name,
			   const char *before, const char *typed, FILE *f)
{
	const struct values *values =
		values_of_option(line->verb ? line->verb->name : "", name);
	struct candidates c = {
		.f = f,
		.before = before,
		.typed = typed,
		.socket = line->socket,
		.any_case = values && values->any_case,
	};
	char start[256];
	size_t len = 0;

	/* A filter's value may be excluded; the last of some is completed. */
	if (values && !values->files && typed[0] == '!')
		len = 1;
	else if (values && values->commas && strrchr(typed, ','))
		len = (size_t)(strrchr(typed, ',') - typed) + 1;
	if (len > 0) {
		snprintf(start, sizeof(start), "%s%.*s", before, (int)len,
			 typed);
		c.before = start;
		c.typed += len;
	}
	put(&c, values);
}

static void complete_option(const struct line *line, const char *word, FILE *f)
{
	struct candidates c = { .f = f, .before = "", .typed = word };
	struct option_set set;
	char text[64];

	option_set_init(&set);
	if (line->verb)
		option_set_add(&set, line->verb);
	fputs("words\n", f);
	for (size_t i = 0; i < set.n; i++) {
		snprintf(text, sizeof(text), "--%s%s", set.defs[i].name,
			 set.defs[i].value ? "=" : "");
		candidates_add(&c, text, set.defs[i].help);
	}
}

static void complete_argument(const struct line *line, const char *word,
			      FILE *f)
{
	struct candidates c = {
		.f = f,
		.before = "",
		.typed = word,
		.socket = line->socket,
	};

	if (!line->verb) {
		fputs("words\n", f);
		/* Behind a word that is none there is nothing to say. */
		for (size_t i = 0; i < line->n_verbs; i++)
			candidates_add(&c, line->verbs[i]->name,
				       line->verbs[i]->summary);
	} else if (line->n_arguments >= line->verb->max_arguments) {
		fputs("words\n", f);
	} else {
		const struct values *values =
			values_of_arguments(line->verb->name);

		c.any_case = values && values->any_case;
		c.position = line->n_arguments;
		put(&c, values);
	}
}

static void complete_last(const struct line *line, const char *word, FILE *f)
{
	size_t len = strcspn(word, "=");
	const struct option_def *def;
	char before[64];

	if (line->pending) {
		complete_value(line, line->pending->name, "", word, f);
	} else if (line->no_options || word[0] != '-') {
		complete_argument(line, word, f);
	} else if (strncmp(word, "--", 2) == 0 && word[len] == '=' &&
		   len < sizeof(before) - 1) {
		def = find_long(&line->known, word + 2, len - 2);
		if (!def || !def->value) {
			fputs("words\n", f);
			return;
		}
		copy_string(before, sizeof(before), word, len + 1);
		complete_value(line, def->name, before, word + len + 1, f);
	} else {
		complete_option(line, word, f);
	}
}

int complete(const struct verb *const *verbs, size_t n_verbs, char **words,
	     FILE *f)
{
	struct line *line = calloc(1, sizeof(*line));
	const char *last = "";

	if (!line)
		return -ENOMEM;
	line->verbs = verbs;
	line->n_verbs = n_verbs;
	line->socket = NFDROP_SOCKET_PATH;
	option_set_init(&line->known);
	for (size_t i = 0; i < n_verbs; i++)
		option_set_add(&line->known, verbs[i]);
	for (; *words; words++) {
		if (words[1])
			take_word(line, *words);
		else
			last = *words;
	}
	complete_last(line, last, f);
	free(line);
	return 0;
}
