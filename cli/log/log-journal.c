/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "connection.h"
#include "escape.h"
#include "log-files.h"
#include "log-journal.h"
#include "message.h"
#include "reason.h"
#include "util.h"
#include "verb.h"

/* More are not kept on the way back, but read again. */
#define BACK_MAX 1024

struct log_journal {
	const struct options *options;
	sd_journal *journal;
	uint64_t since; /* microseconds; 0: all */
	uint64_t until; /* UINT64_MAX: all */
	struct log_entry entry;
	/* What was wanted on the way back from the end: the last is next. */
	struct log_entry *back; /* BACK_MAX; NULL: none yet */
	size_t n_back;
};

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

static void forget_back(struct log_journal *j)
{
	while (j->n_back > 0)
		log_entry_done(&j->back[--j->n_back]);
}

void log_journal_close(struct log_journal *j)
{
	if (!j)
		return;
	forget_back(j);
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

#define OF_DROPS                                                 \
	((uint32_t)(1U << JOURNAL_DROPS | 1U << JOURNAL_PACKET | \
		    1U << JOURNAL_COUNTER))

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
	char shown[256];
	int r;

	r = log_files_check(options);
	if (r != STATUS_FINE)
		return r;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->options = options;
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
	r = add_matches(j, types);
	if (r < 0)
		return r == -ENOMEM ? r : log_journal_failed(r);
	*ret = TAKE_PTR(j);
	return STATUS_FINE;
}

bool log_journal_has_hosts(struct log_journal *j)
{
	const void *data;
	size_t len;
	unsigned n = 0;

	if (sd_journal_query_unique(j->journal, "_HOSTNAME") < 0)
		return false;
	while (n < 2 && sd_journal_enumerate_available_unique(j->journal, &data,
							      &len) > 0)
		n++;
	return n > 1;
}

/* Where it is now. */
static int read_entry(struct log_journal *j, uint64_t usec)
{
	const void *data;
	size_t len;
	int r;

	log_entry_begin(&j->entry, usec);
	sd_journal_restart_data(j->journal);
	while ((r = sd_journal_enumerate_available_data(j->journal, &data,
							&len)) > 0)
		log_entry_take(&j->entry, data, len);
	return r;
}

static bool is_wanted(struct log_journal *j)
{
	struct log_entry *entry = &j->entry;
	struct drop_event *ev;

	if (!log_entry_is_valid(entry))
		return false;
	if (!(OF_DROPS & 1U << entry->type) ||
	    filter_is_empty(j->options->filter))
		return true;
	return log_entry_get_event(entry, &ev) == 0 &&
	       filter_match(j->options->filter, ev);
}

static int seek_end(struct log_journal *j)
{
	return j->until == UINT64_MAX
		       ? sd_journal_seek_tail(j->journal)
		       : sd_journal_seek_realtime_usec(j->journal,
						       j->until + 1);
}

/* Keeps the entry, and *@n is less if it is one of those that are counted. */
static int keep_wanted(struct log_journal *j, uint64_t *n)
{
	if (!is_wanted(j))
		return 0;
	if (!j->back)
		j->back = calloc(BACK_MAX, sizeof(j->back[0]));
	if (!j->back)
		return -ENOMEM;
	*n -= (OF_DROPS & 1U << j->entry.type) != 0;
	j->back[j->n_back++] = j->entry;
	j->entry = (struct log_entry){ 0 };
	return 0;
}

/*
 * Backwards, until @n are found or enough is kept. 1; 0: there is nothing
 * before that.
 */
static int read_back(struct log_journal *j, uint64_t *n)
{
	uint64_t usec;
	int r;

	while (*n > 0 && j->n_back < BACK_MAX) {
		r = sd_journal_previous(j->journal);
		if (r <= 0)
			return r;
		r = sd_journal_get_realtime_usec(j->journal, &usec);
		if (r < 0)
			return r;
		if (usec < j->since)
			return 0;
		if (usec > j->until)
			continue;
		r = read_entry(j, usec);
		if (r == 0)
			r = keep_wanted(j, n);
		if (r < 0)
			return r;
	}
	return 1;
}

/* Goes on where they end; @newest is the last entry there was. */
static int seek_newest(struct log_journal *j, const char *newest)
{
	int r = sd_journal_seek_cursor(j->journal, newest);

	return r < 0 ? r : MIN(sd_journal_next(j->journal), 0);
}

/* From the end to the @n-th that is wanted: they are kept, or read again. */
static int seek_back(struct log_journal *j, uint64_t n)
{
	_cleanup_free_ char *newest = NULL;
	int r = seek_end(j);

	if (r >= 0)
		r = sd_journal_previous(j->journal);
	if (r == 0)
		return sd_journal_seek_head(j->journal);
	if (r > 0)
		r = sd_journal_get_cursor(j->journal, &newest);
	if (r >= 0)
		r = seek_end(j);
	if (r >= 0)
		r = read_back(j, &n);
	if (r < 0)
		return r;
	if (r == 0 || n == 0)
		return seek_newest(j, newest);
	while (n > 0 && (r = read_back(j, &n)) > 0)
		forget_back(j);
	forget_back(j);
	if (r < 0)
		return r;
	/* So that the next is the first of them. */
	r = sd_journal_previous(j->journal);
	return r == 0 ? sd_journal_seek_head(j->journal) : MIN(r, 0);
}

int log_journal_seek(struct log_journal *j, uint64_t n)
{
	if (n > 0)
		return seek_back(j, n);
	return j->since > 0
		       ? sd_journal_seek_realtime_usec(j->journal, j->since)
		       : sd_journal_seek_head(j->journal);
}

int log_journal_next(struct log_journal *j, struct log_entry **ret)
{
	uint64_t usec;
	int r;

	if (j->n_back > 0) {
		log_entry_done(&j->entry);
		j->entry = j->back[--j->n_back];
		*ret = &j->entry;
		return 1;
	}
	for (;;) {
		r = sd_journal_next(j->journal);
		if (r <= 0)
			return r;
		r = sd_journal_get_realtime_usec(j->journal, &usec);
		if (r < 0)
			return r;
		if (usec > j->until)
			return 0;
		/* Of a clock that was set back. */
		if (usec < j->since)
			continue;
		r = read_entry(j, usec);
		if (r < 0)
			return r;
		if (!is_wanted(j))
			continue;
		*ret = &j->entry;
		return 1;
	}
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
