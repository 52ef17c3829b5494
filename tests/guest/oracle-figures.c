/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle-figures.h"
#include "util.h"

#define SHOWN 30U

void oracle_figures_add(struct oracle_figures *f,
			const struct oracle_answer *answer)
{
	const struct infer_result *result = &answer->result;

	f->drops++;
	f->partial += result->is_partial;
	if (!answer->found && result->is_partial)
		f->left_out++;
	else if (!answer->found)
		f->missing++;
	else if (result->n == 1 && !result->is_partial)
		f->single++;
	else
		f->among++;
	f->wrong += !answer->found && result->n == 1 && !result->is_partial;
	if (!answer->found)
		return;
	f->single_plain += answer->plain.n == 1;
	f->single_with_hook += answer->with_hook.n == 1;
	f->single_with_all += answer->with_all.n == 1;
}

static void print_share(const char *what, unsigned long n,
			const struct oracle_figures *f)
{
	printf(", %s %lu (%.1f%%)", what, n,
	       f->drops ? 100.0 * (double)n / (double)f->drops : 0);
}

void oracle_figures_print(const struct oracle_figures *f, const char *name)
{
	printf("%s: drops %lu", name, f->drops);
	print_share("single candidate and right", f->single, f);
	print_share("by the packet alone", f->single_plain, f);
	print_share("with the hook known", f->single_with_hook, f);
	print_share("and the output device", f->single_with_all, f);
	printf(", among several %lu, missing %lu, partial %lu, of these "
	       "without it %lu\n",
	       f->among, f->missing, f->partial, f->left_out);
	printf("figures {\"of\": \"%s\", \"drops\": %lu, \"single\": %lu, "
	       "\"among\": %lu, \"missing\": %lu, \"left_out\": %lu, "
	       "\"wrong\": %lu}\n",
	       name, f->drops, f->single, f->among, f->missing, f->left_out,
	       f->wrong);
}

static void add_word(char *text, size_t size, const char *word)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len > 0 ? " " : "", word);
}

/* Where the others are, and what is not known. */
static void describe(char *text, size_t size,
		     const struct oracle_answer *answer)
{
	const struct infer_result *result = &answer->result;
	uint64_t unknown = 0;
	uint32_t stages = 0;

	for (size_t i = 0; i < result->n; i++) {
		unknown |= result->candidates[i].unknown;
		stages |= INFER_STAGE_BIT(result->candidates[i].stage);
	}
	add_word(text, size, infer_stage_to_string(answer->found->stage));
	stages &= ~INFER_STAGE_BIT(answer->found->stage);
	add_word(text, size, stages ? "or" : "alone");
	for (unsigned int s = 0; s < _INFER_STAGE_MAX; s++)
		if (stages & INFER_STAGE_BIT(s))
			add_word(text, size, infer_stage_to_string(s));
	add_word(text, size, "|");
	for (unsigned int u = 0; u < _UNKNOWN_MAX; u++)
		if (unknown & UNKNOWN_BIT(u))
			add_word(text, size, unknown_to_string(u));
	if (result->is_partial)
		add_word(text, size, "partial");
}

void oracle_classes_add(struct oracle_classes *c,
			const struct oracle_answer *answer)
{
	char text[sizeof(c->list[0].text)] = "";
	size_t i;

	describe(text, sizeof(text), answer);
	for (i = 0; i < c->n; i++)
		if (strcmp(c->list[i].text, text) == 0)
			break;
	if (i == ORACLE_CLASSES_MAX)
		return;
	c->n = MAX(c->n, i + 1);
	memcpy(c->list[i].text, text, sizeof(text));
	c->list[i].n++;
}

static int compare(const void *a, const void *b)
{
	const struct oracle_class *x = a, *y = b;

	return x->n > y->n ? -1 : x->n < y->n;
}

void oracle_classes_print(struct oracle_classes *c)
{
	qsort(c->list, c->n, sizeof(c->list[0]), compare);
	for (size_t i = 0; i < MIN(c->n, SHOWN); i++)
		printf("several: %lu %s\n", c->list[i].n, c->list[i].text);
}
