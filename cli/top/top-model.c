/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>

#include "connection.h"
#include "top-listing.h"
#include "top-model.h"
#include "util.h"

static const struct {
	const char *title;
	const char *path; /* in the status; NULL: this client's own */
} losses[_TOP_LOSS_MAX] = {
	[TOP_LOSS_KERNEL_QUEUE] = { "kernel queue", "losses/kernel_queue" },
	[TOP_LOSS_SOCKET] = { "socket", "losses/socket" },
	[TOP_LOSS_OTHER] = { "rules past the bound", "losses/aggregate_other" },
	[TOP_LOSS_RULE_PACKETS] = { "not by rule", "losses/rule_packets" },
	[TOP_LOSS_RULE_MESSAGES] = { "rule messages", "losses/rule_messages" },
	[TOP_LOSS_SESSIONS] = { "clients", "losses/sessions" },
	[TOP_LOSS_HERE] = { "here", NULL },
};

const char *top_loss_to_string(enum top_loss loss)
{
	return losses[loss].title;
}

void top_model_init(struct top_model *m, uint64_t seed)
{
	*m = (struct top_model){ .head.rate = -1, .latest.rate = -1 };
	for (size_t i = 0; i < _TOP_BY_MAX; i++)
		top_table_init(&m->tables[i],
			       i == TOP_BY_RULE ? TOP_RULES_MAX : TOP_ROWS_MAX,
			       seed);
	m->tables[TOP_BY_RULE].reported = true;
}

void top_model_done(struct top_model *m)
{
	for (size_t i = 0; i < _TOP_BY_MAX; i++)
		top_table_done(&m->tables[i]);
	top_window_done(&m->window);
	free(m->rows);
	free(m->selected);
	*m = (struct top_model){ 0 };
}

static void take_string(struct json_object *json, const char *path, char *buf,
			size_t size)
{
	copy_string(buf, size, json_find_string(json, path), size);
}

void top_model_take_status(struct top_model *m, struct json_object *status,
			   uint64_t now_ns)
{
	struct top_head *head = &m->latest;
	uint64_t before = head->drops;

	take_string(status, "version", head->version, sizeof(head->version));
	take_string(status, "kernel", head->kernel, sizeof(head->kernel));
	take_string(status, "state", head->state, sizeof(head->state));
	take_string(status, "message", head->message, sizeof(head->message));
	head->started_ns = json_find_uint64(status, "started_ns");
	for (size_t i = 0; i < _TOP_LOSS_MAX; i++)
		if (losses[i].path)
			head->losses[i] =
				json_find_uint64(status, losses[i].path);
	head->drops = json_find_uint64(status, "events") +
		      head->losses[TOP_LOSS_KERNEL_QUEUE] +
		      head->losses[TOP_LOSS_SOCKET];
	if (m->has_status && head->drops >= before)
		top_history_add(&m->history, m->status_ns, now_ns,
				(double)(head->drops - before));
	m->has_status = true;
	m->status_ns = now_ns;
}

void top_model_begin_rules(struct top_model *m)
{
	top_table_begin(&m->tables[TOP_BY_RULE]);
}

static void take_other(struct top_table *t, struct json_object *reply)
{
	t->other.packets = json_find_uint64(reply, "other/packets") +
			   json_find_uint64(reply, "rest/packets");
	t->other.bytes = json_find_uint64(reply, "other/bytes") +
			 json_find_uint64(reply, "rest/bytes");
}

void top_model_take_totals(struct top_model *m, struct json_object *reply)
{
	bool counting = json_object_get_boolean(json_find(reply, "counting"));

	m->uncounted[0] = '\0';
	if (!counting)
		take_string(reply, "message", m->uncounted,
			    sizeof(m->uncounted));
	if (!counting && m->uncounted[0] == '\0')
		strcpy(m->uncounted, "Nothing is counted by rule.");
	take_other(&m->tables[TOP_BY_RULE], reply);
}

void top_model_take_rules(struct top_model *m, struct json_object *page,
			  uint64_t first)
{
	struct top_table *t = &m->tables[TOP_BY_RULE];
	struct json_object *list = json_find(page, "rules");

	top_model_take_totals(m, page);
	if (!json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *rule = json_object_array_get_idx(list, i);
		struct json_object *number = json_find(rule, "number");
		struct top_row *row =
			top_listing_take_row(t, TOP_BY_RULE, rule);

		if (row)
			row->number = number ? json_object_get_uint64(number)
					     : first + i;
	}
}

static void end_listing(struct top_model *m, enum top_by by)
{
	top_table_end(&m->tables[by]);
	m->listed_round[by] = m->tables[by].round;
}

void top_model_end_rules(struct top_model *m)
{
	end_listing(m, TOP_BY_RULE);
	m->frozen = m->paused && m->window.on;
}

void top_model_take_stats(struct top_model *m, enum top_by by,
			  struct json_object *reply)
{
	struct top_table *t = &m->tables[by];
	struct json_object *rows = json_find(reply, "rows");

	top_table_begin(t);
	take_other(t, reply);
	m->sampled[by] = json_object_get_boolean(json_find(reply, "sampled"));
	if (json_object_is_type(rows, json_type_array))
		top_listing_take(t, by, rows);
	end_listing(m, by);
}

void top_model_take_lost(struct top_model *m, uint64_t n)
{
	m->latest.losses[TOP_LOSS_HERE] += n;
}

void top_model_set_away(struct top_model *m, const char *why, uint64_t real_ns)
{
	if (why && m->away[0] == '\0')
		m->away_real_ns = real_ns;
	copy_string(m->away, sizeof(m->away), why ? why : "", sizeof(m->away));
	if (!why)
		return;
	/* How much was dropped meanwhile, nobody knows. */
	m->has_status = false;
	m->head_ns = 0;
	m->head.rate = -1;
	/* The next one may have other numbers. */
	m->has_number = false;
}

static void tick_head(struct top_model *m)
{
	struct top_head before = m->head;

	m->head = m->latest;
	for (size_t i = 0; i < _TOP_LOSS_MAX; i++) {
		uint64_t now = m->head.losses[i], then = before.losses[i];

		m->head.lost_since[i] =
			m->ticked_ns == 0 || now < then ? 0 : now - then;
	}
	m->head.rate = -1;
	if (!m->has_status)
		return;
	if (m->head_ns != 0 && m->status_ns > m->head_ns &&
	    m->head.drops >= before.drops)
		m->head.rate = (double)(m->head.drops - before.drops) * 1e9 /
			       (double)(m->status_ns - m->head_ns);
	m->head_ns = m->status_ns;
}

void top_model_tick(struct top_model *m, uint64_t now_ns, uint64_t real_ns)
{
	/* All of them are as of when they came, which was but once. */
	if (m->frozen &&
	    m->ticked_round[TOP_BY_RULE] != m->listed_round[TOP_BY_RULE]) {
		top_table_tick(&m->tables[TOP_BY_RULE], now_ns, real_ns);
		m->ticked_round[TOP_BY_RULE] = m->listed_round[TOP_BY_RULE];
	}
	if (m->paused)
		return;
	for (size_t i = 0; i < _TOP_BY_MAX; i++) {
		/* What was not asked for stands still. */
		if (m->listed_round[i] == m->ticked_round[i] &&
		    !(i == TOP_BY_RULE && top_window_is_on(m)))
			continue;
		top_table_tick(&m->tables[i], now_ns, real_ns);
		m->ticked_round[i] = m->listed_round[i];
	}
	tick_head(m);
	m->ticked_ns = now_ns;
	m->real_ns = real_ns;
}

bool top_model_awaits(const struct top_model *m)
{
	if (m->away[0] || !m->window.on || m->by != TOP_BY_RULE)
		return false;
	return top_window_is_wanted(m) || (m->paused && !m->frozen);
}

void top_model_set_paused(struct top_model *m, bool paused)
{
	m->paused = paused;
	m->frozen = false;
	m->window.want = TOP_WANT_NOTHING;
}

void top_model_set_by(struct top_model *m, enum top_by by)
{
	if (m->by == by)
		return;
	m->by = by;
	top_model_select_first(m);
	m->top = 0;
}

void top_model_set_filter(struct top_model *m, const char *text)
{
	copy_string(m->filter, sizeof(m->filter), text, sizeof(m->filter));
}

void top_model_set_search(struct top_model *m, const char *text)
{
	copy_string(m->search, sizeof(m->search), text, sizeof(m->search));
}

void top_model_move_order(struct top_model *m, int direction,
			  unsigned int width)
{
	int column = (int)m->order.column;

	for (int i = 0; i < _TOP_COLUMN_MAX; i++) {
		column = (column + direction + _TOP_COLUMN_MAX) %
			 _TOP_COLUMN_MAX;
		if (top_column_is_shown((enum top_column)column,
					&m->tables[m->by], m->by, width) &&
		    top_column_info((enum top_column)column)->sortable)
			break;
	}
	m->order.column = (enum top_column)column;
}

bool top_row_matches(const struct top_row *row, const char *text)
{
	for (size_t i = 0; i < _TOP_TEXT_MAX; i++)
		if (row->text[i] && strcasestr(row->text[i], text))
			return true;
	return text[0] == '\0';
}

int top_model_reserve(struct top_model *m, size_t n)
{
	struct top_row **rows;

	if (n <= m->n_allocated)
		return 0;
	rows = reallocarray(m->rows, n, sizeof(struct top_row *));
	if (!rows)
		return -ENOMEM;
	m->rows = rows;
	m->n_allocated = n;
	return 0;
}

static struct top_row *find_selected(const struct top_model *m)
{
	struct top_row *row;

	if (!m->selected)
		return NULL;
	row = top_table_find(&m->tables[m->by], m->selected, m->selected_len);
	return row && row->ticked && top_row_matches(row, m->filter) ? row
								     : NULL;
}

void top_model_scroll(struct top_model *m, size_t height)
{
	if (m->cursor < m->top)
		m->top = m->cursor;
	if (height > 0 && m->cursor >= m->top + height)
		m->top = m->cursor - height + 1;
	m->top = MIN(m->top, m->n_rows - MIN(m->n_rows, height));
}

static void sort(struct top_model *m, size_t from, size_t to)
{
	top_order_window(&m->order, m->rows, m->n_rows, from, to);
	m->from = from;
	m->to = to;
}

int top_model_arrange(struct top_model *m, size_t height)
{
	struct top_table *t = &m->tables[m->by];
	struct top_row *selected = find_selected(m);

	if (top_window_is_on(m))
		return top_window_arrange(m, height);
	m->height = height;
	m->n_rows = m->from = m->to = 0;
	m->total_packets = t->other.packets;
	if (top_model_reserve(m, t->n_rows) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_rows; i++) {
		struct top_row *row = t->rows[i];

		if (!row->ticked)
			continue;
		if (!row->is_beside)
			m->total_packets += row->shown.packets;
		if (top_row_matches(row, m->filter))
			m->rows[m->n_rows++] = row;
	}
	if (selected)
		m->cursor =
			top_order_rank(&m->order, m->rows, m->n_rows, selected);
	else if (!m->selected)
		m->cursor = 0;
	else
		m->cursor = MIN(m->cursor, MAX(m->n_rows, 1) - 1);
	top_model_scroll(m, height);
	sort(m, m->top, MIN(m->top + height, m->n_rows));
	return 0;
}

/* Of the rows in order, the one at @rank. */
static struct top_row *row_at(struct top_model *m, size_t rank)
{
	if (rank >= m->n_rows)
		return NULL;
	if (top_window_is_on(m))
		return top_window_at(m, rank);
	if (rank < m->from || rank >= m->to)
		sort(m, rank, rank + 1);
	return m->rows[rank];
}

struct top_row *top_model_selected(struct top_model *m)
{
	return row_at(m, m->cursor);
}

bool top_model_is_selected(const struct top_model *m, const struct top_row *row)
{
	return m->selected && row->key_len == m->selected_len &&
	       memcmp(row->key, m->selected, row->key_len) == 0;
}

void top_model_select(struct top_model *m, const struct top_row *row)
{
	char *key = row ? malloc(row->key_len + 1) : NULL;

	if (!key)
		return;
	memcpy(key, row->key, row->key_len + 1);
	free(m->selected);
	m->selected = key;
	m->selected_len = row->key_len;
	m->selected_number = row->number;
	m->has_number = true;
}

static void select_rank(struct top_model *m, size_t rank)
{
	struct top_row *row = row_at(m, rank);

	top_model_select(m, row);
	m->cursor = rank;
	m->window.settled = false;
	if (top_window_is_on(m) && !row)
		top_window_want(m, TOP_WANT_RANK, 0);
	else
		m->window.want = TOP_WANT_NOTHING;
}

void top_model_move(struct top_model *m, long delta)
{
	size_t step = (size_t)(delta < 0 ? -delta : delta);

	if (m->n_rows == 0)
		return;
	if (delta < 0)
		select_rank(m, m->cursor - MIN(step, m->cursor));
	else
		select_rank(m, MIN(m->cursor + step, m->n_rows - 1));
}

void top_model_select_first(struct top_model *m)
{
	free(TAKE_PTR(m->selected));
	m->cursor = 0;
	m->window.want = TOP_WANT_NOTHING;
	m->window.settled = false;
}

void top_model_select_last(struct top_model *m)
{
	if (m->n_rows > 0)
		select_rank(m, m->n_rows - 1);
}

/* Whether @a comes before @b when one goes in this direction. */
static bool is_nearer(const struct top_model *m, int direction,
		      const struct top_row *a, const struct top_row *b)
{
	int r = top_column_compare(m->order.column, m->order.invert, a, b);

	return direction < 0 ? r > 0 : r < 0;
}

bool top_model_search(struct top_model *m, int direction)
{
	struct top_row *here = top_model_selected(m);
	struct top_row *next = NULL, *first = NULL, *found;

	if (!here || m->search[0] == '\0')
		return false;
	if (top_window_is_on(m)) {
		top_window_want(m, TOP_WANT_SEARCH, direction);
		return true;
	}
	if (direction == 0 && top_row_matches(here, m->search))
		return true;
	for (size_t i = 0; i < m->n_rows; i++) {
		struct top_row *row = m->rows[i];

		if (!top_row_matches(row, m->search))
			continue;
		if (!first || is_nearer(m, direction, row, first))
			first = row;
		if (is_nearer(m, direction, here, row) &&
		    (!next || is_nearer(m, direction, row, next)))
			next = row;
	}
	found = next ? next : first;
	if (!found)
		return false;
	top_model_select(m, found);
	m->cursor = top_order_rank(&m->order, m->rows, m->n_rows, found);
	return true;
}
