/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "codec.h"
#include "connection.h"
#include "flow.h"
#include "reason.h"
#include "trace-view.h"
#include "util.h"

/* A name of 255 bytes, each as \xNN. */
#define NAME_MAX_SHOWN 1100
#define RULE_MAX_SHOWN 16400

enum column {
	COLUMN_HOOK,
	COLUMN_CHAIN,
	COLUMN_RULE,
	COLUMN_VERDICT,
	N_COLUMNS
};

/* One line; with what is behind the columns, and is as long as it is. */
struct row {
	char cells[N_COLUMNS][4 * NAME_MAX_SHOWN];
	char text[RULE_MAX_SHOWN];
	enum style style; /* of the verdict */
};

struct view {
	const struct term *term;
	FILE *f;
	unsigned int widths[N_COLUMNS];
};

/* Columns that a terminal shows for valid UTF-8 of narrow characters. */
static unsigned int width_of(const char *s)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static struct json_object *at(struct json_object *array, size_t i)
{
	return json_object_array_get_idx(array, i);
}

static size_t length_of(struct json_object *array)
{
	return json_object_is_type(array, json_type_array)
		       ? json_object_array_length(array)
		       : 0;
}

/* --- the packet ----------------------------------------------------------- */

static void format_port(const struct term *term, const struct drop_port *port,
			char *buf, size_t size)
{
	buf[0] = '\0';
	if (port->name[0])
		term_escape(term, port->name, buf, size);
	else if (port->ifindex)
		snprintf(buf, size, "if%" PRIu32, port->ifindex);
}

/* "eth0>eth1" and the flow, of an object that has in, out and packet. */
static void format_packet(const struct term *term, struct json_object *object,
			  char devices[192], char flow[FLOW_MAX])
{
	char in[80] = "", out[80] = "";
	struct drop_event ev;

	devices[0] = '\0';
	copy_string(flow, FLOW_MAX, "- > -", SIZE_MAX);
	if (event_from_json(object, &ev) < 0)
		return;
	format_port(term, &ev.in, in, sizeof(in));
	format_port(term, &ev.out, out, sizeof(out));
	snprintf(devices, 192, "%s%s%s", in, out[0] ? ">" : "", out);
	flow_to_string(&ev.packet, flow);
	drop_event_done(&ev);
}

static void format_time(uint64_t ns, bool utc, char *buf, size_t size)
{
	time_t second = (time_t)(ns / 1000000000);
	char text[32];
	struct tm tm;

	if (!(utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		memset(&tm, 0, sizeof(tm));
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	snprintf(buf, size, "%s.%06" PRIu64, text, ns / 1000 % 1000000);
}

static void print_packet(const struct view *v, bool utc,
			 struct json_object *packet)
{
	char devices[192], flow[FLOW_MAX], time[64];

	format_time(json_find_uint64(packet, "timestamp_ns"), utc, time,
		    sizeof(time));
	format_packet(v->term, packet, devices, flow);
	fprintf(v->f, "%s%s%s  %s  %s%s%s\n", term_style(v->term, STYLE_DIM),
		time, term_reset(v->term, STYLE_DIM),
		devices[0] ? devices : "-", term_style(v->term, STYLE_BOLD),
		flow, term_reset(v->term, STYLE_BOLD));
}

/* --- what it met ---------------------------------------------------------- */

static const char *name(const struct view *v, struct json_object *step,
			const char *key, char buf[NAME_MAX_SHOWN])
{
	return term_escape(v->term, json_find_string(step, key), buf,
			   NAME_MAX_SHOWN);
}

static void fill_chain(const struct view *v, struct json_object *step,
		       char *buf, size_t size)
{
	char family[NAME_MAX_SHOWN], table[NAME_MAX_SHOWN],
		chain[NAME_MAX_SHOWN];

	snprintf(buf, size, "%s %s %s", name(v, step, "family", family),
		 name(v, step, "table", table), name(v, step, "chain", chain));
}

static void fill_rule(struct json_object *step, char *buf, size_t size)
{
	const char *type = json_find_string(step, "type");
	uint64_t handle = json_find_uint64(step, "rule_handle");

	if (handle)
		snprintf(buf, size, "handle %" PRIu64, handle);
	else
		snprintf(buf, size, "%s",
			 strcmp(type, "policy") == 0 ? "policy" : "end");
}

static enum style style_of(const char *verdict)
{
	return strcmp(verdict, "drop") == 0	? STYLE_BAD
	       : strcmp(verdict, "accept") == 0 ? STYLE_GOOD
	       : strcmp(verdict, "continue") == 0 ||
			       strcmp(verdict, "return") == 0
		       ? STYLE_DIM
		       : STYLE_WARN;
}

static void fill_verdict(const struct view *v, struct json_object *step,
			 char *buf, size_t size)
{
	char verdict[NAME_MAX_SHOWN], to[NAME_MAX_SHOWN];

	name(v, step, "verdict", verdict);
	name(v, step, "to", to);
	if (json_find(step, "queue"))
		snprintf(buf, size, "%s %" PRIu64, verdict,
			 json_find_uint64(step, "queue"));
	else
		snprintf(buf, size, "%s%s%s", verdict, to[0] ? " " : "", to);
}

static void fill_step(const struct view *v, struct json_object *step,
		      struct row *row)
{
	fill_chain(v, step, row->cells[COLUMN_CHAIN],
		   sizeof(row->cells[COLUMN_CHAIN]));
	fill_rule(step, row->cells[COLUMN_RULE],
		  sizeof(row->cells[COLUMN_RULE]));
	fill_verdict(v, step, row->cells[COLUMN_VERDICT],
		     sizeof(row->cells[COLUMN_VERDICT]));
	term_escape(v->term, json_find_string(step, "rule"), row->text,
		    sizeof(row->text));
	row->style = style_of(json_find_string(step, "verdict"));
}

static void clear(struct row *row)
{
	for (int i = 0; i < N_COLUMNS; i++)
		row->cells[i][0] = '\0';
	row->text[0] = '\0';
	row->style = STYLE_NONE;
}

static void print_row(const struct view *v, const struct row *row)
{
	static const enum style styles[N_COLUMNS] = {
		[COLUMN_HOOK] = STYLE_KEY,
	};
	int last = N_COLUMNS;

	/* No spaces at the end of a line. */
	while (!row->text[0] && last > 0 && !row->cells[last - 1][0])
		last--;
	fputc(' ', v->f);
	for (int i = 0; i < last; i++) {
		enum style style = i == COLUMN_VERDICT ? row->style : styles[i];
		const char *cell = row->cells[i];
		unsigned int pad =
			v->widths[i] - MIN(v->widths[i], width_of(cell));

		fprintf(v->f, "%s%s%s%s%*s", i > 0 ? "  " : " ",
			term_style(v->term, style), cell,
			term_reset(v->term, style),
			i + 1 < last || row->text[0] ? (int)pad : 0, "");
	}
	if (row->text[0])
		fprintf(v->f, "  %s", row->text);
	fputc('\n', v->f);
}

/* Has it become another since the hook before? Its addresses were translated.
 */
static bool is_changed(const struct view *v, struct json_object *before,
		       struct json_object *hook, char is[FLOW_MAX])
{
	char was[FLOW_MAX], devices[192];

	if (!json_find(before, "packet") || !json_find(hook, "packet"))
		return false;
	format_packet(v->term, before, devices, was);
	format_packet(v->term, hook, devices, is);
	return strcmp(was, is) != 0;
}

/* Its family, where there are more than one. */
static void fill_hook(const struct view *v, struct json_object *hook,
		      bool mixed, struct row *row)
{
	char shown[NAME_MAX_SHOWN], family[NAME_MAX_SHOWN];

	name(v, hook, "hook", shown);
	name(v, hook, "family", family);
	snprintf(row->cells[COLUMN_HOOK], sizeof(row->cells[COLUMN_HOOK]),
		 "%s%s%s", mixed ? family : "", mixed ? " " : "",
		 shown[0] ? shown : "?");
}

static void widen(struct view *v, const struct row *row)
{
	for (int i = 0; i < N_COLUMNS; i++) {
		unsigned int width = width_of(row->cells[i]);

		/* One that is too wide moves its own line alone. */
		if (width <= 60)
			v->widths[i] = MAX(v->widths[i], width);
	}
}

static bool is_mixed(struct json_object *hooks)
{
	for (size_t h = 1; h < length_of(hooks); h++)
		if (strcmp(json_find_string(at(hooks, h), "family"),
			   json_find_string(at(hooks, 0), "family")) != 0)
			return true;
	return false;
}

/* A row, or what its columns' widths are to be. */
static void take_row(struct view *v, const struct row *row, bool prints)
{
	if (prints)
		print_row(v, row);
	else
		widen(v, row);
}

static void print_words(const struct view *v, const struct row *row,
			enum style style, const char *prefix, const char *words)
{
	fprintf(v->f, "  %s%-*s%s  %s%s%s%s\n", term_style(v->term, STYLE_KEY),
		(int)v->widths[COLUMN_HOOK], row->cells[COLUMN_HOOK],
		term_reset(v->term, STYLE_KEY), prefix,
		term_style(v->term, style), words, term_reset(v->term, style));
}

static void walk_hook(struct view *v, struct json_object *hooks, size_t h,
		      struct row *row, bool prints)
{
	struct json_object *hook = at(hooks, h);
	struct json_object *steps = json_find(hook, "steps");
	size_t n = length_of(steps);
	char is[FLOW_MAX];

	clear(row);
	fill_hook(v, hook, is_mixed(hooks), row);
	if (!prints)
		widen(v, row);
	if (prints && h > 0 && is_changed(v, at(hooks, h - 1), hook, is)) {
		print_words(v, row, STYLE_BOLD, "now ", is);
		clear(row);
	}
	if (prints && n == 0)
		print_words(v, row, STYLE_DIM, "", "no chains");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			clear(row);
		fill_step(v, at(steps, i), row);
		take_row(v, row, prints);
	}
}

/* --- where it ended ------------------------------------------------------- */

static struct json_object *last_of(struct json_object *array)
{
	size_t n = length_of(array);

	return n > 0 ? at(array, n - 1) : NULL;
}

static void print_drop(const struct view *v, struct json_object *hook)
{
	struct json_object *step = last_of(json_find(hook, "steps"));
	char chain[4 * NAME_MAX_SHOWN], rule[64], shown[NAME_MAX_SHOWN];

	fill_chain(v, step, chain, sizeof(chain));
	fill_rule(step, rule, sizeof(rule));
	fprintf(v->f, "dropped by %s %s, at %s", chain, rule,
		name(v, hook, "hook", shown));
}

static void print_unknown(const struct view *v, struct json_object *hook)
{
	struct json_object *step = last_of(json_find(hook, "steps"));
	char shown[NAME_MAX_SHOWN];

	name(v, hook, "hook", shown);
	if (strcmp(json_find_string(step, "verdict"), "queue") == 0)
		fprintf(v->f,
			"queued to a program, and not seen again for a second");
	else
		fprintf(v->f,
			"not seen again %s %s: something other than nf_tables "
			"dropped or took it; see nfdrop monitor",
			json_object_get_boolean(json_find(hook, "passed"))
				? "after"
				: "in",
			shown);
}

static bool is_queued(struct json_object *packet)
{
	struct json_object *hook = last_of(json_find(packet, "hooks"));
	struct json_object *step = last_of(json_find(hook, "steps"));

	return strcmp(json_find_string(step, "verdict"), "queue") == 0;
}

/* By its reason, and what of netfilter it was, or where in the kernel's code.
 */
static void print_elsewhere(const struct view *v, struct json_object *packet)
{
	struct json_object *drop = json_find(packet, "drop");
	struct json_object *netfilter = json_find(drop, "netfilter");
	char reason[NAME_MAX_SHOWN], place[4 * NAME_MAX_SHOWN];
	const struct reason *known;
	char rule[RULE_MAX_SHOWN];

	if (netfilter && json_find(netfilter, "table"))
		fill_chain(v, netfilter, place, sizeof(place));
	else
		name(v, drop, "location", place);
	term_escape(v->term, json_find_string(netfilter, "rule"), rule,
		    sizeof(rule));
	fprintf(v->f, "%s, dropped elsewhere: %s, %s%s%s",
		is_queued(packet) ? "queued to a program"
				  : "let through by nftables",
		name(v, drop, "reason", reason), place, rule[0] ? ": " : "",
		rule);
	known = reason_find(json_find_string(drop, "reason"));
	if (known)
		fprintf(v->f, "\n     %s", known->explanation);
}

static void print_end(const struct view *v, struct json_object *packet)
{
	struct json_object *hook = last_of(json_find(packet, "hooks"));
	const char *end = json_find_string(packet, "end");
	const char *family = json_find_string(hook, "family");
	enum style style = strcmp(end, "drop") == 0 ||
					   strcmp(end, "elsewhere") == 0
				   ? STYLE_BAD
			   : strcmp(end, "unknown") == 0 ? STYLE_WARN
							 : STYLE_GOOD;
	char device[80];

	fprintf(v->f, "  %s=> ", term_style(v->term, style));
	if (strcmp(end, "drop") == 0)
		print_drop(v, hook);
	else if (strcmp(end, "elsewhere") == 0)
		print_elsewhere(v, packet);
	else if (strcmp(end, "sent") == 0)
		fprintf(v->f, "accepted, and sent out of %s",
			term_escape(v->term,
				    json_find_string(packet, "out/name"),
				    device, sizeof(device)));
	else if (strcmp(end, "delivered") == 0)
		fprintf(v->f, "accepted, and delivered to %s",
			strcmp(family, "bridge") == 0 ? "the bridge's device"
						      : "this machine");
	else
		print_unknown(v, hook);
	fprintf(v->f, "%s\n", term_reset(v->term, style));
}

/* Not where packets come from. */
static bool begins_late(struct json_object *hooks)
{
	const char *hook = json_find_string(at(hooks, 0), "hook");

	return strcmp(hook, "input") == 0 || strcmp(hook, "forward") == 0 ||
	       strcmp(hook, "postrouting") == 0;
}

void trace_view_print(const struct term *term, bool utc, FILE *f,
		      struct json_object *packet)
{
	struct json_object *hooks = json_find(packet, "hooks");
	struct view v = { .term = term, .f = f };
	struct row *row = malloc(sizeof(*row));

	if (!row)
		return;
	print_packet(&v, utc, packet);
	if (begins_late(hooks))
		fprintf(f,
			"  %sbefore this it did not match, or was one too "
			"many%s\n",
			term_style(term, STYLE_DIM),
			term_reset(term, STYLE_DIM));
	for (int pass = 0; pass < 2; pass++)
		for (size_t h = 0; h < length_of(hooks); h++)
			walk_hook(&v, hooks, h, row, pass == 1);
	if (json_object_get_boolean(json_find(packet, "cut")))
		fprintf(f, "  ... more than is shown here\n");
	print_end(&v, packet);
	free(row);
}
