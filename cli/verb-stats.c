/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop stats: drops added up by any of their keys. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "ask.h"
#include "log-history.h"
#include "measures.h"
#include "message.h"
#include "order.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "stats-view.h"
#include "util.h"
#include "verb.h"

#define DEFAULT_BY "reason"
/* The most that GetStats gives. */
#define LIMIT_MAX 1000

/* What was asked for, and the reply. */
struct stats {
	enum stat_key by[_STAT_KEY_MAX];
	size_t n_by;
	struct answer answer;
	struct json_object *rows; /* the answer's */
	uint64_t n_more;	  /* groups that are in no row */
	uint64_t more;		  /* their packets */
};

DEFINE_CLEANUP(struct json_object *, json_object_put)

static void stats_done(struct stats *stats)
{
	answer_done(&stats->answer);
}

/* Each once; they were found before. */
static void add_key(struct stats *stats, int key)
{
	for (size_t i = 0; i < stats->n_by; i++)
		if ((int)stats->by[i] == key)
			return;
	if (key >= 0)
		stats->by[stats->n_by++] = (enum stat_key)key;
}

static void parse_by(struct stats *stats, const char *by)
{
	char key[64];

	for (;;) {
		size_t len = strcspn(by, ",");

		copy_string(key, sizeof(key), by, len);
		add_key(stats, stat_key_from_string(key));
		if (by[len] == '\0')
			return;
		by += len + 1;
	}
}

/* Sorted by anything else the first ones may be any. */
static uint64_t find_limit(const struct options *options)
{
	if (options->lines == 0 ||
	    (options->sort && strcmp(options->sort, "packets") != 0))
		return LIMIT_MAX;
	return MIN(options->lines, LIMIT_MAX);
}

/* NULL without memory. */
static struct json_object *make_parameters(const struct options *options,
					   const struct stats *stats)
{
	_cleanup_(cleanup_json_object_put) struct json_object *root =
		json_object_new_object();
	struct json_object *by = json_object_new_array(), *filter;

	if (!root || !by || json_object_object_add(root, "by", by) < 0) {
		json_object_put(by);
		return NULL;
	}
	for (size_t i = 0; i < stats->n_by; i++)
		if (json_object_array_add(
			    by, json_object_new_string(stat_key_to_string(
					(int)stats->by[i]))) < 0)
			return NULL;
	json_object_object_add(root, "limit",
			       json_object_new_uint64(find_limit(options)));
	if (!filter_is_empty(options->filter)) {
		filter = filter_to_json(options->filter);
		if (!filter ||
		    json_object_object_add(root, "filter", filter) < 0) {
			json_object_put(filter);
			return NULL;
		}
	}
	return TAKE_PTR(root);
}

static int ask_stats(const struct options *options, struct stats *stats)
{
	_cleanup_(cleanup_json_object_put) struct json_object *parameters =
		make_parameters(options, stats);

	if (!parameters)
		return -ENOMEM;
	return ask(options->socket, PROTO_MONITOR ".GetStats", parameters,
		   &stats->answer);
}

/* Sorts, and leaves as many as wanted; the reply then says what is not there.
 */
static int take_rows(const struct options *options, struct stats *stats)
{
	struct json_object *page = stats->answer.parameters, *rest;
	uint64_t groups = json_find_uint64(page, "groups"), more, more_bytes;
	size_t len, n;

	stats->rows = json_find(page, "rows");
	if (!json_object_is_type(stats->rows, json_type_array))
		return -EBADMSG;
	/* nfdropd sorts by packets; the journal does not. */
	if (options->sort || options_want_journal(options))
		order_sort(stats->rows,
			   options->sort ? options->sort : "packets");
	len = json_object_array_length(stats->rows);
	n = options->lines > 0 ? (size_t)MIN(options->lines, len) : len;
	more = json_find_uint64(page, "rest/packets");
	more_bytes = json_find_uint64(page, "rest/bytes");
	for (size_t i = n; i < len; i++) {
		struct json_object *row =
			json_object_array_get_idx(stats->rows, i);

		more += json_find_uint64(row, "packets");
		more_bytes += json_find_uint64(row, "bytes");
	}
	if (n < len)
		json_object_array_del_idx(stats->rows, n, len - n);
	rest = json_find(page, "rest");
	if (rest) {
		json_object_object_add(rest, "packets",
				       json_object_new_uint64(more));
		json_object_object_add(rest, "bytes",
				       json_object_new_uint64(more_bytes));
	}
	stats->n_more = groups > n ? groups - n : 0;
	stats->more = more;
	return 0;
}

static int print(const struct options *options, const struct stats *stats)
{
	struct json_object *page = stats->answer.parameters;
	bool sampled = json_object_get_boolean(json_find(page, "sampled"));
	struct output out;
	struct term term;
	int r;

	term_init(&term, STDOUT_FILENO, options->color);
	r = output_init(&out);
	if (r < 0)
		return r;
	if (options->json != JSON_OFF) {
		r = output_json(out.f, page, options->json);
	} else {
		if (json_object_array_length(stats->rows) > 0)
			stats_view_print(stats->rows, stats->by, stats->n_by,
					 !options->no_legend && !options->quiet,
					 options->utc, &term, out.f);
		if (!options->quiet)
			measures_print_rest(&term, page, sampled, stats->n_more,
					    stats->more, out.f);
	}
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	return r < 0 ? message_output_failed(r) : STATUS_FINE;
}

/* On standard error: what an empty table means, and what a sampled one is. */
static void tell_state(const struct options *options, const struct stats *stats)
{
	struct json_object *page = stats->answer.parameters;
	char since[64];

	measures_time(json_find_uint64(page, "since"), options->utc, since,
		      sizeof(since));
	if (json_object_array_length(stats->rows) == 0)
		message_print("nothing was dropped%s since %s",
			      filter_is_empty(options->filter)
				      ? ""
				      : " that these filters let through",
			      since[0] ? since
			      : json_find(page, "journal")
				      ? "the journal begins"
				      : "nfdropd started");
}

static int run_stats(const struct options *options, char **arguments)
{
	_cleanup_(stats_done) struct stats stats = { 0 };
	char sentence[768];
	int r;

	(void)arguments;
	parse_by(&stats, options->by ? options->by : DEFAULT_BY);
	r = options_want_journal(options)
		    ? log_history_read(options, stats.by, stats.n_by,
				       &stats.answer.parameters)
		    : ask_stats(options, &stats);
	if (r != STATUS_FINE)
		return r;
	r = take_rows(options, &stats);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		connection_explain(r, options->socket, sentence,
				   sizeof(sentence));
		message_print("%s", sentence);
		return STATUS_FAILURE;
	}
	tell_state(options, &stats);
	return print(options, &stats);
}

static const struct option_def stats_options[] = {
	{ 0, "by", "KEY", "Add up by these, with commas (default reason)",
	  option_set_by },
	{ 'n', "lines", "N", "Print the first N only", option_set_lines },
	{ 0, "sort", "KEY", "packets (default), bytes, rate, last_seen, ...",
	  option_set_sort },
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
	JOURNAL_OPTION_DEFS,
};

const struct verb verb_stats = {
	.name = "stats",
	.summary = "Add up drops by any of their keys.",
	.options = stats_options,
	.n_options = ARRAY_SIZE(stats_options),
	.filters = FILTER_OF_FLOW,
	.run = run_stats,
};
