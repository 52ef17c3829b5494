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

/* Where the path begins, of cgroup v2 or systemd's own hierarchy of v1. */
static const char *path_of_line(const char *line)
{
	static const char named[] = ":name=systemd:";
	size_t digits = strspn(line, "0123456789");

	if (strncmp(line, "0::", 3) == 0)
		return line + 3;
	if (digits > 0 && strncmp(line + digits, named, strlen(named)) == 0)
		return line + digits + strlen(named);
	return NULL;
}

bool unit_name_from_line(const char *line, char buf[UNIT_NAME_SIZE])
{
	const char *at = path_of_line(line);
	char component[UNIT_NAME_SIZE + 1];

	while (at && *at != '\0' && *at != '\n') {
		size_t len = strcspn(at, "/\n");

		/* With the "_" of cg_escape(), and no longer. */
		if (len >= sizeof(component))
			return false;
		copy_string(component, sizeof(component), at, len);
		at += len + (at[len] == '/');
		if (len == 0)
			continue;
		switch (unit_name_from_cgroup(component, buf)) {
		case UNIT_PART_SLICE:
			break;
		case UNIT_PART_UNIT:
			return true;
		default:
			return false;
		}
	}
	return false;
}
