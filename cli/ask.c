/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <time.h>

#include "ask.h"
#include "message.h"
#include "proto.h"
#include "verb.h"

/* More than nfdropd ever has: whoever answers, the pages come to an end. */
#define PAGES_MAX 4096
/* It is waited for the rules' counters to be read, some 1.3 s in all. */
#define FRESH_FIRST_NS 10000000L
#define FRESH_LAST_NS  640000000L

int ask(const char *socket, const char *method, struct json_object *parameters,
	struct answer *ret)
{
	char sentence[768];
	int r;

	r = connection_ask(socket, method,
			   parameters ? json_object_to_json_string(parameters)
				      : NULL,
			   CONNECTION_TIMEOUT_MS, ret);
	if (r == -ENOMEM)
		return r;
	if (r >= 0 && !ret->error)
		return STATUS_FINE;
	if (r < 0)
		connection_explain(r, socket, sentence, sizeof(sentence));
	else
		connection_explain_answer(ret->error, ret->parameters, sentence,
					  sizeof(sentence));
	message_print("%s", sentence);
	return STATUS_FAILURE;
}

static int take_page(struct json_object *page, struct json_object *list)
{
	size_t n = 0;

	if (json_object_is_type(page, json_type_array))
		n = json_object_array_length(page);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(page, i);

		if (json_object_array_add(list, json_object_get(item)) < 0) {
			json_object_put(item);
			return -ENOMEM;
		}
	}
	return 0;
}

int ask_pages(const char *socket, const char *method,
	      struct json_object *parameters, const char *key,
	      struct json_object *list, struct answer *ret)
{
	uint64_t first = 0, next = 0;
	int r;

	for (int i = 0; i < PAGES_MAX; i++) {
		struct json_object *number = json_object_new_uint64(first);

		if (!number || json_object_object_add(parameters, "first",
						      number) < 0) {
			json_object_put(number);
			return -ENOMEM;
		}
		answer_done(ret);
		r = ask(socket, method, parameters, ret);
		if (r != STATUS_FINE)
			return r;
		r = take_page(json_find(ret->parameters, key), list);
		if (r < 0)
			return r;
		next = json_find_uint64(ret->parameters, "next");
		if (next <= first)
			break;
		first = next;
	}
	return STATUS_FINE;
}

int ask_rules_fresh(const char *socket, struct json_object *parameters,
		    struct json_object **list, struct answer *ret)
{
	struct timespec moment = { .tv_nsec = FRESH_FIRST_NS };
	int r;

	/* Twice as long each time: what takes long is of many rules. */
	for (;; moment.tv_nsec *= 2) {
		json_object_put(*list);
		answer_done(ret);
		*list = json_object_new_array();
		if (!*list)
			return -ENOMEM;
		json_object_object_del(parameters, "first");
		r = ask_pages(socket, PROTO_MONITOR ".GetRules", parameters,
			      "rules", *list, ret);
		if (r != STATUS_FINE ||
		    !json_object_get_boolean(
			    json_find(ret->parameters, "counters/reading")) ||
		    moment.tv_nsec > FRESH_LAST_NS)
			break;
		(void)nanosleep(&moment, NULL);
	}
	return r;
}
