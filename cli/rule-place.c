/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "connection.h"
#include "rule-place.h"

void rule_place_from_json(struct json_object *rule, struct place *ret)
{
	struct json_object *netns = json_find(rule, "netns");

	*ret = (struct place){
		.inum = json_find_uint64(netns, "inum"),
		.cookie = json_find_uint64(netns, "cookie"),
		.netns = json_find_string(netns, "name"),
		.kind = json_find_string(rule, "kind"),
		.family = json_find_string(rule, "family"),
		.table = json_find_string(rule, "table"),
		.chain = json_find_string(rule, "chain"),
		.by = json_find_string(rule, "by"),
		.location = json_find_string(rule, "location"),
		.trap = json_find_string(rule, "trap"),
		.attribution = json_find_string(rule, "attribution"),
		.origin = json_find_string(rule, "origin"),
		.handle = json_find_uint64(rule, "rule_handle"),
		.queue = json_find_uint64(rule, "queue"),
		.has_queue = json_find(rule, "queue") != NULL,
	};
}

const char *rule_place(const struct term *term, struct json_object *rule,
		       char *buf)
{
	const char *host = json_find_string(rule, "host");
	char name[PLACE_NAME_MAX];
	struct place place;

	rule_place_from_json(rule, &place);
	place_to_name(&place, true, name, sizeof(name));
	/* Of the journal: rules of more than one machine. */
	if (host[0])
		snprintf(name + strlen(name), sizeof(name) - strlen(name),
			 "  host=%s", host);
	return term_escape(term, name, buf, RULE_PLACE_MAX);
}

const char *rule_place_netns(const struct term *term, struct json_object *rule,
			     char *buf, size_t size)
{
	struct place place;

	rule_place_from_json(rule, &place);
	buf[0] = '\0';
	if (place.netns[0])
		term_escape(term, place.netns, buf, size);
	else if (place.inum > 0)
		snprintf(buf, size, "inum:%" PRIu64, place.inum);
	return buf;
}

bool rule_is_in_initial_netns(struct json_object *rule)
{
	struct place place;

	rule_place_from_json(rule, &place);
	return place_is_initial(&place);
}
