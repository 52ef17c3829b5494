/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "connection.h"
#include "explain-next.h"
#include "explain-rule.h"
#include "explain-view.h"
#include "flow.h"
#include "netns.h"
#include "reason.h"
#include "wrap.h"

/* Of the heaviest senders and ports. */
#define HITTERS 3
/* Of all counts of a rule; more are few packets each. */
#define HITTERS_MAX 128

struct view {
	const struct explanation *e;
	struct explain_print print;
};

/* --- the packet ----------------------------------------------------------- */

static void append_device(const struct view *v, const char *way,
			  const struct drop_port *port, char *text)
{
	char name[EXPLAIN_NAME_MAX];

	if (port->name[0])
		explain_append(text, ", %s by %s", way,
			       explain_name(&v->print, port->name, name));
	else if (port->ifindex)
		explain_append(text, ", %s by if%" PRIu32, way, port->ifindex);
}

static void print_packet(const struct view *v)
{
	const struct term *term = v->print.term;
	const struct drop_event *ev = v->e->event;
	char text[EXPLAIN_TEXT_MAX] = "", reason[EXPLAIN_NAME_MAX];
	char flow[FLOW_MAX], time[64];
	FILE *f = v->print.f;

	if (ev->timestamp_ns)
		fprintf(f, "%s%s.%06" PRIu64 "%s  ",
			term_style(term, STYLE_DIM),
			explain_time(&v->print, ev->timestamp_ns, time),
			ev->timestamp_ns / 1000 % 1000000,
			term_reset(term, STYLE_DIM));
	fprintf(f, "%s%s%s\n", term_style(term, STYLE_WARN),
		ev->reason[0] ? explain_name(&v->print, ev->reason, reason)
			      : "no reason is known",
		term_reset(term, STYLE_WARN));
	explain_append(text, "%s%s%s", term_style(term, STYLE_BOLD),
		       flow_to_string(&ev->packet, flow),
		       term_reset(term, STYLE_BOLD));
	if (ev->length)
		explain_append(text, ", %" PRIu32 " bytes", ev->length);
	append_device(v, "in", &ev->in, text);
	append_device(v, "out", &ev->out, text);
	if (ev->count > 1)
		explain_append(text, ", and %" PRIu64 " more like it",
			       ev->count - 1);
	wrap_print(f, text, 0, term->width);
	fputc('\n', f);
}

static void print_why(const struct view *v)
{
	const struct drop_event *ev = v->e->event;
	const struct reason *reason = reason_find(ev->reason);
	const struct explain_print *p = &v->print;
	char name[EXPLAIN_NAME_MAX];

	if (reason)
		explain_sentence(p, "Why", "%s", reason->explanation);
	else if (ev->reason[0])
		explain_sentence(p, "Why",
				 "This nfdrop does not know the reason %s.",
				 explain_name(p, ev->reason, name));
	if (ev->location[0])
		explain_sentence(p, "Where", "%s, in the kernel's code",
				 explain_name(p, ev->location, name));
	if (ev->trap[0])
		explain_sentence(p, "Trap", "%s",
				 explain_name(p, ev->trap, name));
}

/* --- what else is known --------------------------------------------------- */

static void print_element(const struct view *v)
{
	const struct drop_netfilter *nf = &v->e->event->netfilter;
	char set[EXPLAIN_NAME_MAX], element[EXPLAIN_NAME_MAX];
	const char *which =
		nf->element[0] ? explain_name(&v->print, nf->element, element)
			       : "one that is not known";

	if (nf->set[0] == '\0')
		return;
	/* One that is written in the rule has a name of the kernel's. */
	if (strncmp(nf->set, "__", 2) == 0)
		explain_sentence(&v->print, "Element",
				 "%s, in the rule's own set", which);
	else
		explain_sentence(&v->print, "Element", "%s, in the set %s",
				 which, explain_name(&v->print, nf->set, set));
}

static void print_netns(const struct view *v)
{
	const struct drop_netns *netns = &v->e->event->netns;
	char name[EXPLAIN_NAME_MAX];

	if (netns->inum == 0 || netns_is_initial(netns->cookie, netns->inum))
		return;
	if (netns->name[0])
		explain_sentence(&v->print, "Netns", "%s (number %" PRIu32 ")",
				 explain_name(&v->print, netns->name, name),
				 netns->inum);
	else
		explain_sentence(&v->print, "Netns",
				 "number %" PRIu32 ", without a name",
				 netns->inum);
}

static void print_sender(const struct view *v)
{
	const struct drop_event *ev = v->e->event;
	uint32_t n = ev->netfilter.errnum;
	const char *error = n != 0 && n <= INT32_MAX ? strerrorname_np((int)n)
						     : NULL;
	char unit[EXPLAIN_NAME_MAX];

	if (!(ev->has & DROP_HAS_UID))
		return;
	explain_sentence(&v->print, "Sender", "user %" PRIu32 "%s%s%s%s",
			 ev->process.uid, ev->process.unit ? ", unit " : "",
			 ev->process.unit ? explain_name(&v->print,
							 ev->process.unit, unit)
					  : "",
			 error ? ", who got the error " : "",
			 error ? error : "");
}

/* --- counts --------------------------------------------------------------- */

/* A rule's own is in what others count, too: see print_counter(). */
static bool is_own_counter(struct json_object *rule)
{
	return strcmp(json_find_string(rule, "counted"), "counter") == 0;
}

static bool has_counts(const struct view *v)
{
	size_t n = json_object_array_length(v->e->counts);

	for (size_t i = 0; i < n; i++)
		if (!is_own_counter(json_object_array_get_idx(v->e->counts, i)))
			return true;
	return false;
}

static void print_counts(const struct view *v)
{
	const struct explain_print *p = &v->print;
	uint64_t packets = 0, bytes = 0, first = 0, last = 0;
	char from[64], to[64], rate[64] = "";
	double a_second = 0;
	bool at_least = false, grew = false;
	size_t n = json_object_array_length(v->e->counts);

	for (size_t i = 0; i < n; i++) {
		struct json_object *rule =
			json_object_array_get_idx(v->e->counts, i);
		uint64_t seen = json_find_uint64(rule, "first_seen");

		grew |= is_own_counter(rule);
		if (is_own_counter(rule))
			continue;
		packets += json_find_uint64(rule, "packets");
		bytes += json_find_uint64(rule, "bytes");
		first = first == 0 ? seen : MIN(first, seen);
		last = MAX(last, json_find_uint64(rule, "last_seen"));
		a_second += json_find_double(rule, "rate");
		at_least |=
			json_object_get_boolean(json_find(rule, "lower_bound"));
	}
	if (packets == 0) {
		explain_sentence(p, "Count",
				 grew ? "no drop of it was seen; its own "
					"counter grew"
				      : "nothing dropped yet");
		return;
	}
	if (a_second >= 0.05)
		snprintf(rate, sizeof(rate), ", %.1f a second now", a_second);
	explain_sentence(p, "Count",
			 "%s%" PRIu64 " packet%s with %" PRIu64
			 " bytes%s, first %s, last %s",
			 at_least ? "at least " : "", packets,
			 packets == 1 ? "" : "s", bytes, rate,
			 explain_time(p, first, from),
			 explain_time(p, last, to));
}

/* The rule's own, or the policy's, which is the kernel's. */
static void print_counter(const struct view *v)
{
	struct json_object *rule = explain_rule_find(v->e->rule);
	bool is_policy = !rule && v->e->event->netfilter.policy;
	uint64_t packets;
	char moved[64], at[64];

	if (is_policy)
		rule = json_find(v->e->rule, "chain");
	if (!json_find(rule, "counter"))
		return;
	packets = json_find_uint64(rule, "counter/packets");
	explain_time(&v->print, json_find_uint64(rule, "counter/moved"), moved);
	explain_time(&v->print, json_find_uint64(rule, "counter/read"), at);
	explain_sentence(&v->print, "Counter",
			 "%" PRIu64 " packet%s with %" PRIu64
			 " bytes%s%s, as the %s itself counts what it drops; "
			 "%" PRIu64 " since nfdropd knows it%s%s",
			 packets, packets == 1 ? "" : "s",
			 json_find_uint64(rule, "counter/bytes"),
			 at[0] ? " at " : "", at, is_policy ? "policy" : "rule",
			 json_find_uint64(rule, "counter/added_packets"),
			 moved[0] ? ", seen growing last " : "", moved);
}

/* A sender, or a port, and what all counts of the rule have of it. */
struct hitter {
	struct json_object *first;
	uint64_t packets;
};

static bool is_same_hitter(struct json_object *a, struct json_object *b)
{
	return strcmp(json_find_string(a, "address"),
		      json_find_string(b, "address")) == 0 &&
	       strcmp(json_find_string(a, "protocol"),
		      json_find_string(b, "protocol")) == 0 &&
	       json_find_uint64(a, "port") == json_find_uint64(b, "port");
}

static size_t add_hitters(struct hitter *hitters, size_t n,
			  struct json_object *list)
{
	size_t len = json_object_is_type(list, json_type_array)
			     ? json_object_array_length(list)
			     : 0;

	for (size_t i = 0; i < len; i++) {
		struct json_object *hitter = json_object_array_get_idx(list, i);
		size_t at = 0;

		while (at < n && !is_same_hitter(hitters[at].first, hitter))
			at++;
		if (at == HITTERS_MAX)
			continue;
		if (at == n)
			hitters[n++] = (struct hitter){ hitter, 0 };
		hitters[at].packets += json_find_uint64(hitter, "packets");
	}
	return n;
}

static int compare_hitters(const void *a, const void *b)
{
	uint64_t x = ((const struct hitter *)a)->packets;
	uint64_t y = ((const struct hitter *)b)->packets;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* "10.9.0.2 (102), 10.9.0.3 (7)" */
static void print_hitters(const struct view *v, const char *name,
			  const char *path)
{
	char text[EXPLAIN_TEXT_MAX] = "", shown[EXPLAIN_NAME_MAX];
	struct hitter hitters[HITTERS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(v->e->counts); i++)
		n = add_hitters(
			hitters, n,
			json_find(json_object_array_get_idx(v->e->counts, i),
				  path));
	qsort(hitters, n, sizeof(*hitters), compare_hitters);
	for (size_t i = 0; i < MIN(n, (size_t)HITTERS); i++) {
		struct json_object *hitter = hitters[i].first;
		const char *address = json_find_string(hitter, "address");
		const char *protocol = json_find_string(hitter, "protocol");

		explain_append(text, "%s%s", i > 0 ? ", " : "",
			       explain_name(&v->print,
					    address[0] ? address : protocol,
					    shown));
		if (!address[0])
			explain_append(text, " %" PRIu64,
				       json_find_uint64(hitter, "port"));
		explain_append(text, " (%" PRIu64 ")", hitters[i].packets);
	}
	if (text[0])
		explain_sentence(&v->print, name, "%s", text);
}

static void print_counted(const struct view *v)
{
	char shown[EXPLAIN_NAME_MAX];

	if (!v->e->counts)
		return;
	if (!has_counts(v) && v->e->not_counted) {
		explain_sentence(&v->print, "Count", "%s",
				 explain_name(&v->print, v->e->not_counted,
					      shown));
		return;
	}
	print_counts(v);
	print_hitters(v, "From", "heaviest/sources");
	print_hitters(v, "Ports", "heaviest/ports");
}

static void print_next(const struct view *v)
{
	const struct explain_next_about about = {
		.ev = v->e->event,
		.gone = json_find(v->e->rule, "known") &&
			!json_object_get_boolean(
				json_find(v->e->rule, "current")) &&
			!json_object_get_boolean(
				json_find(v->e->rule, "replaced")),
		.same_text = json_find_uint64(v->e->rule, "same_text"),
	};
	char command[EXPLAIN_NEXT_MAX];
	const char *name = "Next";

	for (size_t i = 0; explain_next(&about, i, command); i++) {
		explain_label(&v->print, name);
		fprintf(v->print.f, "%s\n", command);
		name = "or";
	}
}

void explain_view_print(const struct explanation *e, const struct term *term,
			bool utc, FILE *f)
{
	const struct view v = { e, { term, utc, f } };

	if (e->is_drop) {
		print_packet(&v);
		print_why(&v);
	}
	explain_rule_print(&v.print, e->event, e->is_drop, e->rule);
	print_element(&v);
	print_netns(&v);
	print_sender(&v);
	print_counted(&v);
	print_counter(&v);
	explain_rule_print_now(&v.print, e->event, e->is_drop, e->rule);
	print_next(&v);
}

static bool put(struct json_object *root, const char *key,
		struct json_object *value)
{
	if (value && json_object_object_add(root, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

struct json_object *explain_view_json(const struct explanation *e)
{
	struct json_object *root = json_object_new_object();
	const struct reason *reason = reason_find(e->event->reason);

	if (!root)
		return NULL;
	if ((e->is_drop && !put(root, "event", event_to_json(e->event))) ||
	    (e->is_drop && reason &&
	     !put(root, "explanation",
		  json_object_new_string(reason->explanation))) ||
	    (e->rule && !put(root, "rule", json_object_get(e->rule))) ||
	    (e->counts && !put(root, "counts", json_object_get(e->counts)))) {
		json_object_put(root);
		return NULL;
	}
	return root;
}
