/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a sum is made of, for its own files: log-sum.c, entries that are added
 * to rows; log-sum-hosts.c, the machines; log-sum-netns.c, the names of network
 * namespaces; log-sum-page.c, what is replied of all rows. False, and NULL,
 * without memory.
 */
#pragma once

#include "log-sum.h"
#include "util.h"

/* UINT64_MAX, where it would be more. */
static inline uint64_t log_add_up(uint64_t a, uint64_t b)
{
	return a + MIN(b, UINT64_MAX - a);
}

/* Of a row, or of the reply. Takes @value; NULL is as without memory. */
bool log_row_add(struct json_object *object, const char *key,
		 struct json_object *value);
/* Adds @n to what is there, or to 0; not past where a number ends. */
bool log_row_add_to(struct json_object *row, const char *key, uint64_t n);
/* What rows have until they are replied: of which boot and host they are. */
#define LOG_ROW_BOOT "_boot"
#define LOG_ROW_HOST "_host"

/* By what a machine is known: its ID, or its name where there is none. */
const char *log_sum_host_id(const struct log_entry *entry);
/* Sets sum->host to the machine of @entry, and its name. -ENOMEM. */
int log_sum_set_host(struct log_sum *sum, const struct log_entry *entry);
/* Those of an entry of sum->host. */
void log_sum_add_losses(struct log_sum *sum, const struct log_entry *entry);
void log_sum_forget_hosts(struct log_sum *sum);

/* Has it a network namespace without a name? */
bool log_sum_has_number_only(const struct log_entry *entry);
/* What its name is, where it has both. */
bool log_sum_note_netns(struct log_sum *sum, const struct log_entry *entry);
/*
 * Names those that have a number only. 1: some are of one that has other rows,
 * perhaps; 0: none; -ENOMEM.
 */
int log_sum_name_netns(struct log_sum *sum);
/* {"packets": ..., "bytes": ...} */
struct json_object *log_new_counts(uint64_t packets, uint64_t bytes);
