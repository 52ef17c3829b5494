/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What GetStatus tells of rulesets and network namespaces: what is known of
 * them, and what is not.
 */
#pragma once

#include <json-c/json_types.h>

#include "namespaces.h"
#include "ruleset-watch.h"

/*
 * What somebody has to know or do, as a sentence; NULL when texts are there or
 * will soon be. Returns @buf or a constant.
 */
const char *status_ruleset_problem(const struct ruleset_status *status,
				   char *buf, size_t size);

/* NULL without memory. @status NULL: no ruleset is read. */
struct json_object *
status_ruleset_to_json(const struct ruleset_status *status);

/* The same of other namespaces; NULL: they are not looked into. */
struct json_object *
status_namespaces_to_json(const struct namespaces_status *status);
