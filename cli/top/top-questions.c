/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "connection.h"
#include "proto.h"
#include "top-feed.h"
#include "top-place.h"
#include "top-questions.h"
#include "util.h"

/* More than nfdropd ever has: whoever answers, the pages come to an end. */
#define PARTS_MAX	4096
#define STATS_LIMIT	1000
#define RECENT_LIMIT	30
#define DETAIL_LIMIT	50
#define DETAIL_HEAVIEST 32
/* As many rules as a screen may show of a chain, and some on each side. */
#define NEIGHBOURS_LIMIT 100

static bool always(const struct top_feed *feed)
{
	(void)feed;
	return true;
}

static void ask_nothing(const struct top_feed *feed, char *buf, size_t size)
{
	(void)feed, (void)size;
	buf[0] = '\0';
}

static bool take_status(struct top_feed *feed, struct json_object *reply,
			uint64_t now_ns)
{
	top_model_take_status(feed->model, reply, now_ns);
	return false;
}

/* All of them: nothing moves, and they come once; or they are printed. */
static bool shows_all_rules(const struct top_feed *feed)
{
	const struct top_model *m = feed->model;

	return m->by == TOP_BY_RULE &&
	       (m->window.on ? m->paused && !m->frozen : true);
}

/* In an order that stands still, with the rates by which they were sorted. */
static void ask_rules(const struct top_feed *feed, char *buf, size_t size)
{
	snprintf(buf, size, "{\"first\":%" PRIu64 "%s}", feed->part,
		 feed->model->window.on
			 ? ",\"limit\":1000,\"look\":{\"sort\":\"handle\"}"
			 : "");
}

static bool take_rules(struct top_feed *feed, struct json_object *reply,
		       uint64_t now_ns)
{
	uint64_t next = json_find_uint64(reply, "next");

	(void)now_ns;
	if (feed->part == 0)
		top_model_begin_rules(feed->model);
	top_model_take_rules(feed->model, reply, feed->part);
	if (next > feed->part && feed->parts < PARTS_MAX) {
		feed->part = next;
		return true;
	}
	top_model_end_rules(feed->model);
	return false;
}

static bool shows_look(const struct top_feed *feed)
{
	return top_window_is_on(feed->model) && !feed->model->paused;
}

static void ask_look(const struct top_feed *feed, char *buf, size_t size)
{
	top_window_ask(feed->model, feed->part, buf, size);
}

static bool take_look(struct top_feed *feed, struct json_object *reply,
		      uint64_t now_ns)
{
	uint64_t next;

	(void)now_ns;
	if (top_window_take(feed->model, reply, feed->part, &next) &&
	    feed->parts < PARTS_MAX) {
		feed->part = next;
		return true;
	}
	return false;
}

static bool shows_stats(const struct top_feed *feed)
{
	return feed->model->by != TOP_BY_RULE;
}

static void ask_stats(const struct top_feed *feed, char *buf, size_t size)
{
	snprintf(buf, size, "{\"by\":%s,\"limit\":%d}",
		 top_by_to_stats(feed->model->by), STATS_LIMIT);
}

static bool take_stats(struct top_feed *feed, struct json_object *reply,
		       uint64_t now_ns)
{
	(void)now_ns;
	top_model_take_stats(feed->model, feed->asked_by, reply);
	return false;
}

static bool details_rule(const struct top_feed *feed)
{
	return feed->detail->open && feed->detail->by == TOP_BY_RULE;
}

/* Another nfdropd may have given it another one since. */
static uint64_t detail_number(const struct top_feed *feed)
{
	const struct top_row *row =
		top_table_find(&feed->model->tables[TOP_BY_RULE],
			       feed->detail->key, feed->detail->key_len);

	return row ? row->number : feed->detail->number;
}

static void ask_heaviest(const struct top_feed *feed, char *buf, size_t size)
{
	snprintf(buf, size,
		 "{\"first\":%" PRIu64 ",\"limit\":1,\"heaviest\":%d}",
		 detail_number(feed), DETAIL_HEAVIEST);
}

static bool take_heaviest(struct top_feed *feed, struct json_object *reply,
			  uint64_t now_ns)
{
	(void)now_ns;
	top_detail_take_heaviest(feed->detail, reply);
	return false;
}

/* What the others of its chain dropped. */
static void ask_neighbours(const struct top_feed *feed, char *buf, size_t size)
{
	snprintf(buf, size,
		 "{\"limit\":%d,\"look\":{\"sort\":\"handle\",\"chain\":true,"
		 "\"rule\":%" PRIu64 "}}",
		 NEIGHBOURS_LIMIT, detail_number(feed));
}

static bool take_neighbours(struct top_feed *feed, struct json_object *reply,
			    uint64_t now_ns)
{
	(void)now_ns;
	top_detail_take_neighbours(feed->detail, reply);
	return false;
}

/* "" where it is no rule of nf_tables. */
static void ask_chain(const struct top_feed *feed, char *buf, size_t size)
{
	struct json_object *name = top_place_to_rule_name(feed->detail->key);
	int n;

	buf[0] = '\0';
	if (!name)
		return;
	n = snprintf(buf, size, "{\"rule\":%s,\"around\":%d}",
		     json_object_to_json_string_ext(name,
						    JSON_C_TO_STRING_PLAIN),
		     TOP_CHAIN_AROUND);
	json_object_put(name);
	if (n < 0 || (size_t)n >= size)
		buf[0] = '\0';
}

static bool details_chain(const struct top_feed *feed)
{
	char parameters[TOP_PARAMETERS_MAX];

	if (!details_rule(feed))
		return false;
	ask_chain(feed, parameters, sizeof(parameters));
	return parameters[0] != '\0';
}

static bool take_chain(struct top_feed *feed, struct json_object *reply,
		       uint64_t now_ns)
{
	(void)now_ns;
	if (!feed->detail->paused)
		top_chain_take(&feed->detail->chain, reply);
	return false;
}

const char *top_question_filter(const struct top_feed *feed, char *buf,
				size_t size)
{
	if (!feed->detail->open || feed->refused)
		return NULL;
	return top_key_filter(feed->detail->by, feed->detail->key, buf, size);
}

/* Once for each detail. */
static bool lacks_recent(const struct top_feed *feed)
{
	char filter[TOP_PARAMETERS_MAX / 2];

	return feed->recent_detail != feed->detail->serial &&
	       top_question_filter(feed, filter, sizeof(filter));
}

static void ask_recent(const struct top_feed *feed, char *buf, size_t size)
{
	char filter[TOP_PARAMETERS_MAX / 2];

	snprintf(buf, size, "{\"filter\":%s,\"limit\":%d}",
		 top_question_filter(feed, filter, sizeof(filter)),
		 RECENT_LIMIT);
}

static bool take_recent(struct top_feed *feed, struct json_object *reply,
			uint64_t now_ns)
{
	(void)now_ns;
	top_detail_take_recent(feed->detail, reply);
	feed->recent_detail = feed->detail->serial;
	return false;
}

static bool details_other(const struct top_feed *feed)
{
	char filter[TOP_PARAMETERS_MAX];

	return feed->detail->by != TOP_BY_RULE &&
	       top_question_filter(feed, filter, sizeof(filter));
}

/* A part is one of the detail's lists. */
static void ask_detail(const struct top_feed *feed, char *buf, size_t size)
{
	enum top_by by = top_detail_list(feed->detail, feed->part);
	char filter[TOP_PARAMETERS_MAX / 2];

	snprintf(buf, size, "{\"by\":%s,\"filter\":%s,\"limit\":%d}",
		 top_by_to_stats(by),
		 top_question_filter(feed, filter, sizeof(filter)),
		 DETAIL_LIMIT);
}

static bool take_detail(struct top_feed *feed, struct json_object *reply,
			uint64_t now_ns)
{
	(void)now_ns;
	top_detail_take_stats(feed->detail,
			      top_detail_list(feed->detail, feed->part), reply);
	feed->part++;
	return top_detail_list(feed->detail, feed->part) != _TOP_BY_MAX;
}

static const struct top_question questions[] = {
	{ PROTO_MONITOR ".GetStatus", always, ask_nothing, take_status, false },
	{ PROTO_MONITOR ".GetRules", shows_look, ask_look, take_look, false },
	{ PROTO_MONITOR ".GetRules", shows_all_rules, ask_rules, take_rules,
	  false },
	{ PROTO_MONITOR ".GetStats", shows_stats, ask_stats, take_stats,
	  false },
	{ PROTO_MONITOR ".GetRules", details_rule, ask_heaviest, take_heaviest,
	  true },
	{ PROTO_MONITOR ".GetRules", details_rule, ask_neighbours,
	  take_neighbours, true },
	{ PROTO_MONITOR ".GetEvents", lacks_recent, ask_recent, take_recent,
	  true },
	{ PROTO_MONITOR ".GetRule", details_chain, ask_chain, take_chain,
	  true },
	{ PROTO_MONITOR ".GetStats", details_other, ask_detail, take_detail,
	  true },
};

const struct top_question *top_question_at(size_t i)
{
	return i < ARRAY_SIZE(questions) ? &questions[i] : NULL;
}
