/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person would look at next, as commands that can be typed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

#define EXPLAIN_NEXT_MAX 2048

/*
 * The command of that number for this drop or rule, in @buf of
 * EXPLAIN_NEXT_MAX bytes; false when there are no more. Names that a shell
 * would not take as they are make no command.
 */
bool explain_next(const struct drop_event *ev, size_t number, char *buf);
