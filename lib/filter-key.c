/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <strings.h>

#include "filter-key.h"
#include "util.h"

static const void *place_at(const struct drop_event *ev, size_t place)
{
	return (const char *)ev + place;
}

static bool match_text(const struct term *term, const char *subject, int flags)
{
	if (subject[0] == '\0')
		return false;
	if (!term->literal)
		return fnmatch(term->text, subject, flags) == 0;
	return flags & FNM_CASEFOLD ? strcasecmp(term->text, subject) == 0
				    : strcmp(term->text, subject) == 0;
}

/* Reads a decimal number that ends at *@end. */
static int parse_number(const char *s, const char **end, uint64_t max,
			uint64_t *ret)
{
	unsigned long long v;
	char *e;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &e, 10);
	if (errno != 0 || v > max)
		return -EINVAL;
	*ret = v;
	*end = e;
	return 0;
}

static int parse_whole_number(const char *s, uint64_t max, uint64_t *ret)
{
	const char *end;
	uint64_t v;

	if (parse_number(s, &end, max, &v) < 0 || *end != '\0')
		return -EINVAL;
	*ret = v;
	return 0;
}

static int parse_pattern(struct term *term)
{
	term->literal = !strpbrk(term->text, "*?[\\");
	return term->text[0] != '\0' ? 0 : -EINVAL;
}

static bool match_pattern(const struct term *term, const struct drop_event *ev)
{
	return match_text(term, place_at(ev, term->key->place), 0);
}

static int parse_exact(struct term *term)
{
	term->literal = true;
	return term->text[0] != '\0' ? 0 : -EINVAL;
}

static int parse_reason(struct term *term)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	size_t skip = sizeof(prefix) - 1;

	/* What is written must read the same again, also behind a prefix. */
	while (strncasecmp(term->text, prefix, skip) == 0)
		memmove(term->text, term->text + skip,
			strlen(term->text + skip) + 1);
	if (term->text[0] == '!')
		return -EINVAL;
	return parse_pattern(term);
}

static bool match_reason(const struct term *term, const struct drop_event *ev)
{
	return match_text(term, ev->reason, FNM_CASEFOLD);
}

/* A number may be a name as well: "7" is device 7, and a device called 7. */
static int parse_device(struct term *term)
{
	(void)parse_whole_number(term->text, UINT32_MAX, &term->low);
	return parse_pattern(term);
}

static bool is_device(const struct term *term, const struct drop_port *port)
{
	return (term->low != 0 && port->ifindex == term->low) ||
	       match_text(term, port->name, 0);
}

static bool match_device(const struct term *term, const struct drop_event *ev)
{
	const struct filter_key *key = term->key;

	return is_device(term, place_at(ev, key->place)) ||
	       (key->place2 && is_device(term, place_at(ev, key->place2)));
}

static int parse_address(struct term *term)
{
	char text[INET6_ADDRSTRLEN];
	size_t len = strcspn(term->text, "/");
	uint64_t prefix, max;

	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, term->text, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &term->addr.v4) == 1) {
		term->network = PACKET_NETWORK_IPV4;
		max = 32;
	} else if (inet_pton(AF_INET6, text, &term->addr.v6) == 1) {
		term->network = PACKET_NETWORK_IPV6;
		max = 128;
	} else {
		return -EINVAL;
	}
	prefix = max;
	if (term->text[len] == '/' &&
	    parse_whole_number(term->text + len + 1, max, &prefix) < 0)
		return -EINVAL;
	term->prefix = (uint8_t)prefix;
	return 0;
}

static bool is_in_prefix(const struct term *term, const uint8_t *addr)
{
	const uint8_t *prefix = (const uint8_t *)&term->addr;
	size_t bytes = term->prefix / 8;
	uint8_t mask = (uint8_t)(0xff00 >> term->prefix % 8);

	if (memcmp(prefix, addr, bytes) != 0)
		return false;
	return mask == 0 || ((prefix[bytes] ^ addr[bytes]) & mask) == 0;
}

static bool match_address(const struct term *term, const struct drop_event *ev)
{
	const struct filter_key *key = term->key;
	uint8_t network = ev->packet.network;

	if (network == PACKET_NETWORK_ARP)
		network = PACKET_NETWORK_IPV4;
	if (!(ev->packet.has & PACKET_HAS_ADDRS) || network != term->network)
		return false;
	return is_in_prefix(term, place_at(ev, key->place)) ||
	       (key->place2 && is_in_prefix(term, place_at(ev, key->place2)));
}

static int parse_port(struct term *term)
{
	const char *end;

	if (parse_number(term->text, &end, 65535, &term->low) < 0)
		return -EINVAL;
	term->high = term->low;
	if (*end == '-' && parse_number(end + 1, &end, 65535, &term->high) < 0)
		return -EINVAL;
	return *end == '\0' && term->low <= term->high ? 0 : -EINVAL;
}

static bool is_in_range(const struct term *term, const uint16_t *port)
{
	return *port >= term->low && *port <= term->high;
}

static bool match_port(const struct term *term, const struct drop_event *ev)
{
	const struct filter_key *key = term->key;

	if (!(ev->packet.has & PACKET_HAS_PORTS))
		return false;
	return is_in_range(term, place_at(ev, key->place)) ||
	       (key->place2 && is_in_range(term, place_at(ev, key->place2)));
}

static enum packet_network find_network(const char *name)
{
	for (int i = 0; i < _PACKET_NETWORK_MAX; i++) {
		const char *known = packet_network_to_string(i);

		if (known && strcasecmp(known, name) == 0)
			return (enum packet_network)i;
	}
	return PACKET_NETWORK_NONE;
}

/* "ipv6" is also a protocol's name (6in4): the network is what is meant. */
static int parse_protocol(struct term *term)
{
	int protocol;

	term->network = (uint8_t)find_network(term->text);
	if (term->network != PACKET_NETWORK_NONE)
		return 0;
	protocol = packet_protocol_from_string(term->text);
	if (protocol < 0)
		return -EINVAL;
	term->low = (uint32_t)protocol;
	return 0;
}

static bool match_protocol(const struct term *term, const struct drop_event *ev)
{
	if (term->network != PACKET_NETWORK_NONE)
		return ev->packet.network == term->network;
	return (ev->packet.has & PACKET_HAS_PROTOCOL) &&
	       ev->packet.protocol == term->low;
}

static int parse_netns(struct term *term)
{
	if (strncmp(term->text, "inum:", 5) != 0)
		return parse_device(term);
	term->number_only = true;
	if (parse_whole_number(term->text + 5, UINT32_MAX, &term->low) < 0)
		return -EINVAL;
	return term->low != 0 ? 0 : -EINVAL;
}

static bool match_netns(const struct term *term, const struct drop_event *ev)
{
	if (term->low != 0 && ev->netns.inum == term->low)
		return true;
	return !term->number_only && match_text(term, ev->netns.name, 0);
}

static bool match_location(const struct term *term, const struct drop_event *ev)
{
	char symbol[DROP_LOCATION_MAX];

	if (match_text(term, ev->location, 0))
		return true;
	copy_string(symbol, sizeof(symbol), ev->location,
		    strcspn(ev->location, "+"));
	return match_text(term, symbol, 0);
}

/* No rule has 0. */
static int parse_rule(struct term *term)
{
	if (parse_whole_number(term->text, UINT64_MAX, &term->low) < 0)
		return -EINVAL;
	return term->low != 0 ? 0 : -EINVAL;
}

static bool match_rule(const struct term *term, const struct drop_event *ev)
{
	return ev->netfilter.rule_handle == term->low;
}

static int set_word(struct term *term, int value)
{
	term->low = (uint32_t)value;
	return value < 0 ? -EINVAL : 0;
}

static int parse_kind(struct term *term)
{
	return set_word(term, drop_kind_from_string(term->text));
}

static int parse_attribution(struct term *term)
{
	return set_word(term, drop_attribution_from_string(term->text));
}

static int parse_origin(struct term *term)
{
	return set_word(term, drop_origin_from_string(term->text));
}

static bool match_word(const struct term *term, const struct drop_event *ev)
{
	uint32_t value;

	memcpy(&value, place_at(ev, term->key->place), sizeof(value));
	return value == term->low;
}

#define AT(member)	    offsetof(struct drop_event, member)
#define DEVICE(a, b)	    parse_device, match_device, a, b
#define ADDRESS(a, b)	    parse_address, match_address, a, b
#define PORT(a, b)	    parse_port, match_port, a, b
#define NAME(member)	    parse_pattern, match_pattern, AT(member), 0
#define EXACT(member)	    parse_exact, match_pattern, AT(member), 0
#define WORD(parse, member) parse, match_word, AT(member), 0
#define OTHER(parse, match) parse, match, 0, 0

#define NAME_FORM	    "a name or a pattern such as \"web*\""
#define DEVICE_FORM	    "a device's name, pattern or number"
#define ADDRESS_FORM \
	"an address or a prefix, such as 10.9.0.2, 10.0.0.0/8 or fd00::/8"
#define PORT_FORM "a port or a range, such as 53 or 8000-8999 (0 to 65535)"

#define RULE	  FILTER_OF_RULE
#define FLOW	  FILTER_OF_FLOW
#define EVENT	  FILTER_OF_EVENT

static const struct filter_key keys[] = {
	{ "reason", RULE, "Why: a reason of \"nfdrop reasons\"",
	  "a reason's name or a pattern such as \"IP_*\"",
	  OTHER(parse_reason, match_reason) },
	{ "subsystem", RULE, "Whose reason: core, openvswitch, ...",
	  "a subsystem's name", EXACT(subsystem) },
	{ "interface", FLOW, "Device it came in or went out by", DEVICE_FORM,
	  DEVICE(AT(in), AT(out)) },
	{ "in", FLOW, "Device it came in by", DEVICE_FORM, DEVICE(AT(in), 0) },
	{ "out", FLOW, "Device it went out by", DEVICE_FORM,
	  DEVICE(AT(out), 0) },
	{ "address", FLOW, "Source or destination address", ADDRESS_FORM,
	  ADDRESS(AT(packet.saddr), AT(packet.daddr)) },
	{ "source", FLOW, "Source address", ADDRESS_FORM,
	  ADDRESS(AT(packet.saddr), 0) },
	{ "destination", FLOW, "Destination address", ADDRESS_FORM,
	  ADDRESS(AT(packet.daddr), 0) },
	{ "port", EVENT, "Source or destination port", PORT_FORM,
	  PORT(AT(packet.sport), AT(packet.dport)) },
	{ "sport", EVENT, "Source port", PORT_FORM, PORT(AT(packet.sport), 0) },
	{ "dport", FLOW, "Destination port", PORT_FORM,
	  PORT(AT(packet.dport), 0) },
	{ "protocol", FLOW, "tcp, udp, icmp, ..., ipv4, ipv6 or arp",
	  "tcp, udp, icmp, icmpv6, sctp, ..., a number from 0 to 255, ipv4, "
	  "ipv6 or arp",
	  OTHER(parse_protocol, match_protocol) },
	{ "netns", RULE, "Network namespace",
	  "a name, a pattern, an inode number or inum:NUMBER",
	  OTHER(parse_netns, match_netns) },
	{ "location", RULE, "Kernel function that dropped it",
	  "a function's name or a pattern such as \"nft_*\"",
	  OTHER(parse_pattern, match_location) },
	{ "table", RULE, "Table that dropped it", NAME_FORM,
	  NAME(netfilter.table) },
	{ "chain", RULE, "Chain that dropped it", NAME_FORM,
	  NAME(netfilter.chain) },
	{ "rule", RULE, "Rule: its handle, or number (iptables)",
	  "a rule's handle, as \"nft -a list ruleset\" has it, or its number "
	  "in an iptables or ebtables chain, from 1",
	  OTHER(parse_rule, match_rule) },
	{ "comment", RULE, "Comment of the rule", NAME_FORM,
	  NAME(netfilter.comment) },
	{ "set", EVENT, "Set or map that led to it", NAME_FORM,
	  NAME(netfilter.set) },
	{ "hook", RULE, "Hook: prerouting, input, ...",
	  "a hook's name, such as input", EXACT(netfilter.hook) },
	{ "family", RULE, "The table's: inet, ip, ip6, ...",
	  "a family's name, such as inet", EXACT(netfilter.family) },
	{ "kind", RULE, "What dropped it: nft-rule, ...",
	  "none, nft-rule, nft-policy, nft-chain, xt-rule, xt-policy, "
	  "xt-table, ebt-rule, ebt-policy, conntrack, defrag, nat, synproxy, "
	  "flowtable, ipvs, queue, bridge, hook, bpf or lsm",
	  WORD(parse_kind, netfilter.kind) },
	{ "attribution", RULE, "How the rule is known",
	  "none, inferred, traced or exact",
	  WORD(parse_attribution, attribution) },
	{ "origin", RULE, "software, hardware or sample",
	  "software, hardware or sample", WORD(parse_origin, origin) },
};

const struct filter_key *filter_key_at(size_t i)
{
	return i < ARRAY_SIZE(keys) ? &keys[i] : NULL;
}

const struct filter_key *filter_key_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

const char *filter_key_name(const struct filter_key *key)
{
	return key->name;
}

enum filter_scope filter_key_scope(const struct filter_key *key)
{
	return key->scope;
}

const char *filter_key_help(const struct filter_key *key)
{
	return key->help;
}
