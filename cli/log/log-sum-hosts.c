/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of which machine it was, and what that one lost. A machine is known by its
 * ID, and shown by the name that it had last.
 */
#include <errno.h>
#include <string.h>

#include "log-sum-parts.h"
#include "util.h"

static struct log_host *find_host(struct log_sum *sum, const char *id)
{
	/* Mostly it is that of the entry before. */
	if (sum->host < sum->n_hosts &&
	    strcmp(sum->hosts[sum->host].id, id) == 0)
		return &sum->hosts[sum->host];
	for (size_t i = 0; i < sum->n_hosts; i++)
		if (strcmp(sum->hosts[i].id, id) == 0)
			return &sum->hosts[i];
	return NULL;
}

static struct log_host *add_host(struct log_sum *sum, const char *id)
{
	struct log_host *hosts = reallocarray(sum->hosts, sum->n_hosts + 1,
					      sizeof(sum->hosts[0]));
	char *copy;

	if (!hosts)
		return NULL;
	sum->hosts = hosts;
	copy = strdup(id);
	if (!copy)
		return NULL;
	hosts[sum->n_hosts] = (struct log_host){ .id = copy };
	return &hosts[sum->n_hosts++];
}

const char *log_sum_host_id(const struct log_entry *entry)
{
	const char *id = log_entry_text(entry, LOG_MACHINE);

	return id[0] ? id : log_entry_text(entry, LOG_HOST);
}

int log_sum_set_host(struct log_sum *sum, const struct log_entry *entry)
{
	const char *id = log_sum_host_id(entry);
	const char *name = log_entry_text(entry, LOG_HOST);
	struct log_host *host = find_host(sum, id);
	char *copy;

	if (!host)
		host = add_host(sum, id);
	if (!host)
		return -ENOMEM;
	sum->host = (size_t)(host - sum->hosts);
	sum->has_hosts |= sum->n_hosts > 1;
	name = name[0] ? name : id;
	if (host->name && strcmp(host->name, name) == 0)
		return 0;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	free(host->name);
	host->name = copy;
	return 0;
}

void log_sum_add_losses(struct log_sum *sum, const struct log_entry *entry)
{
	struct log_host *host = &sum->hosts[sum->host];

	for (size_t i = 0; i < LOG_SUM_LOST; i++) {
		uint64_t lost = entry->numbers[LOG_LOST_QUEUE + i];

		sum->lost[i] = log_add_up(sum->lost[i], lost);
		host->lost[i] |= lost > 0;
	}
}

void log_sum_forget_hosts(struct log_sum *sum)
{
	for (size_t i = 0; i < sum->n_hosts; i++) {
		free(sum->hosts[i].id);
		free(sum->hosts[i].name);
	}
	free(sum->hosts);
}
