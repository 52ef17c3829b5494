/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "complete-live.h"
#include "connection.h"
#include "escape.h"
#include "proto.h"
#include "util.h"

/* A person waits; and no more than a person would read. */
#define TIMEOUT_MS 500
#define PAGES_MAX  8
#define VALUES_MAX 4096

#define HELP_MAX   128

/* Values are told once, in order. */
struct seen {
	size_t n;
	struct {
		char *value;
		char help[HELP_MAX];
	} values[VALUES_MAX];
};

static void seen_add(struct seen *seen, const char *value, const char *help)
{
	if (value[0] == '\0' || seen->n == VALUES_MAX)
		return;
	seen->values[seen->n].value = strdup(value);
	if (!seen->values[seen->n].value)
		return;
	copy_string(seen->values[seen->n].help, HELP_MAX, help, SIZE_MAX);
	seen->n++;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void seen_tell(struct seen *seen, const struct candidates *c,
		      bool is_name)
{
	char help[4 * HELP_MAX];

	qsort(seen->values, seen->n, sizeof(seen->values[0]), compare);
	for (size_t i = 0; i < seen->n; i++) {
		const char *value = seen->values[i].value;

		if (i > 0 && strcmp(value, seen->values[i - 1].value) == 0)
			continue;
		escape_string(seen->values[i].help, help, sizeof(help));
		if (is_name)
			candidates_add_name(c, value, help[0] ? help : NULL);
		else
			candidates_add(c, value, help[0] ? help : NULL);
	}
}

static void seen_free(struct seen *seen)
{
	for (size_t i = 0; i < seen->n; i++)
		free(seen->values[i].value);
	free(seen);
}

/* Every rule that nfdropd tells within the bounds goes to @take. */
static void ask(const char *socket, struct seen *seen,
		void (*take)(struct seen *seen, struct json_object *rule))
{
	uint64_t first = 0, next;

	for (int page = 0; page < PAGES_MAX; page++) {
		struct answer answer = { 0 };
		struct json_object *rules;
		char parameters[64];

		snprintf(parameters, sizeof(parameters),
			 "{\"first\":%" PRIu64 "}", first);
		if (connection_ask(socket, PROTO_MONITOR ".GetRules",
				   parameters, TIMEOUT_MS, &answer) < 0)
			return;
		rules = answer.error ? NULL
				     : json_find(answer.parameters, "rules");
		for (size_t i = 0;
		     json_object_is_type(rules, json_type_array) &&
		     i < json_object_array_length(rules);
		     i++)
			take(seen, json_object_array_get_idx(rules, i));
		next = answer.error
			       ? 0
			       : json_find_uint64(answer.parameters, "next");
		answer_done(&answer);
		if (next <= first)
			return;
		first = next;
	}
}

static void list(const struct candidates *c,
		 void (*take)(struct seen *seen, struct json_object *rule),
		 bool is_name)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return;
	ask(c->socket, seen, take);
	seen_tell(seen, c, is_name);
	seen_free(seen);
}

static void take_table(struct seen *seen, struct json_object *rule)
{
	seen_add(seen, json_find_string(rule, "table"),
		 json_find_string(rule, "family"));
}

void live_list_tables(const struct candidates *c)
{
	list(c, take_table, true);
}

static void take_chain(struct seen *seen, struct json_object *rule)
{
	char help[HELP_MAX];

	snprintf(help, sizeof(help), "%s %s", json_find_string(rule, "family"),
		 json_find_string(rule, "table"));
	seen_add(seen, json_find_string(rule, "chain"), help);
}

void live_list_chains(const struct candidates *c)
{
	list(c, take_chain, true);
}

static void take_handle(struct seen *seen, struct json_object *rule)
{
	uint64_t handle = json_find_uint64(rule, "rule_handle");
	char value[24], help[HELP_MAX];

	if (handle == 0)
		return;
	snprintf(value, sizeof(value), "%" PRIu64, handle);
	snprintf(help, sizeof(help), "%s %s %s",
		 json_find_string(rule, "family"),
		 json_find_string(rule, "table"),
		 json_find_string(rule, "chain"));
	seen_add(seen, value, help);
}

void live_list_rules(const struct candidates *c)
{
	list(c, take_handle, false);
}

static void take_namespace(struct seen *seen, struct json_object *rule)
{
	uint64_t inum = json_find_uint64(rule, "netns/inum");
	char value[32];

	seen_add(seen, json_find_string(rule, "netns/name"), "");
	if (inum == 0)
		return;
	snprintf(value, sizeof(value), "inum:%" PRIu64, inum);
	seen_add(seen, value, json_find_string(rule, "netns/name"));
}

void live_list_namespaces(const struct candidates *c)
{
	list(c, take_namespace, true);
}
