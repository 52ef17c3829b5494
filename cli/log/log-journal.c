/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "connection.h"
#include "escape.h"
#include "log-files.h"
#include "log-journal-parts.h"
#include "message.h"
#include "reason.h"
#include "util.h"
#include "verb.h"

DEFINE_CLEANUP(struct log_journal *, log_journal_close)

/* Of the keys of lib/filter.h those whose values are the journal's. */
static const struct {
	const char *key;
	const char *field;
} matches[] = {
	{ "table", "NFDROP_TABLE" },
	{ "chain", "NFDROP_CHAIN" },
	{ "rule", "NFDROP_RULE_HANDLE" },
	{ "comment", "NFDROP_COMMENT" },
	{ "hook", "NFDROP_HOOK" },
	{ "family", "NFDROP_FAMILY" },
	{ "kind", "NFDROP_KIND" },
	{ "origin", "NFDROP_ORIGIN" },
	{ "subsystem", "NFDROP_SUBSYSTEM" },
	{ "reason", "NFDROP_REASON" },
	{ "attribution", "NFDROP_ATTRIBUTION" },
};

void log_journal_close(struct log_journal *j)
{
	if (!j)
		return;
	log_journal_forget(j);
	free(j->back);
	if (j->journal)
		sd_journal_close(j->journal);
	log_entry_done(&j->entry);
	free(j);
}

static int add_match(sd_journal *journal, const char *field, const char *value)
{
	_cleanup_free_ char *match = NULL;

	if (asprintf(&match, "%s=%s", field, value) < 0) {
		match = NULL;
		return -ENOMEM;
	}
	return sd_journal_add_match(journal, match, 0);
}

static int add_type(sd_journal *journal, enum journal_type type)
{
	return add_match(journal, "MESSAGE_ID", journal_type_to_id(type));
}

/* As it is in the journal; NULL: that is not known from the filter alone. */
static const char *exact_value(const char *key, const char *value)
{
	const struct reason *reason;

	if (value[0] == '!' || strpbrk(value, "*?[\\"))
		return NULL;
	if (strcmp(key, "reason") != 0)
		return value;
	/* A filter takes any case. */
	reason = reason_find(value);
	return reason ? reason->name : NULL;
}

/* All of a key's values, or none: they are alternatives. */
static int add_values(sd_journal *journal, const char *key, const char *field,
		      struct json_object *values)
{
	size_t n = values ? json_object_array_length(values) : 0;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		if (!exact_value(key,
				 json_object_get_string(
					 json_object_array_get_idx(values, i))))
			return 0;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = add_match(journal, field,
			      exact_value(key,
					  json_object_get_string(
						  json_object_array_get_idx(
							  values, i))));
	return MIN(r, 0);
}

static int add_filter(sd_journal *journal, const struct filter *filter)
{
	struct json_object *json = filter_to_json(filter);
	int r = json ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(matches); i++)
		r = add_values(journal, matches[i].key, matches[i].field,
			       json_find(json, matches[i].key));
	json_object_put(json);
	return r;
}

/* Drops that the filter may let through; or any of the other types. */
static int add_matches(struct log_journal *j, uint32_t types)
{
	int r = 0;

	for (int i = 0; r >= 0 && i < _JOURNAL_TYPE_MAX; i++)
		if (types & OF_DROPS & 1U << i)
			r = add_type(j->journal, (enum journal_type)i);
	if (r >= 0)
		r = add_filter(j->journal, j->options->filter);
	if (r >= 0 && (types & ~OF_DROPS))
		r = sd_journal_add_disjunction(j->journal);
	for (int i = 0; r >= 0 && i < _JOURNAL_TYPE_MAX; i++)
		if (types & ~OF_DROPS & 1U << i)
			r = add_type(j->journal, (enum journal_type)i);
	return MIN(r, 0);
}

static int open_it(sd_journal **ret, const struct options *options)
{
	if (options->journal.directory)
		return sd_journal_open_directory(ret,
						 options->journal.directory, 0);
	/* Of this machine, or of all; nfdropd is no user's. */
	return sd_journal_open(ret, SD_JOURNAL_SYSTEM |
					    (options->journal.merge
						     ? 0
						     : SD_JOURNAL_LOCAL_ONLY));
}

int log_journal_open(struct log_journal **ret, const struct options *options,
		     uint32_t types)
{
	_cleanup_(cleanup_log_journal_close) struct log_journal *j = NULL;
	uint64_t n_damaged;
	char shown[256];
	int r;

	r = log_files_check(options, &n_damaged);
	if (r != STATUS_FINE)
		return r;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->options = options;
	j->n_damaged = n_damaged;
	j->since = options->journal.since;
	j->until = options->journal.until ? options->journal.until : UINT64_MAX;
	r = open_it(&j->journal, options);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		message_print(
			"cannot open the journal%s%s: %s",
			options->journal.directory ? " in " : "",
			options->journal.directory
				? escape_string(options->journal.directory,
						shown, sizeof(shown))
				: "",
			strerror(-r));
		return STATUS_FAILURE;
	}
	(void)sd_journal_get_usage(j->journal, &j->usage);
	r = add_matches(j, types);
	if (r < 0)
		return r == -ENOMEM ? r : log_journal_failed(r);
	*ret = TAKE_PTR(j);
	return STATUS_FINE;
}

/* Two are enough. */
static unsigned count_values(struct log_journal *j, const char *field)
{
	const void *data;
	size_t len;
	unsigned n = 0;

	if (sd_journal_query_unique(j->journal, field) < 0)
		return 0;
	while (n < 2 && sd_journal_enumerate_available_unique(j->journal, &data,
							      &len) > 0)
		n++;
	return n;
}

bool log_journal_has_hosts(struct log_journal *j)
{
	unsigned n = count_values(j, "_MACHINE_ID");

	return (n > 0 ? n : count_values(j, "_HOSTNAME")) > 1;
}

uint64_t log_journal_check_damage(struct log_journal *j)
{
	uint64_t usage;

	/* sd-journal drops a file in which it cannot go on. */
	if (sd_journal_get_usage(j->journal, &usage) < 0 || usage >= j->usage)
		return j->n_damaged;
	message_print("note: a file of the journal is damaged inside, and the "
		      "rest of it is left out: see journalctl --verify");
	return j->n_damaged + 1;
}

uint64_t log_journal_count_broken(const struct log_journal *j)
{
	return j->n_broken;
}

int log_journal_get_fd(struct log_journal *j)
{
	return sd_journal_get_fd(j->journal);
}

int log_journal_get_events(struct log_journal *j)
{
	return sd_journal_get_events(j->journal);
}

uint64_t log_journal_get_timeout(struct log_journal *j)
{
	uint64_t usec;

	return sd_journal_get_timeout(j->journal, &usec) < 0 ? UINT64_MAX
							     : usec;
}

int log_journal_process(struct log_journal *j)
{
	return sd_journal_process(j->journal);
}

int log_journal_failed(int error)
{
	message_print("cannot read the journal: %s", strerror(-error));
	return STATUS_FAILURE;
}
