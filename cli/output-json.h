/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON that a terminal survives: json-c escapes C0 controls, this the rest
 * (DEL, C1, what reorders text) as \uNNNN. It stays the same JSON.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdio.h>

#include "options.h"

/* Prints @json, one line when JSON_SHORT, and a line end. -ENOMEM. */
int output_json(FILE *f, struct json_object *json, enum json_mode mode);

/* The same for JSON text, which is printed as it is otherwise. */
void output_json_text(FILE *f, const char *text);
