/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is traced to learn which rule drops, as GetStatus replies it. */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>

#include "trace-source.h"

/*
 * A new object, or NULL without memory. @status NULL: nothing is traced, since
 * the kernel tells the rules, or @is_off was said, or else for want of a
 * ruleset.
 */
struct json_object *status_trace_to_json(const struct trace_status *status,
					 bool kernel_tells, bool is_off);
/* What is wrong, in one sentence, or NULL. Returns @buf. */
const char *status_trace_problem(const struct trace_status *status, char *buf,
				 size_t size);
