/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

#include "complete-live.h"
#include "complete-values.h"
#include "escape.h"
#include "event.h"
#include "packet.h"
#include "reason.h"
#include "stat-key.h"
#include "top-columns.h"
#include "top-key.h"
#include "util.h"

#define VALUE_MAX 1024
#define HELP_MAX  160

void candidates_add(const struct candidates *c, const char *value,
		    const char *help)
{
	size_t len = strlen(c->typed);
	char shown[4 * VALUE_MAX], *p = shown;

	if (value[0] == '\0' || strlen(value) >= VALUE_MAX ||
	    (c->any_case ? strncasecmp(value, c->typed, len)
			 : strncmp(value, c->typed, len)) != 0)
		return;
	/* But for "\", which that doubles. */
	escape_string(value, shown, sizeof(shown));
	for (const char *s = value; *s; s++, p++) {
		if (*p != *s)
			return;
		p += *s == '\\';
	}
	fprintf(c->f, "%s%s", c->before, value);
	if (help)
		fprintf(c->f, "\t%.*s", HELP_MAX, help);
	fputc('\n', c->f);
}

void candidates_add_name(const struct candidates *c, const char *name,
			 const char *help)
{
	char text[2 * VALUE_MAX], *p = text;

	if (strlen(name) >= VALUE_MAX)
		return;
	for (const char *s = name; *s; s++) {
		/* "!" at the beginning would exclude. */
		if (!c->plain &&
		    (strchr("*?[\\", *s) || (*s == '!' && s == name)))
			*p++ = '\\';
		*p++ = *s;
	}
	*p = '\0';
	candidates_add(c, text, help);
}

static void list_reasons(const struct candidates *c)
{
	const struct reason *reason;

	for (size_t i = 0; (reason = reason_at(i)); i++)
		candidates_add(c, reason->name, reason->explanation);
}

/* Neighbours in the table are of the same one, mostly. */
static void list_subsystems(const struct candidates *c)
{
	const struct reason *reason;

	for (size_t i = 0; (reason = reason_at(i)); i++) {
		bool seen = false;

		for (size_t n = 0; n < i && !seen; n++)
			seen = strcmp(reason_at(n)->subsystem,
				      reason->subsystem) == 0;
		if (!seen)
			candidates_add(c, reason->subsystem, NULL);
	}
}

static void list_devices(const struct candidates *c)
{
	struct if_nameindex *devices = if_nameindex();

	for (struct if_nameindex *d = devices; d && d->if_index != 0; d++)
		candidates_add_name(c, d->if_name, NULL);
	if (devices)
		if_freenameindex(devices);
}

static void list_protocols(const struct candidates *c)
{
	for (int i = 0; i < _PACKET_NETWORK_MAX; i++) {
		const char *name = packet_network_to_string(i);

		if (name)
			candidates_add(c, name, "the network");
	}
	for (int i = 0; i < 256; i++) {
		const char *name = packet_protocol_to_string((uint8_t)i);

		if (name &&
		    packet_network_from_string(name) == PACKET_NETWORK_NONE)
			candidates_add(c, name, NULL);
	}
}

static void list_words(const struct candidates *c,
		       const char *(*to_string)(int value), int max)
{
	for (int i = 0; i < max; i++)
		candidates_add(c, to_string(i), NULL);
}

static void list_kinds(const struct candidates *c)
{
	list_words(c, drop_kind_to_string, _DROP_KIND_MAX);
}

static void list_attributions(const struct candidates *c)
{
	list_words(c, drop_attribution_to_string, _DROP_ATTRIBUTION_MAX);
}

static void list_origins(const struct candidates *c)
{
	list_words(c, drop_origin_to_string, _DROP_ORIGIN_MAX);
}

static void list_stat_keys(const struct candidates *c)
{
	list_words(c, stat_key_to_string, _STAT_KEY_MAX);
}

/* Those that the journal can add up by. */
static void list_rule_keys(const struct candidates *c)
{
	for (int i = 0; i < _STAT_KEY_MAX; i++)
		if (stat_key_scope((enum stat_key)i) == FILTER_OF_RULE)
			candidates_add(c, stat_key_to_string(i), NULL);
}

/* Some of many. */
static void list_times(const struct candidates *c)
{
	static const char *const times[] = { "today", "yesterday", "-5min",
					     "-1h",   "-1d",	   "-1week" };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		candidates_add(c, times[i], NULL);
}

static void list_groupings(const struct candidates *c)
{
	for (int i = 0; i < _TOP_BY_MAX; i++)
		candidates_add(c, top_by_to_string((enum top_by)i), NULL);
}

static void list_columns(const struct candidates *c)
{
	for (int i = 0; i < _TOP_COLUMN_MAX; i++)
		candidates_add(c, top_column_to_string((enum top_column)i),
			       top_column_info((enum top_column)i)->help);
}

static const char *const families[] = { "inet",	  "ip",	    "ip6", "arp",
					"bridge", "netdev", NULL };

#define WORDS(...)                     \
	.words = (const char *const[]) \
	{                              \
		__VA_ARGS__, NULL      \
	}

static const struct values options[] = {
	{ "socket", .files = true },
	{ "json", WORDS("pretty", "short", "off") },
	{ "color", WORDS("auto", "always", "never") },
	{ "lines", .free = true },
	{ "count", .free = true },
	{ "for", WORDS("10s", "1min", "5min", "1h"), .free = true },
	{ "since", .list = list_times, .free = true },
	{ "until", .list = list_times, .free = true },
	{ "directory", .files = true },
	{ "by", "log", .list = list_rule_keys, .commas = true },
	{ "by", "stats", .list = list_stat_keys, .commas = true },
	{ "by", "top", .list = list_groupings },
	{ "delay", .free = true },
	{ "iterations", .free = true },
	{ "grep", .free = true },
	{ "sort", "top", .list = list_columns },
	{ "sort", WORDS("packets", "bytes", "rate", "rate_1min", "rate_15min",
			"first_seen", "last_seen") },
	/* Filters. */
	{ "reason", .list = list_reasons, .any_case = true },
	{ "subsystem", .list = list_subsystems },
	{ "interface", .list = list_devices },
	{ "in", .list = list_devices },
	{ "out", .list = list_devices },
	{ "address", .free = true },
	{ "source", .free = true },
	{ "destination", .free = true },
	{ "port", .free = true },
	{ "sport", .free = true },
	{ "dport", .free = true },
	{ "protocol", .list = list_protocols },
	{ "netns", .list = live_list_namespaces },
	{ "location", .free = true },
	{ "table", .list = live_list_tables },
	{ "chain", .list = live_list_chains },
	{ "rule", .list = live_list_rules },
	{ "comment", .free = true },
	{ "set", .free = true },
	{ "hook", WORDS("prerouting", "input", "forward", "output",
			"postrouting", "ingress", "egress") },
	{ "family", .words = families },
	{ "kind", .list = list_kinds },
	{ "attribution", .list = list_attributions },
	{ "origin", .list = list_origins },
};

/* A rule as "nfdrop rules" has it: family, table, chain, handle and number. */
static void list_rule_words(const struct candidates *c)
{
	struct candidates plain = *c;

	plain.plain = true;
	switch (c->position) {
	case 0:
		for (size_t i = 0; families[i]; i++)
			candidates_add(c, families[i], NULL);
		break;
	case 1:
		live_list_tables(&plain);
		break;
	case 2:
		live_list_chains(&plain);
		break;
	case 3:
		candidates_add(c, "handle", "nftables' number of the rule");
		candidates_add(c, "rule", "the rule's number in the chain");
		candidates_add(c, "policy", NULL);
		break;
	case 4:
		live_list_rules(&plain);
		break;
	}
}

static const struct values arguments[] = {
	{ "explain", .list = list_rule_words },
	/* pcap-filter(7)'s, one word an argument. */
	{ "monitor",
	  WORDS("host", "net", "port", "portrange", "src", "dst", "tcp", "udp",
		"icmp", "icmp6", "sctp", "ip", "ip6", "arp", "ether", "proto",
		"vlan", "broadcast", "multicast", "greater", "less", "and",
		"or", "not") },
	{ "reasons", .list = list_reasons, .any_case = true },
	/* nft(8)'s, one word an argument; some of many. */
	{ "trace",
	  WORDS("ip", "ip6", "tcp", "udp", "icmp", "icmpv6", "th", "ether",
		"arp", "meta", "ct", "iifname", "oifname", "saddr", "daddr",
		"sport", "dport", "flags", "type", "protocol", "l4proto",
		"state"),
	  .free = true },
};

static const struct values *find(const struct values *values, size_t n,
				 const char *verb, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(values[i].name, name) == 0 &&
		    (!values[i].verb || strcmp(values[i].verb, verb) == 0))
			return &values[i];
	return NULL;
}

const struct values *values_of_option(const char *verb, const char *name)
{
	return find(options, ARRAY_SIZE(options), verb, name);
}

const struct values *values_of_arguments(const char *verb)
{
	return find(arguments, ARRAY_SIZE(arguments), verb, verb);
}
