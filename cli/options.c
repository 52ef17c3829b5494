/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "nfdrop.h"
#include "options.h"
#include "order.h"
#include "stat-key.h"
#include "suggest.h"
#include "util.h"
#include "verb.h"
#include "when.h"

#define SHOWN_MAX 128
/* getopt_long()'s value for a long option is this and its index. */
#define LONG_BASE 256

static int set_help(struct options *options, const char *name,
		    const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->help = true;
	return 0;
}

static int set_version(struct options *options, const char *name,
		       const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->version = true;
	return 0;
}

static int set_socket(struct options *options, const char *name,
		      const char *value, char *error, size_t size)
{
	if (value[0] == '\0') {
		snprintf(error, size, "--%s= needs a path", name);
		return -EINVAL;
	}
	options->socket = value;
	return 0;
}

/* The value of @words that is @value; the words are named in the error. */
static int find_word(const char *const *words, size_t n, const char *name,
		     const char *value, char *error, size_t size)
{
	char shown[SHOWN_MAX];
	int len;

	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], value) == 0)
			return (int)i;
	len = snprintf(error, size, "--%s=%s: expected", name,
		       escape_string(value, shown, sizeof(shown)));
	for (size_t i = 0; i < n && len > 0 && (size_t)len < size; i++)
		len += snprintf(error + len, size - (size_t)len, "%s%s",
				i == 0	    ? " "
				: i + 1 < n ? ", "
					    : " or ",
				words[i]);
	return -EINVAL;
}

static int set_json(struct options *options, const char *name,
		    const char *value, char *error, size_t size)
{
	static const char *const words[] = {
		[JSON_OFF] = "off",
		[JSON_SHORT] = "short",
		[JSON_PRETTY] = "pretty",
	};
	int r = find_word(words, ARRAY_SIZE(words), name, value, error, size);

	if (r >= 0)
		options->json = (enum json_mode)r;
	return MIN(r, 0);
}

static int set_color(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	static const char *const words[] = { "auto",  "always", "never",
					     "yes",   "no",	"true",
					     "false", "1",	"0" };
	static const enum color_mode modes[] = {
		COLOR_AUTO,   COLOR_ALWAYS, COLOR_NEVER,
		COLOR_ALWAYS, COLOR_NEVER,  COLOR_ALWAYS,
		COLOR_NEVER,  COLOR_ALWAYS, COLOR_NEVER,
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], value) == 0) {
			options->color = modes[i];
			return 0;
		}
	r = find_word(words, 3, name, value, error, size);
	return MIN(r, 0);
}

static int set_no_pager(struct options *options, const char *name,
			const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->no_pager = true;
	return 0;
}

static const struct option_def common_options[] = {
	{ 'h', "help", NULL, "Show this help", set_help },
	{ 0, "version", NULL, "Show the version", set_version },
	{ 0, "socket", "PATH", "Where nfdropd listens", set_socket },
	{ 0, "json", "MODE", "Print JSON: pretty, short or off", set_json },
	{ 0, "color", "WHEN", "Use colours: auto, always or never", set_color },
	{ 0, "no-pager", NULL, "Do not pipe long output into a pager",
	  set_no_pager },
};

int option_set_no_legend(struct options *options, const char *name,
			 const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->no_legend = true;
	return 0;
}

int option_set_quiet(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->quiet = true;
	return 0;
}

int option_set_utc(struct options *options, const char *name, const char *value,
		   char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->utc = true;
	return 0;
}

bool options_want_journal(const struct options *options)
{
	const struct journal_options *journal = &options->journal;

	return journal->wanted || journal->since || journal->until ||
	       journal->directory || journal->merge;
}

static int set_time(const char *name, const char *value, uint64_t *ret,
		    char *error, size_t size)
{
	char shown[SHOWN_MAX];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (when_parse(value,
		       (uint64_t)now.tv_sec * 1000000 +
			       (uint64_t)now.tv_nsec / 1000,
		       ret) == 0) {
		/* 0 is for none. */
		*ret = MAX(*ret, 1U);
		return 0;
	}
	snprintf(error, size,
		 "--%s=%s: expected a time such as yesterday, -1h or "
		 "\"2026-11-25 10:00\"",
		 name, escape_string(value, shown, sizeof(shown)));
	return -EINVAL;
}

int option_set_since(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	return set_time(name, value, &options->journal.since, error, size);
}

int option_set_until(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	return set_time(name, value, &options->journal.until, error, size);
}

int option_set_directory(struct options *options, const char *name,
			 const char *value, char *error, size_t size)
{
	if (value[0] == '\0') {
		snprintf(error, size, "--%s= needs a folder", name);
		return -EINVAL;
	}
	options->journal.directory = value;
	return 0;
}

int option_set_merge(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->journal.merge = true;
	return 0;
}

int option_set_sort(struct options *options, const char *name,
		    const char *value, char *error, size_t size)
{
	const char *words[16];
	size_t n = 0;
	int r;

	while (n < ARRAY_SIZE(words) && (words[n] = order_name_at(n)))
		n++;
	r = find_word(words, n, name, value, error, size);
	if (r >= 0)
		options->sort = words[r];
	return MIN(r, 0);
}

int option_set_all(struct options *options, const char *name, const char *value,
		   char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->all = true;
	return 0;
}

int option_set_reasons(struct options *options, const char *name,
		       const char *value, char *error, size_t size)
{
	(void)name, (void)value, (void)error, (void)size;
	options->reasons = true;
	return 0;
}

int option_set_by(struct options *options, const char *name, const char *value,
		  char *error, size_t size)
{
	char key[64], text[OPTION_ERROR_MAX];

	options->by = value;
	for (;;) {
		size_t len = strcspn(value, ",");

		copy_string(key, sizeof(key), value, len);
		if (len >= sizeof(key) || stat_key_from_string(key) < 0) {
			stat_key_explain(key, text, sizeof(text));
			snprintf(error, size, "--%s: %s", name, text);
			return -EINVAL;
		}
		if (value[len] == '\0')
			return 0;
		value += len + 1;
	}
}

int option_parse_number(const char *name, const char *value, uint64_t *ret,
			char *error, size_t size)
{
	char shown[SHOWN_MAX];
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (errno != 0 || *end != '\0' || *value < '0' || *value > '9' ||
	    n == 0) {
		snprintf(error, size, "--%s=%s: expected a number from 1", name,
			 escape_string(value, shown, sizeof(shown)));
		return -EINVAL;
	}
	*ret = n;
	return 0;
}

int option_set_lines(struct options *options, const char *name,
		     const char *value, char *error, size_t size)
{
	return option_parse_number(name, value, &options->lines, error, size);
}

int option_check_word(const char *name, const char *value,
		      const char *(*at)(size_t i), char *error, size_t size)
{
	const char *words[32];
	size_t n = 0;
	int r;

	while (n < ARRAY_SIZE(words) && (words[n] = at(n)))
		n++;
	r = find_word(words, n, name, value, error, size);
	return MIN(r, 0);
}

static int set_filter(struct options *options, const char *name,
		      const char *value, char *error, size_t size)
{
	char text[OPTION_ERROR_MAX];
	size_t len = strlen(name);
	int r;

	r = filter_add(options->filter, name, value, text, sizeof(text));
	if (r == -ENOMEM || r >= 0)
		return r;
	/* "port: ..." becomes "--port: ...". */
	snprintf(error, size, "%s%s",
		 strncmp(text, name, len) == 0 && text[len] == ':' ? "--" : "",
		 text);
	return -EINVAL;
}

int options_init(struct options *options)
{
	*options = (struct options){
		.socket = NFDROP_SOCKET_PATH,
	};
	return filter_new(&options->filter);
}

void options_done(struct options *options)
{
	filter_free(TAKE_PTR(options->filter));
}

static bool knows(const struct option_set *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->defs[i].name, name) == 0)
			return true;
	return false;
}

static void add(struct option_set *set, const struct option_def *def)
{
	if (set->n < OPTION_DEFS_MAX && !knows(set, def->name))
		set->defs[set->n++] = *def;
}

void option_set_init(struct option_set *set)
{
	set->n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(common_options); i++)
		add(set, &common_options[i]);
	set->first_filter = set->n;
}

void option_set_add(struct option_set *set, const struct verb *verb)
{
	const struct filter_key *key;

	for (size_t i = 0; i < verb->n_options; i++)
		add(set, &verb->options[i]);
	set->first_filter = set->n;
	if (!verb->filters)
		return;
	for (size_t i = 0; (key = filter_key_at(i)); i++)
		if (filter_key_scope(key) >= verb->filters)
			add(set, &(struct option_def){
					 .name = filter_key_name(key),
					 .value = "VALUE",
					 .help = filter_key_help(key),
					 .set = set_filter,
				 });
}

static const struct option_def *find_def(const struct option_set *set, int c)
{
	if (c >= LONG_BASE)
		return &set->defs[c - LONG_BASE];
	for (size_t i = 0; i < set->n; i++)
		if (c != 0 && set->defs[i].letter == c)
			return &set->defs[i];
	return NULL;
}

/* getopt_long()'s two tables. @shorts has room for 2 bytes an option and 3. */
static void make_tables(const struct option_set *set, bool stop_early,
			struct option *longs, char *shorts)
{
	if (stop_early)
		*shorts++ = '+';
	*shorts++ = ':';
	for (size_t i = 0; i < set->n; i++) {
		const struct option_def *def = &set->defs[i];

		longs[i] = (struct option){
			.name = def->name,
			.has_arg = def->value ? required_argument : no_argument,
			.val = LONG_BASE + (int)i,
		};
		if (def->letter)
			*shorts++ = def->letter;
		if (def->letter && def->value)
			*shorts++ = ':';
	}
	longs[set->n] = (struct option){ 0 };
	*shorts = '\0';
}

static const char *name_at(const void *set, size_t i)
{
	const struct option_set *s = set;

	return i < s->n ? s->defs[i].name : NULL;
}

static void explain_unknown(const struct option_set *set, const char *given,
			    char *error, size_t size)
{
	char shown[SHOWN_MAX];
	const char *name = given + 2, *near;
	size_t len = strcspn(name, "=");
	size_t matches = 0;
	char word[SHOWN_MAX];

	copy_string(word, sizeof(word), name, len);
	escape_string(word, shown, sizeof(shown));
	for (size_t i = 0; i < set->n; i++)
		matches += strncmp(set->defs[i].name, word, strlen(word)) == 0;
	if (matches > 1) {
		snprintf(error, size,
			 "option \"--%s\" could be more than one; write it out",
			 shown);
		return;
	}
	near = suggest(word, name_at, set);
	if (near)
		snprintf(error, size,
			 "unknown option \"--%s\" (did you mean \"--%s\"?)",
			 shown, near);
	else
		snprintf(error, size, "unknown option \"--%s\"", shown);
}

static void explain(const struct option_set *set, int c, const char *given,
		    char *error, size_t size)
{
	const struct option_def *def = find_def(set, optopt);
	char letter[2] = { (char)optopt, '\0' };
	char shown[16];

	if (c == ':' && def && optopt >= LONG_BASE)
		snprintf(error, size, "option \"--%s\" needs a value: --%s=%s",
			 def->name, def->name, def->value);
	else if (c == ':' && def)
		snprintf(error, size, "option \"-%c\" needs a value: -%c %s",
			 def->letter, def->letter, def->value);
	else if (def)
		snprintf(error, size, "option \"--%s\" takes no value",
			 def->name);
	else if (optopt == 0)
		explain_unknown(set, given, error, size);
	else
		snprintf(error, size, "unknown option \"-%s\"",
			 escape_string(letter, shown, sizeof(shown)));
}

int option_set_parse(const struct option_set *set, struct options *options,
		     int argc, char **argv, char *error, size_t size)
{
	struct option longs[OPTION_DEFS_MAX + 1];
	char shorts[2 * OPTION_DEFS_MAX + 3];
	int c, r;

	make_tables(set, !options, longs, shorts);
	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
		const struct option_def *def;

		def = c == '?' || c == ':' ? NULL : find_def(set, c);
		if (!def) {
			explain(set, c, argv[optind - 1], error, size);
			return -EINVAL;
		}
		if (!options)
			continue;
		r = def->set(options, def->name, optarg, error, size);
		if (r < 0)
			return r;
	}
	return optind;
}

/* "  -n, --lines=N"; returns its length. */
static int left_column(const struct option_def *def, char *buf, size_t size)
{
	char letter[8] = "    ";

	if (def->letter)
		snprintf(letter, sizeof(letter), "-%c, ", def->letter);
	return snprintf(buf, size, "  %s--%s%s%s", letter, def->name,
			def->value ? "=" : "", def->value ? def->value : "");
}

void option_set_print(const struct option_set *set, size_t from, size_t to,
		      FILE *f)
{
	char left[64];
	int width = 0;

	/* All of a set are aligned, also when they are printed in parts. */
	for (size_t i = 0; i < set->n; i++)
		width = MAX(width,
			    left_column(&set->defs[i], left, sizeof(left)));
	for (size_t i = from; i < to; i++) {
		left_column(&set->defs[i], left, sizeof(left));
		fprintf(f, "%-*s  %s\n", width, left, set->defs[i].help);
	}
}
