/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <limits.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "trace-marks.h"
#include "util.h"

DEFINE_CLEANUP(struct nftnl_table *, nftnl_table_free)
DEFINE_CLEANUP(struct nftnl_obj *, nftnl_obj_free)
DEFINE_CLEANUP(struct nftnl_set *, nftnl_set_free)
DEFINE_CLEANUP(struct nftnl_chain *, nftnl_chain_free)
DEFINE_CLEANUP(struct nftnl_rule *, nftnl_rule_free)

/* nft's own numbers of the types, for whoever lists it; nft, datatype.h. */
#define TYPE_IPADDR	    7
#define TYPE_IP6ADDR	    8
#define TYPE_INET_PROTO	    12
#define TYPE_INET_SERVICE   13
#define CONCAT2(a, b)	    ((a) << 6 | (b))
#define CONCAT3(a, b, c)    (CONCAT2(a, b) << 6 | (c))
#define CONCAT4(a, b, c, d) (CONCAT3(a, b, c) << 6 | (d))

/* Before anyone else. */
#define PRIORITY     (INT_MIN + 1)
#define LIMIT	     "rate"

#define IP_FAMILIES  (1U << TRACE_INET | 1U << TRACE_BRIDGE | 1U << TRACE_NETDEV)
#define ARP_FAMILIES (1U << TRACE_ARP | 1U << TRACE_BRIDGE | 1U << TRACE_NETDEV)

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
	{ "ipv4-port", PACKET_NETWORK_IPV4, IP_FAMILIES, ETHERTYPE_IP,
	  NFPROTO_IPV4, true, true,
	  CONCAT4(TYPE_IPADDR, TYPE_IPADDR, TYPE_INET_PROTO, TYPE_INET_SERVICE),
	  12, 16, 4 },
	{ "ipv4", PACKET_NETWORK_IPV4, IP_FAMILIES, ETHERTYPE_IP, NFPROTO_IPV4,
	  true, false, CONCAT3(TYPE_IPADDR, TYPE_IPADDR, TYPE_INET_PROTO), 12,
	  16, 4 },
	{ "ipv6-port", PACKET_NETWORK_IPV6, IP_FAMILIES, ETHERTYPE_IPV6,
	  NFPROTO_IPV6, true, true,
	  CONCAT4(TYPE_IP6ADDR, TYPE_IP6ADDR, TYPE_INET_PROTO,
		  TYPE_INET_SERVICE),
	  8, 24, 16 },
	{ "ipv6", PACKET_NETWORK_IPV6, IP_FAMILIES, ETHERTYPE_IPV6,
	  NFPROTO_IPV6, true, false,
	  CONCAT3(TYPE_IP6ADDR, TYPE_IP6ADDR, TYPE_INET_PROTO), 8, 24, 16 },
	/* Of Ethernet and IPv4, as packet_parse() takes them. */
	{ "arp", PACKET_NETWORK_ARP, ARP_FAMILIES, ETHERTYPE_ARP, NFPROTO_ARP,
	  false, false, CONCAT2(TYPE_IPADDR, TYPE_IPADDR), 14, 24, 4 },
};

static const struct {
	uint8_t nfproto;
	/* The chains' names, by the kernel's number of the hook. */
	const char *hooks[5];
} families[_TRACE_FAMILY_MAX] = {
	[TRACE_INET] = { NFPROTO_INET,
			 { "prerouting", "input", "forward", "output",
			   "postrouting" } },
	[TRACE_BRIDGE] = { NFPROTO_BRIDGE,
			   { "prerouting", "input", "forward", "output",
			     "postrouting" } },
	[TRACE_ARP] = { NFPROTO_ARP, { "input", "output" } },
	[TRACE_NETDEV] = { NFPROTO_NETDEV, { "ingress", "egress" } },
};

uint8_t trace_family_to_nfproto(enum trace_family family)
{
	return families[family].nfproto;
}

static uint32_t hooks_of(const struct trace_places *places,
			 enum trace_family family)
{
	uint32_t hooks = 0;

	for (uint32_t i = 0; i < ARRAY_SIZE(families[family].hooks); i++)
		if (families[family].hooks[i])
			hooks |= places->hooks[family] & 1U << i;
	return hooks;
}

bool trace_marks_has(const struct trace_places *places,
		     enum trace_family family)
{
	return hooks_of(places, family) != 0;
}

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

/* Of all rules of a table together that name it. */
static void add_limit(const struct trace_marks *marks, uint8_t nfproto,
		      const char *name, uint32_t rate, struct nft_batch *b)
{
	_cleanup_(cleanup_nftnl_obj_free) struct nftnl_obj *obj =
		nftnl_obj_alloc();

	if (!obj) {
		nft_batch_fail(b);
		return;
	}
	nftnl_obj_set_str(obj, NFTNL_OBJ_TABLE, marks->table);
	nftnl_obj_set_str(obj, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(obj, NFTNL_OBJ_TYPE, NFT_OBJECT_LIMIT);
	nftnl_obj_set_u64(obj, NFTNL_OBJ_LIMIT_RATE, rate);
	nftnl_obj_set_u64(obj, NFTNL_OBJ_LIMIT_UNIT, 1);
	nftnl_obj_set_u32(obj, NFTNL_OBJ_LIMIT_BURST, rate);
	nftnl_obj_set_u32(obj, NFTNL_OBJ_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_obj_nlmsg_build_payload(nft_batch_message(b, NFT_MSG_NEWOBJ,
							nfproto, NLM_F_CREATE),
				      obj);
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

struct number {
	uint16_t attr;
	uint32_t value;
};

/* An expression with @n numbers; what else it has is the caller's. */
static struct nftnl_expr *make_expr(const char *name,
				    const struct number *numbers, size_t n)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	for (size_t i = 0; expr && i < n; i++)
		nftnl_expr_set_u32(expr, numbers[i].attr, numbers[i].value);
	return expr;
}

/* Takes @expr, which is NULL without memory. */
static void add_expr(struct nft_batch *b, struct nftnl_rule *rule,
		     struct nftnl_expr *expr)
{
	if (expr)
		nftnl_rule_add_expr(rule, expr);
	else
		nft_batch_fail(b);
}

static struct nftnl_expr *make_meta(uint32_t key, uint32_t reg)
{
	const struct number numbers[] = { { NFTNL_EXPR_META_KEY, key },
					  { NFTNL_EXPR_META_DREG, reg } };

	return make_expr("meta", numbers, ARRAY_SIZE(numbers));
}

static struct nftnl_expr *make_payload(uint32_t base, uint32_t offset,
				       uint32_t len, uint32_t reg)
{
	const struct number numbers[] = { { NFTNL_EXPR_PAYLOAD_BASE, base },
					  { NFTNL_EXPR_PAYLOAD_OFFSET, offset },
					  { NFTNL_EXPR_PAYLOAD_LEN, len },
					  { NFTNL_EXPR_PAYLOAD_DREG, reg } };

	return make_expr("payload", numbers, ARRAY_SIZE(numbers));
}

static struct nftnl_expr *make_compare(uint32_t reg, uint32_t op,
				       const void *data, uint32_t len)
{
	const struct number numbers[] = { { NFTNL_EXPR_CMP_SREG, reg },
					  { NFTNL_EXPR_CMP_OP, op } };
	struct nftnl_expr *expr =
		make_expr("cmp", numbers, ARRAY_SIZE(numbers));

	if (expr)
		nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, len);
	return expr;
}

static struct nftnl_expr *make_equal(uint32_t reg, const void *data,
				     uint32_t len)
{
	return make_compare(reg, NFT_CMP_EQ, data, len);
}

static struct nftnl_expr *make_lookup(const char *set)
{
	const struct number numbers[] = { { NFTNL_EXPR_LOOKUP_SREG,
					    NFT_REG32_00 } };
	struct nftnl_expr *expr =
		make_expr("lookup", numbers, ARRAY_SIZE(numbers));

	if (expr)
		nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	return expr;
}

static struct nftnl_expr *make_limit(const char *name)
{
	const struct number numbers[] = { { NFTNL_EXPR_OBJREF_IMM_TYPE,
					    NFT_OBJECT_LIMIT } };
	struct nftnl_expr *expr =
		make_expr("objref", numbers, ARRAY_SIZE(numbers));

	if (expr)
		nftnl_expr_set_str(expr, NFTNL_EXPR_OBJREF_IMM_NAME, name);
	return expr;
}

/* meta nfproto ipv4; where there is more than IP, meta protocol ip. */
static void add_network(struct nft_batch *b, struct nftnl_rule *rule,
			uint8_t nfproto, const struct trace_kind *kind)
{
	uint16_t ethertype = htobe16(kind->ethertype);

	if (nfproto == NFPROTO_ARP)
		return;
	if (nfproto == NFPROTO_INET) {
		add_expr(b, rule, make_meta(NFT_META_NFPROTO, NFT_REG_1));
		add_expr(b, rule,
			 make_equal(NFT_REG_1, &kind->nfproto,
				    sizeof(kind->nfproto)));
		return;
	}
	add_expr(b, rule, make_meta(NFT_META_PROTOCOL, NFT_REG_1));
	add_expr(b, rule, make_equal(NFT_REG_1, &ethertype, sizeof(ethertype)));
}

/* meta nftrace set 1 */
static void add_mark(struct nft_batch *b, struct nftnl_rule *rule)
{
	static const struct number from[] = { { NFTNL_EXPR_IMM_DREG,
						NFT_REG_1 } };
	static const struct number to[] = {
		{ NFTNL_EXPR_META_KEY, NFT_META_NFTRACE },
		{ NFTNL_EXPR_META_SREG, NFT_REG_1 },
	};
	static const uint8_t one = 1;
	struct nftnl_expr *expr =
		make_expr("immediate", from, ARRAY_SIZE(from));

	if (expr)
		nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, &one, sizeof(one));
	add_expr(b, rule, expr);
	add_expr(b, rule, make_expr("meta", to, ARRAY_SIZE(to)));
}

static void add_rule(const struct trace_marks *marks, uint8_t nfproto,
		     const char *chain, const struct trace_kind *kind,
		     struct nft_batch *b)
{
	uint32_t words = kind->addr_len / 4U, reg = NFT_REG32_00;
	_cleanup_(cleanup_nftnl_rule_free) struct nftnl_rule *rule =
		nftnl_rule_alloc();

	if (!rule) {
		nft_batch_fail(b);
		return;
	}
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, marks->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	add_network(b, rule, nfproto, kind);
	add_expr(b, rule,
		 make_payload(NFT_PAYLOAD_NETWORK_HEADER, kind->saddr,
			      kind->addr_len, reg));
	add_expr(b, rule,
		 make_payload(NFT_PAYLOAD_NETWORK_HEADER, kind->daddr,
			      kind->addr_len, reg + words));
	reg += 2 * words;
	if (kind->has_protocol)
		add_expr(b, rule, make_meta(NFT_META_L4PROTO, reg++));
	if (kind->has_port)
		add_expr(b, rule,
			 make_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg));
	add_expr(b, rule, make_lookup(kind->set));
	add_expr(b, rule, make_limit(LIMIT));
	add_mark(b, rule);
	nftnl_rule_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWRULE, nfproto,
				  NLM_F_CREATE | NLM_F_APPEND),
		rule);
	nft_batch_add(b);
}

/* --- samples -------------------------------------------------------------- */

#define TCP_FLAGS_OFFSET 13
#define TCP_FLAGS_MASK	 (TH_FIN | TH_SYN | TH_RST | TH_ACK)

static const struct sample_kind {
	const char *limit;
	uint32_t families;
	uint16_t ethertype;	 /* 0: of the other two */
	uint32_t is_tcp, is_syn; /* NFT_CMP_EQ or NFT_CMP_NEQ */
	bool has_flags;
} sample_kinds[] = {
	{ "sample-syn", IP_FAMILIES, 0, NFT_CMP_EQ, NFT_CMP_EQ, true },
	{ "sample-tcp", IP_FAMILIES, 0, NFT_CMP_EQ, NFT_CMP_NEQ, true },
	{ "sample-other", IP_FAMILIES, 0, NFT_CMP_NEQ, NFT_CMP_NEQ, false },
	{ "sample-other", ARP_FAMILIES, ETHERTYPE_ARP, 0, 0, false },
};

/* tcp flags & (fin | syn | rst | ack) == syn, or != */
static void add_flags(struct nft_batch *b, struct nftnl_rule *rule, uint32_t op)
{
	static const uint8_t mask = TCP_FLAGS_MASK, none, syn = TH_SYN;
	const struct number numbers[] = {
		{ NFTNL_EXPR_BITWISE_SREG, NFT_REG_1 },
		{ NFTNL_EXPR_BITWISE_DREG, NFT_REG_1 },
		{ NFTNL_EXPR_BITWISE_LEN, sizeof(mask) },
	};
	struct nftnl_expr *expr =
		make_expr("bitwise", numbers, ARRAY_SIZE(numbers));

	if (expr) {
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, &mask,
			       sizeof(mask));
		nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, &none,
			       sizeof(none));
	}
	add_expr(b, rule,
		 make_payload(NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_OFFSET,
			      sizeof(mask), NFT_REG_1));
	add_expr(b, rule, expr);
	add_expr(b, rule, make_compare(NFT_REG_1, op, &syn, sizeof(syn)));
}

static void add_sample_rule(const struct trace_marks *marks, uint8_t nfproto,
			    const char *chain, const struct sample_kind *kind,
			    struct nft_batch *b)
{
	static const uint8_t tcp = IPPROTO_TCP;
	uint16_t ethertype = htobe16(kind->ethertype);
	_cleanup_(cleanup_nftnl_rule_free) struct nftnl_rule *rule =
		nftnl_rule_alloc();

	if (!rule) {
		nft_batch_fail(b);
		return;
	}
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, marks->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	if (kind->ethertype == 0) {
		add_expr(b, rule, make_meta(NFT_META_L4PROTO, NFT_REG_1));
		add_expr(b, rule,
			 make_compare(NFT_REG_1, kind->is_tcp, &tcp,
				      sizeof(tcp)));
	} else if (nfproto != NFPROTO_ARP) {
		add_expr(b, rule, make_meta(NFT_META_PROTOCOL, NFT_REG_1));
		add_expr(b, rule,
			 make_equal(NFT_REG_1, &ethertype, sizeof(ethertype)));
	}
	if (kind->has_flags)
		add_flags(b, rule, kind->is_syn);
	add_expr(b, rule, make_limit(kind->limit));
	add_mark(b, rule);
	nftnl_rule_nlmsg_build_payload(
		nft_batch_message(b, NFT_MSG_NEWRULE, nfproto,
				  NLM_F_CREATE | NLM_F_APPEND),
		rule);
	nft_batch_add(b);
}

/* Limits that a family's kinds name, each once. */
static void add_sample_limits(const struct trace_marks *marks,
			      enum trace_family family, struct nft_batch *b)
{
	static const char *const limits[] = { "sample-syn", "sample-tcp",
					      "sample-other" };

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		add_limit(marks, families[family].nfproto, limits[i],
			  MAX(marks->samples / (uint32_t)ARRAY_SIZE(limits),
			      1U),
			  b);
}

void trace_marks_add_samples(const struct trace_marks *marks,
			     const struct trace_places *places,
			     struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++) {
		uint32_t hooks = hooks_of(places, f);

		if (hooks == 0)
			continue;
		add_sample_limits(marks, f, b);
		for (uint32_t h = 0; h < ARRAY_SIZE(families[f].hooks); h++)
			for (size_t k = 0; k < ARRAY_SIZE(sample_kinds); k++)
				if ((hooks & 1U << h) &&
				    (sample_kinds[k].families & 1U << f))
					add_sample_rule(marks,
							families[f].nfproto,
							families[f].hooks[h],
							&sample_kinds[k], b);
	}
}

/* --- all of it ------------------------------------------------------------ */

static void add_family(const struct trace_marks *marks,
		       const struct trace_places *places,
		       enum trace_family family, struct nft_batch *b)
{
	uint8_t nfproto = families[family].nfproto;
	uint32_t hooks = hooks_of(places, family);

	add_table(marks, nfproto, b);
	add_limit(marks, nfproto, LIMIT, marks->rate, b);
	for (uint32_t h = 0; h < ARRAY_SIZE(families[family].hooks); h++)
		if (hooks & 1U << h)
			add_chain(marks, nfproto, families[family].hooks[h], h,
				  family == TRACE_NETDEV ? &places->devices[h]
							 : NULL,
				  b);
}

void trace_marks_add(const struct trace_marks *marks,
		     const struct trace_places *places, struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (trace_marks_has(places, f))
			add_family(marks, places, f, b);
}

static void add_kind(const struct trace_marks *marks,
		     const struct trace_places *places,
		     enum trace_family family, uint32_t k, struct nft_batch *b)
{
	uint8_t nfproto = families[family].nfproto;
	uint32_t hooks = hooks_of(places, family);

	add_set(marks, nfproto, &kinds[k], k + 1, b);
	for (uint32_t h = 0; h < ARRAY_SIZE(families[family].hooks); h++)
		if (hooks & 1U << h)
			add_rule(marks, nfproto, families[family].hooks[h],
				 &kinds[k], b);
}

void trace_marks_add_kinds(const struct trace_marks *marks,
			   const struct trace_places *places, uint32_t mask,
			   struct nft_batch *b)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		for (uint32_t k = 0; k < ARRAY_SIZE(kinds); k++)
			if ((mask & 1U << k) && is_of(&kinds[k], f) &&
			    trace_marks_has(places, f))
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
		if (trace_marks_has(places, f))
			remove_table(marks, families[f].nfproto, b);
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
		if (trace_marks_has(places, f) && is_of(mark->kind, f))
			change_element(marks, families[f].nfproto, type, mark,
				       b);
}
