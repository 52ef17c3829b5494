/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which drops a client wants to see.
 *
 * A filter is a list of terms; each has a key and a value. Terms of the same
 * key are alternatives (or), different keys must all agree (and); no term
 * agrees with everything. A term whose subject the event does not know does
 * not agree. "!" before a value negates the term: negated terms of a key must
 * all hold, and an unknown subject agrees with them. Values are UTF-8.
 *
 * Beside the terms a filter can have a program that looks at the packet's
 * bytes, see program.h: it must agree too.
 *
 * An address agrees with addresses of its own family alone, ARP's being IPv4.
 * A v4-mapped one (::ffff:10.0.0.1) is an IPv6 address like any other: on the
 * wire it is in IPv6 packets. Bits past the prefix are ignored.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "program.h"

/* Terms in one filter, and bytes in one value with its "!" and NUL. */
#define FILTER_TERMS_MAX 64
#define FILTER_VALUE_MAX 256

/*
 * Keys, in this order in filter_key_at(); the value's form after the colon:
 *
 *  reason:      name, case-insensitive, "SKB_DROP_REASON_" allowed, fnmatch
 *               pattern ("NFT_*")
 *  subsystem:   name, exact
 *  interface:   in or out name (fnmatch pattern) or ifindex
 *  in, out:     the same, of one direction
 *  address:     source or destination: address or ADDRESS/PREFIX, both families
 *  source, destination: the same, of one direction
 *  port:        source or destination: N or N-M (0-65535)
 *  sport, dport: the same, of one direction
 *  protocol:    transport keyword or number, or "ipv4" "ipv6" "arp"
 *  netns:       name (fnmatch pattern), inode number or "inum:N"
 *  location:    fnmatch pattern on the symbol with its offset, or on the
 *               symbol alone
 *  table, chain, set: name (fnmatch pattern)
 *  rule:        nft handle, or number in its chain (iptables, ebtables)
 *  hook, family, kind, attribution, origin: word, exact
 */
struct filter_key;

/*
 * What a key is known of: of packets while they are dropped, which is the
 * program's; also of single events; also of flows, which have no source port;
 * also of rules, which are no packets.
 */
enum filter_scope {
	FILTER_OF_PACKET,
	FILTER_OF_EVENT,
	FILTER_OF_FLOW,
	FILTER_OF_RULE,
};

const struct filter_key *filter_key_at(size_t i); /* NULL past the last */
enum filter_scope filter_key_scope(const struct filter_key *key);
const char *filter_key_name(const struct filter_key *key);
/* One line for help texts: what the value is. */
const char *filter_key_help(const struct filter_key *key);

struct filter;

/* Makes a filter without terms; -ENOMEM. */
int filter_new(struct filter **ret);
void filter_free(struct filter *f); /* NULL allowed */

/*
 * Adds a term. -EINVAL: unknown key or malformed value, -E2BIG: too many
 * terms or too long a value, -ENOMEM; @error (size @size) then says which key
 * or value and the right form, with escape_string() on what was given. A
 * failed call leaves @f as it was.
 */
int filter_add(struct filter *f, const char *key, const char *value,
	       char *error, size_t size);

/*
 * A filter of a line such as "reason=NFT_RULE,table=filter"; *@ret is NULL for
 * "". As filter_add(), and -EINVAL where a term has no "=".
 */
int filter_from_text(const char *text, struct filter **ret, char *error,
		     size_t size);

/* Takes @program, in place of the one before; NULL for none. */
void filter_set_program(struct filter *f, struct program *program);
bool filter_has_program(const struct filter *f);

/*
 * Whether the terms agree with @ev, and the program with @bytes, where there
 * is one: it does not agree with a packet of no bytes (NULL).
 */
bool filter_match_packet(const struct filter *f, const struct drop_event *ev,
			 const struct packet_bytes *bytes);
/* The same where the bytes are gone. */
bool filter_match(const struct filter *f, const struct drop_event *ev);
bool filter_is_empty(const struct filter *f);
/* A key of @f that is not known of @scope, or NULL when all are. */
const struct filter_key *filter_beyond(const struct filter *f,
				       enum filter_scope scope);

/*
 * The wire form: {"reason":["NETFILTER_DROP"],"port":["53"], ...}, an array of
 * strings a key; null instead of an array is as if the key were not there. The
 * program is "bpf", a string of the form of program_parse().
 * filter_from_json() takes hostile input: errors as filter_add(), also for a
 * value of another JSON type; *@ret is set on success only. filter_to_json()
 * returns a new object with the keys in the table's order, or NULL when memory
 * is out.
 */
int filter_from_json(struct json_object *json, struct filter **ret, char *error,
		     size_t size);
struct json_object *filter_to_json(const struct filter *f);
