/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "codec.h"
#include "connection.h"
#include "top-detail.h"
#include "top-listing.h"
#include "util.h"

void top_detail_init(struct top_detail *d)
{
	*d = (struct top_detail){ 0 };
}

void top_detail_done(struct top_detail *d)
{
	for (size_t i = 0; i < _TOP_BY_MAX; i++)
		top_table_done(&d->tables[i]);
	free(TAKE_PTR(d->key));
	free(TAKE_PTR(d->rule));
	top_chain_done(&d->chain);
	d->open = false;
}

void top_detail_close(struct top_detail *d)
{
	top_detail_done(d);
	d->serial++;
}

enum top_by top_detail_list(const struct top_detail *d, size_t i)
{
	static const enum top_by lists[] = {
		TOP_BY_RULE,	    TOP_BY_SOURCE,  TOP_BY_PORT,
		TOP_BY_DESTINATION, TOP_BY_PROCESS, TOP_BY_INTERFACE,
	};

	for (size_t j = 0; j < ARRAY_SIZE(lists); j++)
		if (lists[j] != d->by && i-- == 0)
			return lists[j];
	return _TOP_BY_MAX;
}

int top_detail_open(struct top_detail *d, enum top_by by,
		    const struct top_row *row, uint64_t seed)
{
	char *copy = malloc(row->key_len + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, row->key, row->key_len + 1);
	top_detail_done(d);
	for (size_t i = 0; i < _TOP_BY_MAX; i++) {
		top_table_init(&d->tables[i], TOP_DETAIL_ROWS_MAX, seed);
		d->told[i] = false;
	}
	d->by = by;
	d->key = copy;
	d->key_len = row->key_len;
	d->match_len = row->match_len;
	d->number = row->number;
	d->first_handle = UINT64_MAX;
	d->last_handle = 0;
	d->seen = 0;
	d->first = d->n_packets = 0;
	d->serial++;
	d->open = true;
	return 0;
}

static void format_devices(const struct drop_event *ev, char *buf, size_t size)
{
	char in[IFNAMSIZ] = "", out[IFNAMSIZ] = "";

	if (ev->in.ifindex)
		snprintf(in, sizeof(in), "if%" PRIu32, ev->in.ifindex);
	if (ev->out.ifindex)
		snprintf(out, sizeof(out), "if%" PRIu32, ev->out.ifindex);
	snprintf(buf, size, "%s%s%s", ev->in.name[0] ? ev->in.name : in,
		 ev->out.name[0] || out[0] ? ">" : "",
		 ev->out.name[0] ? ev->out.name : out);
}

static void fill_packet(struct top_packet *packet, const struct drop_event *ev)
{
	packet->timestamp_ns = ev->timestamp_ns;
	packet->length = ev->length;
	flow_to_string(&ev->packet, packet->flow);
	format_devices(ev, packet->devices, sizeof(packet->devices));
	strcpy(packet->reason, ev->reason);
}

static void append_packet(struct top_detail *d, const struct drop_event *ev)
{
	fill_packet(&d->packets[(d->first + d->n_packets) % TOP_PACKETS_MAX],
		    ev);
	if (d->n_packets < TOP_PACKETS_MAX)
		d->n_packets++;
	else
		d->first = (d->first + 1) % TOP_PACKETS_MAX;
}

static void prepend_packet(struct top_detail *d, const struct drop_event *ev)
{
	if (d->n_packets == TOP_PACKETS_MAX)
		return;
	d->first = (d->first + TOP_PACKETS_MAX - 1) % TOP_PACKETS_MAX;
	d->n_packets++;
	fill_packet(&d->packets[d->first], ev);
}

static bool is_its(const struct top_detail *d, const struct drop_event *ev)
{
	struct top_key key;

	top_key_from_event(d->by, ev, &key);
	return key.match_len == d->match_len &&
	       memcmp(key.key, d->key, key.match_len) == 0;
}

bool top_detail_take_drop(struct top_detail *d, const struct drop_event *ev)
{
	if (!d->open || d->paused || !is_its(d, ev))
		return false;
	for (size_t i = 0; i < _TOP_BY_MAX; i++)
		if (i != d->by && !d->told[i])
			top_key_count(&d->tables[i], (enum top_by)i, ev);
	append_packet(d, ev);
	if (d->by == TOP_BY_RULE && ev->netfilter.rule && !d->rule)
		d->rule = strdup(ev->netfilter.rule);
	d->seen += ev->count;
	return true;
}

/* The listing is nfdropd's from now on. */
static struct top_table *begin_told(struct top_detail *d, enum top_by by)
{
	struct top_table *t = &d->tables[by];

	if (!d->told[by]) {
		uint64_t seed = t->seed;

		top_table_done(t);
		top_table_init(t, TOP_DETAIL_ROWS_MAX, seed);
		t->reported = by == TOP_BY_RULE && d->by == by;
		d->told[by] = true;
	}
	top_table_begin(t);
	return t;
}

static void take_hitter(struct top_table *t, const struct top_key *key,
			struct json_object *hitter)
{
	struct top_counts counts = {
		.packets = json_find_uint64(hitter, "packets"),
	};
	struct top_row *row = top_table_get(t, key->key, key->len);

	if (!row)
		return;
	top_row_set_counts(row, t->round, &counts);
	top_key_fill(key, row);
	/* It was there before it became one of the heaviest. */
	row->latest.first_ns = 1;
}

/* A Hitter has the keys of another type than a Stat. */
static void take_hitters(struct top_detail *d, enum top_by by,
			 struct json_object *list)
{
	struct top_table *t;

	if (!json_object_is_type(list, json_type_array))
		return;
	t = begin_told(d, by);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *hitter = json_object_array_get_idx(list, i);
		struct top_key key;

		top_key_from_hitter(by, hitter, &key);
		take_hitter(t, &key, hitter);
	}
	top_table_end(t);
}

void top_detail_take_heaviest(struct top_detail *d, struct json_object *page)
{
	struct json_object *rules = json_find(page, "rules");
	size_t n = json_object_is_type(rules, json_type_array)
			   ? json_object_array_length(rules)
			   : 0;

	for (size_t i = 0; d->open && i < n; i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);
		struct top_key key;

		top_key_from_json(TOP_BY_RULE, rule, &key);
		if (key.len != d->key_len ||
		    memcmp(key.key, d->key, key.len) != 0)
			continue;
		take_hitters(d, TOP_BY_SOURCE,
			     json_find(rule, "heaviest/sources"));
		take_hitters(d, TOP_BY_DESTINATION,
			     json_find(rule, "heaviest/destinations"));
		take_hitters(d, TOP_BY_PORT, json_find(rule, "heaviest/ports"));
		return;
	}
}

/* Only some of a long chain are told. */
static void set_span(struct top_detail *d, struct json_object *reply,
		     const struct top_table *t)
{
	uint64_t n = json_find_uint64(reply, "look/n_rules");
	bool all = n <= t->n_rows;

	d->first_handle = all ? 0 : UINT64_MAX;
	d->last_handle = all ? UINT64_MAX : 0;
	for (size_t i = 0; !all && i < t->n_rows; i++) {
		d->first_handle = MIN(d->first_handle, t->rows[i]->handle);
		d->last_handle = MAX(d->last_handle, t->rows[i]->handle);
	}
}

void top_detail_take_neighbours(struct top_detail *d, struct json_object *reply)
{
	struct json_object *rules = json_find(reply, "rules");
	struct top_table *t;

	if (!d->open || d->paused || d->by != TOP_BY_RULE ||
	    !json_object_is_type(rules, json_type_array))
		return;
	t = begin_told(d, TOP_BY_RULE);
	top_listing_take(t, TOP_BY_RULE, rules);
	top_table_end(t);
	top_table_show_new(t);
	set_span(d, reply, t);
}

void top_detail_take_stats(struct top_detail *d, enum top_by by,
			   struct json_object *reply)
{
	struct json_object *rows = json_find(reply, "rows");

	if (d->open && json_object_is_type(rows, json_type_array)) {
		struct top_table *t = begin_told(d, by);

		top_listing_take(t, by, rows);
		top_table_end(t);
	}
}

void top_detail_take_recent(struct top_detail *d, struct json_object *reply)
{
	struct json_object *events = json_find(reply, "events");
	size_t n = json_object_is_type(events, json_type_array)
			   ? json_object_array_length(events)
			   : 0;

	for (size_t i = 0; d->open && i < n; i++) {
		struct json_object *json = json_object_array_get_idx(events, i);
		struct drop_event ev;

		if (event_from_json(json, &ev) < 0)
			continue;
		/* What has come since is there already. */
		if (is_its(d, &ev) &&
		    (d->n_packets == 0 ||
		     ev.timestamp_ns < d->packets[d->first].timestamp_ns))
			prepend_packet(d, &ev);
		drop_event_done(&ev);
	}
}

void top_detail_tick(struct top_detail *d, uint64_t now_ns, uint64_t real_ns)
{
	for (size_t i = 0; d->open && !d->paused && i < _TOP_BY_MAX; i++)
		top_table_tick(&d->tables[i], now_ns, real_ns);
}

const struct top_packet *top_detail_packet(const struct top_detail *d, size_t i)
{
	if (i >= d->n_packets)
		return NULL;
	return &d->packets[(d->first + d->n_packets - 1 - i) % TOP_PACKETS_MAX];
}
