/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop VERB: finds the verb, reads the options, and lets it run. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "complete.h"
#include "escape.h"
#include "message.h"
#include "output.h"
#include "suggest.h"
#include "util.h"
#include "verb.h"
#include "version.h"

static const struct verb *const verbs[] = {
	&verb_monitor,
	&verb_top,
	&verb_status,
	&verb_rules,
	&verb_stats,
	&verb_log,
	&verb_explain,
	&verb_trace,
	&verb_reasons,
	&verb_doctor,
};

static const char *verb_name_at(const void *data, size_t i)
{
	(void)data;
	return i < ARRAY_SIZE(verbs) ? verbs[i]->name : NULL;
}

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

static void print_help(FILE *f)
{
	struct option_set set;

	fputs("nfdrop [OPTIONS...] VERB [OPTIONS...] [ARGUMENTS...]\n\n"
	      "Show which packets the kernel dropped, where and why.\n\n"
	      "Verbs:\n",
	      f);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(f, "  %-10s %-12s %s\n", verbs[i]->name,
			verbs[i]->arguments ? verbs[i]->arguments : "",
			verbs[i]->summary);
	fputs("\nOptions:\n", f);
	option_set_init(&set);
	option_set_print(&set, 0, set.n, f);
	fputs("\nSee nfdrop VERB --help for a verb's options, and nfdrop(1).\n",
	      f);
}

static void print_verb_help(const struct verb *verb, FILE *f)
{
	struct option_set set;

	fprintf(f, "nfdrop %s [OPTIONS...]%s%s\n\n%s\n%s\nOptions:\n",
		verb->name, verb->arguments ? " " : "",
		verb->arguments ? verb->arguments : "", verb->summary,
		verb->more ? verb->more : "");
	option_set_init(&set);
	option_set_add(&set, verb);
	option_set_print(&set, 0, set.first_filter, f);
	if (verb->filters) {
		fputs("\nFilters; one given again adds an alternative, \"!\" "
		      "before a value excludes:\n",
		      f);
		option_set_print(&set, set.first_filter, set.n, f);
	}
	fputs("\nSee nfdrop(1).\n", f);
}

/* For --help and --version, when one of them was asked for. */
static int show_information(const struct options *options,
			    const struct verb *verb)
{
	struct output out;
	int r;

	r = output_init(&out);
	if (r < 0)
		return r;
	if (!options->help)
		fputs("nfdrop " NFDROP_VERSION "\n", out.f);
	else if (verb)
		print_verb_help(verb, out.f);
	else
		print_help(out.f);
	r = output_write(&out, STDOUT_FILENO, NULL);
	output_done(&out);
	return r < 0 ? message_output_failed(r) : STATUS_FINE;
}

static int usage_error(const struct verb *verb, const char *sentence)
{
	message_print("%s; see nfdrop %s%s--help", sentence,
		      verb ? verb->name : "", verb ? " " : "");
	return STATUS_USAGE;
}

static int unknown_verb(const char *name)
{
	char shown[128], sentence[512];
	const char *near = suggest(name, verb_name_at, NULL);
	int len;

	escape_string(name, shown, sizeof(shown));
	if (near) {
		snprintf(sentence, sizeof(sentence),
			 "unknown verb \"%s\" (did you mean \"%s\"?)", shown,
			 near);
		return usage_error(NULL, sentence);
	}
	len = snprintf(sentence, sizeof(sentence), "unknown verb \"%s\"; it is",
		       shown);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		len += snprintf(sentence + len, sizeof(sentence) - (size_t)len,
				"%s%s",
				i == 0			    ? " "
				: i + 1 < ARRAY_SIZE(verbs) ? ", "
							    : " or ",
				verbs[i]->name);
	return usage_error(NULL, sentence);
}

static int check_arguments(const struct verb *verb, int argc, char **argv)
{
	char shown[128], sentence[256];

	if ((size_t)argc <= verb->max_arguments)
		return STATUS_FINE;
	snprintf(sentence, sizeof(sentence), "unexpected argument \"%s\"",
		 escape_string(argv[verb->max_arguments], shown,
			       sizeof(shown)));
	return usage_error(verb, sentence);
}

/* The verb's index in argv: options of any verb may stand before it. */
static int find_verb_argument(int argc, char **argv, char *error, size_t size)
{
	struct option_set set;

	option_set_init(&set);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		option_set_add(&set, verbs[i]);
	return option_set_parse(&set, NULL, argc, argv, error, size);
}

static int run(struct options *options, int argc, char **argv)
{
	const struct verb *verb = NULL;
	char error[OPTION_ERROR_MAX];
	struct option_set set;
	int first, r;

	if (argc > 1 && strcmp(argv[1], "__complete") == 0)
		return complete(verbs, ARRAY_SIZE(verbs), argv + 2, stdout);
	first = find_verb_argument(argc, argv, error, sizeof(error));
	if (first < 0)
		return usage_error(NULL, error);
	option_set_init(&set);
	if (first < argc) {
		verb = verb_find(argv[first]);
		if (!verb)
			return unknown_verb(argv[first]);
		option_set_add(&set, verb);
	}
	first = option_set_parse(&set, options, argc, argv, error,
				 sizeof(error));
	if (first == -EINVAL)
		return usage_error(verb, error);
	if (first < 0)
		return first;
	if (options->help || options->version)
		return show_information(options, verb);
	if (!verb)
		return usage_error(NULL, "no verb was given, such as monitor");
	first++;
	r = check_arguments(verb, argc - first, argv + first);
	return r != STATUS_FINE ? r : verb->run(options, argv + first);
}

/*
 * A descriptor that was closed at the start must not become nfdropd's socket:
 * reading from, or writing to, what stands in its place fails.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null",
				    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char *argv[])
{
	struct options options;
	int r;

	hold_standard_descriptors();
	setlocale(LC_ALL, "");
	/* A write then tells that the reader has gone. */
	signal(SIGPIPE, SIG_IGN);
	r = options_init(&options);
	if (r >= 0)
		r = run(&options, argc, argv);
	options_done(&options);
	if (r < 0) {
		message_print("%s",
			      r == -ENOMEM ? "out of memory" : strerror(-r));
		return STATUS_FAILURE;
	}
	return r;
}
