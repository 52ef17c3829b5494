/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nfdropd was told: its command line, over its defaults. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config {
	const char *socket; /* path */
	const char *group;  /* whose members may read */
	const char *state;  /* folder for the counts; NULL: none */
	uint32_t truncation;
	uint32_t queue_length;
	uint32_t receive_buffer;
	uint32_t max_clients;
	uint32_t max_clients_per_uid;
	uint32_t flush_interval; /* seconds between writes of the counts */
	uint32_t session_queue; /* messages for one client that does not read */
	uint32_t ruleset_memory; /* bytes; 0: no ruleset is read */
	bool hardware;
	bool namespaces; /* other ones are looked into */
};

enum config_result {
	CONFIG_RUN,
	CONFIG_DONE, /* --help, --version: it was printed */
};

void config_init(struct config *config);
/*
 * Reads the command line into @ret; strings point into @argv, and to the
 * environment's $STATE_DIRECTORY. Returns an enum
 * config_result, or -EINVAL after one line on standard error that names the
 * argument and the right form.
 */
int config_parse_argv(struct config *ret, int argc, char *argv[]);
