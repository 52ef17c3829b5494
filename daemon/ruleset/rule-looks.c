/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>

#include "rule-looks.h"
#include "util.h"

/* The highest attribute's number of those that are looked at. */
#define ATTR_MAX 8

struct attrs {
	const struct nlattr *of[ATTR_MAX + 1];
};

struct scan {
	uint8_t looks;
	bool decides;	      /* has a verdict, or changes the packet */
	bool loaded_protocol; /* the last expression did */
	bool is_icmp;	      /* the rule is for ICMP alone */
};

static int on_attr(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= ATTR_MAX)
		attrs->of[type] = attr;
	return MNL_CB_OK;
}

static struct attrs attrs_in(const struct nlattr *nest)
{
	struct attrs attrs = { 0 };

	if (nest)
		(void)mnl_attr_parse_nested(nest, on_attr, &attrs);
	return attrs;
}

static uint32_t get_u32(const struct nlattr *attr, uint32_t fallback)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t)
		       ? be32toh(mnl_attr_get_u32(attr))
		       : fallback;
}

static const char *get_string(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(attr);
}

/* --- expressions ---------------------------------------------------------- */

/* The same of all packets of a flow. */
static const struct span {
	uint32_t base;
	uint32_t from, to; /* bytes of the header */
	uint32_t min;	   /* of a part that is looked at */
} spans[] = {
	{ NFT_PAYLOAD_LL_HEADER, 12, 14, 2 },	    /* EtherType */
	{ NFT_PAYLOAD_NETWORK_HEADER, 9, 10, 1 },   /* IPv4: protocol */
	{ NFT_PAYLOAD_NETWORK_HEADER, 12, 20, 1 },  /* IPv4: addresses */
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 7, 1 },    /* IPv6: next header */
	{ NFT_PAYLOAD_NETWORK_HEADER, 8, 40, 4 },   /* IPv6: addresses */
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 1 },  /* ICMP: type */
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 1, 2, 1 },  /* ICMP: code */
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 2, 4, 2 },  /* destination port */
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 13, 14, 1 } /* TCP: flags */
};

static void scan_payload(struct scan *s, const struct attrs *a)
{
	uint32_t base = get_u32(a->of[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t offset = get_u32(a->of[NFTA_PAYLOAD_OFFSET], UINT32_MAX);
	uint32_t len = get_u32(a->of[NFTA_PAYLOAD_LEN], UINT32_MAX);

	if (a->of[NFTA_PAYLOAD_SREG]) {
		s->decides = true;
		s->looks |= RULE_LOOKS_FURTHER;
		return;
	}
	s->loaded_protocol = base == NFT_PAYLOAD_NETWORK_HEADER && len == 1 &&
			     (offset == 9 || offset == 6);
	/* nft looks at type and code at once, where others have a port. */
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == 0 && len == 2 &&
	    s->is_icmp)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		if (base == spans[i].base && offset >= spans[i].from &&
		    len >= spans[i].min && len <= spans[i].to - spans[i].from &&
		    offset <= spans[i].to - len)
			return;
	s->looks |= RULE_LOOKS_FURTHER;
}

static void scan_meta(struct scan *s, const struct attrs *a)
{
	if (a->of[NFTA_META_SREG])
		return;
	switch (get_u32(a->of[NFTA_META_KEY], UINT32_MAX)) {
	case NFT_META_L4PROTO:
		s->loaded_protocol = true;
		return;
	case NFT_META_PROTOCOL:
	case NFT_META_NFPROTO:
	case NFT_META_IIF:
	case NFT_META_OIF:
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
	case NFT_META_IIFTYPE:
	case NFT_META_OIFTYPE:
	case NFT_META_IIFGROUP:
	case NFT_META_OIFGROUP:
	case NFT_META_IIFKIND:
	case NFT_META_OIFKIND:
	case NFT_META_BRI_IIFNAME:
	case NFT_META_BRI_OIFNAME:
	case NFT_META_PKTTYPE:
		return;
	default:
		s->looks |= RULE_LOOKS_FURTHER;
	}
}

static void scan_ct(struct scan *s, const struct attrs *a)
{
	if (a->of[NFTA_CT_SREG])
		return;
	s->looks |= get_u32(a->of[NFTA_CT_KEY], UINT32_MAX) == NFT_CT_STATE
			    ? RULE_LOOKS_STATE
			    : RULE_LOOKS_FURTHER;
}

static void scan_lookup(struct scan *s, const struct attrs *a)
{
	s->looks |= RULE_LOOKS_SET;
	s->decides |= get_u32(a->of[NFTA_LOOKUP_DREG], NFT_REG_1) ==
		      NFT_REG_VERDICT;
}

static void scan_immediate(struct scan *s, const struct attrs *a)
{
	s->decides |= get_u32(a->of[NFTA_IMMEDIATE_DREG], NFT_REG_VERDICT) ==
		      NFT_REG_VERDICT;
}

static void scan_cmp(struct scan *s, const struct attrs *a)
{
	struct attrs data = attrs_in(a->of[NFTA_CMP_DATA]);
	const struct nlattr *value = data.of[NFTA_DATA_VALUE];
	uint8_t protocol;

	if (!s->loaded_protocol || !value ||
	    mnl_attr_get_payload_len(value) != sizeof(protocol) ||
	    get_u32(a->of[NFTA_CMP_OP], NFT_CMP_NEQ) != NFT_CMP_EQ)
		return;
	protocol = mnl_attr_get_u8(value);
	s->is_icmp |= protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Of x_tables: what is known of them. */
static void scan_match(struct scan *s, const struct attrs *a)
{
	static const struct {
		const char *name;
		uint8_t looks;
	} matches[] = {
		{ "comment", 0 },
		{ "addrtype", 0 },
		{ "state", RULE_LOOKS_STATE },
		{ "conntrack", RULE_LOOKS_STATE },
		{ "icmp", 0 },
		{ "icmp6", 0 },
	};
	const char *name = get_string(a->of[NFTA_MATCH_NAME]);

	for (size_t i = 0; name && i < ARRAY_SIZE(matches); i++)
		if (strcmp(name, matches[i].name) == 0) {
			s->looks |= matches[i].looks;
			return;
		}
	s->looks |= RULE_LOOKS_FURTHER;
}

/* It ends the packet's way, or may, and looks at nothing. */
static void scan_verdict(struct scan *s, const struct attrs *a)
{
	(void)a;
	s->decides = true;
}

static void scan_nothing(struct scan *s, const struct attrs *a)
{
	(void)s;
	(void)a;
}

/* Those that look at the flow, or at nothing; of rates and the like see
 * below. */
static const struct {
	const char *name;
	void (*scan)(struct scan *s, const struct attrs *a);
} exprs[] = {
	{ "payload", scan_payload }, { "meta", scan_meta },
	{ "cmp", scan_cmp },	     { "ct", scan_ct },
	{ "lookup", scan_lookup },   { "immediate", scan_immediate },
	{ "match", scan_match },     { "target", scan_verdict },
	{ "reject", scan_verdict },  { "range", scan_nothing },
	{ "bitwise", scan_nothing }, { "byteorder", scan_nothing },
	{ "counter", scan_nothing }, { "log", scan_nothing },
	{ "last", scan_nothing },    { "fib", scan_nothing },
	{ "notrack", scan_verdict }, { "queue", scan_verdict },
	{ "nat", scan_verdict },     { "masq", scan_verdict },
	{ "redir", scan_verdict },   { "dup", scan_nothing },
};

static int on_expr(const struct nlattr *expr, void *data)
{
	/* These break off, or not, and end nothing by themselves. */
	static const char *const further[] = { "limit",	 "quota",  "connlimit",
					       "numgen", "hash",   "rt",
					       "socket", "exthdr", "osf",
					       "dynset", "objref", "xfrm",
					       "tunnel" };
	const struct attrs attrs = attrs_in(expr);
	const struct attrs in = attrs_in(attrs.of[NFTA_EXPR_DATA]);
	const char *name = get_string(attrs.of[NFTA_EXPR_NAME]);
	struct scan *s = data;
	bool loaded;

	if (!name)
		return MNL_CB_OK;
	loaded = s->loaded_protocol;
	for (size_t i = 0; i < ARRAY_SIZE(exprs); i++)
		if (strcmp(name, exprs[i].name) == 0) {
			exprs[i].scan(s, &in);
			/* It was the one before that did. */
			if (loaded)
				s->loaded_protocol = false;
			return MNL_CB_OK;
		}
	s->loaded_protocol = false;
	s->looks |= RULE_LOOKS_FURTHER;
	for (size_t i = 0; i < ARRAY_SIZE(further); i++)
		if (strcmp(name, further[i]) == 0)
			return MNL_CB_OK;
	s->decides = true;
	return MNL_CB_OK;
}

uint8_t rule_looks(const struct nlattr *expressions)
{
	struct scan s = { 0 };

	if (!expressions)
		return 0;
	if (mnl_attr_parse_nested(expressions, on_expr, &s) < 0)
		return RULE_LOOKS_FURTHER;
	return s.decides ? s.looks : 0;
}
