/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>

#include "infer-make.h"
#include "ruleset-decode.h"

static void begin(struct maker *m, int type)
{
	struct nfgenmsg *nfg;

	memset(m->buf, 0, 256);
	m->nlh = mnl_nlmsg_put_header(m->buf);
	m->nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	m->nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_APPEND;
	nfg = mnl_nlmsg_put_extra_header(m->nlh, sizeof(*nfg));
	nfg->nfgen_family = m->family;
	mnl_attr_put_strz(m->nlh, 1, "t"); /* NFTA_*_TABLE, or its name */
}

static void end(struct maker *m)
{
	int r = ruleset_decode(m->rs, m->nlh, m->nlh->nlmsg_len, false);

	if (r < 0) {
		fprintf(stderr, "message %x: %s\n", m->nlh->nlmsg_type,
			strerror(-r));
		abort();
	}
}

static void u32(struct maker *m, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(m->nlh, type, htobe32(value));
}

static void u64(struct maker *m, uint16_t type, uint64_t value)
{
	mnl_attr_put_u64(m->nlh, type, htobe64(value));
}

static void value(struct maker *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(m->nlh, type);

	mnl_attr_put(m->nlh, NFTA_DATA_VALUE, len, data);
	mnl_attr_nest_end(m->nlh, nest);
}

static void verdict(struct maker *m, uint16_t type, int32_t code,
		    const char *chain)
{
	struct nlattr *data = mnl_attr_nest_start(m->nlh, type);
	struct nlattr *nest = mnl_attr_nest_start(m->nlh, NFTA_DATA_VERDICT);

	u32(m, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		mnl_attr_put_strz(m->nlh, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(m->nlh, nest);
	mnl_attr_nest_end(m->nlh, data);
}

void maker_init(struct maker *m, uint8_t family)
{
	m->rs = ruleset_new();
	if (!m->rs)
		abort();
	m->rs->infers = true;
	m->family = family;
	m->handle = 0;
	begin(m, NFT_MSG_NEWTABLE);
	u64(m, NFTA_TABLE_HANDLE, 1);
	end(m);
}

static void chain(struct maker *m, const char *name, int hook, int priority,
		  bool drops)
{
	struct nlattr *nest;

	begin(m, NFT_MSG_NEWCHAIN);
	mnl_attr_put_strz(m->nlh, NFTA_CHAIN_NAME, name);
	u64(m, NFTA_CHAIN_HANDLE, ++m->handle);
	if (hook >= 0) {
		nest = mnl_attr_nest_start(m->nlh, NFTA_CHAIN_HOOK);
		u32(m, NFTA_HOOK_HOOKNUM, (uint32_t)hook);
		u32(m, NFTA_HOOK_PRIORITY, (uint32_t)priority);
		mnl_attr_nest_end(m->nlh, nest);
		u32(m, NFTA_CHAIN_POLICY, drops ? 0 : 1);
		mnl_attr_put_strz(m->nlh, NFTA_CHAIN_TYPE, "filter");
	}
	end(m);
}

void make_base(struct maker *m, const char *name, int hook, int priority,
	       bool drops)
{
	chain(m, name, hook, priority, drops);
}

void make_side(struct maker *m, const char *name)
{
	chain(m, name, -1, 0, false);
}

void rule_begin(struct maker *m, const char *chain)
{
	begin(m, NFT_MSG_NEWRULE);
	mnl_attr_put_strz(m->nlh, NFTA_RULE_CHAIN, chain);
	u64(m, NFTA_RULE_HANDLE, ++m->handle);
	m->list = mnl_attr_nest_start(m->nlh, NFTA_RULE_EXPRESSIONS);
}

uint64_t rule_end(struct maker *m)
{
	mnl_attr_nest_end(m->nlh, m->list);
	end(m);
	return m->handle;
}

static struct nlattr *expr_begin(struct maker *m, const char *name,
				 struct nlattr **elem)
{
	*elem = mnl_attr_nest_start(m->nlh, NFTA_LIST_ELEM);
	mnl_attr_put_strz(m->nlh, NFTA_EXPR_NAME, name);
	return mnl_attr_nest_start(m->nlh, NFTA_EXPR_DATA);
}

static void expr_end(struct maker *m, struct nlattr *data, struct nlattr *elem)
{
	mnl_attr_nest_end(m->nlh, data);
	mnl_attr_nest_end(m->nlh, elem);
}

void expr_payload(struct maker *m, uint32_t base, uint32_t offset, uint32_t len)
{
	struct nlattr *elem, *data = expr_begin(m, "payload", &elem);

	u32(m, NFTA_PAYLOAD_DREG, NFT_REG_1);
	u32(m, NFTA_PAYLOAD_BASE, base);
	u32(m, NFTA_PAYLOAD_OFFSET, offset);
	u32(m, NFTA_PAYLOAD_LEN, len);
	expr_end(m, data, elem);
}

void expr_payload_set(struct maker *m, uint32_t base, uint32_t offset,
		      uint32_t len)
{
	struct nlattr *elem, *data = expr_begin(m, "payload", &elem);

	u32(m, NFTA_PAYLOAD_SREG, NFT_REG_1);
	u32(m, NFTA_PAYLOAD_BASE, base);
	u32(m, NFTA_PAYLOAD_OFFSET, offset);
	u32(m, NFTA_PAYLOAD_LEN, len);
	expr_end(m, data, elem);
}

void expr_meta(struct maker *m, uint32_t key)
{
	struct nlattr *elem, *data = expr_begin(m, "meta", &elem);

	u32(m, NFTA_META_DREG, NFT_REG_1);
	u32(m, NFTA_META_KEY, key);
	expr_end(m, data, elem);
}

void expr_cmp(struct maker *m, uint32_t op, const void *bytes, size_t len)
{
	struct nlattr *elem, *data = expr_begin(m, "cmp", &elem);

	u32(m, NFTA_CMP_SREG, NFT_REG_1);
	u32(m, NFTA_CMP_OP, op);
	value(m, NFTA_CMP_DATA, bytes, len);
	expr_end(m, data, elem);
}

void expr_cmp16(struct maker *m, uint32_t op, uint16_t v)
{
	v = htobe16(v);
	expr_cmp(m, op, &v, sizeof(v));
}

void expr_cmp8(struct maker *m, uint32_t op, uint8_t v)
{
	expr_cmp(m, op, &v, sizeof(v));
}

void expr_mask(struct maker *m, const void *mask, size_t len)
{
	static const uint8_t zero[16];
	struct nlattr *elem, *data = expr_begin(m, "bitwise", &elem);

	u32(m, NFTA_BITWISE_SREG, NFT_REG_1);
	u32(m, NFTA_BITWISE_DREG, NFT_REG_1);
	u32(m, NFTA_BITWISE_LEN, (uint32_t)len);
	value(m, NFTA_BITWISE_MASK, mask, len);
	value(m, NFTA_BITWISE_XOR, zero, len);
	expr_end(m, data, elem);
}

void expr_shift(struct maker *m, bool left, uint32_t by, uint32_t len)
{
	struct nlattr *elem, *data = expr_begin(m, "bitwise", &elem);

	u32(m, NFTA_BITWISE_SREG, NFT_REG_1);
	u32(m, NFTA_BITWISE_DREG, NFT_REG_1);
	u32(m, NFTA_BITWISE_LEN, len);
	u32(m, NFTA_BITWISE_OP, left ? NFT_BITWISE_LSHIFT : NFT_BITWISE_RSHIFT);
	value(m, NFTA_BITWISE_DATA, &by, sizeof(by));
	expr_end(m, data, elem);
}

void expr_byteorder(struct maker *m, uint32_t size, uint32_t len)
{
	struct nlattr *elem, *data = expr_begin(m, "byteorder", &elem);

	u32(m, NFTA_BYTEORDER_SREG, NFT_REG_1);
	u32(m, NFTA_BYTEORDER_DREG, NFT_REG_1);
	u32(m, NFTA_BYTEORDER_OP, NFT_BYTEORDER_NTOH);
	u32(m, NFTA_BYTEORDER_LEN, len);
	u32(m, NFTA_BYTEORDER_SIZE, size);
	expr_end(m, data, elem);
}

void expr_lookup(struct maker *m, const char *set, bool inverted, int dreg)
{
	struct nlattr *elem, *data = expr_begin(m, "lookup", &elem);

	mnl_attr_put_strz(m->nlh, NFTA_LOOKUP_SET, set);
	u32(m, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (dreg)
		u32(m, NFTA_LOOKUP_DREG,
		    dreg < 0 ? NFT_REG_VERDICT : (uint32_t)dreg);
	u32(m, NFTA_LOOKUP_FLAGS, inverted ? NFT_LOOKUP_F_INV : 0);
	expr_end(m, data, elem);
}

void expr_verdict(struct maker *m, int32_t code, const char *chain)
{
	struct nlattr *elem, *data = expr_begin(m, "immediate", &elem);

	u32(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	verdict(m, NFTA_IMMEDIATE_DATA, code, chain);
	expr_end(m, data, elem);
}

void expr_named(struct maker *m, const char *name, uint32_t first)
{
	struct nlattr *elem, *data = expr_begin(m, name, &elem);

	u32(m, 1, first);
	expr_end(m, data, elem);
}

void make_set(struct maker *m, const char *name, uint32_t flags, size_t key_len,
	      int data_len, unsigned int fields)
{
	struct nlattr *desc, *concat, *field;

	begin(m, NFT_MSG_NEWSET);
	mnl_attr_put_strz(m->nlh, NFTA_SET_NAME, name);
	u64(m, NFTA_SET_HANDLE, ++m->handle);
	u32(m, NFTA_SET_FLAGS, flags);
	u32(m, NFTA_SET_KEY_LEN, (uint32_t)key_len);
	if (data_len != 0) {
		u32(m, NFTA_SET_DATA_TYPE, data_len < 0 ? NFT_DATA_VERDICT : 0);
		u32(m, NFTA_SET_DATA_LEN,
		    data_len < 0 ? 16 : (uint32_t)data_len);
	}
	if (fields > 1) {
		desc = mnl_attr_nest_start(m->nlh, NFTA_SET_DESC);
		concat = mnl_attr_nest_start(m->nlh, 2);
		for (unsigned int i = 0; i < fields; i++) {
			field = mnl_attr_nest_start(m->nlh, NFTA_LIST_ELEM);
			u32(m, NFTA_SET_FIELD_LEN, 4);
			mnl_attr_nest_end(m->nlh, field);
		}
		mnl_attr_nest_end(m->nlh, concat);
		mnl_attr_nest_end(m->nlh, desc);
	}
	end(m);
}

void elements_begin(struct maker *m, const char *set)
{
	begin(m, NFT_MSG_NEWSETELEM);
	mnl_attr_put_strz(m->nlh, NFTA_SET_ELEM_LIST_SET, set);
	m->list = mnl_attr_nest_start(m->nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void elements_end(struct maker *m, bool removed)
{
	mnl_attr_nest_end(m->nlh, m->list);
	if (removed)
		m->nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 |
				     NFT_MSG_DELSETELEM;
	end(m);
}

void element_add(struct maker *m, const struct element *e)
{
	struct nlattr *nest = mnl_attr_nest_start(m->nlh, NFTA_LIST_ELEM);

	if (e->key)
		value(m, NFTA_SET_ELEM_KEY, e->key, e->key_len);
	if (e->end)
		value(m, 10, e->end, e->key_len); /* NFTA_SET_ELEM_KEY_END */
	if (e->data_len)
		value(m, NFTA_SET_ELEM_DATA, e->data, e->data_len);
	else if (e->is_map)
		verdict(m, NFTA_SET_ELEM_DATA, e->code, e->chain);
	if (e->flags)
		u32(m, NFTA_SET_ELEM_FLAGS, e->flags);
	if (e->expires)
		u64(m, NFTA_SET_ELEM_EXPIRATION, 1000);
	mnl_attr_nest_end(m->nlh, nest);
}

void make_udp(uint8_t buf[MADE_UDP_LEN], uint16_t sport, uint16_t dport)
{
	static const uint8_t head[] = {
		2,  0, 0, 0, 0, 1,  2,	0, 0, 0,  0, 2, 8, 0,  0x45, 0, 0,
		36, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0,    0, 2,
	};

	memset(buf, 0, MADE_UDP_LEN);
	memcpy(buf, head, sizeof(head));
	buf[34] = (uint8_t)(sport >> 8);
	buf[35] = (uint8_t)sport;
	buf[36] = (uint8_t)(dport >> 8);
	buf[37] = (uint8_t)dport;
	buf[39] = 16;
}

struct infer_input make_input(const void *frame, size_t len)
{
	return (struct infer_input){
		.bytes = { .data = frame,
			   .len = len,
			   .start = PACKET_START_MAC,
			   .ethertype = 0x800,
			   .orig_len = (uint32_t)len },
		.in = { .is_known = true, .ifindex = 2, .name = "eth0" },
	};
}

const char *infer_string(const struct ruleset *rs,
			 const struct infer_input *input)
{
	static char buf[4096];
	struct infer_result result;
	size_t n = 0;

	if (infer(rs, input, &result) < 0)
		abort();
	buf[0] = '\0';
	for (size_t i = 0; i < result.n && n < sizeof(buf) - 512; i++) {
		const struct infer_candidate *c = &result.candidates[i];
		char mark = '?';

		n += (size_t)sprintf(buf + n, "%s%.64s/", i ? " " : "",
				     c->chain->name);
		if (c->rule)
			n += (size_t)sprintf(buf + n, "%d",
					     (int)c->rule->handle);
		else
			n += (size_t)sprintf(buf + n, "policy");
		for (unsigned int u = 0; u < _UNKNOWN_MAX; u++) {
			if (!(c->unknown & UNKNOWN_BIT(u)))
				continue;
			n += (size_t)sprintf(buf + n, "%c%s", mark,
					     unknown_to_string(u));
			mark = ',';
		}
	}
	if (result.is_partial)
		strcpy(buf + n, "+");
	return buf;
}
