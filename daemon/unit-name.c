/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit-name.h"
#include "util.h"

/* Types that can have a cgroup, systemd.unit(5). */
static const struct {
	const char *suffix;
	enum unit_part part;
} types[] = {
	{ ".slice", UNIT_PART_SLICE }, { ".service", UNIT_PART_UNIT },
	{ ".scope", UNIT_PART_UNIT },  { ".socket", UNIT_PART_UNIT },
	{ ".mount", UNIT_PART_UNIT },  { ".swap", UNIT_PART_UNIT },
};

/* VALID_CHARS of systemd's src/basic/unit-name.c */
static const char valid[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789:-_.\\@";

enum unit_part unit_name_from_cgroup(const char *component,
				     char buf[UNIT_NAME_SIZE])
{
	size_t len;

	/* cg_escape(): before what looks like a file of the kernel's. */
	if (component[0] == '_')
		component++;
	len = strlen(component);
	if (len >= UNIT_NAME_SIZE || component[strspn(component, valid)])
		return UNIT_PART_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t suffix = strlen(types[i].suffix);

		/* With something before the suffix. */
		if (len <= suffix ||
		    strcmp(component + len - suffix, types[i].suffix) != 0)
			continue;
		memcpy(buf, component, len + 1);
		return types[i].part;
	}
	return UNIT_PART_NONE;
}
