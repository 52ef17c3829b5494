/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "rule-eval.h"
#include "set-elements.h"

#define N_WORDS (RULE_REGS_SIZE / NFT_REG32_SIZE)

struct regs {
	uint8_t value[RULE_REGS_SIZE];
	uint8_t unknown[RULE_REGS_SIZE]; /* bits */
	uint64_t why[N_WORDS];
};

/* One rule's evaluation. */
struct run {
	struct rule_eval *e;
	const struct rule *rule;
	struct regs regs;
	uint32_t rewritten;
	uint64_t why;
};

enum answer { NO, YES, PERHAPS };

static uint64_t why_of(const struct regs *r, size_t at, size_t len)
{
	uint64_t why = 0;

	for (size_t i = at / 4; i < (at + len + 3) / 4 && i < N_WORDS; i++)
		why |= r->why[i];
	return why;
}

static void set_why(struct regs *r, size_t at, size_t len, uint64_t why)
{
	for (size_t i = at / 4; i < (at + len + 3) / 4 && i < N_WORDS; i++)
		r->why[i] = why;
}

/* Up to the end of the last register, whose other bytes are zero. */
static size_t whole(size_t at, size_t len)
{
	return MIN((len + 3) & ~(size_t)3, RULE_REGS_SIZE - at);
}

static void put(struct regs *r, size_t at, const void *value, size_t len)
{
	memset(r->value + at, 0, whole(at, len));
	memset(r->unknown + at, 0, whole(at, len));
	memcpy(r->value + at, value, len);
	set_why(r, at, len, 0);
}

static void put_unknown(struct regs *r, size_t at, size_t len, uint64_t why)
{
	len = whole(at, MIN(len, RULE_REGS_SIZE - at));
	memset(r->value + at, 0, len);
	memset(r->unknown + at, 0xff, len);
	set_why(r, at, len, why);
}

/* Which rewriting has to do with a byte of the transport layer's header. */
static uint32_t transport_rewrites(const struct eval_packet *p, size_t at)
{
	uint32_t what = RULE_REWRITES_TRANSPORT;

	/* Sequence numbers, checksums, what NAT's helpers change. */
	if (p->l4proto == IPPROTO_TCP
		    ? at < 12 || at == 16 || at == 17 || at >= 20
		    : true)
		what |= RULE_REWRITES_PORTS;
	return what;
}

static uint32_t network_rewrites(const struct eval_packet *p, size_t at)
{
	bool v6 = p->nfproto == NFPROTO_IPV6;
	size_t addrs = v6 ? 8 : 12, end = v6 ? 40 : 20;

	if (at >= addrs && at < end)
		return RULE_REWRITES_ADDRS | RULE_REWRITES_NETWORK;
	if (at >= end)
		return RULE_REWRITES_PACKET & ~RULE_REWRITES_LINK;
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
static enum eval_place find_base(const struct run *run,
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
static enum answer do_fragment(struct run *run, const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;
	size_t at = p->transport_at + op->arg;

	if ((op->len != 1 && op->len != 2 && op->len != 4) ||
	    op->arg % op->len != 0)
		return NO;
	if (p->nfproto == NFPROTO_IPV4) {
		enum eval_place place = eval_packet_look(p, at, op->len);

		if (place == EVAL_NONE)
			return NO;
		if (place == EVAL_HERE && run->rewritten == 0)
			put(&run->regs, op->dreg, p->data + at, op->len);
		else
			put_unknown(&run->regs, op->dreg, op->len,
				    UNKNOWN_BIT(UNKNOWN_FRAGMENT));
	} else {
		put_unknown(&run->regs, op->dreg, op->len,
			    UNKNOWN_BIT(UNKNOWN_FRAGMENT));
	}
	run->why |= UNKNOWN_BIT(UNKNOWN_FRAGMENT);
	return PERHAPS;
}

static enum answer do_payload(struct run *run, const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;
	struct regs *r = &run->regs;
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
		return NO;
	if (place == EVAL_UNKNOWN) {
		put_unknown(r, op->dreg, op->len, why);
		run->why |= why;
		return PERHAPS;
	}
	put(r, op->dreg, p->data + at, op->len);
	if (run->rewritten == 0)
		return YES;
	for (size_t i = 0; i < op->len; i++)
		if (run->rewritten & byte_rewrites(p, op->base, op->arg + i)) {
			r->unknown[op->dreg + i] = 0xff;
			set_why(r, op->dreg + i, 1,
				UNKNOWN_BIT(UNKNOWN_REWRITTEN));
		}
	return YES;
}

/* Of meta's answers, what a key's is made of. */
static enum answer put_name(struct run *run, const struct rule_op *op,
			    const struct eval_port *port, enum unknown what)
{
	char name[16] = { 0 };

	if (op->len < sizeof(name) || !port->is_known ||
	    (port->ifindex != 0 && (!port->name || !port->name[0]))) {
		put_unknown(&run->regs, op->dreg, sizeof(name),
			    UNKNOWN_BIT(what));
		return YES;
	}
	if (port->ifindex != 0)
		copy_string(name, sizeof(name), port->name, sizeof(name));
	put(&run->regs, op->dreg, name, sizeof(name));
	return YES;
}

static enum answer put_index(struct run *run, const struct rule_op *op,
			     const struct eval_port *port, enum unknown what)
{
	if (port->is_known)
		put(&run->regs, op->dreg, &port->ifindex,
		    sizeof(port->ifindex));
	else
		put_unknown(&run->regs, op->dreg, 4, UNKNOWN_BIT(what));
	return YES;
}

/* A property of a device that the drop does not tell. */
static enum answer put_property(struct run *run, const struct rule_op *op,
				const struct eval_port *port, enum unknown what)
{
	if (port->is_known && port->ifindex == 0)
		return NO;
	put_unknown(&run->regs, op->dreg, op->len, UNKNOWN_BIT(what));
	run->why |= UNKNOWN_BIT(what);
	return PERHAPS;
}

static void put_length(struct run *run, const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;
	uint32_t len;

	if (p->real_len == SIZE_MAX || p->network != EVAL_HERE ||
	    p->real_len < p->network_at ||
	    (run->rewritten & RULE_REWRITES_LENGTH)) {
		put_unknown(&run->regs, op->dreg, 4,
			    UNKNOWN_BIT(UNKNOWN_LENGTH));
		return;
	}
	len = (uint32_t)(p->real_len - p->network_at);
	put(&run->regs, op->dreg, &len, sizeof(len));
}

static enum answer put_l4proto(struct run *run, const struct rule_op *op)
{
	const struct eval_packet *p = run->e->hook->packet;

	if (p->transport == EVAL_HERE &&
	    !(run->rewritten & RULE_REWRITES_NETWORK)) {
		put(&run->regs, op->dreg, &p->l4proto, 1);
		return YES;
	}
	if (p->transport == EVAL_NONE &&
	    !(run->rewritten & RULE_REWRITES_NETWORK))
		return NO;
	put_unknown(&run->regs, op->dreg, 4, UNKNOWN_BIT(UNKNOWN_PAYLOAD));
	run->why |= UNKNOWN_BIT(UNKNOWN_PAYLOAD);
	return PERHAPS;
}

/* From the address, where that tells: net/ethernet/eth.c, eth_type_trans(). */
static void put_pkttype(struct run *run, const struct rule_op *op)
{
	static const uint8_t zero[6], all[6] = { 255, 255, 255, 255, 255, 255 };
	const struct eval_hook *hook = run->e->hook;
	const struct eval_packet *p = hook->packet;
	uint8_t type = PACKET_HOST;

	if (!hook->is_received || p->link != EVAL_HERE ||
	    memcmp(p->data, zero, 6) == 0 ||
	    (!hook->is_ip && !(p->data[0] & 1)) ||
	    (run->rewritten & (RULE_REWRITES_META | RULE_REWRITES_LINK))) {
		put_unknown(&run->regs, op->dreg, 4,
			    UNKNOWN_BIT(UNKNOWN_PKTTYPE));
		return;
	}
	if (p->data[0] & 1)
		type = memcmp(p->data, all, 6) == 0 ? PACKET_BROADCAST
						    : PACKET_MULTICAST;
	put(&run->regs, op->dreg, &type, 1);
}

static void put_mark(struct run *run, const struct rule_op *op)
{
	const struct eval_hook *hook = run->e->hook;

	if (hook->has_mark && !(run->rewritten & RULE_REWRITES_MARK))
		put(&run->regs, op->dreg, &hook->mark, sizeof(hook->mark));
	else
		put_unknown(&run->regs, op->dreg, 4, UNKNOWN_BIT(UNKNOWN_MARK));
}

static void put_protocol(struct run *run, const struct rule_op *op)
{
	uint16_t protocol = htobe16(run->e->hook->packet->protocol);

	if (protocol != 0)
		put(&run->regs, op->dreg, &protocol, sizeof(protocol));
	else
		put_unknown(&run->regs, op->dreg, 4,
			    UNKNOWN_BIT(UNKNOWN_NETWORK));
}

static void put_nfproto(struct run *run, const struct rule_op *op)
{
	const struct eval_hook *hook = run->e->hook;

	if (hook->nfproto != 0)
		put(&run->regs, op->dreg, &hook->nfproto, 1);
	else
		put_unknown(&run->regs, op->dreg, 4,
			    UNKNOWN_BIT(UNKNOWN_NETWORK));
}

/* Those that the packet and what is known of it does not tell. */
static enum answer put_other(struct run *run, const struct rule_op *op)
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
	put_unknown(&run->regs, op->dreg, op->len, UNKNOWN_BIT(what));
	run->why |= UNKNOWN_BIT(what);
	return PERHAPS;
}

static enum answer do_meta(struct run *run, const struct rule_op *op)
{
	const struct eval_hook *hook = run->e->hook;

	switch (op->arg) {
	case NFT_META_LEN:
		put_length(run, op);
		return YES;
	case NFT_META_PROTOCOL:
		put_protocol(run, op);
		return YES;
	case NFT_META_MARK:
		put_mark(run, op);
		return YES;
	case NFT_META_IIF:
		return put_index(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIF:
		return put_index(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_IIFNAME:
		return put_name(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIFNAME:
		return put_name(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_IIFTYPE:
	case NFT_META_IIFGROUP:
	case NFT_META_IIFKIND:
		return put_property(run, op, &hook->in, UNKNOWN_IN);
	case NFT_META_OIFTYPE:
	case NFT_META_OIFGROUP:
	case NFT_META_OIFKIND:
		return put_property(run, op, &hook->out, UNKNOWN_OUT);
	case NFT_META_NFPROTO:
		put_nfproto(run, op);
		return YES;
	case NFT_META_L4PROTO:
		return put_l4proto(run, op);
	case NFT_META_PKTTYPE:
		put_pkttype(run, op);
		return YES;
	default:
		return put_other(run, op);
	}
}

/* The least and the most that registers may hold, as they are compared. */
static void bounds(const struct regs *r, size_t at, size_t len, uint8_t *least,
		   uint8_t *most)
{
	for (size_t i = 0; i < len; i++) {
		least[i] = r->value[at + i] & (uint8_t)~r->unknown[at + i];
		most[i] = r->value[at + i] | r->unknown[at + i];
	}
}

static enum answer negate(enum answer a)
{
	return a == PERHAPS ? PERHAPS : a == YES ? NO : YES;
}

static enum answer is_equal(const struct regs *r, size_t at, size_t len,
			    const uint8_t *value)
{
	enum answer a = YES;

	for (size_t i = 0; i < len; i++) {
		if ((r->value[at + i] ^ value[i]) &
		    (uint8_t)~r->unknown[at + i])
			return NO;
		if (r->unknown[at + i])
			a = PERHAPS;
	}
	return a;
}

/* Is what registers hold less than @value, or (@or_equal) not more? */
static enum answer is_less(const struct regs *r, size_t at, size_t len,
			   const uint8_t *value, bool or_equal)
{
	uint8_t least[RULE_REGS_SIZE], most[RULE_REGS_SIZE];
	int limit = or_equal ? 1 : 0;

	bounds(r, at, len, least, most);
	if (memcmp(most, value, len) < limit)
		return YES;
	return memcmp(least, value, len) < limit ? PERHAPS : NO;
}

static enum answer compare(const struct regs *r, const struct rule_op *op,
			   const uint8_t *value)
{
	switch (op->op) {
	case NFT_CMP_EQ:
		return is_equal(r, op->sreg, op->len, value);
	case NFT_CMP_NEQ:
		return negate(is_equal(r, op->sreg, op->len, value));
	case NFT_CMP_LT:
		return is_less(r, op->sreg, op->len, value, false);
	case NFT_CMP_LTE:
		return is_less(r, op->sreg, op->len, value, true);
	case NFT_CMP_GT:
		return negate(is_less(r, op->sreg, op->len, value, true));
	default:
		return negate(is_less(r, op->sreg, op->len, value, false));
	}
}

static enum answer note(struct run *run, const struct rule_op *op,
			enum answer a)
{
	if (a == PERHAPS)
		run->why |= why_of(&run->regs, op->sreg, op->len);
	return a;
}

static enum answer do_cmp(struct run *run, const struct rule_op *op,
			  const uint8_t *data)
{
	return note(run, op, compare(&run->regs, op, data));
}

static enum answer do_range(struct run *run, const struct rule_op *op,
			    const uint8_t *data)
{
	const struct regs *r = &run->regs;
	enum answer from = negate(is_less(r, op->sreg, op->len, data, false));
	enum answer to = is_less(r, op->sreg, op->len, data + op->len, true);
	enum answer a = from == NO || to == NO	   ? NO
			: from == YES && to == YES ? YES
						   : PERHAPS;

	return note(run, op, op->op == NFT_RANGE_NEQ ? negate(a) : a);
}

/* The registers that an operation has computed from others. */
static void put_computed(struct regs *r, const struct rule_op *op,
			 const uint8_t *value, const uint8_t *unknown,
			 uint64_t why)
{
	size_t len = whole(op->dreg, op->len);

	memcpy(r->value + op->dreg, value, len);
	memcpy(r->unknown + op->dreg, unknown, len);
	set_why(r, op->dreg, op->len, why);
}

static void do_mask(struct regs *r, const struct rule_op *op,
		    const uint8_t *data)
{
	uint8_t value[RULE_REGS_SIZE + 4] = { 0 };
	uint8_t unknown[RULE_REGS_SIZE + 4] = { 0 };

	for (size_t i = 0; i < op->len; i++) {
		value[i] = (r->value[op->sreg + i] & data[i]) ^
			   data[op->len + i];
		unknown[i] = r->unknown[op->sreg + i] & data[i];
	}
	put_computed(r, op, value, unknown, why_of(r, op->sreg, op->len));
}

static void shift_words(uint8_t *bytes, size_t n, uint32_t by, bool left)
{
	uint32_t words[N_WORDS], carry = 0;

	memcpy(words, bytes, n * sizeof(words[0]));
	for (size_t i = 0; i < n; i++) {
		uint32_t *word = &words[left ? n - 1 - i : i];
		uint32_t old = *word;

		*word = (left ? old << by : old >> by) | carry;
		carry = left ? old >> (32 - by) : old << (32 - by);
	}
	memcpy(bytes, words, n * sizeof(words[0]));
}

static void do_shift(struct regs *r, const struct rule_op *op)
{
	uint8_t value[RULE_REGS_SIZE], unknown[RULE_REGS_SIZE];
	bool left = op->op == NFT_BITWISE_LSHIFT;
	size_t len = MIN(whole(op->sreg, op->len), whole(op->dreg, op->len));

	memset(value, 0, sizeof(value));
	memset(unknown, 0, sizeof(unknown));
	memcpy(value, r->value + op->sreg, len);
	memcpy(unknown, r->unknown + op->sreg, len);
	shift_words(value, len / 4, op->arg, left);
	shift_words(unknown, len / 4, op->arg, left);
	put_computed(r, op, value, unknown, why_of(r, op->sreg, op->len));
}

static void do_bool(struct regs *r, const struct rule_op *op,
		    const uint8_t *data)
{
	uint8_t value[RULE_REGS_SIZE + 4] = { 0 };
	uint8_t unknown[RULE_REGS_SIZE + 4] = { 0 };
	uint64_t why = why_of(r, op->sreg, op->len);

	if (op->base != RULE_NO_REG)
		why |= why_of(r, op->base, op->len);
	for (size_t i = 0; i < op->len; i++) {
		uint8_t a = r->value[op->sreg + i];
		uint8_t ua = r->unknown[op->sreg + i], b = data[0], ub = 0;

		if (op->base == RULE_NO_REG) {
			b = data[i];
		} else {
			b = r->value[op->base + i];
			ub = r->unknown[op->base + i];
		}
		switch (op->op - NFT_BITWISE_RSHIFT) {
		case 1:
			value[i] = a & b;
			unknown[i] = (ua | ub) & (a | ua) & (b | ub);
			break;
		case 2:
			value[i] = a | b;
			unknown[i] =
				(uint8_t)((ua | ub) & (~a | ua) & (~b | ub));
			break;
		default:
			value[i] = a ^ b;
			unknown[i] = ua | ub;
			break;
		}
	}
	put_computed(r, op, value, unknown, why);
}

/* Of each @size bytes, the other way round: on hosts that are no big endians.
 */
static void turn(uint8_t *bytes, size_t len, size_t size)
{
	if (htobe16(1) == 1)
		return;
	for (size_t at = 0; at + size <= len; at += size)
		for (size_t i = 0; i < size / 2; i++) {
			uint8_t byte = bytes[at + i];

			bytes[at + i] = bytes[at + size - 1 - i];
			bytes[at + size - 1 - i] = byte;
		}
}

static void do_byteorder(struct regs *r, const struct rule_op *op)
{
	uint8_t value[RULE_REGS_SIZE + 4] = { 0 };
	uint8_t unknown[RULE_REGS_SIZE + 4] = { 0 };

	memcpy(value, r->value + op->sreg, op->len);
	memcpy(unknown, r->unknown + op->sreg, op->len);
	turn(value, op->len, op->arg);
	turn(unknown, op->len, op->arg);
	put_computed(r, op, value, unknown, why_of(r, op->sreg, op->len));
}

static void give(struct run *run, int32_t code, const char *chain)
{
	run->e->on_verdict(run->e->data, code, chain, run->why);
}

/*
 * A verdict is given; NO when the rule goes on with the next expression, which
 * is what NFT_CONTINUE says, PERHAPS when it does not match.
 */
static enum answer give_verdict(struct run *run, int32_t code,
				const char *chain)
{
	if (code == NFT_CONTINUE)
		return NO;
	if (code == NFT_BREAK)
		return PERHAPS;
	if (code >= 0 && (code & NF_VERDICT_MASK) == NF_QUEUE) {
		/* Nobody reads, or it is full; somebody reads and gives it
		 * back. */
		run->why |= UNKNOWN_BIT(UNKNOWN_QUEUE);
		give(run, NF_DROP, NULL);
		give(run, NF_ACCEPT, NULL);
		code = NF_STOLEN;
	} else if (code >= 0) {
		code &= NF_VERDICT_MASK;
	}
	if (code == NF_ACCEPT || code == NF_DROP || code == NF_STOLEN ||
	    code == NFT_RETURN || code == NFT_JUMP || code == NFT_GOTO)
		give(run, code,
		     code == NFT_JUMP || code == NFT_GOTO ? chain : NULL);
	else
		give(run, NF_DROP, NULL); /* as nft_do_chain() does */
	return YES;
}

/* Everything that a verdict can be. */
static void give_any(struct run *run)
{
	give(run, NF_DROP, NULL);
	give(run, NF_ACCEPT, NULL);
	give(run, NFT_RETURN, NULL);
	give(run, NFT_JUMP, NULL);
}

/* What a map of verdicts says, perhaps; PERHAPS when it goes on perhaps. */
static enum answer do_verdict_map(struct run *run, struct set_elements *s,
				  const struct set_key *key)
{
	uint32_t *work = run->e->work;
	enum answer goes_on = NO;
	const char *chain;
	int32_t code;
	size_t at = 0, i;

	while ((i = set_elements_next(s, key, &at)) != SET_END) {
		if (*work == 0) {
			give_any(run);
			return PERHAPS;
		}
		*work -= 1;
		if (!set_elements_data(s, i)) {
			give_any(run);
			continue;
		}
		code = set_elements_verdict(s, i, &chain);
		if (give_verdict(run, code, chain) == NO)
			goes_on = PERHAPS;
	}
	return goes_on;
}

struct lookup {
	struct set_elements *elements;
	struct set_key key;
	enum set_found found;
	size_t at;
};

static void look_up(struct run *run, const struct rule_op *op, const char *name,
		    struct lookup *ret)
{
	struct set *set = table_find_set(run->e->table, name);
	struct set_elements *s = set ? set->elements : NULL;
	struct regs *r = &run->regs;

	*ret = (struct lookup){
		.elements = s,
		.key = { r->value + op->sreg, r->unknown + op->sreg },
		.found = SET_PERHAPS,
	};
	if (!s || s->key_len > RULE_REGS_SIZE - op->sreg) {
		ret->elements = NULL;
		run->why |= UNKNOWN_BIT(UNKNOWN_SET);
		return;
	}
	ret->found = set_elements_find(s, &ret->key, run->e->work, &ret->at);
	if (ret->found != SET_PERHAPS)
		return;
	run->why |= why_of(r, op->sreg, s->key_len);
	if (s->flags & NFT_SET_EVAL)
		run->why |= UNKNOWN_BIT(UNKNOWN_DYNSET);
	else if (s->is_partial || *run->e->work == 0)
		run->why |= UNKNOWN_BIT(UNKNOWN_SET);
	else if (why_of(r, op->sreg, s->key_len) == 0)
		run->why |= UNKNOWN_BIT(UNKNOWN_TIMEOUT);
}

/* @ends: a verdict was given, and nothing comes after it. */
static enum answer do_lookup_verdict(struct run *run, struct lookup *l,
				     bool *ends)
{
	struct set_elements *s = l->elements;
	enum answer goes_on;
	const char *chain;
	int32_t code;

	if (!s || !s->has_verdicts || s->is_partial ||
	    (s->flags & NFT_SET_EVAL)) {
		give_any(run);
		return PERHAPS;
	}
	if (l->found == SET_PERHAPS) {
		goes_on = do_verdict_map(run, s, &l->key);
		*ends = goes_on == NO;
		/* A miss ends the rule, a hit perhaps: see the caller. */
		return PERHAPS;
	}
	if (!set_elements_data(s, l->at)) {
		give_any(run);
		return PERHAPS;
	}
	code = set_elements_verdict(s, l->at, &chain);
	goes_on = give_verdict(run, code, chain);
	*ends = goes_on == YES;
	return goes_on == PERHAPS ? NO : YES;
}

static void do_lookup_data(struct run *run, const struct rule_op *op,
			   const struct lookup *l)
{
	const struct set_elements *s = l->elements;
	const uint8_t *data = NULL;
	size_t len = s ? s->data_len : RULE_REGS_SIZE;
	uint64_t why = run->why | UNKNOWN_BIT(UNKNOWN_SET);

	len = MIN(len, (size_t)(RULE_REGS_SIZE - op->dreg));
	if (s && l->found == SET_HIT && s->data_len == len && len > 0)
		data = set_elements_data(s, l->at);
	if (data)
		put(&run->regs, op->dreg, data, len);
	else
		put_unknown(&run->regs, op->dreg, len ? len : 4, why);
}

static enum answer do_lookup(struct run *run, const struct rule_op *op,
			     const char *name, bool *ends)
{
	struct lookup l;
	enum answer a;

	look_up(run, op, name, &l);
	a = l.found == SET_HIT ? YES : l.found == SET_MISS ? NO : PERHAPS;
	if (op->op)
		return negate(a);
	if (a == NO)
		return NO;
	if (op->dreg == RULE_VERDICT_REG) {
		enum answer verdict = do_lookup_verdict(run, &l, ends);

		if (a == PERHAPS && *ends && !set_elements_may_miss(l.elements))
			return YES;
		return verdict;
	}
	if (op->dreg != RULE_NO_REG)
		do_lookup_data(run, op, &l);
	return a;
}

/* @ends: there is nothing behind it. */
static enum answer do_unknown(struct run *run, const struct rule_op *op,
			      bool *ends)
{
	run->why |= UNKNOWN_BIT(op->base);
	if (op->op & RULE_MAY_DROP)
		give(run, NF_DROP, NULL);
	if (op->op & RULE_MAY_ACCEPT)
		give(run, NF_ACCEPT, NULL);
	if (op->op & RULE_MAY_STEAL)
		give(run, NF_STOLEN, NULL);
	if (op->op & RULE_MAY_RETURN)
		give(run, NFT_RETURN, NULL);
	if (op->dreg == RULE_ALL_REGS)
		put_unknown(&run->regs, 0, RULE_REGS_SIZE,
			    UNKNOWN_BIT(op->base));
	else if (op->dreg != RULE_NO_REG)
		put_unknown(&run->regs, op->dreg, op->len,
			    UNKNOWN_BIT(op->base));
	*ends = op->op & RULE_ENDS;
	return op->op & RULE_MAY_BREAK ? PERHAPS : YES;
}

static enum answer step(struct run *run, const struct rule_op *op,
			const uint8_t *data, bool *ends)
{
	enum answer a;

	switch (op->code) {
	case RULE_OP_PAYLOAD:
		return do_payload(run, op);
	case RULE_OP_META:
		return do_meta(run, op);
	case RULE_OP_CMP:
		return do_cmp(run, op, data);
	case RULE_OP_RANGE:
		return do_range(run, op, data);
	case RULE_OP_MASK:
		do_mask(&run->regs, op, data);
		return YES;
	case RULE_OP_SHIFT:
		do_shift(&run->regs, op);
		return YES;
	case RULE_OP_BOOL:
		do_bool(&run->regs, op, data);
		return YES;
	case RULE_OP_BYTEORDER:
		do_byteorder(&run->regs, op);
		return YES;
	case RULE_OP_DATA:
		put(&run->regs, op->dreg, data, op->len);
		return YES;
	case RULE_OP_VERDICT:
		a = give_verdict(run, (int32_t)op->arg, run->rule->jump);
		*ends = a == YES;
		return a == PERHAPS ? NO : YES;
	case RULE_OP_LOOKUP:
		return do_lookup(run, op, (const char *)data, ends);
	case RULE_OP_DROP:
		give(run, NF_DROP, NULL);
		*ends = true;
		return YES;
	case RULE_OP_UNKNOWN:
		return do_unknown(run, op, ends);
	default:
		/* What it rewrites, see rewrites_of(). */
		return YES;
	}
}

/*
 * What an operation changes of the packet. Reject, before it drops it, cuts off
 * what is behind the IP packet: net/ipv4/netfilter/nf_reject_ipv4.c,
 * nf_reject_skb_v4_unreach().
 */
static uint32_t op_rewrites(const struct eval_hook *hook,
			    const struct rule_op *op)
{
	if (op->code == RULE_OP_DROP && !hook->is_ip)
		return RULE_REWRITES_LENGTH;
	return op->code == RULE_OP_REWRITE ? op->arg : 0;
}

static uint32_t rewrites_of(const struct eval_hook *hook,
			    const struct rule_program *p)
{
	uint32_t what = 0;

	for (size_t i = 0; i < p->n_ops; i++)
		what |= op_rewrites(hook, &p->ops[i]);
	return what;
}

void rule_eval(struct rule_eval *e, const struct rule *rule)
{
	const struct rule_program *p = rule->program;
	struct run run;
	bool ends = false;

	run.e = e;
	run.rule = rule;
	run.why = 0;
	e->may_continue = false;
	e->rewrites = 0;
	e->why = 0;
	if (!p) {
		run.why = UNKNOWN_BIT(UNKNOWN_OTHER);
		give_any(&run);
		e->may_continue = true;
		e->rewrites = RULE_REWRITES_ALL;
		e->why = run.why;
		return;
	}
	/* The packet may be as it was behind this rule, not as it is before. */
	run.rewritten = e->rewritten | rewrites_of(e->hook, p);
	put_unknown(&run.regs, 0, RULE_REGS_SIZE,
		    UNKNOWN_BIT(UNKNOWN_REGISTER));
	for (size_t i = 0; i < p->n_ops && !ends; i++) {
		const struct rule_op *op = &p->ops[i];
		enum answer a;

		e->rewrites |= op_rewrites(e->hook, op);
		a = step(&run, op, rule_program_data(p, op), &ends);
		if (*e->work > 0)
			*e->work -= 1;
		if (a != YES)
			e->may_continue = true;
		if (a == NO)
			break;
		if (i + 1 == p->n_ops && !ends)
			e->may_continue = true;
	}
	if (p->n_ops == 0)
		e->may_continue = true;
	e->why = run.why;
}
