/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include "connection.h"
#include "status-view.h"
#include "wrap.h"

#define SHOWN_MAX   512
#define LABEL_WIDTH 10
#define INDENT	    (LABEL_WIDTH + 2)

struct view {
	struct json_object *status;
	uint64_t now_ns;
	const struct term *term;
	FILE *f;
};

/* A string of the status, harmless. */
static const char *shown(const struct view *v, const char *path,
			 char buf[SHOWN_MAX])
{
	return term_escape(v->term, json_find_string(v->status, path), buf,
			   SHOWN_MAX);
}

static uint64_t number(const struct view *v, const char *path)
{
	return json_find_uint64(v->status, path);
}

static bool is_true(const struct view *v, const char *path)
{
	return json_object_get_boolean(json_find(v->status, path));
}

static void print_text(const struct view *v, const char *path)
{
	char buf[SHOWN_MAX];

	fprintf(v->f, "%s\n", shown(v, path, buf));
}

static void print_duration(FILE *f, uint64_t seconds)
{
	uint64_t minutes = seconds / 60, hours = minutes / 60;

	if (hours >= 48)
		fprintf(f, "%" PRIu64 " days %" PRIu64 " h", hours / 24,
			hours % 24);
	else if (hours > 0)
		fprintf(f, "%" PRIu64 " h %" PRIu64 " min", hours,
			minutes % 60);
	else if (minutes > 0)
		fprintf(f, "%" PRIu64 " min %" PRIu64 " s", minutes,
			seconds % 60);
	else
		fprintf(f, "%" PRIu64 " s", seconds);
}

static void print_since(const struct view *v, const char *path)
{
	uint64_t ns = number(v, path);
	time_t second = (time_t)(ns / 1000000000);
	char text[64] = "";
	struct tm tm;

	if (ns == 0) {
		fprintf(v->f, "unknown\n");
		return;
	}
	if (localtime_r(&second, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	fprintf(v->f, "%s", text);
	if (v->now_ns >= ns) {
		fprintf(v->f, ", for ");
		print_duration(v->f, (v->now_ns - ns) / 1000000000);
	}
	fputc('\n', v->f);
}

static void print_monitor(const struct view *v, const char *path)
{
	char owner[SHOWN_MAX], mode[SHOWN_MAX];
	uint64_t restarts = number(v, "monitor/restarts");

	(void)path;
	if (!is_true(v, "monitor/running")) {
		fprintf(v->f, "not running\n");
		return;
	}
	shown(v, "monitor/owner", owner);
	shown(v, "monitor/mode", mode);
	fprintf(v->f, "started by %s, %s mode",
		strcmp(owner, "other") == 0 ? "another program" : owner, mode);
	if (number(v, "monitor/truncation"))
		fprintf(v->f, ", %" PRIu64 " bytes a packet",
			number(v, "monitor/truncation"));
	if (number(v, "monitor/queue_length"))
		fprintf(v->f, ", queue of %" PRIu64,
			number(v, "monitor/queue_length"));
	fprintf(v->f, ", hardware drops %s",
		is_true(v, "monitor/hardware") ? "on" : "off");
	if (restarts > 0)
		fprintf(v->f, ", started again %" PRIu64 " time%s", restarts,
			restarts == 1 ? "" : "s");
	fputc('\n', v->f);
}

static void print_features(const struct view *v, const char *path)
{
	struct json_object *array = json_find(v->status, path);
	size_t n = 0;

	if (json_object_is_type(array, json_type_array))
		n = json_object_array_length(array);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_object_get_string(
			json_object_array_get_idx(array, i));
		char buf[SHOWN_MAX];

		fprintf(v->f, "%s%s", i > 0 ? ", " : "",
			term_escape(v->term, name ? name : "", buf,
				    sizeof(buf)));
	}
	fprintf(v->f, "%s\n", n == 0 ? "none" : "");
}

/* A sentence for each thing that this kernel tells or does not. */
static void print_tells(const struct view *v, const char *path)
{
	static const char *const marks[2][2] = {
		{ "X", "+" }, { "\xe2\x9c\x97", "\xe2\x9c\x93" }
	};
	struct json_object *array = json_find(v->status, path);
	size_t n = 0;

	if (json_object_is_type(array, json_type_array))
		n = json_object_array_length(array);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		bool told = json_object_get_boolean(json_find(item, "told"));
		enum style style = told ? STYLE_GOOD : STYLE_WARN;
		char buf[SHOWN_MAX];

		fprintf(v->f, "%*s%s%s%s ", i > 0 ? INDENT : 0, "",
			term_style(v->term, style), marks[v->term->utf8][told],
			term_reset(v->term, style));
		wrap_print(v->f,
			   term_escape(v->term,
				       json_find_string(item, "message"), buf,
				       sizeof(buf)),
			   INDENT + 2, v->term->width);
	}
	if (n == 0)
		fputs("unknown\n", v->f);
}

static void print_sentence(const struct view *v, const char *path)
{
	char buf[SHOWN_MAX];

	wrap_print(v->f, shown(v, path, buf), INDENT, v->term->width);
}

static void print_rules(const struct view *v, const char *path)
{
	uint64_t packets = number(v, path), rules = number(v, "rules/current");
	uint64_t by_events = number(v, "rules/by_events");
	bool counting = is_true(v, "rules/counting");

	if (!counting && packets == 0) {
		fprintf(v->f, "not counted by the kernel, none seen yet\n");
		return;
	}
	if (json_find(v->status, "rules/message")) {
		print_sentence(v, "rules/message");
		fprintf(v->f, "%*s", INDENT, "");
	}
	fprintf(v->f,
		"%" PRIu64 " packet%s with %" PRIu64 " byte%s, by %" PRIu64
		" rule%s and reason%s",
		packets, packets == 1 ? "" : "s", number(v, "rules/bytes"),
		number(v, "rules/bytes") == 1 ? "" : "s", rules,
		rules == 1 ? "" : "s", rules == 1 ? "" : "s");
	if (by_events > 0)
		fprintf(v->f, "; %" PRIu64 " of them counted as seen",
			by_events);
	fprintf(v->f, "%s\n", counting ? "" : "; the kernel counts none now");
}

static void print_inference(const struct view *v, const char *path)
{
	uint64_t skipped = number(v, "inference/skipped");

	(void)path;
	fprintf(v->f,
		"packets without a rule from the kernel: %" PRIu64
		" have one of the ruleset, %" PRIu64 " several, %" PRIu64
		" none",
		number(v, "inference/inferred"), number(v, "inference/several"),
		number(v, "inference/none"));
	if (skipped > 0)
		fprintf(v->f, "; %" PRIu64 " were not looked at", skipped);
	fputc('\n', v->f);
}

static void print_count(const struct view *v, uint64_t n, const char *what)
{
	fprintf(v->f, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void print_ruleset(const struct view *v, const char *path)
{
	uint64_t rules = number(v, "ruleset/rules");

	(void)path;
	if (json_find(v->status, "ruleset/generation")) {
		print_count(v, rules, "rule");
		fputs(" in ", v->f);
		print_count(v, number(v, "ruleset/chains"), "chain");
		fputs(" of ", v->f);
		print_count(v, number(v, "ruleset/tables"), "table");
		fprintf(v->f, ", generation %" PRIu64 "\n",
			number(v, "ruleset/generation"));
		if (json_find(v->status, "ruleset/message"))
			fprintf(v->f, "%*s", INDENT, "");
	}
	if (json_find(v->status, "ruleset/message"))
		print_sentence(v, "ruleset/message");
}

static void print_counters(const struct view *v, const char *path)
{
	uint64_t read_ns = number(v, "counters/read");

	print_count(v, number(v, path), "rule");
	fputs(number(v, path) == 1 ? " counts its drops" : " count their drops",
	      v->f);
	if (read_ns > 0)
		fprintf(v->f, ", read %" PRIu64 " s ago",
			v->now_ns > read_ns ? (v->now_ns - read_ns) / 1000000000
					    : 0);
	if (json_find(v->status, "counters/error")) {
		char error[SHOWN_MAX];

		fprintf(v->f, "; not readable: %s",
			shown(v, "counters/error", error));
	}
	fputc('\n', v->f);
}

static void print_namespaces(const struct view *v, const char *path)
{
	uint64_t known = number(v, "namespaces/known");

	(void)path;
	if (!is_true(v, "namespaces/followed")) {
		fputs("not looked into\n", v->f);
		return;
	}
	print_count(v, known, "other");
	fprintf(v->f,
		" dropped packets, %" PRIu64 " with a name, rules of "
		"%" PRIu64 " known\n",
		number(v, "namespaces/named"),
		number(v, "namespaces/rulesets"));
}

static void print_trace(const struct view *v, const char *path)
{
	(void)path;
	if (json_find(v->status, "trace/samples_per_second")) {
		fprintf(v->f,
			"at most %" PRIu64 " packets a second; %" PRIu64
			" told the rule of a drop\n%*s",
			number(v, "trace/samples_per_second"),
			number(v, "trace/packets"), INDENT, "");
	} else if (json_find(v->status, "trace/flows")) {
		print_count(v, number(v, "trace/flows"), "flow");
		fprintf(v->f,
			" of at most %" PRIu64 "; %" PRIu64 " packets told "
			"the rule of %" PRIu64 " drops\n%*s",
			number(v, "trace/max_flows"),
			number(v, "trace/packets"),
			number(v, "trace/attributed"), INDENT, "");
	}
	print_sentence(v, "trace/message");
}

static void print_events(const struct view *v, const char *path)
{
	uint64_t malformed = number(v, "malformed");

	fprintf(v->f, "%" PRIu64, number(v, path));
	if (malformed > 0)
		fprintf(v->f, " (%" PRIu64 " malformed messages)", malformed);
	fputc('\n', v->f);
}

#define N_EVENT_LOSSES 4

static void print_losses(const struct view *v, const char *path)
{
	static const char *const parts[][2] = {
		{ "kernel queue", "losses/kernel_queue" },
		{ "socket", "losses/socket" },
		{ "aggregate", "losses/aggregate_other" },
		{ "clients", "losses/sessions" },
		{ "rules' packets", "losses/rule_packets" },
		{ "rules' messages", "losses/rule_messages" },
	};
	const char *separator = "";
	uint64_t sum = 0;

	(void)path;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum += number(v, parts[i][1]);
	if (sum == 0) {
		fprintf(v->f, "none\n");
		return;
	}
	fputs(term_style(v->term, STYLE_BAD), v->f);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint64_t n = number(v, parts[i][1]);

		/* Few kernels have these. */
		if (n == 0 && i >= N_EVENT_LOSSES)
			continue;
		fprintf(v->f, "%s%s %" PRIu64, separator, parts[i][0], n);
		separator = ", ";
	}
	fprintf(v->f, "%s\n", term_reset(v->term, STYLE_BAD));
}

static void print_sessions(const struct view *v, const char *path)
{
	fprintf(v->f, "%" PRIu64 " of %" PRIu64 "\n", number(v, path),
		number(v, "sessions/max"));
}

/* Left out where nothing is at @path. */
static const struct line {
	const char *label;
	const char *path;
	void (*print)(const struct view *v, const char *path);
} lines[] = {
	{ "Since", "started_ns", print_since },
	{ "Kernel", "kernel", print_text },
	{ "Source", "source", print_text },
	{ "Monitor", "monitor", print_monitor },
	{ "Features", "features", print_features },
	{ "Tells", "kernel_tells", print_tells },
	{ "Remedy", "remedy", print_sentence },
	{ "Ruleset", "ruleset/state", print_ruleset },
	{ "Counters", "counters/rules", print_counters },
	{ "Netns", "namespaces", print_namespaces },
	{ "Traces", "trace/state", print_trace },
	{ "Drops", "events", print_events },
	{ "Rules", "rules/packets", print_rules },
	{ "Inferred", "inference", print_inference },
	{ "Losses", "losses", print_losses },
	{ "Clients", "sessions/current", print_sessions },
};

static enum style state_style(const char *state)
{
	if (strcmp(state, "active") == 0)
		return STYLE_GOOD;
	return strcmp(state, "passive") == 0 || strcmp(state, "sampling") == 0
		       ? STYLE_WARN
		       : STYLE_BAD;
}

static void print_head(const struct view *v)
{
	enum style style = state_style(json_find_string(v->status, "state"));
	char version[SHOWN_MAX], state[SHOWN_MAX], message[SHOWN_MAX];

	fprintf(v->f, "%s%s%s nfdropd %s: %s%s%s\n", term_style(v->term, style),
		v->term->utf8 ? "\xe2\x97\x8f" : "*",
		term_reset(v->term, style), shown(v, "version", version),
		term_style(v->term, style), shown(v, "state", state),
		term_reset(v->term, style));
	if (!shown(v, "message", message)[0])
		return;
	fputs("  ", v->f);
	wrap_print(v->f, message, 2, v->term->width);
}

/* A line that is longer than the terminal is wide goes on below itself. */
static void print_value(const struct view *v, const struct line *line)
{
	_cleanup_free_ char *text = NULL;
	struct view wide = *v;
	size_t len;

	wide.f = open_memstream(&text, &len);
	if (!wide.f)
		return;
	line->print(&wide, line->path);
	fclose(wide.f);
	fprintf(v->f, "%*s: ", LABEL_WIDTH, line->label);
	if (len > 0 && memchr(text, '\n', len) == text + len - 1) {
		text[len - 1] = '\0';
		wrap_print(v->f, text, INDENT, v->term->width);
	} else {
		fputs(text, v->f);
	}
}

void status_view_print(struct json_object *status, uint64_t now_ns,
		       const struct term *term, FILE *f)
{
	struct view v = {
		.status = status,
		.now_ns = now_ns,
		.term = term,
		.f = f,
	};

	print_head(&v);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (json_find(status, lines[i].path))
			print_value(&v, &lines[i]);
}
