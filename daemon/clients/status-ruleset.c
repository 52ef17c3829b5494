/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdio.h>

#include "json-add.h"
#include "status-ruleset.h"

static const struct {
	const char *word;
	const char *message;
} states[] = {
	[RULESET_READING] = { "reading", "The ruleset is being read." },
	[RULESET_CURRENT] = { "current", NULL },
	[RULESET_BEHIND] = { "behind",
			     "The ruleset changed faster than it could be "
			     "followed, and is being read again: new rules "
			     "are shown without their texts." },
	[RULESET_TOO_LARGE] = { "too-large",
				"The ruleset is too large for the memory that "
				"it may take, so rules are shown without "
				"their texts: see [Rules] Memory= in "
				"nfdropd.conf(5)." },
	[RULESET_UNAVAILABLE] = { "unavailable", NULL },
};

static const char *off = "No ruleset is read, so rules are shown without "
			 "their texts: see [Rules] Memory= in nfdropd.conf(5).";

const char *status_ruleset_problem(const struct ruleset_status *status,
				   char *buf, size_t size)
{
	if (status->reader_gone)
		return "The process that reads rulesets for nfdropd has ended, "
		       "or hangs, so new rules are shown without their texts: "
		       "see \"journalctl -u 'nfdropd-reader@*'\", or restart "
		       "nfdropd.";
	if (status->state == RULESET_UNAVAILABLE) {
		snprintf(buf, size,
			 "The ruleset cannot be read (%s), so rules are shown "
			 "without their texts.",
			 strerror(-status->error));
		return buf;
	}
	if (status->state == RULESET_TOO_LARGE)
		return states[RULESET_TOO_LARGE].message;
	if (status->texts_too_large)
		return "The texts of the ruleset are too large for the memory "
		       "that they may take, so some rules are shown without: "
		       "see [Rules] Memory= in nfdropd.conf(5).";
	if (status->listing_failed)
		return "The ruleset cannot be listed, so some rules are shown "
		       "without their texts: see what \"nft list ruleset\" "
		       "says, and \"journalctl -u 'nfdropd-reader@*'\".";
	return NULL;
}

/* NULL when all is well. Returns @buf or a constant. */
static const char *message(const struct ruleset_status *status, char *buf,
			   size_t size)
{
	const char *problem = status_ruleset_problem(status, buf, size);

	if (problem)
		return problem;
	if (states[status->state].message)
		return states[status->state].message;
	if (status->texts < status->rules)
		return "Some rules are new: their texts are being read.";
	return NULL;
}

struct json_object *status_ruleset_to_json(const struct ruleset_status *status)
{
	struct json_object *object = json_object_new_object();
	const char *sentence;
	char buf[256];

	if (!object)
		return NULL;
	if (!status) {
		json_add_text(object, "state", "off");
		json_add_text(object, "message", off);
		return object;
	}
	json_add_text(object, "state", states[status->state].word);
	sentence = message(status, buf, sizeof(buf));
	if (sentence)
		json_add_text(object, "message", sentence);
	json_add(object, "problem",
		 json_object_new_boolean(status_ruleset_problem(
						 status, buf, sizeof(buf)) !=
					 NULL));
	if (status->state == RULESET_READING ||
	    status->state == RULESET_UNAVAILABLE)
		return object;
	json_add_number(object, "generation", status->generation);
	json_add_number(object, "tables", status->tables);
	json_add_number(object, "chains", status->chains);
	json_add_number(object, "rules", status->rules);
	json_add_number(object, "texts", status->texts);
	json_add_number(object, "changes", status->n_changes);
	json_add_number(object, "readings", status->n_readings);
	json_add_number(object, "listings", status->n_listings);
	return object;
}

struct json_object *
status_namespaces_to_json(const struct namespaces_status *status)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	json_add(object, "followed", json_object_new_boolean(status != NULL));
	if (!status)
		return object;
	json_add_number(object, "known", status->n_known);
	json_add_number(object, "max", status->n_max);
	json_add_number(object, "named", status->n_named);
	json_add_number(object, "rulesets", status->n_rulesets);
	json_add_number(object, "heavy", status->n_heavy);
	json_add_number(object, "bytes", status->bytes);
	json_add_number(object, "failed", status->n_failed);
	return object;
}
