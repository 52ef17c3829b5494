/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Top for scripts: what a model shows, as text or as JSON. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "top-model.h"

/*
 * A head, titles and at most @max rows (0: all), each on a line; with @legend
 * false the rows alone. -ENOMEM.
 */
int top_batch_print_text(struct top_model *m, size_t max, bool legend, bool utc,
			 const struct term *term, FILE *f);
/* The same as one object, described in nfdrop(1). -ENOMEM. */
int top_batch_print_json(struct top_model *m, size_t max, enum json_mode mode,
			 FILE *f);
