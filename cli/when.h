/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points in time as people write them: systemd.time(7), "PARSING TIMESTAMPS".
 *
 *	yesterday   today   now   tomorrow
 *	-1h   +5min   2 days ago   3h left   @1764072000
 *	2026-11-25   2026-11-25 10:00   2026-11-25 10:00:30.5   10:00
 *
 * with a weekday before it, which must be the right one, and " UTC", the local
 * zone's abbreviation or a zone's name behind it.
 */
#pragma once

#include <stdint.h>

/*
 * @now and *@ret are microseconds since 1970. Local times are of the zone that
 * localtime(3) has. -EINVAL: it is none of these, or out of range.
 */
int when_parse(const char *text, uint64_t now, uint64_t *ret);

/* A length of time: "1h 30min", "90", which is seconds. */
int when_parse_span(const char *text, uint64_t *ret);
