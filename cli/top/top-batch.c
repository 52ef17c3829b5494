/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output-json.h"
#include "top-batch.h"
#include "top-text.h"
#include "util.h"

static void print_head(const struct top_model *m, bool utc, FILE *f)
{
	const struct top_head *head = &m->head;
	time_t second = (time_t)(m->real_ns / 1000000000);
	char text[64] = "", number[TOP_NUMBER_MAX] = "-";
	struct tm tm;
	bool any = false;

	if (utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	if (head->rate >= 0)
		top_format_rate(head->rate, number);
	fprintf(f, "nfdrop top by %s  %s  %s/s  %" PRIu64 " drops  lost:",
		top_by_to_string(m->by), text, number, head->drops);
	for (int i = 0; i < _TOP_LOSS_MAX; i++) {
		if (head->losses[i] == 0)
			continue;
		fprintf(f, "%s %s %" PRIu64, any ? "," : "",
			top_loss_to_string((enum top_loss)i), head->losses[i]);
		any = true;
	}
	fputs(any ? "\n" : " nothing\n", f);
}

static bool is_printed(const struct top_model *m, enum top_column column)
{
	return top_column_is_shown(column, &m->tables[m->by], m->by, 0) &&
	       column != TOP_COLUMN_TREND;
}

/* Titles where @row is NULL. */
static void print_row(const struct top_model *m, const struct term *term,
		      const struct top_row *row, FILE *f)
{
	struct top_cell_context context = {
		.term = term,
		.real_ns = m->real_ns,
		.total_packets = m->total_packets,
	};
	bool first = true;

	for (int i = 0; i < _TOP_COLUMN_MAX; i++) {
		const struct top_column_info *info =
			top_column_info((enum top_column)i);
		char cell[TOP_CELL_MAX] = "";
		int space;

		if (!is_printed(m, (enum top_column)i))
			continue;
		if (row)
			info->format(&context, row, cell, sizeof(cell));
		else
			strcpy(cell, info->title);
		if (cell[0] == '\0')
			strcpy(cell, "-");
		space = MAX(abs(info->width) - (int)strlen(cell), 0);
		fprintf(f, "%s%*s%s%*s", first ? "" : "  ",
			info->width < 0 ? space : 0, "", cell,
			info->width > 0 ? space : 0, "");
		first = false;
	}
	fputc('\n', f);
}

int top_batch_print_text(struct top_model *m, size_t max, bool legend, bool utc,
			 const struct term *term, FILE *f)
{
	int r = top_model_arrange(m, max ? max : SIZE_MAX);

	if (r < 0)
		return r;
	if (legend) {
		print_head(m, utc, f);
		print_row(m, term, NULL, f);
	}
	for (size_t i = m->from; i < m->to; i++)
		print_row(m, term, m->rows[i], f);
	if (legend)
		fputc('\n', f);
	return 0;
}

/* Takes @value. */
static bool add(struct json_object *object, const char *key,
		struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool add_number(struct json_object *object, const char *key, uint64_t n)
{
	return add(object, key, json_object_new_uint64(n));
}

static bool add_rate(struct json_object *object, const char *key, bool known,
		     double rate)
{
	char text[64];

	if (!known)
		return true;
	snprintf(text, sizeof(text), "%.3f", rate);
	return add(object, key, json_object_new_double_s(rate, text));
}

static bool fill_row(struct json_object *object, const struct top_row *row)
{
	static const char *const keys[_TOP_TEXT_MAX] = {
		[TOP_TEXT_NAME] = "name",
		[TOP_TEXT_REASON] = "reason",
		[TOP_TEXT_HOOK] = "hook",
		[TOP_TEXT_RULE] = "rule",
	};

	for (size_t i = 0; i < _TOP_TEXT_MAX; i++)
		if (row->text[i] &&
		    !add(object, keys[i], json_object_new_string(row->text[i])))
			return false;
	return add_number(object, "packets", row->shown.packets) &&
	       (!row->shown.has_counter ||
		add_number(object, "counter", row->shown.counter)) &&
	       add_number(object, "bytes", row->shown.bytes) &&
	       add_rate(object, "rate", row->has_rate, row->rate) &&
	       add_rate(object, "byte_rate", row->has_rate, row->byte_rate) &&
	       (row->shown.first_ns == 0 ||
		add_number(object, "first_seen", row->shown.first_ns)) &&
	       (row->shown.last_ns == 0 ||
		add_number(object, "last_seen", row->shown.last_ns));
}

static bool fill_losses(struct json_object *object, const struct top_head *head)
{
	static const char *const keys[_TOP_LOSS_MAX] = {
		[TOP_LOSS_KERNEL_QUEUE] = "kernel_queue",
		[TOP_LOSS_SOCKET] = "socket",
		[TOP_LOSS_OTHER] = "aggregate_other",
		[TOP_LOSS_RULE_PACKETS] = "rule_packets",
		[TOP_LOSS_RULE_MESSAGES] = "rule_messages",
		[TOP_LOSS_SESSIONS] = "sessions",
		[TOP_LOSS_HERE] = "here",
	};

	for (size_t i = 0; i < _TOP_LOSS_MAX; i++)
		if (!add_number(object, keys[i], head->losses[i]))
			return false;
	return true;
}

static bool fill(struct json_object *root, struct top_model *m)
{
	struct json_object *losses = json_object_new_object();
	struct json_object *rows = json_object_new_array();

	if (!add(root, "losses", losses)) {
		json_object_put(rows);
		return false;
	}
	if (!add(root, "rows", rows) || !fill_losses(losses, &m->head) ||
	    !add_number(root, "timestamp_ns", m->real_ns) ||
	    !add(root, "by", json_object_new_string(top_by_to_string(m->by))) ||
	    !add_rate(root, "rate", m->head.rate >= 0, m->head.rate) ||
	    !add_number(root, "drops", m->head.drops) ||
	    !add_number(root, "other", m->tables[m->by].other.packets))
		return false;
	for (size_t i = m->from; i < m->to; i++) {
		struct json_object *row = json_object_new_object();

		if (!row || json_object_array_add(rows, row) < 0) {
			json_object_put(row);
			return false;
		}
		if (!fill_row(row, m->rows[i]))
			return false;
	}
	return true;
}

int top_batch_print_json(struct top_model *m, size_t max, enum json_mode mode,
			 FILE *f)
{
	struct json_object *root;
	int r = top_model_arrange(m, max ? max : SIZE_MAX);

	if (r < 0)
		return r;
	root = json_object_new_object();
	r = root && fill(root, m) ? output_json(f, root, mode) : -ENOMEM;
	json_object_put(root);
	return r;
}
