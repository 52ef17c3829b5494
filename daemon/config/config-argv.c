/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "config-argv.h"
#include "escape.h"
#include "util.h"
#include "version.h"

enum {
	OPTION_HELP = 'h',
	OPTION_VERSION = 256,
	OPTION_CONFIG,
	OPTION_CHECK,
	OPTION_READER,
	OPTION_RELOAD,
	OPTION_SETTING,
};

static const struct option other_options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "check-config", no_argument, NULL, OPTION_CHECK },
	{ "serve-reader", no_argument, NULL, OPTION_READER },
	{ "reload", no_argument, NULL, OPTION_RELOAD },
};

static void print_help(void)
{
	char left[64];

	puts("nfdropd [OPTIONS...]\n\n"
	     "Tells which packets the kernel dropped, where and why, to the "
	     "clients of its\nsocket; see nfdrop(1).\n\nOptions:\n"
	     "  -h, --help                    Show this help\n"
	     "      --version                 Show the version\n"
	     "      --config=FILE             Read this file, not those of "
	     "nfdropd.conf(5)\n"
	     "      --check-config            Tell what is wrong in the files, "
	     "and exit\n"
	     "      --serve-reader            Be another nfdropd's --reader, "
	     "for systemd\n"
	     "      --reload                  Have the nfdropd of $MAINPID "
	     "read its files");
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct setting *s = &config_settings[i];

		snprintf(left, sizeof(left), "%s%s%s", s->option,
			 s->value ? "=" : "", s->value ? s->value : "");
		printf("      --%-23s %s", left, s->help);
		if (s->initial[0] != '\0' && s->type != SETTING_BOOL)
			printf(" (default %s)", s->initial);
		putchar('\n');
	}
	puts("\nSee nfdropd(8) and nfdropd.conf(5).");
}

/* @arg is what getopt_long(3) stumbled over. */
static int usage_error(int c, const char *arg)
{
	char shown[64];

	escape_string(arg, shown, sizeof(shown));
	if (c == ':')
		fprintf(stderr,
			"nfdropd: %s needs a value; see nfdropd --help\n",
			shown);
	else
		fprintf(stderr,
			"nfdropd: unknown option \"%s\"; see nfdropd --help\n",
			shown);
	return -EINVAL;
}

/* Whether it is right is known from setting it, here of no use else. */
static int take_setting(struct config_args *args, size_t i, const char *value)
{
	const struct setting *s = &config_settings[i];
	char shown[64], expected[384];
	struct config scratch;

	if (s->type == SETTING_BOOL) {
		args->values[i] = "no";
		return 0;
	}
	if (value[0] == '\0') {
		fprintf(stderr, "nfdropd: --%s= needs %s\n", s->option,
			s->value);
		return -EINVAL;
	}
	if (config_set(&scratch, s, value, expected, sizeof(expected)) < 0) {
		fprintf(stderr, "nfdropd: --%s=%s: %s\n", s->option,
			escape_string(value, shown, sizeof(shown)), expected);
		return -EINVAL;
	}
	args->values[i] = value;
	return 0;
}

static size_t make_options(struct option *options)
{
	size_t n = 0;

	for (; n < CONFIG_SETTINGS; n++)
		options[n] = (struct option){
			.name = config_settings[n].option,
			.has_arg = config_settings[n].type == SETTING_BOOL
					   ? no_argument
					   : required_argument,
			.val = OPTION_SETTING + (int)n,
		};
	for (size_t i = 0; i < ARRAY_SIZE(other_options); i++)
		options[n++] = other_options[i];
	return n;
}

int config_parse_argv(struct config_args *ret, int argc, char *argv[])
{
	struct option options[CONFIG_SETTINGS + ARRAY_SIZE(other_options) +
			      1] = { 0 };
	char shown[64];
	int c;

	*ret = (struct config_args){ 0 };
	(void)make_options(options);
	opterr = 0;
	for (;;) {
		int at = MAX(optind, 1);

		/* "+": in order, so that @at is what is looked at. */
		c = getopt_long(argc, argv, "+:h", options, NULL);
		if (c < 0)
			break;
		switch (c) {
		case OPTION_HELP:
			print_help();
			return CONFIG_DONE;
		case OPTION_VERSION:
			puts("nfdropd " NFDROP_VERSION);
			return CONFIG_DONE;
		case OPTION_CONFIG:
			ret->file = optarg;
			break;
		case OPTION_CHECK:
			ret->check = true;
			break;
		case OPTION_READER:
			ret->serve_reader = true;
			break;
		case OPTION_RELOAD:
			ret->reload = true;
			break;
		default:
			if (c < OPTION_SETTING)
				return usage_error(c, argv[at]);
			if (take_setting(ret, (size_t)(c - OPTION_SETTING),
					 optarg) < 0)
				return -EINVAL;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"nfdropd: unexpected argument \"%s\"; see nfdropd "
			"--help\n",
			escape_string(argv[optind], shown, sizeof(shown)));
		return -EINVAL;
	}
	return CONFIG_RUN;
}

void config_apply_args(struct config *config, const struct config_args *args)
{
	char expected[384];

	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (args->values[i])
			(void)config_set(config, &config_settings[i],
					 args->values[i], expected,
					 sizeof(expected));
}
