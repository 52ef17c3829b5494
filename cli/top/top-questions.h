/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions of a refresh, asked one after the other. A question can have
 * parts, each asked on its own.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_PARAMETERS_MAX 8192

struct top_feed;

struct top_question {
	const char *method;
	bool (*is_wanted)(const struct top_feed *feed);
	/* The parameters of feed->part, of TOP_PARAMETERS_MAX; "" for none. */
	void (*ask)(const struct top_feed *feed, char *buf, size_t size);
	/* True, having set feed->part, when there is another part. */
	bool (*take)(struct top_feed *feed, struct json_object *reply,
		     uint64_t now_ns);
	/* Is of no use for another detail, and may be refused. */
	bool of_detail;
};

/* Which one is asked alone when the way of looking has changed. */
#define TOP_QUESTION_LOOK 1

/* In the order that they are asked, the status first; NULL past the last. */
const struct top_question *top_question_at(size_t i);

/* The filter of the row that is looked at; NULL: none is known. Or @buf. */
const char *top_question_filter(const struct top_feed *feed, char *buf,
				size_t size);
