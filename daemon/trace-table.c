/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/batch.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "trace-table.h"
#include "util.h"

/* nft's own numbers of the types, for whoever lists it; nft, datatype.h. */
#define TYPE_IPADDR	    7
#define TYPE_IP6ADDR	    8
#define TYPE_INET_PROTO	    12
#define TYPE_INET_SERVICE   13
#define CONCAT3(a, b, c)    ((a) << 12 | (b) << 6 | (c))
#define CONCAT4(a, b, c, d) ((a) << 18 | CONCAT3(b, c, d))

#define BATCH_SIZE	    16384
#define PRIORITY	    (INT_MIN + 1)

/* A set, and the rule that looks there. */
struct kind {
	const char *set;
	uint8_t nfproto;
	enum packet_network network;
	bool has_port;
	uint32_t key_type;
	uint8_t saddr, daddr, addr_len; /* in the network header */
};

/* Each part of a key takes 4 bytes, or a multiple of that. */
static const struct kind kinds[] = {
	{ "ipv4-port", NFPROTO_IPV4, PACKET_NETWORK_IPV4, true,
	  CONCAT4(TYPE_IPADDR, TYPE_IPADDR, TYPE_INET_PROTO, TYPE_INET_SERVICE),
	  12, 16, 4 },
	{ "ipv4", NFPROTO_IPV4, PACKET_NETWORK_IPV4, false,
	  CONCAT3(TYPE_IPADDR, TYPE_IPADDR, TYPE_INET_PROTO), 12, 16, 4 },
	{ "ipv6-port", NFPROTO_IPV6, PACKET_NETWORK_IPV6, true,
	  CONCAT4(TYPE_IP6ADDR, TYPE_IP6ADDR, TYPE_INET_PROTO,
		  TYPE_INET_SERVICE),
	  8, 24, 16 },
	{ "ipv6", NFPROTO_IPV6, PACKET_NETWORK_IPV6, false,
	  CONCAT3(TYPE_IP6ADDR, TYPE_IP6ADDR, TYPE_INET_PROTO), 8, 24, 16 },
};

static uint32_t key_length(const struct kind *kind)
{
	return 2U * kind->addr_len + 4 + (kind->has_port ? 4 : 0);
}

static const struct {
	const char *name;
	uint32_t hook;
} chains[] = {
	{ "prerouting", NF_INET_PRE_ROUTING },
	{ "output", NF_INET_LOCAL_OUT },
};

struct key {
	const struct kind *kind;
	uint8_t data[40];
};

struct trace_table {
	struct mnl_socket *nl;
	uint32_t seq;
	char name[32];
	bool is_there;
	bool has_rules;
};

DEFINE_CLEANUP(struct trace_table *, trace_table_free)

/* --- batches -------------------------------------------------------------- */

struct batch {
	struct mnl_nlmsg_batch *messages;
	struct trace_table *table;
	bool failed; /* without memory, or too long */
	char buf[BATCH_SIZE * 2];
};

static void batch_begin(struct batch *b, struct trace_table *t)
{
	b->table = t;
	b->failed = false;
	b->messages = mnl_nlmsg_batch_start(b->buf, BATCH_SIZE);
	if (!b->messages) {
		b->failed = true;
		return;
	}
	nftnl_batch_begin(mnl_nlmsg_batch_current(b->messages), ++t->seq);
	mnl_nlmsg_batch_next(b->messages);
}

static struct nlmsghdr *batch_message(struct batch *b, uint16_t type,
				      uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(b->messages), type,
				     NFPROTO_INET, flags, ++b->table->seq);
}

static void batch_next(struct batch *b)
{
	if (!mnl_nlmsg_batch_next(b->messages))
		b->failed = true;
}

/*
 * The first error that was answered, or 0. All answers are there once the batch
 * was sent (net/netfilter/nfnetlink.c, nfnetlink_rcv_batch()).
 */
static int take_answers(struct trace_table *t)
{
	char buf[8192];
	int error = 0;
	ssize_t n;

	while ((n = recv(mnl_socket_get_fd(t->nl), buf, sizeof(buf),
			 MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *nlh = (const void *)buf;
		int left = (int)n;

		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type == NLMSG_ERROR && error == 0 &&
			    mnl_nlmsg_get_payload_len(nlh) >= sizeof(*e))
				error = e->error;
		}
	}
	return error == 0 && n < 0 && errno != EAGAIN ? -errno : error;
}

static int batch_send(struct batch *b)
{
	int r = -ENOMEM;

	if (!b->messages)
		return r;
	nftnl_batch_end(mnl_nlmsg_batch_current(b->messages), ++b->table->seq);
	batch_next(b);
	if (!b->failed)
		r = mnl_socket_sendto(b->table->nl,
				      mnl_nlmsg_batch_head(b->messages),
				      mnl_nlmsg_batch_size(b->messages)) < 0
			    ? -errno
			    : take_answers(b->table);
	mnl_nlmsg_batch_stop(b->messages);
	return r;
}

/* --- what is in them ------------------------------------------------------ */

static void add_table(struct batch *b)
{
	struct nftnl_table *table = nftnl_table_alloc();

	if (!table) {
		b->failed = true;
		return;
	}
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, b->table->name);
	nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	nftnl_table_nlmsg_build_payload(
		batch_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL),
		table);
	nftnl_table_free(table);
	batch_next(b);
}

static void add_set(struct batch *b, const struct kind *kind, uint32_t id)
{
	const uint8_t lengths[] = { kind->addr_len, kind->addr_len, 1, 2 };
	struct nftnl_set *set = nftnl_set_alloc();

	if (!set) {
		b->failed = true;
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, b->table->name);
	nftnl_set_set_str(set, NFTNL_SET_NAME, kind->set);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS,
			  NFT_SET_TIMEOUT | NFT_SET_CONCAT);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, kind->key_type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key_length(kind));
	nftnl_set_set_data(set, NFTNL_SET_DESC_CONCAT, lengths,
			   kind->has_port ? 4 : 3);
	nftnl_set_set_u32(set, NFTNL_SET_ID, id);
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, TRACE_TABLE_FLOWS_MAX);
	nftnl_set_set_u64(set, NFTNL_SET_TIMEOUT,
			  TRACE_TABLE_SECONDS * 1000ULL);
	nftnl_set_nlmsg_build_payload(
		batch_message(b, NFT_MSG_NEWSET, NLM_F_CREATE), set);
	nftnl_set_free(set);
	batch_next(b);
}

static void add_chain(struct batch *b, size_t i)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (!chain) {
		b->failed = true;
		return;
	}
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, b->table->name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, chains[i].name);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, chains[i].hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, PRIORITY);
	nftnl_chain_nlmsg_build_payload(
		batch_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE), chain);
	nftnl_chain_free(chain);
	batch_next(b);
}

/* An expression with numbers for its attributes, up to one of 0. */
static void add_expr(struct batch *b, struct nftnl_rule *rule, const char *name,
		     const uint32_t (*attrs)[2])
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	if (!expr) {
		b->failed = true;
		return;
	}
	for (; (*attrs)[0] != 0; attrs++)
		nftnl_expr_set_u32(expr, (uint16_t)(*attrs)[0], (*attrs)[1]);
	nftnl_rule_add_expr(rule, expr);
}

static void add_meta(struct batch *b, struct nftnl_rule *rule, uint32_t key,
		     uint32_t reg)
{
	const uint32_t attrs[][2] = { { NFTNL_EXPR_META_KEY, key },
				      { NFTNL_EXPR_META_DREG, reg },
				      {} };

	add_expr(b, rule, "meta", attrs);
}

static void add_payload(struct batch *b, struct nftnl_rule *rule, uint32_t base,
			uint32_t offset, uint32_t len, uint32_t reg)
{
	const uint32_t attrs[][2] = { { NFTNL_EXPR_PAYLOAD_BASE, base },
				      { NFTNL_EXPR_PAYLOAD_OFFSET, offset },
				      { NFTNL_EXPR_PAYLOAD_LEN, len },
				      { NFTNL_EXPR_PAYLOAD_DREG, reg },
				      {} };

	add_expr(b, rule, "payload", attrs);
}

static void add_immediate(struct batch *b, struct nftnl_rule *rule,
			  uint32_t reg, const void *data, uint32_t len)
{
	struct nftnl_expr *expr = nftnl_expr_alloc("immediate");

	if (!expr) {
		b->failed = true;
		return;
	}
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, reg);
	nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, data, len);
	nftnl_rule_add_expr(rule, expr);
}

/* meta nfproto ipv4 */
static void add_nfproto(struct batch *b, struct nftnl_rule *rule,
			uint8_t nfproto)
{
	struct nftnl_expr *expr = nftnl_expr_alloc("cmp");

	if (!expr) {
		b->failed = true;
		return;
	}
	add_meta(b, rule, NFT_META_NFPROTO, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, &nfproto, sizeof(nfproto));
	nftnl_rule_add_expr(rule, expr);
}

static void add_lookup(struct batch *b, struct nftnl_rule *rule,
		       const char *set)
{
	struct nftnl_expr *expr = nftnl_expr_alloc("lookup");

	if (!expr) {
		b->failed = true;
		return;
	}
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG32_00);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	nftnl_rule_add_expr(rule, expr);
}

static void add_limit(struct batch *b, struct nftnl_rule *rule)
{
	struct nftnl_expr *expr = nftnl_expr_alloc("limit");

	if (!expr) {
		b->failed = true;
		return;
	}
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_RATE, TRACE_TABLE_RATE);
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_BURST, TRACE_TABLE_RATE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_rule_add_expr(rule, expr);
}

/* meta nftrace set 1 */
static void add_mark(struct batch *b, struct nftnl_rule *rule)
{
	static const uint8_t one = 1;
	static const uint32_t attrs[][2] = {
		{ NFTNL_EXPR_META_KEY, NFT_META_NFTRACE },
		{ NFTNL_EXPR_META_SREG, NFT_REG_1 },
		{}
	};

	add_immediate(b, rule, NFT_REG_1, &one, sizeof(one));
	add_expr(b, rule, "meta", attrs);
}

static void add_rule(struct batch *b, size_t chain, const struct kind *kind)
{
	uint32_t words = kind->addr_len / 4U, reg = NFT_REG32_00;
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule) {
		b->failed = true;
		return;
	}
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, b->table->name);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chains[chain].name);
	add_nfproto(b, rule, kind->nfproto);
	add_payload(b, rule, NFT_PAYLOAD_NETWORK_HEADER, kind->saddr,
		    kind->addr_len, reg);
	add_payload(b, rule, NFT_PAYLOAD_NETWORK_HEADER, kind->daddr,
		    kind->addr_len, reg + words);
	add_meta(b, rule, NFT_META_L4PROTO, reg + 2 * words);
	if (kind->has_port)
		add_payload(b, rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2,
			    reg + 2 * words + 1);
	add_lookup(b, rule, kind->set);
	add_limit(b, rule);
	add_mark(b, rule);
	nftnl_rule_nlmsg_build_payload(
		batch_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND),
		rule);
	nftnl_rule_free(rule);
	batch_next(b);
}

static void change_element(struct batch *b, uint16_t type,
			   const struct key *key)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();

	if (!set || !element) {
		b->failed = true;
		if (set)
			nftnl_set_free(set);
		if (element)
			nftnl_set_elem_free(element);
		return;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, b->table->name);
	nftnl_set_set_str(set, NFTNL_SET_NAME, key->kind->set);
	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key->data,
			   key_length(key->kind));
	nftnl_set_elem_add(set, element);
	nftnl_set_elems_nlmsg_build_payload(
		batch_message(b, type,
			      type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0),
		set);
	nftnl_set_free(set);
	batch_next(b);
}

/* All rules of a chain. */
static void remove_rules(struct batch *b, size_t chain)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule) {
		b->failed = true;
		return;
	}
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, b->table->name);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chains[chain].name);
	nftnl_rule_nlmsg_build_payload(batch_message(b, NFT_MSG_DELRULE, 0),
				       rule);
	nftnl_rule_free(rule);
	batch_next(b);
}

/* --- the table ------------------------------------------------------------ */

static int make_table(struct trace_table *t)
{
	struct batch b;
	int r;

	if (t->is_there)
		return 0;
	batch_begin(&b, t);
	if (!b.failed)
		add_table(&b);
	for (size_t i = 0; !b.failed && i < ARRAY_SIZE(kinds); i++)
		add_set(&b, &kinds[i], (uint32_t)i + 1);
	for (size_t i = 0; !b.failed && i < ARRAY_SIZE(chains); i++)
		add_chain(&b, i);
	r = batch_send(&b);
	t->is_there = r == 0;
	return r;
}

static int make_rules(struct trace_table *t)
{
	struct batch b;
	int r;

	if (t->has_rules)
		return 0;
	batch_begin(&b, t);
	for (size_t c = 0; c < ARRAY_SIZE(chains); c++)
		for (size_t k = 0; !b.failed && k < ARRAY_SIZE(kinds); k++)
			add_rule(&b, c, &kinds[k]);
	r = batch_send(&b);
	t->has_rules = r == 0;
	return r;
}

static bool make_key(const struct packet *packet, struct key *ret)
{
	const uint16_t needs = PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL;
	bool has_port = packet->has & PACKET_HAS_PORTS;
	uint16_t port = htobe16(packet->dport);
	size_t len;

	*ret = (struct key){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].network == packet->network &&
		    kinds[i].has_port == has_port)
			ret->kind = &kinds[i];
	if (!ret->kind || (packet->has & needs) != needs)
		return false;
	len = ret->kind->addr_len;
	memcpy(ret->data, &packet->saddr, len);
	memcpy(ret->data + len, &packet->daddr, len);
	ret->data[2 * len] = packet->protocol;
	memcpy(ret->data + 2 * len + 4, &port, sizeof(port));
	return true;
}

static int change(struct trace_table *t, uint16_t type,
		  const struct packet *packets, size_t n)
{
	struct batch b;
	struct key key;

	if (n > TRACE_TABLE_AT_ONCE)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		if (!make_key(&packets[i], &key))
			return -EINVAL;
	batch_begin(&b, t);
	for (size_t i = 0; !b.failed && i < n; i++) {
		(void)make_key(&packets[i], &key);
		change_element(&b, type, &key);
	}
	return batch_send(&b);
}

int trace_table_new(struct trace_table **ret)
{
	_cleanup_(cleanup_trace_table_free) struct trace_table *t =
		calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	snprintf(t->name, sizeof(t->name), "nfdropd-%ld", (long)getpid());
	t->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!t->nl || mnl_socket_bind(t->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*ret = TAKE_PTR(t);
	return 0;
}

void trace_table_free(struct trace_table *t)
{
	if (!t)
		return;
	if (t->nl)
		mnl_socket_close(t->nl);
	free(t);
}

bool trace_table_takes(const struct packet *packet)
{
	struct key key;

	return make_key(packet, &key);
}

int trace_table_add(struct trace_table *t, const struct packet *packets,
		    size_t n)
{
	int r;

	r = make_table(t);
	if (r == 0)
		r = change(t, NFT_MSG_NEWSETELEM, packets, n);
	if (r == -ENFILE)
		return -ENOSPC;
	return r == 0 ? make_rules(t) : r;
}

int trace_table_remove(struct trace_table *t, const struct packet *packets,
		       size_t n)
{
	return t->is_there ? change(t, NFT_MSG_DELSETELEM, packets, n)
			   : -ENOENT;
}

int trace_table_rest(struct trace_table *t)
{
	struct batch b;
	int r;

	if (!t->has_rules)
		return 0;
	batch_begin(&b, t);
	for (size_t i = 0; !b.failed && i < ARRAY_SIZE(chains); i++)
		remove_rules(&b, i);
	r = batch_send(&b);
	if (r == 0)
		t->has_rules = false;
	return r;
}

const char *trace_table_name(const struct trace_table *t)
{
	return t->name;
}
