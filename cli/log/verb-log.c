/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfdrop log: what the journal has of drops, in its order; added up with --by.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "log-journal.h"
#include "message.h"
#include "output-json.h"
#include "output-text.h"
#include "output.h"
#include "stop.h"
#include "util.h"
#include "verb.h"

/* Without --lines, when others are waited for. */
#define FOLLOW_LINES 10
/* Text that is gathered before it is written, when it does not go to a pager.
 */
#define GATHER_MAX (1 << 16)

struct log {
	const struct options *options;
	struct log_journal *journal;
	struct term term;
	struct output out;
	struct text_output text;
	uint64_t n; /* entries that were printed */
};

/* Returned, beside a negative errno, when the exit status is decided. */
#define DONE(status) ((status) + 1)

static uint32_t wanted_types(const struct options *options)
{
	/* A filter is of drops. */
	if (!filter_is_empty(options->filter))
		return 1U << JOURNAL_DROPS | 1U << JOURNAL_PACKET |
		       1U << JOURNAL_COUNTER;
	return (1U << _JOURNAL_TYPE_MAX) - 1;
}

static int print_json(struct log *log, const struct log_entry *entry)
{
	struct json_object *json = log_entry_to_json(entry);
	int r;

	if (!json)
		return 0;
	r = output_json(log->out.f, json, log->options->json);
	json_object_put(json);
	log->n++;
	return r;
}

static void print_note(struct log *log, const struct log_entry *entry)
{
	static const enum style styles[_JOURNAL_TYPE_MAX] = {
		[JOURNAL_REST] = STYLE_WARN,   [JOURNAL_LOSSES] = STYLE_BAD,
		[JOURNAL_RULESET] = STYLE_DIM, [JOURNAL_MONITOR] = STYLE_WARN,
		[JOURNAL_STARTED] = STYLE_DIM, [JOURNAL_STOPPED] = STYLE_DIM,
	};

	if (log->options->quiet)
		return;
	text_output_print_note(&log->text, log->out.f, entry->usec * 1000,
			       styles[entry->type],
			       log_entry_text(entry, LOG_MESSAGE));
	log->n++;
}

static int print_drops(struct log *log, struct log_entry *entry)
{
	struct drop_event *ev;
	int r;

	r = log_entry_get_event(entry, &ev);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (entry->type == JOURNAL_PACKET)
		ev->count = 0;
	text_output_print_event(&log->text, log->out.f, ev);
	log->n++;
	return 0;
}

static int print_entry(struct log *log, struct log_entry *entry)
{
	log->text.host = log_entry_text(entry, LOG_HOST);
	if (log->options->json != JSON_OFF)
		return print_json(log, entry);
	if (entry->type == JOURNAL_DROPS || entry->type == JOURNAL_PACKET ||
	    entry->type == JOURNAL_COUNTER)
		return print_drops(log, entry);
	print_note(log, entry);
	return 0;
}

/* Returns DONE(), 0 or -ENOMEM. */
static int write_out(struct log *log)
{
	int r = log->options->journal.follow
			? stop_write(&log->out, STDOUT_FILENO)
			: output_write(&log->out, STDOUT_FILENO, NULL);

	if (r == -EINTR)
		return DONE(STATUS_FINE);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? DONE(message_output_failed(r)) : 0;
}

/* What there is now. A pager wants all of it at once. */
static int print_all(struct log *log, bool gather)
{
	struct log_entry *entry;
	int r;

	while ((r = log_journal_next(log->journal, &entry)) > 0) {
		r = print_entry(log, entry);
		if (r < 0)
			return r;
		if (!gather && ftell(log->out.f) > GATHER_MAX) {
			r = write_out(log);
			if (r != 0)
				return r;
		}
	}
	if (r == -ENOMEM)
		return r;
	return r < 0 ? DONE(log_journal_failed(r)) : 0;
}

/* Where sd-journal cannot be told of changes, as on network file systems. */
static const struct timespec *find_timeout(struct log *log,
					   struct timespec *buf)
{
	uint64_t at = log_journal_get_timeout(log->journal), now;

	if (at == UINT64_MAX)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, buf);
	now = (uint64_t)buf->tv_sec * 1000000 + (uint64_t)buf->tv_nsec / 1000;
	at = at > now ? at - now : 0;
	*buf = (struct timespec){ .tv_sec = (time_t)(at / 1000000),
				  .tv_nsec = (long)(at % 1000000) * 1000 };
	return buf;
}

static int follow(struct log *log)
{
	struct timespec buf;
	int r;

	for (;;) {
		struct pollfd pfds[] = {
			{ .fd = log_journal_get_fd(log->journal),
			  .events =
				  (short)log_journal_get_events(log->journal) },
			/* For POLLERR: the reader has gone. */
			{ .fd = STDOUT_FILENO },
		};

		r = print_all(log, false);
		if (r == 0)
			r = write_out(log);
		if (r != 0)
			return r;
		r = stop_poll(pfds, 2, find_timeout(log, &buf));
		if (r == -EINTR && stop_is_wanted())
			return DONE(STATUS_FINE);
		if (r < 0 && r != -EINTR)
			return r;
		if (pfds[1].revents & POLLERR)
			return DONE(STATUS_FINE);
		r = log_journal_process(log->journal);
		if (r < 0)
			return DONE(log_journal_failed(r));
	}
}

static int print_to_end(struct log *log)
{
	int r = print_all(log, log->term.tty);

	if (r != 0)
		return r;
	(void)log_journal_check_damage(log->journal);
	r = output_page(&log->out, &log->term, log->options->no_pager);
	if (log->n == 0)
		message_print("the journal has nothing that was asked for");
	return r < 0 ? DONE(message_output_failed(r)) : 0;
}

static int run(struct log *log)
{
	const struct options *options = log->options;
	uint64_t n = options->lines;
	int r;

	if (n == 0 && options->journal.follow && !options->journal.since)
		n = FOLLOW_LINES;
	r = log_journal_open(&log->journal, options, wanted_types(options));
	if (r != STATUS_FINE)
		return r < 0 ? r : DONE(r);
	log->text.has_hosts = log_journal_has_hosts(log->journal);
	/* From here on, so that what comes meanwhile is not missed. */
	if (options->journal.follow && log_journal_get_fd(log->journal) < 0)
		return DONE(log_journal_failed(-EOPNOTSUPP));
	r = log_journal_seek(log->journal, n);
	if (r < 0)
		return r == -ENOMEM ? r : DONE(log_journal_failed(r));
	r = output_init(&log->out);
	if (r == 0 && options->journal.follow)
		r = stop_catch();
	if (r < 0)
		return r;
	if (log->term.tty && options->json == JSON_OFF && !options->no_legend &&
	    !options->quiet)
		text_output_print_legend(&log->text, log->out.f);
	return options->journal.follow ? follow(log) : print_to_end(log);
}

static int run_log(const struct options *options, char **arguments)
{
	struct log log = { .options = options };
	int r;

	(void)arguments;
	if (options->journal.follow && options->journal.until) {
		message_print("--follow goes on with what comes: leave out "
			      "--until");
		return STATUS_USAGE;
	}
	if (options->by) {
		if (options->journal.follow) {
			message_print("--by adds up what there is: leave out "
				      "--follow");
			return STATUS_USAGE;
		}
		return verb_stats.run(options, arguments);
	}
	if (options->sort) {
		message_print("--sort is for what --by adds up: entries are in "
			      "the order in which they were written");
		return STATUS_USAGE;
	}
	term_init(&log.term, STDOUT_FILENO, options->color);
	text_output_init(&log.text, &log.term, options->utc);
	log.text.is_log = true;
	r = run(&log);
	output_done(&log.out);
	log_journal_close(log.journal);
	return r > 0 ? r - 1 : r;
}

static int set_follow(struct options *options, const char *name,
		      const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->journal.follow = true;
	return 0;
}

/* Added up, as nfdrop stats does, but of the journal. */
static int set_log_by(struct options *options, const char *name,
		      const char *value, char *error, size_t size)
{
	options->journal.wanted = true;
	return option_set_by(options, name, value, error, size);
}

static const struct option_def log_options[] = {
	JOURNAL_OPTION_DEFS,
	{ 'f', "follow", NULL, "Go on with what is written from now on",
	  set_follow },
	{ 'n', "lines", "N", "Print the last N only", option_set_lines },
	{ 0, "by", "KEY", "Add up by these, with commas", set_log_by },
	{ 0, "sort", "KEY", "With --by: packets (default), bytes, ...",
	  option_set_sort },
	{ 'q', "quiet", NULL, "Print drops only, no legend or notes",
	  option_set_quiet },
	{ 0, "no-legend", NULL, "Do not print the columns' titles",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_log = {
	.name = "log",
	.summary = "Print what was dropped, from the journal.",
	.options = log_options,
	.n_options = ARRAY_SIZE(log_options),
	.filters = FILTER_OF_EVENT,
	.run = run_log,
};
