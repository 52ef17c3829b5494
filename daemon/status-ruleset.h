/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GetStatus tells of the ruleset: what is known of it, and what is not. */
#pragma once

#include <json-c/json_types.h>

#include "ruleset-watch.h"

/* NULL without memory. @status NULL: no ruleset is read. */
struct json_object *
status_ruleset_to_json(const struct ruleset_status *status);
