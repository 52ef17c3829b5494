/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <limits.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "nft-make.h"
#include "trace-marks.h"
#include "util.h"

DEFINE_CLEANUP(struct nftnl_table *, nftnl_table_free)
DEFINE_CLEANUP(struct nftnl_set *, nftnl_set_free)
DEFINE_CLEANUP(struct nftnl_chain *, nftnl_chain_free)

/* nft's own numbers of the types, for whoever lists it; nft, datatype.h. */
#define TYPE_IPADDR	    7
#define TYPE_IP6ADDR	    8
#define TYPE_INET_PROTO	    12
#define TYPE_INET_SERVICE   13
#define CONCAT2(a, b)	    ((a) << 6 | (b))
#define CONCAT3(a, b, c)    (CONCAT2(a, b) << 6 | (c))
#define CONCAT4(a, b, c, d) (CONCAT3(a, b, c) << 6 | (d))

/* Before anyone else. */
#define PRIORITY (INT_MIN + 1)
#define LIMIT	 "rate"

/* A set, and the rule that looks there. */
struct trace_kind {
	const char *set;
	enum packet_network network;
	uint32_t families; /* bits, of tables */
	uint16_t ethertype;
	uint8_t nfproto;
	bool has_protocol;
	bool has_port;
	uint32_t key_type;
	uint8_t saddr, daddr, addr_len; /* in the network header */
};

/* Each part of a key takes 4 bytes, or a multiple of that. */
static const struct trace_kind kinds[] = {
	{ "ipv4-port", PACKET_NETWORK_IPV4, TRACE_IP_FAMILIES, ETHERTYPE_IP,
	  NFPROTO_IPV4, true, true,
	  CONCAT4(TYPE_IPADDR, TYPE_IPADDR, TYPE_INET_PROTO, TYPE_INET_SERVICE),
	  12, 16, 4 },
	{ "ipv4", PACKET_NETWORK_IPV4, TRACE_IP_FAMILIES, ETHERTYPE_IP,
	  NFPROTO_IPV4, true, false,
	  CONCAT3(TYPE_IPADDR, TYPE_IPADDR, TYPE_INET_PROTO), 12, 16, 4 },
	{ "ipv6-port", PACKET_NETWORK_IPV6, TRACE_IP_FAMILIES, ETHERTYPE_IPV6,
	  NFPROTO_IPV6, true, true,
	  CONCAT4(TYPE_IP6ADDR, TYPE_IP6ADDR, TYPE_INET_PROTO,
		  TYPE_INET_SERVICE),
	  8, 24, 16 },
	{ "ipv6", PACKET_NETWORK_IPV6, TRACE_IP_FAMILIES, ETHERTYPE_IPV6,
	  NFPROTO_IPV6, true, false,
	  CONCAT3(TYPE_IP6ADDR, TYPE_IP6ADDR, TYPE_INET_PROTO), 8, 24, 16 },
	/* Of Ethernet and IPv4, as packet_parse() takes them. */
	{ "arp", PACKET_NETWORK_ARP, TRACE_ARP_FAMILIES, ETHERTYPE_ARP,
	  NFPROTO_ARP, false, false, CONCAT2(TYPE_IPADDR, TYPE_IPADDR), 14, 24,
	  4 },
};

static bool is_of(const struct trace_kind *kind, enum trace_family family)
{
	return kind->families & 1U << family;
}

/* --- flows ---------------------------------------------------------------- */

static const struct trace_kind *kind_of(const struct packet *packet)
{
	uint16_t needs = PACKET_HAS_ADDRS;
	bool has_port = packet->has & PACKET_HAS_PORTS;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].network != packet->network ||
		    kinds[i].has_port != has_port)
			continue;
		if (kinds[i].has_protocol)
			needs |= PACKET_HAS_PROTOCOL;
		return (packet->has & needs) == needs ? &kinds[i] : NULL;
	}
	return NULL;
}

bool trace_mark_init(struct trace_mark *mark, const struct packet *packet)
{
	const struct trace_kind *kind = kind_of(packet);
	uint16_t port = htobe16(packet->dport);
	uint32_t len;

	*mark = (struct trace_mark){ .kind = kind };
	if (!kind)
		return false;
	len = kind->addr_len;
	memcpy(mark->data, &packet->saddr, len);
	memcpy(mark->data + len, &packet->daddr, len);
	mark->len = 2 * len;
	if (kind->has_protocol) {
		mark->data[mark->len] = packet->protocol;
		mark->len += 4;
	}
	if (kind->has_port) {
		memcpy(mark->data + mark->len, &port, sizeof(port));
		mark->len += 4;
	}
	return true;
}

static uint32_t key_length(const struct trace_kind *kind)
{
	return 2U * kind->addr_len + 4U * kind->has_protocol +
	       4U * kind->has_port;
}

/* --- tables, sets, chains ------------------------------------------------- */

static void add_table(const struct trace_marks *marks, uint8_t nfproto,
		      struct nft_batch *b)
{
	_cleanup_(cleanup_nftnl_table_free) struct nftnl_table *table =
		nftnl_table_alloc();

	if (!table) {
		nft_batch_fail(b);
		return;
	}
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, marks->table);
	nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS,
			    marks->owner ? NFT_TABLE_F_OWNER : 0);
	nftnl_table_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWTABLE, nfproto,
				  NLM_F_CREATE | NLM_F_EXCL),
		table);
	nft_batch_add(b);
}

static void remove_table(const struct trace_marks *marks, uint8_t nfproto,
			 struct nft_batch *b)
{
	_cleanup_(cleanup_nftnl_table_free) struct nftnl_table *table =
		nftnl_table_alloc();

	if (!table) {
		nft_batch_fail(b);
		return;
	}
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, marks->table);
	nftnl_table_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_DELTABLE, nfproto, 0), table);
	nft_batch_add(b);
}

static void add_set(const struct trace_marks *marks, uint8_t nfproto,
		    const struct trace_kind *kind, uint32_t id,
		    struct nft_batch *b)
{
	const uint8_t lengths[] = { kind->addr_len, kind->addr_len, 1, 2 };
	_cleanup_(cleanup_nftnl_set_free) struct nftnl_set *set =
		nftnl_set_alloc();

	if (!set) {
		nft_batch_fail(b);
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, marks->table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, kind->set);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, nfproto);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS,
			  NFT_SET_TIMEOUT | NFT_SET_CONCAT);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, kind->key_type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key_length(kind));
	nftnl_set_set_data(set, NFTNL_SET_DESC_CONCAT, lengths,
			   2U + kind->has_protocol + kind->has_port);
	nftnl_set_set_u32(set, NFTNL_SET_ID, id);
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, marks->flows);
	nftnl_set_set_u64(set, NFTNL_SET_TIMEOUT, marks->seconds * 1000ULL);
	nftnl_set_nlmsg_build_payload(nft_batch_message(b, NFT_MSG_NEWSET,
							nfproto, NLM_F_CREATE),
				      set);
	nft_batch_add(b);
}

static void add_chain(const struct trace_marks *marks, uint8_t nfproto,
		      const char *name, uint32_t hook,
		      const struct trace_devices *devices, struct nft_batch *b)
{
	_cleanup_(cleanup_nftnl_chain_free) struct nftnl_chain *chain =
		nftnl_chain_alloc();
	const char *names[TRACE_DEVICES_MAX + 1] = { NULL };

	if (!chain) {
		nft_batch_fail(b);
		return;
	}
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, marks->table);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, PRIORITY);
	for (size_t i = 0; devices && i < devices->n; i++)
		names[i] = devices->names[i];
	if (devices &&
	    nftnl_chain_set_data(chain, NFTNL_CHAIN_DEVICES, names, 0) < 0)
		nft_batch_fail(b);
	nftnl_chain_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWCHAIN, nfproto, NLM_F_CREATE),
		chain);
	nft_batch_add(b);
}

/* --- rules ---------------------------------------------------------------- */

/* meta nfproto ipv4; where there is more than IP, meta protocol ip. */
static void add_network(struct nft_batch *b, struct nftnl_rule *rule,
			uint8_t nfproto, const struct trace_kind *kind)
{
	if (nfproto == NFPROTO_ARP)
		return;
	if (nfproto == NFPROTO_INET) {
		nft_add_expr(b, rule,
			     nft_make_meta(NFT_META_NFPROTO, NFT_REG_1));
		nft_add_expr(b, rule,
			     nft_make_equal(NFT_REG_1, &kind->nfproto,
					    sizeof(kind->nfproto)));
		return;
	}
	nft_add_ethertype(b, rule, kind->ethertype);
}

static void add_rule(const struct trace_marks *marks, uint8_t nfproto,
		     const char *chain, const struct trace_kind *kind,
		     struct nft_batch *b)
{
	uint32_t words = kind->addr_len / 4U, reg = NFT_REG32_00;
	struct nftnl_rule *rule = nft_make_rule(marks->table, chain);

	add_network(b, rule, nfproto, kind);
	nft_add_expr(b, rule,
		     nft_make_payload(NFT_PAYLOAD_NETWORK_HEADER, kind->saddr,
				      kind->addr_len, reg));
	nft_add_expr(b, rule,
		     nft_make_payload(NFT_PAYLOAD_NETWORK_HEADER, kind->daddr,
				      kind->addr_len, reg + words));
	reg += 2 * words;
	if (kind->has_protocol)
		nft_add_expr(b, rule, nft_make_meta(NFT_META_L4PROTO, reg++));
	if (kind->has_port)
		nft_add_expr(b, rule,
			     nft_make_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2,
					      2, reg));
	nft_add_expr(b, rule, nft_make_lookup(kind->set));
	nft_add_expr(b, rule, nft_make_limit(LIMIT));
	nft_add_trace(b, rule);
	nft_add_rule(b, nfproto, rule);
}

/* --- all of it ------------------------------------------------------------ */

static void add_family(const struct trace_marks *marks,
		       const struct trace_places *places,
		       enum trace_family family, struct nft_batch *b)
{
	uint8_t nfproto = trace_family_to_nfproto(family);
	const char *chain;

	add_table(marks, nfproto, b);
	nft_add_limit(b, nfproto, marks->table, LIMIT, marks->rate);
	for (uint32_t h = 0; h < TRACE_HOOKS_MAX; h++)
		if ((chain = trace_places_chain(places, family, h)))
			add_chain(marks, nfproto, chain, h,
				  family == TRACE_NETDEV ? &places->devices[h]
							 : NULL,
				  b);
}

void trace_marks_add(const struct trace_marks *marks,
		     const struct trace_places *places, struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (trace_places_has(places, f))
			add_family(marks, places, f, b);
}

static void add_kind(const struct trace_marks *marks,
		     const struct trace_places *places,
		     enum trace_family family, uint32_t k, struct nft_batch *b)
{
	uint8_t nfproto = trace_family_to_nfproto(family);
	const char *chain;

	add_set(marks, nfproto, &kinds[k], k + 1, b);
	for (uint32_t h = 0; h < TRACE_HOOKS_MAX; h++)
		if ((chain = trace_places_chain(places, family, h)))
			add_rule(marks, nfproto, chain, &kinds[k], b);
}

void trace_marks_add_kinds(const struct trace_marks *marks,
			   const struct trace_places *places, uint32_t mask,
			   struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		for (uint32_t k = 0; k < ARRAY_SIZE(kinds); k++)
			if ((mask & 1U << k) && is_of(&kinds[k], f) &&
			    trace_places_has(places, f))
				add_kind(marks, places, f, k, b);
}

uint32_t trace_mark_kind(const struct trace_mark *mark)
{
	return 1U << (mark->kind - kinds);
}

void trace_marks_remove(const struct trace_marks *marks,
			const struct trace_places *places, struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (trace_places_has(places, f))
			remove_table(marks, trace_family_to_nfproto(f), b);
}

static void change_element(const struct trace_marks *marks, uint8_t nfproto,
			   uint16_t type, const struct trace_mark *mark,
			   struct nft_batch *b)
{
	_cleanup_(cleanup_nftnl_set_free) struct nftnl_set *set =
		nftnl_set_alloc();
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();

	if (!set || !element) {
		if (element)
			nftnl_set_elem_free(element);
		nft_batch_fail(b);
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, marks->table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, mark->kind->set);
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, mark->data, mark->len);
	nftnl_set_elem_add(set, element);
	nftnl_set_elems_nlmsg_build_payload(
		nft_batch_message(b, type, nfproto,
				  type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE
							     : 0),
		set);
	nft_batch_add(b);
}

void trace_marks_change(const struct trace_marks *marks,
			const struct trace_places *places, uint16_t type,
			const struct trace_mark *mark, struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (trace_places_has(places, f) && is_of(mark->kind, f))
			change_element(marks, trace_family_to_nfproto(f), type,
				       mark, b);
}
