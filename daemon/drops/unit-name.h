/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd's unit from a cgroup's path, one component after the other. Pure.
 *
 * As sd_pid_get_unit(3): slices come first, then the unit; what is below that
 * is the unit's own, made by whom it was delegated to (a user's manager, a
 * container), who can give it any name, such as sshd.service.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* UNIT_NAME_MAX of systemd, which counts the NUL. */
#define UNIT_NAME_SIZE 256

enum unit_part {
	UNIT_PART_NONE,	 /* neither: no unit, nor is one below it */
	UNIT_PART_SLICE, /* a slice: the unit is below it */
	UNIT_PART_UNIT,	 /* the unit */
};

/*
 * What @component of a path is, where all before it are slices. Sets @buf to
 * the unit's name, which has no other characters than letters, digits and
 * ":-_.\@", when it is one.
 */
enum unit_part unit_name_from_cgroup(const char *component,
				     char buf[UNIT_NAME_SIZE]);

/*
 * The same for a whole line of /proc/PID/cgroup (cgroups(7)), which ends in a
 * line break or not: "0::/system.slice/docker-1234.scope". False when it has no
 * unit, or is of a hierarchy that is not systemd's.
 */
bool unit_name_from_line(const char *line, char buf[UNIT_NAME_SIZE]);
