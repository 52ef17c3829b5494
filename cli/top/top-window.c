/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "top-listing.h"
#include "top-model.h"
#include "top-window.h"
#include "util.h"

void top_window_done(struct top_window *w)
{
	free(w->rows);
	free(w->coming);
	*w = (struct top_window){ 0 };
}

bool top_window_is_on(const struct top_model *m)
{
	return m->window.on && m->by == TOP_BY_RULE &&
	       !(m->paused && m->frozen);
}

/* Rows that are to be known. */
static size_t limit_of(const struct top_model *m)
{
	return MIN(m->height, TOP_WINDOW_MAX) + 2 * TOP_WINDOW_MARGIN;
}

static bool is_covered(const struct top_model *m)
{
	const struct top_window *w = &m->window;
	size_t to = MIN(m->top + m->height, w->n_all);

	return m->top >= w->first && to <= w->first + w->n;
}

bool top_window_is_wanted(const struct top_model *m)
{
	const struct top_window *w = &m->window;

	if (!top_window_is_on(m) || !w->answered || m->paused)
		return false;
	return w->want != TOP_WANT_NOTHING ||
	       w->order.column != m->order.column ||
	       w->order.invert != m->order.invert ||
	       strcmp(w->filter, m->filter) != 0 ||
	       (!w->settled && !is_covered(m));
}

void top_window_want(struct top_model *m, enum top_want want, int step)
{
	m->window.want = want;
	m->window.step = step;
	m->window.want_serial++;
	m->window.settled = false;
}

static void add(struct json_object *object, const char *key,
		struct json_object *value)
{
	json_object_object_add(object, key, value);
}

/* Which rule is to be in the answer. */
static void add_rule(const struct top_model *m, struct json_object *look)
{
	const struct top_row *row = top_window_at(m, m->cursor);

	if (m->window.want == TOP_WANT_RANK)
		return;
	if (m->selected && m->has_number)
		add(look, "rule", json_object_new_uint64(m->selected_number));
	else if (m->window.want == TOP_WANT_SEARCH && row)
		add(look, "rule", json_object_new_uint64(row->number));
	if (m->window.want != TOP_WANT_SEARCH)
		return;
	add(look, "search", json_object_new_string(m->search));
	add(look, "step", json_object_new_int(m->window.step));
}

static struct json_object *make_parameters(struct top_model *m, uint64_t part)
{
	struct json_object *root = json_object_new_object();
	struct json_object *look = json_object_new_object();
	/* There is no now before there was a look. */
	const char *order =
		top_column_order(m->order.column, m->window.answered);
	uint64_t first = m->top - MIN(m->top, TOP_WINDOW_MARGIN);
	size_t limit = limit_of(m);

	if (part > 0) {
		first = part;
		limit -= MIN(m->window.n_coming, limit - 1);
	}
	add(root, "first", json_object_new_uint64(first));
	add(root, "limit", json_object_new_uint64(MIN(limit, TOP_WINDOW_MAX)));
	add(look, "sort", json_object_new_string(order));
	add(look, "invert", json_object_new_boolean(m->order.invert));
	if (m->filter[0])
		add(look, "text", json_object_new_string(m->filter));
	if (part == 0)
		add_rule(m, look);
	add(root, "look", look);
	return root;
}

void top_window_ask(struct top_model *m, uint64_t part, char *buf, size_t size)
{
	struct json_object *parameters = make_parameters(m, part);

	snprintf(buf, size, "%s",
		 json_object_to_json_string_ext(parameters,
						JSON_C_TO_STRING_PLAIN));
	json_object_put(parameters);
	if (part > 0)
		return;
	m->window.order = m->order;
	strcpy(m->window.filter, m->filter);
	m->window.asked_serial = m->window.want_serial;
}

static void begin(struct top_model *m, struct json_object *reply)
{
	struct top_window *w = &m->window;

	top_table_begin(&m->tables[TOP_BY_RULE]);
	free(w->coming);
	w->coming = reallocarray(NULL, limit_of(m), sizeof(struct top_row *));
	w->coming_first = MIN(json_find_uint64(reply, "look/first"),
			      (uint64_t)TOP_RULES_MAX);
	w->n_coming = 0;
}

static void take_row(struct top_model *m, struct json_object *json)
{
	struct top_table *t = &m->tables[TOP_BY_RULE];
	struct top_window *w = &m->window;
	struct top_row *row;

	if (!w->coming || w->n_coming >= limit_of(m))
		return;
	row = top_listing_take_row(t, TOP_BY_RULE, json);
	if (!row)
		return;
	row->number = json_find_uint64(json, "number");
	/* It may have moved between two parts. */
	for (size_t i = 0; i < w->n_coming; i++)
		if (w->coming[i] == row)
			return;
	w->coming[w->n_coming++] = row;
}

/* What was wanted is there, or not. */
static void settle(struct top_model *m, struct json_object *reply)
{
	struct json_object *place = json_find(reply, "look/place");
	struct top_window *w = &m->window;
	struct top_row *row =
		place ? top_window_at(m, (size_t)json_object_get_uint64(place))
		      : NULL;
	bool found = json_object_get_boolean(json_find(reply, "look/found"));

	/* Another nfdropd has other numbers. */
	if (w->want == TOP_WANT_NOTHING && m->selected && row &&
	    !top_model_is_selected(m, row))
		m->has_number = false;
	if (w->asked_serial != w->want_serial)
		return;
	w->settled = true;
	if (w->want == TOP_WANT_RANK) {
		m->cursor = MIN(m->cursor, MAX(w->n_all, 1) - 1);
		top_model_select(m, top_window_at(m, m->cursor));
	} else if (w->want == TOP_WANT_SEARCH) {
		w->failed = !found;
		if (found)
			top_model_select(m, row);
	}
	w->want = TOP_WANT_NOTHING;
}

static void end(struct top_model *m)
{
	struct top_window *w = &m->window;

	free(w->rows);
	w->rows = TAKE_PTR(w->coming);
	w->first = w->coming_first;
	w->n = w->n_coming;
	w->n_coming = 0;
	w->answered = true;
	top_table_end(&m->tables[TOP_BY_RULE]);
	top_table_show_new(&m->tables[TOP_BY_RULE]);
}

bool top_window_take(struct top_model *m, struct json_object *reply,
		     uint64_t part, uint64_t *next)
{
	struct json_object *list = json_find(reply, "rules");
	struct top_window *w = &m->window;

	top_model_take_totals(m, reply);
	if (part == 0)
		begin(m, reply);
	w->n_all = (size_t)MIN(json_find_uint64(reply, "look/n_rules"),
			       (uint64_t)TOP_RULES_MAX);
	w->total_packets = json_find_uint64(reply, "total/packets");
	if (json_object_is_type(list, json_type_array))
		for (size_t i = 0; i < json_object_array_length(list); i++)
			take_row(m, json_object_array_get_idx(list, i));
	*next = json_find_uint64(reply, "next");
	if (*next > part && *next < w->coming_first + limit_of(m) &&
	    w->n_coming < limit_of(m))
		return true;
	end(m);
	settle(m, reply);
	return false;
}

struct top_row *top_window_at(const struct top_model *m, size_t rank)
{
	const struct top_window *w = &m->window;

	return rank >= w->first && rank < w->first + w->n
		       ? w->rows[rank - w->first]
		       : NULL;
}

static void find_cursor(struct top_model *m)
{
	const struct top_window *w = &m->window;

	if (w->want == TOP_WANT_RANK)
		return;
	if (!m->selected) {
		m->cursor = 0;
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		if (!top_model_is_selected(m, w->rows[i]))
			continue;
		m->cursor = w->first + i;
		m->selected_number = w->rows[i]->number;
		m->has_number = true;
		return;
	}
	m->cursor = MIN(m->cursor, MAX(w->n_all, 1) - 1);
}

int top_window_arrange(struct top_model *m, size_t height)
{
	struct top_window *w = &m->window;
	size_t last = w->first + w->n - MIN(w->n, height), from;

	if (height != m->height)
		w->settled = false;
	m->height = height;
	m->n_rows = w->n_all;
	m->total_packets = w->total_packets;
	find_cursor(m);
	top_model_scroll(m, height);
	/* Followed to somewhere else, where there is enough to be seen. */
	if (top_window_at(m, m->cursor) && w->n >= MIN(height, w->n_all))
		m->top = MIN(MAX(m->top, w->first), last);
	/* Until there is an answer, what is there stays. */
	from = MIN(MAX(m->top, w->first), last);
	m->from = MIN(from, m->n_rows);
	m->to = MIN(MIN(from + height, w->first + w->n), m->n_rows);
	if (top_model_reserve(m, m->to) < 0) {
		m->n_rows = m->from = m->to = 0;
		return -ENOMEM;
	}
	for (size_t i = m->from; i < m->to; i++)
		m->rows[i] = top_window_at(m, i);
	return 0;
}
