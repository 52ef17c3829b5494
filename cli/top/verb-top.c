/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop top: what drops most, now. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli-config.h"
#include "escape.h"
#include "message.h"
#include "output.h"
#include "stop.h"
#include "top-batch.h"
#include "top-loop.h"
#include "util.h"
#include "verb.h"
#include "version.h"
#if HAVE_NCURSES
#include "top-interactive.h"
#endif

#define SHOWN_MAX 128

/* Returned, beside a negative errno, when the exit status is decided. */
#define DONE(status) ((status) + 1)

static int print(struct top_loop *loop, const struct term *term,
		 struct output *out)
{
	const struct options *options = loop->options;
	size_t rows = (size_t)options->lines;
	int r;

	if (options->json != JSON_OFF)
		r = top_batch_print_json(&loop->model, rows, options->json,
					 out->f);
	else
		r = top_batch_print_text(&loop->model, rows,
					 !options->no_legend, options->utc,
					 term, out->f);
	if (r < 0)
		return r;
	r = stop_write(out, STDOUT_FILENO);
	if (r == -EINTR)
		return DONE(STATUS_FINE);
	if (r < 0)
		return r == -ENOMEM ? r : DONE(message_output_failed(r));
	return 0;
}

/* The first news are what the rates of the next begin with. */
static int batch(struct top_loop *loop, struct output *out)
{
	uint64_t left = loop->options->top.iterations;
	struct term term;
	int r;

	term_init(&term, STDOUT_FILENO, COLOR_NEVER);
	for (bool first = true;; first = false) {
		do
			r = top_loop_wait(loop, NULL);
		while (r == TOP_NEWS_NONE || r == TOP_NEWS_LOOKED);
		if (r < 0)
			return r;
		if (r == TOP_NEWS_STOP)
			return DONE(STATUS_FINE);
		if (loop->model.away[0]) {
			message_print("%s", loop->model.away);
			return DONE(STATUS_FAILURE);
		}
		if (first)
			continue;
		r = print(loop, &term, out);
		if (r != 0)
			return r;
		if (left > 0 && --left == 0)
			return DONE(STATUS_FINE);
	}
}

static int run_batch(const struct options *options)
{
	_cleanup_free_ struct top_loop *loop = calloc(1, sizeof(*loop));
	struct output out;
	int r;

	if (!loop)
		return -ENOMEM;
	r = output_init(&out);
	if (r < 0)
		return r;
	r = top_loop_start(loop, options);
	loop->model.window.on = loop->model.height <= TOP_WINDOW_MAX;
	if (r == STATUS_FINE) {
		r = batch(loop, &out);
		r = r > 0 ? r - 1 : r;
	}
	top_loop_done(loop);
	output_done(&out);
	return r;
}

static int run_top(const struct options *options, char **arguments)
{
	(void)arguments;
	if (options->top.batch || options->json != JSON_OFF)
		return run_batch(options);
	if (options->top.iterations > 0) {
		message_print("--iterations is for batch mode: add -b");
		return STATUS_USAGE;
	}
#if HAVE_NCURSES
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return top_interactive(options);
	message_print("standard input and output are not a terminal; use "
		      "nfdrop top -b");
#else
	message_print("this nfdrop was built without ncurses; use nfdrop top "
		      "-b");
#endif
	return STATUS_FAILURE;
}

static int set_batch(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->top.batch = true;
	return 0;
}

static int set_invert(struct options *options, const char *name,
		      const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->top.invert = true;
	return 0;
}

static int set_iterations(struct options *options, const char *name,
			  const char *value, char *error, size_t size)
{
	return option_parse_number(name, value, &options->top.iterations, error,
				   size);
}

/* Seconds, with a fraction; or "500ms", "2s", "1min", as cgtop has them. */
static int set_delay(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {
		{ "", 1e9 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 60e9 }
	};
	char shown[SHOWN_MAX];
	char *end;
	double n;

	n = strtod(value, &end);
	for (size_t i = 0; i < ARRAY_SIZE(units) && end > value; i++) {
		double ns = n * units[i].ns;

		if (strcmp(units[i].unit, end) != 0)
			continue;
		if (!(ns >= (double)TOP_DELAY_MIN_NS &&
		      ns <= (double)TOP_DELAY_MAX_NS))
			break;
		options->top.delay_ns = (uint64_t)ns;
		return 0;
	}
	snprintf(error, size,
		 "--%s=%s: expected 0.1 to 3600 seconds, such as 2 or 500ms",
		 name, escape_string(value, shown, sizeof(shown)));
	return -EINVAL;
}

static const char *by_at(size_t i)
{
	return top_by_to_string((enum top_by)i);
}

static const char *sort_at(size_t i)
{
	return top_column_to_string((enum top_column)i);
}

static int set_by(struct options *options, const char *name, const char *value,
		  char *error, size_t size)
{
	options->top.by = value;
	return option_check_word(name, value, by_at, error, size);
}

static int set_sort(struct options *options, const char *name,
		    const char *value, char *error, size_t size)
{
	options->top.sort = value;
	return option_check_word(name, value, sort_at, error, size);
}

static int set_grep(struct options *options, const char *name,
		    const char *value, char *error, size_t size)
{
	if (strlen(value) >= TOP_INPUT_MAX) {
		snprintf(error, size, "--%s is too long: at most %d bytes",
			 name, TOP_INPUT_MAX - 1);
		return -EINVAL;
	}
	options->top.grep = value;
	return 0;
}

static const struct option_def top_options[] = {
	{ 'b', "batch", NULL, "Print lines, for scripts, not a screen",
	  set_batch },
	{ 'n', "iterations", "N", "Print N times, then end (with -b)",
	  set_iterations },
	{ 'd', "delay", "SECONDS", "Wait so long in between (2)", set_delay },
	{ 0, "by", "KEY", "rule, reason, source, destination, port, ...",
	  set_by },
	{ 0, "sort", "COLUMN", "rate, packets, bytes, last_seen, name, ...",
	  set_sort },
	{ 0, "invert", NULL, "Sort the other way round", set_invert },
	{ 'g', "grep", "TEXT", "Show only rows with that in them", set_grep },
	{ 0, "lines", "N", "Print N rows at most each time (with -b)",
	  option_set_lines },
	{ 0, "no-legend", NULL, "Print rows only (with -b)",
	  option_set_no_legend },
	{ 0, "utc", NULL, "Print times in UTC", option_set_utc },
};

const struct verb verb_top = {
	.name = "top",
	.summary = "Watch what drops most, live.",
	.options = top_options,
	.n_options = ARRAY_SIZE(top_options),
	.run = run_top,
};
