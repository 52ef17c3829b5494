/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <stdio.h>
#include <strings.h>

#include "escape.h"
#include "filter.h"
#include "util.h"

/* A value, read once. Which member holds it is its key's business. */
struct term {
	const struct filter_key *key;
	bool negated;
	char text[FILTER_VALUE_MAX]; /* as given, without the "!" */
	uint32_t low, high;	     /* ports; the inode number or ifindex */
	enum packet_network network; /* addresses */
	union packet_addr addr;
	uint8_t prefix;
	int protocol; /* -1: a network's name */
};

enum match { MATCH_UNKNOWN, MATCH_NO, MATCH_YES };

struct filter_key {
	const char *name;
	const char *help;
	/* Reads term->text; -EINVAL when it has not the form of @form. */
	int (*parse)(struct term *term);
	enum match (*match)(const struct term *term,
			    const struct drop_event *ev);
	const char *form;
};

struct filter {
	size_t n_terms;
	struct term terms[FILTER_TERMS_MAX];
};

static enum match match_bool(bool yes)
{
	return yes ? MATCH_YES : MATCH_NO;
}

static enum match either(enum match a, enum match b)
{
	return MAX(a, b);
}

static enum match match_pattern(const struct term *term, const char *subject)
{
	if (subject[0] == '\0')
		return MATCH_UNKNOWN;
	return match_bool(fnmatch(term->text, subject, 0) == 0);
}

/* Reads a decimal number that ends at *@end. */
static int parse_number(const char *s, const char **end, uint32_t max,
			uint32_t *ret)
{
	unsigned long long v;
	char *e;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &e, 10);
	if (errno != 0 || v > max)
		return -EINVAL;
	*ret = (uint32_t)v;
	*end = e;
	return 0;
}

static int parse_word(struct term *term)
{
	return term->text[0] != '\0' ? 0 : -EINVAL;
}

static int parse_reason(struct term *term)
{
	static const char prefix[] = "SKB_DROP_REASON_";

	if (strncasecmp(term->text, prefix, sizeof(prefix) - 1) == 0)
		memmove(term->text, term->text + sizeof(prefix) - 1,
			strlen(term->text) - sizeof(prefix) + 2);
	return parse_word(term);
}

static enum match match_reason(const struct term *term,
			       const struct drop_event *ev)
{
	if (ev->reason[0] == '\0')
		return MATCH_UNKNOWN;
	return match_bool(fnmatch(term->text, ev->reason, FNM_CASEFOLD) == 0);
}

static enum match match_subsystem(const struct term *term,
				  const struct drop_event *ev)
{
	if (ev->subsystem[0] == '\0')
		return MATCH_UNKNOWN;
	return match_bool(strcmp(term->text, ev->subsystem) == 0);
}

/* A name; term->low is the number when it is one, otherwise 0. */
static int parse_interface(struct term *term)
{
	const char *end;

	if (parse_number(term->text, &end, UINT32_MAX, &term->low) < 0 ||
	    *end != '\0')
		term->low = 0;
	return parse_word(term);
}

static enum match match_port_of(const struct term *term,
				const struct drop_port *port)
{
	if (term->low != 0 && port->ifindex == term->low)
		return MATCH_YES;
	if (port->name[0] == '\0' && port->ifindex != 0)
		return MATCH_NO;
	return match_pattern(term, port->name);
}

static enum match match_in(const struct term *term, const struct drop_event *ev)
{
	return match_port_of(term, &ev->in);
}

static enum match match_out(const struct term *term,
			    const struct drop_event *ev)
{
	return match_port_of(term, &ev->out);
}

static enum match match_interface(const struct term *term,
				  const struct drop_event *ev)
{
	return either(match_in(term, ev), match_out(term, ev));
}

static int parse_address(struct term *term)
{
	char text[FILTER_VALUE_MAX];
	const char *end;
	uint32_t prefix, max;
	char *slash;

	memcpy(text, term->text, sizeof(text));
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
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
	if (slash &&
	    (parse_number(slash, &end, max, &prefix) < 0 || *end != '\0'))
		return -EINVAL;
	term->prefix = (uint8_t)prefix;
	return 0;
}

/* An address of the other family does not agree; ARP's are IPv4. */
static enum match match_address_of(const struct term *term,
				   const struct drop_event *ev,
				   const union packet_addr *addr)
{
	const uint8_t *a = (const uint8_t *)&term->addr;
	const uint8_t *b = (const uint8_t *)addr;
	enum packet_network network = (enum packet_network)ev->packet.network;
	size_t bytes = term->prefix / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (term->prefix % 8));

	if (!(ev->packet.has & PACKET_HAS_ADDRS))
		return MATCH_UNKNOWN;
	if (network == PACKET_NETWORK_ARP)
		network = PACKET_NETWORK_IPV4;
	if (network != term->network || memcmp(a, b, bytes) != 0)
		return MATCH_NO;
	return match_bool(term->prefix % 8 == 0 ||
			  ((a[bytes] ^ b[bytes]) & mask) == 0);
}

static enum match match_source(const struct term *term,
			       const struct drop_event *ev)
{
	return match_address_of(term, ev, &ev->packet.saddr);
}

static enum match match_destination(const struct term *term,
				    const struct drop_event *ev)
{
	return match_address_of(term, ev, &ev->packet.daddr);
}

static enum match match_address(const struct term *term,
				const struct drop_event *ev)
{
	return either(match_source(term, ev), match_destination(term, ev));
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

static enum match match_port_number(const struct term *term,
				    const struct drop_event *ev, uint16_t port)
{
	if (!(ev->packet.has & PACKET_HAS_PORTS))
		return MATCH_UNKNOWN;
	return match_bool(port >= term->low && port <= term->high);
}

static enum match match_sport(const struct term *term,
			      const struct drop_event *ev)
{
	return match_port_number(term, ev, ev->packet.sport);
}

static enum match match_dport(const struct term *term,
			      const struct drop_event *ev)
{
	return match_port_number(term, ev, ev->packet.dport);
}

static enum match match_port(const struct term *term,
			     const struct drop_event *ev)
{
	return either(match_sport(term, ev), match_dport(term, ev));
}

/* "ipv6" is also a protocol number (6in4): the network is what is meant. */
static int parse_protocol(struct term *term)
{
	term->protocol = -1;
	term->network = packet_network_from_string(term->text);
	if (term->network != PACKET_NETWORK_NONE)
		return 0;
	term->protocol = packet_protocol_from_string(term->text);
	return term->protocol < 0 ? -EINVAL : 0;
}

static enum match match_protocol(const struct term *term,
				 const struct drop_event *ev)
{
	if (term->protocol < 0) {
		if (ev->packet.network == PACKET_NETWORK_NONE)
			return MATCH_UNKNOWN;
		return match_bool(ev->packet.network == term->network);
	}
	if (!(ev->packet.has & PACKET_HAS_PROTOCOL))
		return MATCH_UNKNOWN;
	return match_bool(ev->packet.protocol == term->protocol);
}

static int parse_netns(struct term *term)
{
	const char *number = term->text, *end;

	if (strncmp(number, "inum:", 5) == 0) {
		if (parse_number(number + 5, &end, UINT32_MAX, &term->low) <
			    0 ||
		    *end != '\0')
			return -EINVAL;
		return 0;
	}
	return parse_interface(term);
}

static enum match match_netns(const struct term *term,
			      const struct drop_event *ev)
{
	if (term->low != 0 && ev->netns.inum == term->low)
		return MATCH_YES;
	if (ev->netns.name[0] == '\0' && ev->netns.inum != 0)
		return MATCH_NO;
	return match_pattern(term, ev->netns.name);
}

static enum match match_location(const struct term *term,
				 const struct drop_event *ev)
{
	char symbol[DROP_LOCATION_MAX];

	copy_string(symbol, sizeof(symbol), ev->location,
		    strcspn(ev->location, "+"));
	return either(match_pattern(term, ev->location),
		      match_pattern(term, symbol));
}

static enum match match_table(const struct term *term,
			      const struct drop_event *ev)
{
	return match_pattern(term, ev->netfilter.table);
}

static enum match match_chain(const struct term *term,
			      const struct drop_event *ev)
{
	return match_pattern(term, ev->netfilter.chain);
}

static enum match match_hook(const struct term *term,
			     const struct drop_event *ev)
{
	return match_pattern(term, ev->netfilter.hook);
}

static enum match match_family(const struct term *term,
			       const struct drop_event *ev)
{
	return match_pattern(term, ev->netfilter.family);
}

static int parse_kind(struct term *term)
{
	return drop_kind_from_string(term->text) < 0 ? -EINVAL : 0;
}

static enum match match_kind(const struct term *term,
			     const struct drop_event *ev)
{
	return match_bool((int)ev->netfilter.kind ==
			  drop_kind_from_string(term->text));
}

static int parse_attribution(struct term *term)
{
	return drop_attribution_from_string(term->text) < 0 ? -EINVAL : 0;
}

static enum match match_attribution(const struct term *term,
				    const struct drop_event *ev)
{
	return match_bool((int)ev->attribution ==
			  drop_attribution_from_string(term->text));
}

static int parse_origin(struct term *term)
{
	return drop_origin_from_string(term->text) < 0 ? -EINVAL : 0;
}

static enum match match_origin(const struct term *term,
			       const struct drop_event *ev)
{
	return match_bool((int)ev->origin ==
			  drop_origin_from_string(term->text));
}

#define NAME_FORM      "a name or a pattern such as \"web*\""
#define INTERFACE_FORM "a device's name, pattern or number"
#define ADDRESS_FORM \
	"an address or a prefix, such as 10.9.0.2, 10.0.0.0/8 or fd00::/8"
#define PORT_FORM "a port or a range, such as 53 or 8000-8999 (0 to 65535)"

static const struct filter_key keys[] = {
	{ "reason", "Why: a reason of \"nfdrop reasons\"", parse_reason,
	  match_reason, "a reason's name or a pattern such as \"IP_*\"" },
	{ "subsystem", "Whose reason: core, openvswitch, ...", parse_word,
	  match_subsystem, "a subsystem's name" },
	{ "interface", "Device it came in or went out by", parse_interface,
	  match_interface, INTERFACE_FORM },
	{ "in", "Device it came in by", parse_interface, match_in,
	  INTERFACE_FORM },
	{ "out", "Device it went out by", parse_interface, match_out,
	  INTERFACE_FORM },
	{ "address", "Source or destination address", parse_address,
	  match_address, ADDRESS_FORM },
	{ "source", "Source address", parse_address, match_source,
	  ADDRESS_FORM },
	{ "destination", "Destination address", parse_address,
	  match_destination, ADDRESS_FORM },
	{ "port", "Source or destination port", parse_port, match_port,
	  PORT_FORM },
	{ "sport", "Source port", parse_port, match_sport, PORT_FORM },
	{ "dport", "Destination port", parse_port, match_dport, PORT_FORM },
	{ "protocol", "tcp, udp, icmp, ..., ipv4, ipv6 or arp", parse_protocol,
	  match_protocol,
	  "tcp, udp, icmp, icmpv6, sctp, ..., a number from 0 to 255, ipv4, "
	  "ipv6 or arp" },
	{ "netns", "Network namespace", parse_netns, match_netns,
	  "a name, a pattern, an inode number or inum:NUMBER" },
	{ "location", "Kernel function that dropped it", parse_word,
	  match_location, "a function's name or a pattern such as \"nft_*\"" },
	{ "table", "Table that dropped it", parse_word, match_table,
	  NAME_FORM },
	{ "chain", "Chain that dropped it", parse_word, match_chain,
	  NAME_FORM },
	{ "hook", "Hook: prerouting, input, ...", parse_word, match_hook,
	  "a hook's name, such as input" },
	{ "family", "The table's: inet, ip, ip6, ...", parse_word, match_family,
	  "a family's name, such as inet" },
	{ "kind", "What dropped it: nft-rule, ...", parse_kind, match_kind,
	  "none, nft-rule, nft-policy, xt-rule, xt-policy, ebt-rule, "
	  "ebt-policy, conntrack, nat, queue, hook or bpf" },
	{ "attribution", "How the rule is known", parse_attribution,
	  match_attribution, "none, inferred, traced or exact" },
	{ "origin", "software or hardware", parse_origin, match_origin,
	  "software or hardware" },
};

const struct filter_key *filter_key_at(size_t i)
{
	return i < ARRAY_SIZE(keys) ? &keys[i] : NULL;
}

const char *filter_key_name(const struct filter_key *key)
{
	return key->name;
}

const char *filter_key_help(const struct filter_key *key)
{
	return key->help;
}

int filter_new(struct filter **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void filter_free(struct filter *f)
{
	free(f);
}

static int unknown_key(const char *key, char *error, size_t size)
{
	char shown[64];
	size_t n;

	n = (size_t)snprintf(error, size, "unknown filter \"%s\"; there are",
			     escape_string(key, shown, sizeof(shown)));
	for (size_t i = 0; i < ARRAY_SIZE(keys) && n < size; i++)
		n += (size_t)snprintf(error + n, size - n, "%s %s",
				      i == 0 ? "" : ",", keys[i].name);
	return -EINVAL;
}

static const struct filter_key *find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

int filter_add(struct filter *f, const char *key, const char *value,
	       char *error, size_t size)
{
	const struct filter_key *k = find_key(key);
	bool negated = value[0] == '!';
	struct term *term;
	char shown[96];
	size_t len;

	if (!k)
		return unknown_key(key, error, size);
	if (f->n_terms >= FILTER_TERMS_MAX) {
		snprintf(error, size, "too many filters: at most %d values",
			 FILTER_TERMS_MAX);
		return -E2BIG;
	}
	len = strlen(value + negated);
	if (len >= FILTER_VALUE_MAX) {
		snprintf(error, size, "%s: longer than %d bytes", key,
			 FILTER_VALUE_MAX - 1);
		return -E2BIG;
	}
	term = &f->terms[f->n_terms];
	*term = (struct term){ .key = k, .negated = negated };
	memcpy(term->text, value + negated, len + 1);
	if (k->parse(term) < 0) {
		snprintf(error, size, "%s: \"%s\" is not %s", key,
			 escape_string(value + negated, shown, sizeof(shown)),
			 k->form);
		return -EINVAL;
	}
	f->n_terms++;
	return 0;
}

bool filter_is_empty(const struct filter *f)
{
	return f->n_terms == 0;
}

bool filter_match(const struct filter *f, const struct drop_event *ev)
{
	/* By key: are there terms without "!", and did one agree. */
	bool asked[ARRAY_SIZE(keys)] = { false };
	bool agreed[ARRAY_SIZE(keys)] = { false };

	for (size_t i = 0; i < f->n_terms; i++) {
		const struct term *term = &f->terms[i];
		size_t k = (size_t)(term->key - keys);
		bool yes;

		if (agreed[k] && !term->negated)
			continue;
		yes = term->key->match(term, ev) == MATCH_YES;
		if (term->negated) {
			if (yes)
				return false;
		} else {
			asked[k] = true;
			agreed[k] = yes;
		}
	}
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		if (asked[k] && !agreed[k])
			return false;
	return true;
}

static int add_json_value(struct filter *f, const char *key,
			  struct json_object *value, char *error, size_t size)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string)) {
		snprintf(error, size,
			 "%s: expected an array of strings, such as {\"port\": "
			 "[\"53\"]}",
			 find_key(key) ? key : "filter");
		return -EINVAL;
	}
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value)) {
		snprintf(error, size, "%s: a value holds a NUL byte",
			 find_key(key) ? key : "filter");
		return -EINVAL;
	}
	return filter_add(f, key, text, error, size);
}

static int add_json_values(struct filter *f, const char *key,
			   struct json_object *values, char *error, size_t size)
{
	int r;

	if (!json_object_is_type(values, json_type_array))
		return add_json_value(f, key, NULL, error, size);
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		r = add_json_value(f, key, json_object_array_get_idx(values, i),
				   error, size);
		if (r < 0)
			return r;
	}
	return find_key(key) ? 0 : unknown_key(key, error, size);
}

int filter_from_json(struct json_object *json, struct filter **ret, char *error,
		     size_t size)
{
	struct filter *f;
	int r;

	if (!json_object_is_type(json, json_type_object)) {
		snprintf(error, size,
			 "a filter is an object, such as "
			 "{\"port\": [\"53\"]}");
		return -EINVAL;
	}
	r = filter_new(&f);
	if (r < 0)
		return r;
	json_object_object_foreach(json, key, values) {
		/* null is Varlink's way of leaving a key out. */
		if (!values && find_key(key))
			continue;
		r = add_json_values(f, key, values, error, size);
		if (r < 0) {
			filter_free(f);
			return r;
		}
	}
	*ret = f;
	return 0;
}

struct json_object *filter_to_json(const struct filter *f)
{
	struct json_object *root = json_object_new_object(), *values;

	for (size_t i = 0; root && i < f->n_terms; i++) {
		const struct term *term = &f->terms[i];
		char text[FILTER_VALUE_MAX + 1];

		if (!json_object_object_get_ex(root, term->key->name,
					       &values)) {
			values = json_object_new_array();
			if (!values ||
			    json_object_object_add(root, term->key->name,
						   values) < 0) {
				json_object_put(values);
				json_object_put(root);
				return NULL;
			}
		}
		snprintf(text, sizeof(text), "%s%s", term->negated ? "!" : "",
			 term->text);
		json_object_array_add(values, json_object_new_string(text));
	}
	return root;
}
