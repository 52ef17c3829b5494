/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of nfdropd.conf(5), of any content: no read past it, each setting is
 * between its bounds, and what is told of it can be printed.
 */
#include <ctype.h>
#include <string.h>

#include "config-files.h"
#include "filter.h"
#include "config-value.h"
#include "fuzz.h"
#include "support.h"
#include "utf8.h"

static unsigned int n_told;

static void on_warning(void *data, const char *path, unsigned int line,
		       const char *text)
{
	check(data == &n_told);
	check(strcmp(path, "/f") == 0);
	check(line > 0);
	check(utf8_is_valid(text));
	for (const char *c = text; *c; c++)
		check(!iscntrl((unsigned char)*c));
	n_told++;
}

static void check_setting(const struct config *config, const struct setting *s)
{
	const char *p = (const char *)config + s->offset;
	struct filter *filter = NULL;
	char error[256];
	uint64_t number;
	uint32_t small;

	switch (s->type) {
	case SETTING_WORD:
	case SETTING_PATH:
		check(memchr(p, '\0', s->max));
		check(utf8_is_valid(p));
		check(s->type == SETTING_WORD || *p == '\0' || *p == '/');
		return;
	case SETTING_FILTER:
		check(memchr(p, '\0', s->max));
		check(filter_from_text(p, &filter, error, sizeof(error)) == 0);
		filter_free(filter);
		return;
	case SETTING_BOOL:
		check(*p == 0 || *p == 1);
		return;
	case SETTING_SPAN:
		memcpy(&number, p, sizeof(number));
		break;
	default:
		memcpy(&small, p, sizeof(small));
		number = small;
	}
	check((number >= s->min && number <= s->max) ||
	      (number == 0 && s->when == SETTING_ZERO));
}

/* As values, which come from the command line as well. */
static void parse_values(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	uint64_t number;
	bool on;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	(void)config_parse_number(text, &number);
	(void)config_parse_size(text, &number);
	(void)config_parse_span(text, &number);
	(void)config_parse_bool(text, &on);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_report report = { .warn = on_warning, .data = &n_told };
	char *copy = copy_bytes(data, size);
	struct config config;

	n_told = 0;
	config_init(&config);
	config_read_text(&config, "/f", copy, size, &report);
	check(report.n_warnings == n_told);
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		check_setting(&config, &config_settings[i]);
	parse_values(data, size);
	free(copy);
	return 0;
}
