/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config-load.h"
#include "config-files.h"
#include "escape.h"
#include "log.h"

static void on_warning(void *data, const char *path, unsigned int line,
		       const char *text)
{
	(void)data;
	if (line > 0)
		log_warning("%s:%u: %s.", path, line, text);
	else
		log_warning("%s: %s.", path, text);
}

/* Of a unit with StateDirectory=. Of more than one folder, none is meant. */
static void set_default_state(struct config *config)
{
	const char *folder = getenv("STATE_DIRECTORY");

	if (config->state[0] != '\0' || !folder || folder[0] != '/' ||
	    strchr(folder, ':') || strlen(folder) >= sizeof(config->state))
		return;
	copy_string(config->state, sizeof(config->state), folder, SIZE_MAX);
}

/*
 * Where the log does not go there, the drops do not either, unless the command
 * line says so.
 */
static void set_default_journal(struct config *config,
				const struct config_args *args)
{
	if (log_is_journal())
		return;
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (config_settings[i].offset ==
			    offsetof(struct config, journal_interval) &&
		    args->values[i])
			return;
	config->journal_interval = 0;
}

int config_load(struct config *ret, const struct config_args *args,
		unsigned int *ret_unread)
{
	struct config_report report = { .warn = on_warning };
	struct config config;
	char shown[256];
	int r;

	config_init(&config);
	if (args->file) {
		r = config_read_file(&config, args->file, &report);
		if (r < 0) {
			log_error("Cannot read the configuration %s: %s.",
				  escape_string(args->file, shown,
						sizeof(shown)),
				  strerror(-r));
			return r;
		}
	} else {
		config_read_folders(&config, config_folders, &report);
	}
	config_apply_args(&config, args);
	set_default_state(&config);
	set_default_journal(&config, args);
	*ret = config;
	*ret_unread = report.n_unread;
	return (int)report.n_warnings;
}
