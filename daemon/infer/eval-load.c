/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "eval-run.h"

/* Which rewriting has to do with a byte of the transport layer's header. */
static uint32_t transport_rewrites(const struct eval_packet *p, size_t at)
{
	bool has_ports =
		p->l4proto == IPPROTO_TCP || p->l4proto == IPPROTO_UDP ||
		p->l4proto == IPPROTO_UDPLITE || p->l4proto == IPPROTO_SCTP;

	if (has_ports && at < 4)
		return RULE_REWRITES_TRANSPORT |
		       (at < 2 ? RULE_REWRITES_SOURCE
			       : RULE_REWRITES_DESTINATION);
	/* Sequence numbers, checksums, what NAT's helpers change. */
	if (p->l4proto == IPPROTO_TCP && at >= 12 && at < 20 && at / 2 != 8)
		return RULE_REWRITES_TRANSPORT;
	return RULE_REWRITES_TRANSPORT | RULE_REWRITES_NAT;
}

static uint32_t network_rewrites(const struct eval_packet *p, size_t at)
{
	bool v6 = p->nfproto == NFPROTO_IPV6;
	size_t source = v6 ? 8 : 12, len = v6 ? 16 : 4;

	if (at >= source + 2 * len)
		return RULE_REWRITES_PACKET & ~RULE_REWRITES_LINK;
	if (at >= source + len)
		return RULE_REWRITES_DESTINATION | RULE_REWRITES_NETWORK;
	if (at >= source)
		return RULE_REWRITES_SOURCE | RULE_REWRITES_NETWORK;
	if (v6 ? at == 7 : at == 8)
		return RULE_REWRITES_TTL | RULE_REWRITES_NETWORK;
	if (!v6 && at >= 10)
		return RULE_REWRITES_PACKET & ~RULE_REWRITES_LINK;
	return RULE_REWRITES_NETWORK;
}

static uint32_t byte_rewrites(const struct eval_packet *p, uint8_t base,
			      size_t at)
{
	if (base == NFT_PAYLOAD_LL_HEADER)
		return RULE_REWRITES_LINK;
	if (base == NFT_PAYLOAD_NETWORK_HEADER)
		return network_rewrites(p, at);
	return transport_rewrites(p, at) | RULE_REWRITES_NETWORK;
}

/* Where a base is; NONE when there is no such, *@why when it is not known. */
static enum eval_place find_base(const struct eval_run *run,
				 const struct rule_op *op, size_t *ret,
				 uint64_t *why)
{
	const struct eval_packet *p = run->e->hook->packet;

	*ret = 0;
	*why = UNKNOWN_BIT(UNKNOWN_PAYLOAD);
	switch (op->base) {
	case NFT_PAYLOAD_LL_HEADER:
		*why = UNKNOWN_BIT(UNKNOWN_LINK);
		if (run->e->hook->is_made)
			return EVAL_NONE;
		/* Bridges and devices may have a tag beside the packet. */
		if (!run->e->hook->is_received ||
		    (!run->e->hook->is_ip && op->arg + op->len > 12))
			return EVAL_UNKNOWN;
		return p->link;
	case NFT_PAYLOAD_NETWORK_HEADER:
		*why = UNKNOWN_BIT(UNKNOWN_NETWORK);
		*ret = p->network_at;
		return p->network;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		if (run->rewritten & RULE_REWRITES_NETWORK) {
			*why = UNKNOWN_BIT(UNKNOWN_REWRITTEN);
			return EVAL_UNKNOWN;
		}
		*ret = p->transport_at;
		return p->transport;
	default:
		*why = UNKNOWN_BIT(UNKNOWN_INNER);
		return EVAL_UNKNOWN;
	}
}

/*
 * Of a fragment that is not the first. nft_payload_eval() finds no header
 * there, but nft_payload_fast_eval(), which takes its place for one, two or
 * four bytes, does not look, and takes what is behind the IPv4 header, when it
 * is in the packet's linear part; and with IPv6, whose header ends nowhere
 * then, something.
 */
static enum eval_answer do_fragment(struct eval_run *run,
				    const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;
	size_t at = p->transport_at + op->arg;

	if ((op->len != 1 && op->len != 2 && op->len != 4) ||
	    op->arg % op->len != 0)
		return EVAL_NO;
	if (p->nfproto == NFPROTO_IPV4) {
		enum eval_place place = eval_packet_look(p, at, op->len);

		if (place == EVAL_NONE)
			return EVAL_NO;
		if (place == EVAL_HERE && run->rewritten == 0)
			eval_regs_put(&run->regs, op->dreg, p->data + at,
				      op->len);
		else
			eval_regs_forget(&run->regs, op->dreg, op->len,
					 UNKNOWN_BIT(UNKNOWN_FRAGMENT));
	} else {
		eval_regs_forget(&run->regs, op->dreg, op->len,
				 UNKNOWN_BIT(UNKNOWN_FRAGMENT));
	}
	run->why |= UNKNOWN_BIT(UNKNOWN_FRAGMENT);
	return EVAL_PERHAPS;
}

enum eval_answer eval_payload(struct eval_run *run, const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;
	struct eval_regs *r = &run->regs;
	enum eval_place place;
	uint64_t why;
	size_t at;

	place = find_base(run, op, &at, &why);
	if (op->base == NFT_PAYLOAD_TRANSPORT_HEADER && place == EVAL_HERE &&
	    p->is_fragment)
		return do_fragment(run, op);
	if (place == EVAL_HERE) {
		at += op->arg;
		place = eval_packet_look(p, at, op->len);
		why = UNKNOWN_BIT(UNKNOWN_PAYLOAD);
	}
	/* Was it as long when it came by here? */
	if (place == EVAL_NONE && (run->rewritten & RULE_REWRITES_LENGTH)) {
		place = EVAL_UNKNOWN;
		why = UNKNOWN_BIT(UNKNOWN_REWRITTEN);
	}
	if (place == EVAL_NONE)
		return EVAL_NO;
	if (place == EVAL_UNKNOWN) {
		eval_regs_forget(r, op->dreg, op->len, why);
		run->why |= why;
		return EVAL_PERHAPS;
	}
	eval_regs_put(r, op->dreg, p->data + at, op->len);
	if (run->rewritten == 0)
		return EVAL_YES;
	for (size_t i = 0; i < op->len; i++)
		if (run->rewritten & byte_rewrites(p, op->base, op->arg + i)) {
			r->unknown[op->dreg + i] = 0xff;
			eval_regs_set_why(r, op->dreg + i, 1,
					  UNKNOWN_BIT(UNKNOWN_REWRITTEN));
		}
	return EVAL_YES;
}

/* Of meta's answers, what a key's is made of. */
static enum eval_answer put_name(struct eval_run *run, const struct rule_op *op,
				 const struct eval_port *port,
				 enum unknown what)
{
	char name[16] = { 0 };

	if (op->len < sizeof(name) || !port->is_known ||
	    (port->ifindex != 0 && (!port->name || !port->name[0]))) {
		eval_regs_forget(&run->regs, op->dreg, sizeof(name),
				 UNKNOWN_BIT(what));
		return EVAL_YES;
	}
	if (port->ifindex != 0)
		copy_string(name, sizeof(name), port->name, sizeof(name));
	eval_regs_put(&run->regs, op->dreg, name, sizeof(name));
	return EVAL_YES;
}

static enum eval_answer put_index(struct eval_run *run,
				  const struct rule_op *op,
				  const struct eval_port *port,
				  enum unknown what)
{
	if (port->is_known)
		eval_regs_put(&run->regs, op->dreg, &port->ifindex,
			      sizeof(port->ifindex));
	else
		eval_regs_forget(&run->regs, op->dreg, 4, UNKNOWN_BIT(what));
	return EVAL_YES;
}

/* A property of a device that the drop does not tell. */
static enum eval_answer put_property(struct eval_run *run,
				     const struct rule_op *op,
				     const struct eval_port *port,
				     enum unknown what)
{
	if (port->is_known && port->ifindex == 0)
		return EVAL_NO;
	eval_regs_forget(&run->regs, op->dreg, op->len, UNKNOWN_BIT(what));
	run->why |= UNKNOWN_BIT(what);
	return EVAL_PERHAPS;
}

/* ARPHRD_ETHER and the like: "ether saddr" asks for it, too. */
static enum eval_answer put_type(struct eval_run *run, const struct rule_op *op,
				 const struct eval_port *port,
				 enum unknown what)
{
	/* nft_reg_store16() */
	union {
		uint16_t type;
		uint8_t bytes[4];
	} reg = { .bytes = { 0 } };

	if (!port->is_known || port->ifindex == 0 || !port->has_type)
		return put_property(run, op, port, what);
	reg.type = port->type;
	eval_regs_put(&run->regs, op->dreg, &reg, sizeof(reg));
	return EVAL_YES;
}

static void put_length(struct eval_run *run, const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;
	uint32_t len;

	if (p->real_len == SIZE_MAX || p->network != EVAL_HERE ||
	    p->real_len < p->network_at ||
	    (run->rewritten & RULE_REWRITES_LENGTH)) {
		eval_regs_forget(&run->regs, op->dreg, 4,
				 UNKNOWN_BIT(UNKNOWN_LENGTH));
		return;
	}
	len = (uint32_t)(p->real_len - p->network_at);
	eval_regs_put(&run->regs, op->dreg, &len, sizeof(len));
}

static enum eval_answer put_l4proto(struct eval_run *run,
				    const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;

	if (p->transport == EVAL_HERE &&
	    !(run->rewritten & RULE_REWRITES_NETWORK)) {
		eval_regs_put(&run->regs, op->dreg, &p->l4proto, 1);
		return EVAL_YES;
	}
	if (p->transport == EVAL_NONE &&
	    !(run->rewritten & RULE_REWRITES_NETWORK))
		return EVAL_NO;
	eval_regs_forget(&run->regs, op->dreg, 4, UNKNOWN_BIT(UNKNOWN_PAYLOAD));
	run->why |= UNKNOWN_BIT(UNKNOWN_PAYLOAD);
	return EVAL_PERHAPS;
}

/* From the address, where that tells: net/ethernet/eth.c, eth_type_trans(). */
static void put_pkttype(struct eval_run *run, const struct rule_op *op)
{
	static const uint8_t zero[6], all[6] = { 255, 255, 255, 255, 255, 255 };
	const struct eval_hook *hook = run->e->hook;
	const struct eval_packet *p = hook->packet;
	uint8_t type = PACKET_HOST;

	/* As a new skb is, until a device has sent it. */
	if (hook->is_made && hook->is_ip &&
	    !(run->rewritten & RULE_REWRITES_META)) {
		eval_regs_put(&run->regs, op->dreg, &type, 1);
		return;
	}
	if (!hook->is_received || p->link != EVAL_HERE ||
	    memcmp(p->data, zero, 6) == 0 ||
	    (!hook->is_ip && !(p->data[0] & 1)) ||
	    (run->rewritten & (RULE_REWRITES_META | RULE_REWRITES_LINK))) {
		eval_regs_forget(&run->regs, op->dreg, 4,
				 UNKNOWN_BIT(UNKNOWN_PKTTYPE));
		return;
	}
	if (p->data[0] & 1)
		type = memcmp(p->data, all, 6) == 0 ? PACKET_BROADCAST
						    : PACKET_MULTICAST;
	eval_regs_put(&run->regs, op->dreg, &type, 1);
}

static void put_mark(struct eval_run *run, const struct rule_op *op)
{
	const struct eval_hook *hook = run->e->hook;

	if (hook->has_mark && !(run->rewritten & RULE_REWRITES_MARK))
		eval_regs_put(&run->regs, op->dreg, &hook->mark,
			      sizeof(hook->mark));
	else
		eval_regs_forget(&run->regs, op->dreg, 4,
				 UNKNOWN_BIT(UNKNOWN_MARK));
}

static void put_protocol(struct eval_run *run, const struct rule_op *op)
{
	uint16_t protocol = htobe16(run->e->hook->packet->protocol);

	if (protocol != 0)
		eval_regs_put(&run->regs, op->dreg, &protocol,
			      sizeof(protocol));
	else
		eval_regs_forget(&run->regs, op->dreg, 4,
				 UNKNOWN_BIT(UNKNOWN_NETWORK));
}

static void put_nfproto(struct eval_run *run, const struct rule_op *op)
{
	const struct eval_hook *hook = run->e->hook;

	if (hook->nfproto != 0)
		eval_regs_put(&run->regs, op->dreg, &hook->nfproto, 1);
	else
		eval_regs_forget(&run->regs, op->dreg, 4,
				 UNKNOWN_BIT(UNKNOWN_NETWORK));
}

/* Those that the packet and what is known of it does not tell. */
static enum eval_answer put_other(struct eval_run *run,
				  const struct rule_op *op)
{
	static const uint8_t unknown[] = {
		[NFT_META_SKUID] = UNKNOWN_OWNER,
		[NFT_META_SKGID] = UNKNOWN_OWNER,
		[NFT_META_CGROUP] = UNKNOWN_OWNER,
		[NFT_META_TIME_NS] = UNKNOWN_TIME,
		[NFT_META_TIME_DAY] = UNKNOWN_TIME,
		[NFT_META_TIME_HOUR] = UNKNOWN_TIME,
		[NFT_META_RTCLASSID] = UNKNOWN_ROUTE,
		[NFT_META_BRI_IIFNAME] = UNKNOWN_IN,
		[NFT_META_BRI_OIFNAME] = UNKNOWN_OUT,
	};
	enum unknown what = UNKNOWN_META;

	if (op->arg < ARRAY_SIZE(unknown) && unknown[op->arg] != 0)
		what = unknown[op->arg];
	eval_regs_forget(&run->regs, op->dreg, op->len, UNKNOWN_BIT(what));
	run->why |= UNKNOWN_BIT(what);
	return EVAL_PERHAPS;
}

enum eval_answer eval_meta(struct eval_run *run, const struct rule_op *op)
{
	const struct eval_hook *hook = run->e->hook;

	switch (op->arg) {
	case NFT_META_LEN:
		put_length(run, op);
		return EVAL_YES;
	case NFT_META_PROTOCOL:
		put_protocol(run, op);
		return EVAL_YES;
	case NFT_META_MARK:
		put_mark(run, op);
		return EVAL_YES;
	case NFT_META_IIF:
		return put_index(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIF:
		return put_index(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_IIFNAME:
		return put_name(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIFNAME:
		return put_name(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_IIFTYPE:
		return put_type(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIFTYPE:
		return put_type(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_IIFGROUP:
	case NFT_META_IIFKIND:
		return put_property(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIFGROUP:
	case NFT_META_OIFKIND:
		return put_property(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_NFPROTO:
		put_nfproto(run, op);
		return EVAL_YES;
	case NFT_META_L4PROTO:
		return put_l4proto(run, op);
	case NFT_META_PKTTYPE:
		put_pkttype(run, op);
		return EVAL_YES;
	default:
		return put_other(run, op);
	}
}
