/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nfdrop explain is asked about, in the words of a person or of a pipe:
 * all bytes as one argument, and cut at line ends into several. What was taken
 * can be asked; what was refused has a sentence that can be shown.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "escape.h"
#include "explain-subject.h"
#include "filter.h"
#include "fuzz.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

#define ERROR_MAX     1024
#define ARGUMENTS_MAX 16

/* What was escaped is not to be escaped again. */
static void check_error(const char *error)
{
	char copy[ERROR_MAX], shown[4 * ERROR_MAX];

	check(memchr(error, '\0', ERROR_MAX));
	check(error[0] != '\0');
	copy_string(copy, sizeof(copy), error, SIZE_MAX);
	for (char *p = copy; *p; p++)
		if (*p == '\\')
			*p = '/';
	check(strcmp(escape_string(copy, shown, sizeof(shown)), copy) == 0);
}

/* A value that the filter of that name takes, as it is and not as a pattern. */
static void check_term(const char *key, const char *value)
{
	char error[ERROR_MAX];
	struct filter *f;

	if (value[0] == '\0')
		return;
	check(value[strcspn(value, "!*?[\\")] == '\0' || strcmp(key, "source"));
	check(filter_new(&f) == 0);
	check(filter_add(f, key, value, error, sizeof(error)) == 0);
	filter_free(f);
}

static void check_rule(const struct subject *s)
{
	const struct drop_event *ev = &s->event;
	const struct drop_netfilter *nf = &ev->netfilter;

	check(nf->family[0] && nf->table[0] && nf->chain[0]);
	check(!(nf->rule_handle && nf->policy));
	check(!!(ev->has & DROP_HAS_POLICY) == nf->policy);
	check(!(ev->netns.inum && ev->netns.name[0]));
	check(event_is_utf8(ev));
	check(!nf->rule && !ev->process.unit);
}

static void check_flow(const struct subject *s)
{
	check(s->source[0] && s->destination[0]);
	check_term("source", s->source);
	check_term("destination", s->destination);
	check_term("sport", s->sport);
	check_term("dport", s->dport);
	check_term("reason", s->event.reason);
	check_term("table", s->event.netfilter.table);
	check_term("chain", s->event.netfilter.chain);
	check_term("netns", s->event.netns.name);
}

static void check_subject(char *const *arguments)
{
	char *error = malloc(ERROR_MAX);
	struct subject s;
	int r;

	check(error);
	r = subject_parse(arguments, &s, error, ERROR_MAX);
	check(r == 0 || r == -EINVAL);
	if (r < 0)
		check_error(error);
	else if (s.kind == SUBJECT_RULE)
		check_rule(&s);
	else if (s.kind == SUBJECT_FLOW)
		check_flow(&s);
	else
		check(event_is_utf8(&s.event));
	if (r == 0)
		subject_done(&s);
	free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *at = text;
	char *arguments[ARGUMENTS_MAX + 1] = { text };
	size_t n = 0;

	check(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	/* A line is one or the other, or something to explain. */
	if (subject_is_none(text))
		check(!subject_is_begun(text) || strstr(text, "lost"));
	check_subject(arguments);
	for (char *line; n < ARGUMENTS_MAX && (line = strsep(&at, "\n"));)
		arguments[n++] = line;
	arguments[n] = NULL;
	check_subject(arguments);
	free(text);
	return 0;
}
