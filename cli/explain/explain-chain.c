/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "connection.h"
#include "explain-chain.h"
#include "wrap.h"

/* "> " or "  ", then the handle in as many columns, and two spaces. */
#define MARK_WIDTH   2
#define HANDLE_WIDTH 5

bool explain_is_nft(const struct drop_event *ev)
{
	return ev->netfilter.kind == DROP_KIND_NONE ||
	       ev->netfilter.kind == DROP_KIND_NFT_RULE ||
	       ev->netfilter.kind == DROP_KIND_NFT_POLICY ||
	       ev->netfilter.kind == DROP_KIND_NFT_CHAIN;
}

/* --- its chain ------------------------------------------------------------ */

/* ": filter, hook input, priority 0, policy accept" of a base chain. */
static void append_base(const struct explain_print *p,
			struct json_object *chain, char *buf)
{
	const char *devices = json_find_string(chain, "devices");
	const char *type = json_find_string(chain, "type");
	char text[EXPLAIN_NAME_MAX];

	if (type[0] == '\0')
		return;
	explain_append(buf, ": %s", explain_name(p, type, text));
	explain_append(buf, ", hook %s",
		       explain_name(p, json_find_string(chain, "hook"), text));
	explain_append(buf, ", priority %" PRId64,
		       json_object_get_int64(json_find(chain, "priority")));
	explain_append(buf, ", policy %s",
		       explain_name(p, json_find_string(chain, "policy"),
				    text));
	if (devices[0])
		explain_append(buf, ", devices %s",
			       explain_name(p, devices, text));
}

/* A rule's text, or what there is instead. Returns @buf. */
static const char *rule_text(const struct explain_print *p,
			     struct json_object *rule,
			     char buf[EXPLAIN_RULE_MAX])
{
	const char *text = json_find_string(rule, "rule");
	const char *comment = json_find_string(rule, "comment");
	char shown[EXPLAIN_NAME_MAX];

	if (text[0])
		return term_escape(p->term, text, buf, EXPLAIN_RULE_MAX);
	if (comment[0])
		snprintf(buf, EXPLAIN_RULE_MAX,
			 "(its text is not known; its comment is \"%s\")",
			 explain_name(p, comment, shown));
	else
		snprintf(buf, EXPLAIN_RULE_MAX, "(its text is not known)");
	return buf;
}

/* A line of the chain, which goes on below itself where it is long. */
static void print_line(const struct explain_print *p, int width, bool is_it,
		       const char *handle, const char *text)
{
	enum style style = is_it ? STYLE_BAD : STYLE_DIM;
	char styled[EXPLAIN_RULE_MAX + 16];

	fprintf(p->f, "%*s%s%-*s%*s  ", EXPLAIN_INDENT, "",
		term_style(p->term, style), MARK_WIDTH, is_it ? ">" : "", width,
		handle);
	snprintf(styled, sizeof(styled), "%s%s", text,
		 term_reset(p->term, style));
	wrap_print(p->f, styled,
		   EXPLAIN_INDENT + MARK_WIDTH + (unsigned)width + 2,
		   p->term->width);
}

/* Of the longest handle there. */
static int handle_width(struct json_object *rules, size_t n)
{
	int width = HANDLE_WIDTH;

	for (size_t i = 0; i < n; i++) {
		uint64_t handle = json_find_uint64(
			json_object_array_get_idx(rules, i), "rule_handle");

		width = MAX(width, snprintf(NULL, 0, "%" PRIu64, handle));
	}
	return width;
}

/* Returns the width of handles. */
static int print_rules(const struct explain_print *p, struct json_object *reply)
{
	struct json_object *rules = json_find(reply, "rules");
	struct json_object *place = json_find(reply, "place");
	uint64_t first = json_find_uint64(reply, "first");
	uint64_t n_rules = json_find_uint64(reply, "n_rules");
	char text[EXPLAIN_RULE_MAX], handle[32];
	size_t n = 0;
	int width;

	if (json_object_is_type(rules, json_type_array))
		n = json_object_array_length(rules);
	width = handle_width(rules, n);
	if (first > 0) {
		snprintf(text, sizeof(text), "(%" PRIu64 " before)", first);
		print_line(p, width, false, "...", text);
	}
	for (size_t i = 0; i < n; i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);

		snprintf(handle, sizeof(handle), "%" PRIu64,
			 json_find_uint64(rule, "rule_handle"));
		print_line(p, width,
			   place && json_object_get_uint64(place) == first + i,
			   handle, rule_text(p, rule, text));
	}
	if (n_rules > n && n_rules - n > first) {
		snprintf(text, sizeof(text), "(%" PRIu64 " more)",
			 n_rules - first - n);
		print_line(p, width, false, "...", text);
	}
	return width;
}

static void print_chain(const struct explain_print *p,
			const struct drop_event *ev, bool is_drop,
			struct json_object *reply)
{
	const char *type = json_find_string(reply, "chain/type");
	char text[EXPLAIN_TEXT_MAX] = "", name[EXPLAIN_NAME_MAX];
	int width;

	explain_append(text, "table %s ",
		       explain_name(p, json_find_string(reply, "chain/family"),
				    name));
	explain_append(text, "%s, ",
		       explain_name(p, json_find_string(reply, "chain/table"),
				    name));
	explain_append(text, "chain %s",
		       explain_name(p, json_find_string(reply, "chain/chain"),
				    name));
	append_base(p, json_find(reply, "chain"), text);
	explain_sentence(p, "Chain", "%s", text);
	width = print_rules(p, reply);
	if (!ev->netfilter.policy)
		return;
	/* What it was then, or what it is. */
	if (is_drop || type[0]) {
		snprintf(text, sizeof(text), "policy %s",
			 is_drop ? "drop"
				 : explain_name(p,
						json_find_string(
							reply, "chain/policy"),
						name));
		print_line(p, width, true, "", text);
	} else {
		print_line(p, width, true, "",
			   "(no policy: only base chains have one)");
	}
}

/* --- the way there -------------------------------------------------------- */

/* Does the way begin at the hook of the drop? */
static bool is_way_of(const struct drop_event *ev, struct json_object *steps)
{
	const char *hook =
		json_find_string(json_object_array_get_idx(steps, 0), "hook");

	return ev->netfilter.hook[0] == '\0' ||
	       strcmp(hook, ev->netfilter.hook) == 0;
}

static void print_way(const struct explain_print *p,
		      const struct drop_event *ev, struct json_object *steps,
		      const char *name)
{
	size_t n = json_object_array_length(steps);
	char text[EXPLAIN_TEXT_MAX], buf[EXPLAIN_RULE_MAX];

	explain_label(p, name);
	for (size_t i = 0; i < n; i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);

		text[0] = '\0';
		explain_append(text, "%schain %s", i > 0 ? "> " : "",
			       explain_name(p, json_find_string(step, "chain"),
					    buf));
		append_base(p, step, text);
		if (json_find(step, "rule_handle"))
			explain_append(text, ", by %s %" PRIu64 ": %s",
				       explain_is_nft(ev) ? "handle" : "rule",
				       json_find_uint64(step, "rule_handle"),
				       rule_text(p, step, buf));
		if (i > 0)
			fprintf(p->f, "%*s", EXPLAIN_INDENT, "");
		wrap_print(p->f, text, EXPLAIN_INDENT, p->term->width);
	}
}

/* Ways to a chain that is no base chain, which is its own way. */
static void print_ways(const struct explain_print *p,
		       const struct drop_event *ev, struct json_object *reply)
{
	struct json_object *paths = json_find(reply, "paths");
	const char *name = "Way";
	size_t n = 0;

	if (json_find_string(reply, "chain/type")[0])
		return;
	if (json_object_is_type(paths, json_type_array))
		n = json_object_array_length(paths);
	for (size_t i = 0; i < n; i++) {
		struct json_object *steps =
			json_find(json_object_array_get_idx(paths, i), "steps");

		if (!json_object_is_type(steps, json_type_array) ||
		    json_object_array_length(steps) == 0 ||
		    !is_way_of(ev, steps))
			continue;
		print_way(p, ev, steps, name);
		name = "or";
	}
	if (json_object_get_boolean(json_find(reply, "more_paths")))
		explain_sentence(p, name, "%s",
				 "other ways, which are too many to list");
	else if (strcmp(name, "Way") == 0)
		explain_sentence(p, name,
				 "No rule%s jumps or goes here; a map of "
				 "verdicts may.",
				 n > 0 ? " of that hook's chains" : "");
}

void explain_chain_print(const struct explain_print *p,
			 const struct drop_event *ev, bool is_drop,
			 struct json_object *reply)
{
	print_chain(p, ev, is_drop, reply);
	print_ways(p, ev, reply);
}
