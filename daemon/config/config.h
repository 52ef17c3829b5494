/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nfdropd was told: its defaults, below its files, below its command line.
 * One table says of each setting how it is called, of which type it is, between
 * which bounds, and whether it can change while nfdropd runs. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config {
	char socket[256]; /* path */
	char group[64];	  /* whose members may read */
	char state[1024]; /* folder for the counts; "": none */
	uint32_t truncation;
	uint32_t queue_length;
	uint32_t receive_buffer;
	uint32_t max_clients;
	uint32_t max_clients_per_uid;
	uint32_t session_queue; /* messages for one client that does not read */
	uint32_t session_memory; /* bytes of them */
	uint32_t ruleset_memory; /* bytes; 0: no ruleset is read */
	uint32_t infer_work;	 /* steps a second; 0: nothing is inferred */
	uint32_t recent;	 /* drops that GetEvents has */
	uint32_t max_rules;	 /* that are counted */
	uint32_t max_namespaces; /* other ones that are known */
	uint32_t max_flows;	 /* half of them for other network namespaces */
	uint64_t flush_interval; /* microseconds between writes of the counts */
	uint64_t counter_interval; /* and readings of the rules' own */
	char reader[256]; /* socket of another process that reads rulesets, or
			     "" */
	uint64_t journal_interval; /* microseconds between entries; 0: none */
	uint32_t journal_entries;  /* in an interval */
	uint32_t journal_sources;  /* of each rule, in an entry */
	char journal_packets[256]; /* which have one each; "": none */
	uint32_t journal_packet_rate; /* of these, in a second */
	uint32_t trace_flows;
	uint32_t trace_flow_rate;
	uint32_t trace_packet_rate;
	uint64_t trace_timeout; /* microseconds */
	uint32_t trace_samples;
	uint32_t trace_requests;
	uint32_t trace_request_rate;
	uint64_t trace_request_timeout; /* microseconds */
	bool trace;
	bool hardware;
	bool namespaces; /* other ones are looked into */
};

enum setting_type {
	SETTING_WORD,	/* a name */
	SETTING_FILTER, /* of filter_from_text() */
	SETTING_PATH,	/* in files an absolute one */
	SETTING_NUMBER, /* uint32_t */
	SETTING_SIZE,	/* uint32_t, bytes */
	SETTING_SPAN,	/* uint64_t, microseconds */
	SETTING_BOOL,
};

enum setting_when {
	SETTING_RELOAD, /* takes effect when the files are read again */
	SETTING_START,	/* at the next start */
	SETTING_ZERO,	/* at the next start, to or from 0, which it can be */
};

struct setting {
	const char *section, *key; /* in files */
	/* Of the command line. Of a SETTING_BOOL, which it turns off. */
	const char *option;
	enum setting_type type;
	enum setting_when when;
	const char *value;   /* what its value is called in the help */
	const char *initial; /* its default, as one would write it; "": none */
	const char *help;    /* without the default */
	uint64_t min, max;   /* of numbers; of strings @max is the room */
	size_t offset;	     /* in struct config */
};

#define CONFIG_SETTINGS 35

extern const struct setting config_settings[CONFIG_SETTINGS];

/* The defaults. */
void config_init(struct config *config);

/* A key of a file; NULL: there is none. */
const struct setting *config_find(const char *section, const char *key);
/* Whether there is such a section. */
bool config_has_section(const char *section);

/*
 * Sets what @value says, or the default for "". Returns 0, or -EINVAL and
 * leaves @config as it is; then @expected (of @size bytes) says what would be
 * right: "expected a size from 64K to 1G".
 */
int config_set(struct config *config, const struct setting *setting,
	       const char *value, char *expected, size_t size);

/*
 * Takes over from @new what can change while nfdropd runs. Writes to @waits the
 * settings that differ and cannot, and returns how many these are.
 */
size_t config_update(struct config *config, const struct config *new,
		     const struct setting *waits[CONFIG_SETTINGS]);
