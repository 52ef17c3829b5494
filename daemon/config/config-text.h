/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a text as systemd.syntax(7) has it: sections, assignments, comments
 * that begin with # or ;, lines that go on after a backslash. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One assignment, all of its lines joined. */
#define CONFIG_LINE_MAX	   4096
#define CONFIG_SECTION_MAX 64

struct config_text {
	const char *at, *end;
	unsigned int line; /* number of the last one that was taken */
	bool in_section;   /* a good one */
	char section[CONFIG_SECTION_MAX];
	char buf[CONFIG_LINE_MAX];
};

enum config_kind {
	CONFIG_END,
	CONFIG_ASSIGNMENT,
	CONFIG_BAD, /* the line says nothing; the next one may */
};

/* Strings are valid until the next one is asked for. */
struct config_assignment {
	unsigned int line; /* where it begins */
	const char *section;
	const char *key;
	const char *value;   /* "" where there is none; no blanks around it */
	const char *problem; /* of CONFIG_BAD: a sentence's end */
};

/* Borrows @data. */
void config_text_init(struct config_text *t, const char *data, size_t len);
enum config_kind config_text_next(struct config_text *t,
				  struct config_assignment *ret);
