/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule it was, for people: as nft names it, "inet filter input handle 7",
 * with "policy" instead of the handle for a chain's policy and "rule 7" for
 * iptables and ebtables; without a table the kind, with what is known besides;
 * without that the place in the kernel's code, or a device's trap. A rule that
 * is not known exactly has "attribution=" behind it. Last comes "netns=", as
 * nfdrop monitor has it.
 */
#pragma once

#include <json-c/json_types.h>

#include "term.h"

/* Three names of 255 bytes, each as \xNN, and words between them. */
#define RULE_PLACE_MAX 4096

/*
 * Sets @buf, of RULE_PLACE_MAX bytes, to it; "-" when nothing is known. @rule
 * has keys of type Rule. Nothing hostile is left in it. Returns @buf.
 */
const char *rule_place(const struct term *term, struct json_object *rule,
		       char *buf);

/* "blue" or "inum:17"; "init" for the initial one, "" for unknown. */
const char *rule_place_netns(const struct term *term, struct json_object *rule,
			     char *buf, size_t size);

/*
 * Is it in the initial namespace, or in none that is known? Another one may be
 * called "init", too.
 */
bool rule_is_in_initial_netns(struct json_object *rule);
