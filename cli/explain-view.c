/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "codec.h"
#include "connection.h"
#include "explain-next.h"
#include "explain-view.h"
#include "flow.h"
#include "netns.h"
#include "reason.h"
#include "util.h"
#include "wrap.h"

#define LABEL_WIDTH 8
#define INDENT	    (LABEL_WIDTH + 2)
#define TEXT_MAX    4096
/* A name of 255 bytes, each as \xNN. */
#define NAME_SHOWN_MAX 1100
/* A rule of 4096 bytes in the same way would be too long to be of use. */
#define RULE_SHOWN_MAX 8192

struct view {
	const struct explanation *e;
	const struct term *term;
	bool utc;
	FILE *f;
};

static void label(const struct view *v, const char *text)
{
	fprintf(v->f, "%s%*s:%s ", term_style(v->term, STYLE_KEY), LABEL_WIDTH,
		text, term_reset(v->term, STYLE_KEY));
}

static void sentence(const struct view *v, const char *name,
		     const char *format, ...) _printf_(3, 4);

/* What is in it must be harmless already. */
static void sentence(const struct view *v, const char *name,
		     const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	label(v, name);
	wrap_print(v->f, text, INDENT, v->term->width);
}

static const char *shown(const struct view *v, const char *s,
			 char buf[NAME_SHOWN_MAX])
{
	return term_escape(v->term, s, buf, NAME_SHOWN_MAX);
}

static const char *time_text(const struct view *v, uint64_t ns, char buf[64])
{
	time_t second = (time_t)(ns / 1000000000);
	struct tm tm;

	buf[0] = '\0';
	if (ns > 0 &&
	    (v->utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)))
		strftime(buf, 64, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

/* --- the packet ----------------------------------------------------------- */

static void print_device(const struct view *v, const char *way,
			 const struct drop_port *port)
{
	char name[NAME_SHOWN_MAX];

	if (port->name[0])
		fprintf(v->f, ", %s by %s", way, shown(v, port->name, name));
	else if (port->ifindex)
		fprintf(v->f, ", %s by if%" PRIu32, way, port->ifindex);
}

static void print_packet(const struct view *v)
{
	const struct drop_event *ev = v->e->event;
	char text[64], reason[NAME_SHOWN_MAX], flow[FLOW_MAX];

	fprintf(v->f, "%s%s.%06" PRIu64 "%s  ", term_style(v->term, STYLE_DIM),
		time_text(v, ev->timestamp_ns, text),
		ev->timestamp_ns / 1000 % 1000000,
		term_reset(v->term, STYLE_DIM));
	fprintf(v->f, "%s%s%s\n", term_style(v->term, STYLE_WARN),
		ev->reason[0] ? shown(v, ev->reason, reason)
			      : "no reason is known",
		term_reset(v->term, STYLE_WARN));
	fprintf(v->f, "%s%s%s", term_style(v->term, STYLE_BOLD),
		flow_to_string(&ev->packet, flow),
		term_reset(v->term, STYLE_BOLD));
	if (ev->length)
		fprintf(v->f, ", %" PRIu32 " bytes", ev->length);
	print_device(v, "in", &ev->in);
	print_device(v, "out", &ev->out);
	fputs("\n\n", v->f);
}

static void print_why(const struct view *v)
{
	const struct drop_event *ev = v->e->event;
	const struct reason *reason = reason_find(ev->reason);
	char name[NAME_SHOWN_MAX];

	if (reason)
		sentence(v, "Why", "%s", reason->explanation);
	else if (ev->reason[0])
		sentence(v, "Why", "This nfdrop does not know the reason %s.",
			 shown(v, ev->reason, name));
	if (ev->location[0])
		sentence(v, "Where", "%s", shown(v, ev->location, name));
	if (ev->trap[0])
		sentence(v, "Trap", "%s", shown(v, ev->trap, name));
}

/* --- the rule ------------------------------------------------------------- */

static const char *attribution(const struct drop_event *ev)
{
	switch (ev->attribution) {
	case DROP_ATTRIBUTION_EXACT:
		return ", known exactly: the kernel told it";
	case DROP_ATTRIBUTION_TRACED:
		return ", from a trace of a packet of the same flow";
	case DROP_ATTRIBUTION_INFERRED:
		return ", inferred from the ruleset: it may be another one";
	default:
		return "";
	}
}

static bool is_nft(const struct drop_event *ev)
{
	return ev->netfilter.kind == DROP_KIND_NONE ||
	       ev->netfilter.kind == DROP_KIND_NFT_RULE ||
	       ev->netfilter.kind == DROP_KIND_NFT_POLICY ||
	       ev->netfilter.kind == DROP_KIND_NFT_CHAIN;
}

static void print_place(const struct view *v)
{
	const struct drop_netfilter *nf = &v->e->event->netfilter;
	char table[NAME_SHOWN_MAX], chain[NAME_SHOWN_MAX];
	char by[NAME_SHOWN_MAX], which[32] = "";

	if (nf->table[0] == '\0') {
		if (nf->kind != DROP_KIND_NONE)
			sentence(v, "By", "%s%s%s",
				 drop_kind_to_string((int)nf->kind),
				 nf->by[0] ? ": " : "", shown(v, nf->by, by));
		else if (v->e->is_drop)
			sentence(v, "Rule",
				 "No rule is known. Either none dropped it, or "
				 "this kernel does not tell; \"nfdrop status\" "
				 "says which.");
		return;
	}
	if (nf->rule_handle)
		snprintf(which, sizeof(which), " %s %" PRIu64,
			 is_nft(v->e->event) ? "handle" : "rule",
			 nf->rule_handle);
	else if (nf->policy)
		snprintf(which, sizeof(which), " policy");
	sentence(v, "Rule", "%s %s %s%s%s", nf->family,
		 shown(v, nf->table, table), shown(v, nf->chain, chain), which,
		 v->e->is_drop ? attribution(v->e->event) : "");
	if (nf->hook[0] && v->e->is_drop)
		sentence(v, "Hook", "%s", nf->hook);
	/* That is how a plain drop is called. */
	if (nf->by[0] && strcmp(nf->by, "immediate") != 0)
		sentence(v, "By", "%s", shown(v, nf->by, by));
}

static void append(char *buf, const char *format, ...) _printf_(2, 3);

static void append(char *buf, const char *format, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf + len, TEXT_MAX - len, format, ap);
	va_end(ap);
}

/* ", hook input, priority 0, policy accept" of a base chain. */
static void append_base(const struct view *v, struct json_object *chain,
			char *buf)
{
	char text[NAME_SHOWN_MAX];
	const char *type = json_find_string(chain, "type");

	if (type[0] == '\0')
		return;
	append(buf, ": %s", shown(v, type, text));
	append(buf, ", hook %s",
	       shown(v, json_find_string(chain, "hook"), text));
	append(buf, ", priority %" PRId64,
	       json_object_get_int64(json_find(chain, "priority")));
	append(buf, ", policy %s",
	       shown(v, json_find_string(chain, "policy"), text));
	if (json_find_string(chain, "devices")[0])
		append(buf, ", devices %s",
		       shown(v, json_find_string(chain, "devices"), text));
}

/* A rule's text, or what there is instead. Returns @buf. */
static const char *rule_text(const struct view *v, struct json_object *rule,
			     char *buf, size_t size)
{
	const char *text = json_find_string(rule, "rule");
	const char *comment = json_find_string(rule, "comment");

	if (text[0] == '\0' && comment[0] == '\0') {
		snprintf(buf, size, "(its text is not known)");
		return buf;
	}
	return term_escape(v->term, text[0] ? text : comment, buf, size);
}

static void print_neighbour(const struct view *v, struct json_object *rule,
			    bool is_it)
{
	char text[RULE_SHOWN_MAX];

	fprintf(v->f, "%*s%s%s %6" PRIu64 "  %s%s\n", INDENT, "",
		term_style(v->term, is_it ? STYLE_BAD : STYLE_DIM),
		is_it ? ">" : " ", json_find_uint64(rule, "rule_handle"),
		rule_text(v, rule, text, sizeof(text)),
		term_reset(v->term, is_it ? STYLE_BAD : STYLE_DIM));
}

static void print_chain(const struct view *v)
{
	struct json_object *reply = v->e->rule;
	struct json_object *rules = json_find(reply, "rules");
	struct json_object *place = json_find(reply, "place");
	uint64_t first = json_find_uint64(reply, "first");
	uint64_t n_rules = json_find_uint64(reply, "n_rules");
	char text[TEXT_MAX] = "", name[NAME_SHOWN_MAX];
	size_t n = 0;

	append(text, "table %s ",
	       shown(v, json_find_string(reply, "chain/family"), name));
	append(text, "%s, ",
	       shown(v, json_find_string(reply, "chain/table"), name));
	append(text, "chain %s",
	       shown(v, json_find_string(reply, "chain/chain"), name));
	append_base(v, json_find(reply, "chain"), text);
	sentence(v, "Chain", "%s", text);
	if (json_object_is_type(rules, json_type_array))
		n = json_object_array_length(rules);
	if (first > 0)
		fprintf(v->f, "%*s         ... %" PRIu64 " before\n", INDENT,
			"", first);
	for (size_t i = 0; i < n; i++)
		print_neighbour(v, json_object_array_get_idx(rules, i),
				place && json_object_get_uint64(place) ==
						 first + i);
	if (n_rules > first + n)
		fprintf(v->f, "%*s         ... %" PRIu64 " more\n", INDENT, "",
			n_rules - first - n);
	if (v->e->event->netfilter.policy)
		fprintf(v->f, "%*s%s>  policy  drop%s\n", INDENT, "",
			term_style(v->term, STYLE_BAD),
			term_reset(v->term, STYLE_BAD));
}

/* Does the way begin at the hook of the drop? */
static bool is_way_of(const struct view *v, struct json_object *steps)
{
	const char *hook = json_find_string(
		json_object_array_get_idx(steps, 0), "hook");

	return v->e->event->netfilter.hook[0] == '\0' ||
	       strcmp(hook, v->e->event->netfilter.hook) == 0;
}

static void print_way(const struct view *v, struct json_object *steps,
		      const char *name)
{
	char text[TEXT_MAX] = "", buf[RULE_SHOWN_MAX];

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);

		append(text, "%s%s", i > 0 ? " > " : "",
		       shown(v, json_find_string(step, "chain"), buf));
		if (i == 0)
			append_base(v, step, text);
		if (json_find(step, "rule_handle"))
			append(text, "; handle %" PRIu64 ", \"%s\"",
			       json_find_uint64(step, "rule_handle"),
			       rule_text(v, step, buf, sizeof(buf)));
	}
	sentence(v, name, "%s", text);
}

/* Ways to a chain that is no base chain, which is its own way. */
static void print_ways(const struct view *v)
{
	struct json_object *paths = json_find(v->e->rule, "paths");
	const char *name = "Way";
	size_t n = 0;

	if (json_find_string(v->e->rule, "chain/type")[0])
		return;
	if (json_object_is_type(paths, json_type_array))
		n = json_object_array_length(paths);
	for (size_t i = 0; i < n; i++) {
		struct json_object *steps = json_find(
			json_object_array_get_idx(paths, i), "steps");

		if (!json_object_is_type(steps, json_type_array) ||
		    json_object_array_length(steps) == 0 ||
		    !is_way_of(v, steps))
			continue;
		print_way(v, steps, name);
		name = "or";
	}
	if (strcmp(name, "Way") == 0)
		sentence(v, "Way",
			 "No rule jumps or goes to this chain: a map of "
			 "verdicts may lead here.");
	else if (json_object_get_boolean(json_find(v->e->rule, "more_paths")))
		sentence(v, "or", "by other ways, which are too many.");
}

static void print_rule(const struct view *v)
{
	print_place(v);
	if (!v->e->rule)
		return;
	if (!json_object_get_boolean(json_find(v->e->rule, "known"))) {
		sentence(v, "Chain",
			 "It is in no ruleset that nfdropd knows: it was gone "
			 "before it was read, or never was there. \"nfdrop "
			 "status\" says what is known.");
		return;
	}
	print_chain(v);
	print_ways(v);
}

/* --- what else is known --------------------------------------------------- */

static void print_element(const struct view *v)
{
	const struct drop_netfilter *nf = &v->e->event->netfilter;
	char set[NAME_SHOWN_MAX], element[NAME_SHOWN_MAX];

	if (nf->set[0] == '\0')
		return;
	sentence(v, "Element", "%s in the %s%s",
		 nf->element[0] ? shown(v, nf->element, element)
				: "one that is not known",
		 strncmp(nf->set, "__", 2) == 0 ? "rule's own set "
						: "set ",
		 shown(v, nf->set, set));
}

static void print_netns(const struct view *v)
{
	const struct drop_netns *netns = &v->e->event->netns;
	char name[NAME_SHOWN_MAX];

	if (netns->inum == 0 || netns_is_initial(netns->cookie, netns->inum))
		return;
	if (netns->name[0])
		sentence(v, "Netns", "%s (number %" PRIu32 ")",
			 shown(v, netns->name, name), netns->inum);
	else
		sentence(v, "Netns", "number %" PRIu32 ", without a name",
			 netns->inum);
}

static void print_sender(const struct view *v)
{
	const struct drop_event *ev = v->e->event;
	char unit[NAME_SHOWN_MAX];

	if (!(ev->has & DROP_HAS_UID))
		return;
	sentence(v, "Sender", "user %" PRIu32 "%s%s%s%s", ev->process.uid,
		 ev->process.unit ? ", unit " : "",
		 ev->process.unit ? shown(v, ev->process.unit, unit) : "",
		 ev->netfilter.errnum ? ", who got the error " : "",
		 ev->netfilter.errnum ? strerrorname_np((int)ev->netfilter.errnum)
				      : "");
}

static void print_counts(const struct view *v)
{
	uint64_t packets = 0, bytes = 0, first = 0, last = 0;
	char from[64], to[64];
	size_t n = 0;

	if (!v->e->counts)
		return;
	n = json_object_array_length(v->e->counts);
	for (size_t i = 0; i < n; i++) {
		struct json_object *rule =
			json_object_array_get_idx(v->e->counts, i);
		uint64_t seen = json_find_uint64(rule, "first_seen");

		packets += json_find_uint64(rule, "packets");
		bytes += json_find_uint64(rule, "bytes");
		first = first == 0 ? seen : MIN(first, seen);
		last = MAX(last, json_find_uint64(rule, "last_seen"));
	}
	if (packets == 0)
		sentence(v, "Count", "nothing dropped yet");
	else
		sentence(v, "Count",
			 "%" PRIu64 " packet%s with %" PRIu64
			 " bytes, first %s, last %s",
			 packets, packets == 1 ? "" : "s", bytes,
			 time_text(v, first, from), time_text(v, last, to));
}

/* What has changed since. */
static void print_now(const struct view *v)
{
	struct json_object *reply = v->e->rule;
	uint64_t generation = json_find_uint64(reply, "generation");
	uint32_t then = v->e->event->netfilter.generation;

	if (!reply || !json_object_get_boolean(json_find(reply, "known")))
		return;
	if (!json_object_get_boolean(json_find(reply, "current")))
		sentence(v, "Now",
			 "It is gone since: the above is how it was in "
			 "generation %" PRIu64 " of the ruleset.",
			 generation);
	else if (then != 0 && then != generation)
		sentence(v, "Now",
			 "It is still there; the ruleset changed since, from "
			 "generation %" PRIu32 " to %" PRIu64 ".",
			 then, generation);
	else
		sentence(v, "Now", "It is still there%s.",
			 v->e->is_drop ? ", and nothing changed" : "");
}

static void print_next(const struct view *v)
{
	char command[EXPLAIN_NEXT_MAX];
	const char *name = "Next";

	for (size_t i = 0; explain_next(v->e->event, i, command); i++) {
		label(v, name);
		fprintf(v->f, "%s\n", command);
		name = "or";
	}
}

void explain_view_print(const struct explanation *explanation,
			const struct term *term, bool utc, FILE *f)
{
	const struct view v = { explanation, term, utc, f };

	if (explanation->is_drop) {
		print_packet(&v);
		print_why(&v);
	}
	print_rule(&v);
	print_element(&v);
	print_netns(&v);
	print_sender(&v);
	print_counts(&v);
	print_now(&v);
	print_next(&v);
}

struct json_object *explain_view_json(const struct explanation *e)
{
	struct json_object *root = json_object_new_object();
	const struct reason *reason = reason_find(e->event->reason);

	if (!root)
		return NULL;
	if (e->is_drop)
		json_object_object_add(root, "event", event_to_json(e->event));
	if (e->is_drop && reason)
		json_object_object_add(
			root, "explanation",
			json_object_new_string(reason->explanation));
	if (e->rule)
		json_object_object_add(root, "rule", json_object_get(e->rule));
	if (e->counts)
		json_object_object_add(root, "counts",
				       json_object_get(e->counts));
	return root;
}
