/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nfdropd's own tables are called: "nfdropd-" and the number of the
 * process, perhaps with another number. They mark packets and drop none; those
 * of every nfdropd are left out of what is read of a ruleset, so that two do
 * not look at each other's work. See trace-table.h.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#define OWN_TABLE_PREFIX "nfdropd-"

static inline bool own_table_is_name(const char *name)
{
	size_t len = strlen(OWN_TABLE_PREFIX);

	return strncmp(name, OWN_TABLE_PREFIX, len) == 0 && name[len] != '\0' &&
	       name[len + strspn(name + len, "-0123456789")] == '\0';
}
