/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "event-context.h"
#include "flow.h"
#include "output-text.h"
#include "util.h"

#define CELL_MAX 512

static void cell_time(const struct text_output *out,
		      const struct drop_event *ev, char *buf, size_t size)
{
	if (ev->timestamp_ns == 0)
		return;
	snprintf(buf, size, "%s.%06" PRIu64, out->clock,
		 ev->timestamp_ns / 1000 % 1000000);
}

/* An entry of the journal may be of any day. */
static void cell_date(const struct text_output *out,
		      const struct drop_event *ev, char *buf, size_t size)
{
	if (ev->timestamp_ns != 0)
		snprintf(buf, size, "%s", out->clock);
}

static void cell_host(const struct text_output *out,
		      const struct drop_event *ev, char *buf, size_t size)
{
	(void)ev;
	if (out->host)
		term_escape(out->term, out->host, buf, size);
}

/* Those of a single packet's entry are counted in another. */
static void cell_packets(const struct text_output *out,
			 const struct drop_event *ev, char *buf, size_t size)
{
	(void)out;
	if (ev->count > 0)
		snprintf(buf, size, "%" PRIu64, ev->count);
}

static void cell_reason(const struct text_output *out,
			const struct drop_event *ev, char *buf, size_t size)
{
	term_escape(out->term, ev->reason, buf, size);
}

static void format_port(const struct term *term, const struct drop_port *port,
			char *buf, size_t size)
{
	buf[0] = '\0';
	if (port->name[0])
		term_escape(term, port->name, buf, size);
	else if (port->ifindex)
		snprintf(buf, size, "if%" PRIu32, port->ifindex);
}

static void cell_devices(const struct text_output *out,
			 const struct drop_event *ev, char *buf, size_t size)
{
	char in[4 * IFNAMSIZ + 4], to[4 * IFNAMSIZ + 4];

	format_port(out->term, &ev->in, in, sizeof(in));
	format_port(out->term, &ev->out, to, sizeof(to));
	snprintf(buf, size, "%s%s%s", in, to[0] ? ">" : "", to);
}

static void cell_flow(const struct text_output *out,
		      const struct drop_event *ev, char *buf, size_t size)
{
	char flow[FLOW_MAX];

	(void)out;
	snprintf(buf, size, "%s", flow_to_string(&ev->packet, flow));
}

static void cell_length(const struct text_output *out,
			const struct drop_event *ev, char *buf, size_t size)
{
	(void)out;
	if (ev->length)
		snprintf(buf, size, "%" PRIu32, ev->length);
}

static void cell_where(const struct text_output *out,
		       const struct drop_event *ev, char *buf, size_t size)
{
	term_escape(out->term, ev->location, buf, size);
}

/* Columns that are not always there. */
enum column_of { COLUMN_ANY, COLUMN_LIVE, COLUMN_LOG, COLUMN_HOST };

static const struct column {
	const char *title;
	int width; /* negative: to the right */
	enum style style;
	/* Leaves @buf empty for what is unknown. */
	void (*format)(const struct text_output *out,
		       const struct drop_event *ev, char *buf, size_t size);
	enum column_of of;
} columns[] = {
	{ "HOST", 12, STYLE_NONE, cell_host, COLUMN_HOST },
	{ "TIME", 15, STYLE_DIM, cell_time, COLUMN_LIVE },
	{ "TIME", 19, STYLE_DIM, cell_date, COLUMN_LOG },
	{ "PACKETS", -9, STYLE_BOLD, cell_packets, COLUMN_LOG },
	{ "REASON", 14, STYLE_WARN, cell_reason, COLUMN_ANY },
	{ "DEVICES", 8, STYLE_NONE, cell_devices, COLUMN_ANY },
	{ "FLOW", 38, STYLE_BOLD, cell_flow, COLUMN_ANY },
	{ "LENGTH", -6, STYLE_NONE, cell_length, COLUMN_ANY },
	{ "WHERE", 0, STYLE_DIM, cell_where, COLUMN_ANY },
};

/* Columns that a terminal shows for valid UTF-8 of narrow characters. */
static int text_width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static bool is_shown(const struct text_output *out, const struct column *column)
{
	return column->of == COLUMN_HOST   ? out->has_hosts
	       : column->of == COLUMN_LOG  ? out->is_log
	       : column->of == COLUMN_LIVE ? !out->is_log
					   : true;
}

static void print_cell(const struct text_output *out, FILE *f, size_t i,
		       enum style style, const char *text)
{
	const struct term *term = out->term;
	const struct column *column = &columns[i];
	bool first = column->of == COLUMN_HOST ||
		     (!out->has_hosts && strcmp(column->title, "TIME") == 0);
	int right = column->width < 0;
	int space = (right ? -column->width : column->width) - text_width(text);

	fprintf(f, "%s%*s%s%s%s%*s", first ? "" : "  ",
		right && space > 0 ? space : 0, "", term_style(term, style),
		text, term_reset(term, style), !right && space > 0 ? space : 0,
		"");
}

void text_output_init(struct text_output *out, const struct term *term,
		      bool utc)
{
	*out = (struct text_output){ .term = term, .utc = utc };
}

void text_output_print_legend(struct text_output *out, FILE *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (is_shown(out, &columns[i]))
			print_cell(out, f, i, STYLE_BOLD, columns[i].title);
	fputc('\n', f);
}

/* Splitting a time is dear, and most events share their second. */
static void update_clock(struct text_output *out, FILE *f, uint64_t ns)
{
	time_t second = (time_t)(ns / 1000000000);
	struct tm tm;
	int day;

	if (ns == 0 || (out->began && second == out->second))
		return;
	out->second = second;
	if (!(out->utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		memset(&tm, 0, sizeof(tm));
	strftime(out->clock, sizeof(out->clock),
		 out->is_log ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
	day = tm.tm_year * 366 + tm.tm_yday;
	if (out->began && day != out->day && !out->is_log)
		fprintf(f, "%s-- %04d-%02d-%02d --%s\n",
			term_style(out->term, STYLE_DIM), tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday,
			term_reset(out->term, STYLE_DIM));
	out->day = day;
	out->began = true;
}

void text_output_print_event(struct text_output *out, FILE *f,
			     const struct drop_event *ev)
{
	update_clock(out, f, ev->timestamp_ns);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		char cell[CELL_MAX] = "";

		if (!is_shown(out, &columns[i]))
			continue;
		columns[i].format(out, ev, cell, sizeof(cell));
		print_cell(out, f, i, columns[i].style, cell[0] ? cell : "-");
	}
	event_context_print(ev, out->term, f, !out->is_log);
	fputc('\n', f);
}

void text_output_print_note(struct text_output *out, FILE *f, uint64_t ns,
			    enum style style, const char *note)
{
	char shown[4096];

	update_clock(out, f, ns);
	fprintf(f, "%s-- %s%s%s %s --%s\n", term_style(out->term, style),
		out->has_hosts ? term_escape(out->term, out->host, shown, 256)
			       : "",
		out->has_hosts ? " " : "", out->clock,
		term_escape(out->term, note, shown + 256, sizeof(shown) - 256),
		term_reset(out->term, style));
}

void text_output_print_lost(struct text_output *out, FILE *f,
			    uint64_t kernel_queue, uint64_t socket,
			    uint64_t session)
{
	uint64_t sum = kernel_queue + socket + session;

	fprintf(f,
		"%s-- %" PRIu64 " drop%s not shown: kernel queue %" PRIu64
		", socket %" PRIu64 ", this client %" PRIu64 " --%s\n",
		term_style(out->term, STYLE_BAD), sum, sum == 1 ? "" : "s",
		kernel_queue, socket, session,
		term_reset(out->term, STYLE_BAD));
}
