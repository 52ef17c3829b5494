/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "config.h"
#include "escape.h"
#include "nfdrop.h"
#include "util.h"
#include "version.h"

enum option_type { OPTION_STRING, OPTION_NUMBER, OPTION_BOOL };

#define AT(member) .offset = offsetof(struct config, member)

/* The options that are settings; the help text is made from them. */
static const struct setting {
	const char *name;
	enum option_type type;
	const char *value; /* its name in the help text */
	const char *help;
	size_t offset;
	uint32_t min, max;
} settings[] = {
	{ "socket", OPTION_STRING, "PATH",
	  "Listen here (default " NFDROP_SOCKET_PATH ")", AT(socket) },
	{ "group", OPTION_STRING, "NAME",
	  "Members may read, beside root (default nfdrop)", AT(group) },
	{ "state", OPTION_STRING, "DIR",
	  "Keep counts here (default $STATE_DIRECTORY)", AT(state) },
	{ "flush-interval", OPTION_NUMBER, "SECONDS",
	  "Between writes of the counts (default 30)", AT(flush_interval), 1,
	  86400 },
	{ "truncation", OPTION_NUMBER, "BYTES",
	  "Of each packet, for its headers (default 256)", AT(truncation), 64,
	  65527 },
	{ "queue-length", OPTION_NUMBER, "PACKETS",
	  "The kernel's queue on each CPU (default 10000)", AT(queue_length), 1,
	  10000000 },
	{ "receive-buffer", OPTION_NUMBER, "BYTES",
	  "The netlink socket's buffer (default 8388608)", AT(receive_buffer),
	  65536, 1 << 30 },
	{ "max-clients", OPTION_NUMBER, "N",
	  "Clients at the same time (default 256)", AT(max_clients), 1, 512 },
	{ "max-clients-per-uid", OPTION_NUMBER, "N",
	  "The same of one user (default 64)", AT(max_clients_per_uid), 1,
	  512 },
	{ "session-queue", OPTION_NUMBER, "EVENTS",
	  "That wait for a slow client (default 1024)", AT(session_queue), 16,
	  65536 },
	{ "ruleset-memory", OPTION_NUMBER, "BYTES",
	  "For rules and their texts (default 134217728), or 0",
	  AT(ruleset_memory), 0, UINT32_MAX },
	{ "no-hardware", OPTION_BOOL, NULL,
	  "Leave out what devices report (devlink traps)", AT(hardware) },
	{ "no-namespaces", OPTION_BOOL, NULL,
	  "Do not look into other network namespaces", AT(namespaces) },
};

enum { OPTION_HELP = 'h', OPTION_VERSION = 256, OPTION_SETTING };

void config_init(struct config *config)
{
	*config = (struct config){
		.socket = NFDROP_SOCKET_PATH,
		.group = "nfdrop",
		.flush_interval = 30,
		.truncation = 256,
		.queue_length = 10000,
		.receive_buffer = 8 << 20,
		.max_clients = 256,
		.max_clients_per_uid = 64,
		.session_queue = 1024,
		.ruleset_memory = 128 << 20,
		.hardware = true,
		.namespaces = true,
	};
}

static void print_help(void)
{
	char left[64];

	puts("nfdropd [OPTIONS...]\n\n"
	     "Tells which packets the kernel dropped, where and why, to the "
	     "clients of its\nsocket; see nfdrop(1).\n\nOptions:\n"
	     "  -h, --help                   Show this help\n"
	     "      --version                Show the version");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];

		snprintf(left, sizeof(left), "%s%s%s", s->name,
			 s->value ? "=" : "", s->value ? s->value : "");
		printf("      --%-22s %s\n", left, s->help);
	}
	puts("\nSee nfdropd(8).");
}

/* Of a unit with StateDirectory=. Of more than one folder, none is meant. */
static const char *default_state(void)
{
	const char *folder = getenv("STATE_DIRECTORY");

	return folder && folder[0] == '/' && !strchr(folder, ':') ? folder
								  : NULL;
}

static int set_number(const struct setting *s, const char *value,
		      struct config *config)
{
	char shown[64];
	uint32_t number;
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(value, &end, 10);
	if (errno != 0 || *end != '\0' || *value < '0' || *value > '9' ||
	    v < s->min || v > s->max) {
		fprintf(stderr,
			"nfdropd: --%s=%s: expected a number from %" PRIu32
			" to %" PRIu32 "\n",
			s->name, escape_string(value, shown, sizeof(shown)),
			s->min, s->max);
		return -EINVAL;
	}
	number = (uint32_t)v;
	memcpy((char *)config + s->offset, &number, sizeof(number));
	return 0;
}

static int set(const struct setting *s, const char *value,
	       struct config *config)
{
	void *p = (char *)config + s->offset;

	switch (s->type) {
	case OPTION_NUMBER:
		return set_number(s, value, config);
	case OPTION_BOOL:
		*(bool *)p = false;
		return 0;
	default:
		if (value[0] == '\0') {
			fprintf(stderr, "nfdropd: --%s= needs a %s\n", s->name,
				s->value);
			return -EINVAL;
		}
		memcpy(p, &value, sizeof(value));
		return 0;
	}
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

int config_parse_argv(struct config *ret, int argc, char *argv[])
{
	struct option options[ARRAY_SIZE(settings) + 3] = { 0 };
	char shown[64];
	size_t n = 0;
	int c, r;

	config_init(ret);
	ret->state = default_state();
	for (; n < ARRAY_SIZE(settings); n++)
		options[n] = (struct option){
			.name = settings[n].name,
			.has_arg = settings[n].type == OPTION_BOOL
					   ? no_argument
					   : required_argument,
			.val = OPTION_SETTING + (int)n,
		};
	options[n++] =
		(struct option){ "help", no_argument, NULL, OPTION_HELP };
	options[n++] =
		(struct option){ "version", no_argument, NULL, OPTION_VERSION };

	opterr = 0;
	for (;;) {
		int at = MAX(optind, 1);

		/* "+": in order, so that @at is what is looked at. */
		c = getopt_long(argc, argv, "+:h", options, NULL);
		if (c < 0)
			break;
		if (c == OPTION_HELP) {
			print_help();
			return CONFIG_DONE;
		}
		if (c == OPTION_VERSION) {
			puts("nfdropd " NFDROP_VERSION);
			return CONFIG_DONE;
		}
		if (c < OPTION_SETTING)
			return usage_error(c, argv[at]);
		r = set(&settings[c - OPTION_SETTING], optarg, ret);
		if (r < 0)
			return r;
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
