/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels and sentences of nfdrop explain, which end at the terminal's edge. */
#pragma once

#include <json-c/json_types.h>
#include <stdint.h>
#include <stdio.h>

#include "term.h"
#include "util.h"

/* Of labels with what is between them and the sentence. */
#define EXPLAIN_INDENT 10
/* A name of 255 bytes, each as \xNN. */
#define EXPLAIN_NAME_MAX 1100
/* A rule of 4096 bytes, each as \xNN. */
#define EXPLAIN_RULE_MAX 16400
#define EXPLAIN_TEXT_MAX 32768

struct explain_print {
	const struct term *term;
	bool utc;
	FILE *f;
};

/* "   Rule: " */
void explain_label(const struct explain_print *p, const char *name);
/* A label and a line or more. What is in it must be harmless already. */
void explain_sentence(const struct explain_print *p, const char *name,
		      const char *format, ...) _printf_(3, 4);

/* Appends to @buf of EXPLAIN_TEXT_MAX; what does not fit is cut, with "...". */
void explain_append(char *buf, const char *format, ...) _printf_(2, 3);

/* @s, harmless, in @buf. */
const char *explain_name(const struct explain_print *p, const char *s,
			 char buf[EXPLAIN_NAME_MAX]);

/* "2026-11-25 15:04:05", "" for 0. */
const char *explain_time(const struct explain_print *p, uint64_t ns,
			 char buf[64]);
