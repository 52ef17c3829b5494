/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What infer-oracle found out, added up and printed. */
#pragma once

#include "infer.h"

/* Of a drop, what was found; all but @plain with what nfdropd knows. */
struct oracle_answer {
	struct infer_result result;
	struct infer_result plain;     /* by the packet alone */
	struct infer_result with_hook; /* where its hook is known as well */
	struct infer_result with_all;  /* and its output device */
	const struct infer_candidate *found; /* the true one, of result */
};

struct oracle_figures {
	unsigned long drops, single, among, missing, partial, left_out;
	unsigned long wrong; /* a single one, and not the true one */
	unsigned long single_plain, single_with_hook, single_with_all;
};

void oracle_figures_add(struct oracle_figures *f,
			const struct oracle_answer *answer);
/* A line for people, and one that begins with "figures " and is JSON. */
void oracle_figures_print(const struct oracle_figures *f, const char *name);

/* What drops with several candidates have in common. */
struct oracle_class {
	char text[200];
	unsigned long n;
};

#define ORACLE_CLASSES_MAX 4096

struct oracle_classes {
	struct oracle_class list[ORACLE_CLASSES_MAX];
	size_t n;
};

void oracle_classes_add(struct oracle_classes *c,
			const struct oracle_answer *answer);
/* The most frequent ones. */
void oracle_classes_print(struct oracle_classes *c);
