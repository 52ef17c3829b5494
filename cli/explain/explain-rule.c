/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "candidate.h"
#include "connection.h"
#include "explain-chain.h"
#include "explain-rule.h"

/* --- which rule ----------------------------------------------------------- */

static const char *attribution(const struct drop_event *ev)
{
	switch (ev->attribution) {
	case DROP_ATTRIBUTION_EXACT:
		return ", known exactly: the kernel told it";
	case DROP_ATTRIBUTION_TRACED:
		if (ev->origin == DROP_ORIGIN_SAMPLE)
			return ", from a trace of the packet, one of a sample";
		return ", from a trace of a packet of the same flow";
	case DROP_ATTRIBUTION_INFERRED:
		return ", inferred: no other rule of the ruleset can have "
		       "been it, as far as this packet shows";
	default:
		return "";
	}
}

/* Whose rule it was, by the place in the kernel's code. */
static const char *firewall_of(const char *location)
{
	static const char *const firewalls[][2] = {
		{ "nft_", "nf_tables" },
		{ "ipt_do_table", "iptables" },
		{ "ip6t_do_table", "ip6tables" },
		{ "arpt_do_table", "arptables" },
		{ "ebt_do_table", "ebtables" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(firewalls); i++)
		if (strncmp(location, firewalls[i][0],
			    strlen(firewalls[i][0])) == 0)
			return firewalls[i][1];
	return "this machine's firewall";
}

/* What is known where netfilter told nothing: by the reason. */
static void print_no_rule(const struct explain_print *p,
			  const struct drop_event *ev)
{
	const char *reason = ev->reason;

	if (strcmp(reason, "NETFILTER_DROP") == 0)
		explain_sentence(
			p, "Rule",
			"A rule or policy of %s dropped it; this "
			"kernel does not tell which. \"nfdrop status\" "
			"says what would.",
			firewall_of(ev->location));
	else if (ev->origin == DROP_ORIGIN_HARDWARE)
		explain_sentence(p, "Rule",
				 "None: the device dropped it in hardware.");
	else if (reason[0] == '\0' || strcmp(reason, "NOT_SPECIFIED") == 0)
		explain_sentence(p, "Rule",
				 "None is known, and the kernel gives no "
				 "reason here.");
	else
		explain_sentence(p, "Rule",
				 "None: no rule dropped it, but the kernel "
				 "itself, for the reason above.");
}

/* Several can have been it: each, and why it is not certain. */
static void print_candidates(const struct explain_print *p,
			     const struct drop_candidates *c)
{
	char name[EXPLAIN_NAME_MAX], text[EXPLAIN_TEXT_MAX];
	char rule[EXPLAIN_RULE_MAX];

	explain_sentence(p, "Rule",
			 "The packet alone does not tell which: it is one of "
			 "these%s.",
			 c->is_partial ? ", or another one" : "");
	for (size_t i = 0; i < c->n; i++) {
		const struct drop_candidate *it = &c->list[i];

		text[0] = '\0';
		explain_append(text, "%s ", it->family);
		explain_append(text, "%s ",
			       explain_name(p, it->table ? it->table : "",
					    name));
		explain_append(text, "%s",
			       explain_name(p, it->chain ? it->chain : "",
					    name));
		if (it->rule_handle)
			explain_append(text, " handle %" PRIu64,
				       it->rule_handle);
		else
			explain_append(text, " policy");
		if (it->rule)
			explain_append(text, ": %s",
				       term_escape(p->term, it->rule, rule,
						   sizeof(rule)));
		if (it->unknown)
			explain_append(text, " (if its %s is so)",
				       explain_name(p, it->unknown, name));
		explain_sentence(p, i > 0 ? "or" : "One", "%s", text);
	}
}

static void print_place(const struct explain_print *p,
			const struct drop_event *ev, bool is_drop)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	char table[EXPLAIN_NAME_MAX], chain[EXPLAIN_NAME_MAX];
	char by[EXPLAIN_NAME_MAX], which[32] = "";

	if (nf->table[0] == '\0' && ev->candidates) {
		print_candidates(p, ev->candidates);
		return;
	}
	if (nf->table[0] == '\0' && nf->kind == DROP_KIND_NONE) {
		print_no_rule(p, ev);
		return;
	}
	if (nf->table[0] == '\0') {
		explain_sentence(p, "By", "%s%s%s",
				 drop_kind_to_string((int)nf->kind),
				 nf->by[0] ? ": " : "",
				 explain_name(p, nf->by, by));
		return;
	}
	if (nf->rule_handle)
		snprintf(which, sizeof(which), " %s %" PRIu64,
			 explain_is_nft(ev) ? "handle" : "rule",
			 nf->rule_handle);
	else if (nf->policy)
		snprintf(which, sizeof(which), " policy");
	explain_sentence(p, "Rule", "%s %s %s%s%s", nf->family,
			 explain_name(p, nf->table, table),
			 explain_name(p, nf->chain, chain), which,
			 is_drop ? attribution(ev) : "");
	if (nf->hook[0] && is_drop)
		explain_sentence(p, "Hook", "%s",
				 explain_name(p, nf->hook, by));
	/* That is how a plain drop is called. */
	if (nf->by[0] && strcmp(nf->by, "immediate") != 0)
		explain_sentence(p, "By", "%s", explain_name(p, nf->by, by));
}

void explain_rule_print(const struct explain_print *p,
			const struct drop_event *ev, bool is_drop,
			struct json_object *reply)
{
	/* A chain that was asked for is told below. */
	if (is_drop || ev->netfilter.rule_handle || ev->netfilter.policy)
		print_place(p, ev, is_drop);
	if (!reply)
		return;
	if (json_object_get_boolean(json_find(reply, "known"))) {
		explain_chain_print(p, ev, is_drop, reply);
		return;
	}
	explain_sentence(p, "Chain",
			 "It is in no ruleset that nfdropd has read: it was "
			 "gone before, or nfdropd reads none, which \"nfdrop "
			 "status\" tells.");
}

/* --- since then ----------------------------------------------------------- */

struct json_object *explain_rule_find(struct json_object *reply)
{
	struct json_object *rules = json_find(reply, "rules");
	struct json_object *place = json_find(reply, "place");
	uint64_t first = json_find_uint64(reply, "first");

	if (!place || !json_object_is_type(rules, json_type_array))
		return NULL;
	return json_object_array_get_idx(rules,
					 json_object_get_uint64(place) - first);
}

/* The text that the rule of that number had when its table was read last. */
static const char *text_now(struct json_object *reply)
{
	return json_find_string(explain_rule_find(reply), "rule");
}

/* Of iptables and the like, where numbers are given again. */
static void print_xt_now(const struct explain_print *p,
			 const struct drop_event *ev, bool is_drop,
			 struct json_object *reply)
{
	const char *then = ev->netfilter.rule;
	char time[64];

	(void)explain_time(p, json_find_uint64(reply, "read_ns"), time);
	if (is_drop && then && strcmp(then, text_now(reply)) != 0)
		explain_sentence(p, "Now",
				 "Another rule has its number: above is how "
				 "the table was at %s.",
				 time);
	else if (is_drop && then)
		explain_sentence(p, "Now",
				 "Above is how the table was at %s, with the "
				 "rule that dropped it.",
				 time);
	else
		explain_sentence(p, "Now",
				 "Above is how the table was at %s%s.", time,
				 is_drop && ev->netfilter.rule_handle
					 ? "; another rule may have had the "
					   "number when it dropped this"
					 : "");
}

/*
 * Is it the ruleset of generation @then, still? nfdropd's own tables, by which
 * packets are traced, make generations, too.
 */
static bool is_same_ruleset(struct json_object *reply, uint32_t then)
{
	uint64_t now = json_find_uint64(reply, "generation");
	uint64_t since = json_find_uint64(reply, "unchanged_since");

	/* Numbers go round. */
	return (uint32_t)now - then <=
	       (since ? (uint32_t)now - (uint32_t)since : 0);
}

void explain_rule_print_now(const struct explain_print *p,
			    const struct drop_event *ev, bool is_drop,
			    struct json_object *reply)
{
	const char *policy = json_find_string(reply, "chain/policy");
	uint64_t generation = json_find_uint64(reply, "generation");
	uint64_t same = json_find_uint64(reply, "same_text");
	uint32_t then = ev->netfilter.generation;

	if (!reply || !json_object_get_boolean(json_find(reply, "known")))
		return;
	if (json_find(reply, "read_ns")) {
		print_xt_now(p, ev, is_drop, reply);
		return;
	}
	if (!json_object_get_boolean(json_find(reply, "current"))) {
		if (same)
			explain_sentence(
				p, "Now",
				"It is gone, as after a reload: the rule with "
				"the same text has handle %" PRIu64 " now. "
				"Above is how it was in generation %" PRIu64
				" of the ruleset.",
				same, generation);
		else if (json_object_get_boolean(json_find(reply, "replaced")))
			explain_sentence(p, "Now",
					 "It was replaced: another rule has "
					 "its handle now. Above is how it was "
					 "in generation %" PRIu64 " of the "
					 "ruleset.",
					 generation);
		else
			explain_sentence(p, "Now",
					 "It is gone. Above is how it was in "
					 "generation %" PRIu64 " of the "
					 "ruleset.",
					 generation);
	} else if (is_drop && ev->netfilter.policy &&
		   strcmp(policy, "drop") != 0) {
		explain_sentence(p, "Now",
				 "The chain is still there, but its policy is "
				 "not drop any more.");
	} else if (is_drop && then != 0 && !is_same_ruleset(reply, then)) {
		explain_sentence(p, "Now",
				 "It is still there, though the ruleset "
				 "changed since: then it was generation "
				 "%" PRIu32 ", now it is %" PRIu64 ".",
				 then, generation);
	} else if (is_drop) {
		explain_sentence(p, "Now",
				 "It is still there, and the ruleset did not "
				 "change since.");
	}
}
