/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who dropped it, as KEY=VALUE; see output-text.h for the keys and quoting. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "event.h"
#include "term.h"

/* Prints " KEY=VALUE" for each that is known: two spaces before the first. */
void event_context_print(const struct drop_event *ev, const struct term *term,
			 FILE *f, bool with_count);
