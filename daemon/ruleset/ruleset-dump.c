/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

#include "counter-tell.h"
#include "nft-places.h"
#include "ruleset-decode.h"
#include "ruleset-dump.h"
#include "ruleset-message.h"
#include "util.h"

/*
 * The kernel makes no larger messages (net/netlink/af_netlink.c:
 * netlink_recvmsg() of 6.12), and looks at all rules before the next one again
 * for each: the larger the better.
 */
#define RECEIVE_SIZE 65536
/* With more chains than these, the rules of each are asked for by themselves.
 */
#define CHAINS_AT_ONCE 64

struct dump {
	struct mnl_socket *nl;
	uint32_t seq;
	int out;
	bool interrupted;
	struct nft_places chains;
	struct nft_places sets; /* whose elements are to be told, too */
	bool wants_elements;
	bool wants_counters; /* and nothing else */
	struct counter_teller teller;
	char records[RECEIVE_SIZE]; /* its */
	size_t n_records;	    /* bytes */
	char buf[RECEIVE_SIZE];
};

static int write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int flush_records(struct dump *dump)
{
	size_t len = dump->n_records;

	dump->n_records = 0;
	return write_all(dump->out, dump->records, len);
}

static int add_record(void *data, const void *record, size_t size)
{
	struct dump *dump = data;
	int r = 0;

	if (size > sizeof(dump->records) - dump->n_records)
		r = flush_records(dump);
	memcpy(dump->records + dump->n_records, record, size);
	dump->n_records += size;
	return r;
}

/* Remembers a set, whose elements are to be asked for. */
static int on_set(const struct nlmsghdr *nlh, struct dump *dump)
{
	struct nftnl_set *set = nftnl_set_alloc();
	int r = -EBADMSG;

	if (!set)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(nlh, set) >= 0)
		r = nft_places_add(&dump->sets,
				   (uint8_t)nftnl_set_get_u32(set,
							      NFTNL_SET_FAMILY),
				   nftnl_set_get_str(set, NFTNL_SET_TABLE),
				   nftnl_set_get_str(set, NFTNL_SET_NAME), 0);
	nftnl_set_free(set);
	return r;
}

/* Remembers a chain, whose rules are to be asked for. */
static int on_chain(const struct nlmsghdr *nlh, struct dump *dump)
{
	struct ruleset_part part;
	int r;

	r = ruleset_part_parse_chain(nlh, &part);
	return r < 0 ? r
		     : nft_places_add(&dump->chains, part.family, part.table,
				      part.name, 0);
}

/* What is read is looked at, and perhaps told in other words. */
static int on_message(const struct nlmsghdr *nlh, struct dump *dump,
		      int message)
{
	int r = 0;

	if (message == NFT_MSG_GETCHAIN)
		r = on_chain(nlh, dump);
	else if (message == NFT_MSG_GETSET && dump->wants_elements)
		r = on_set(nlh, dump);
	if (r == 0 && dump->wants_counters)
		r = counter_teller_take(&dump->teller, message, nlh);
	return r;
}

static int tell(struct dump *dump, const char *messages, size_t len)
{
	return dump->wants_counters ? flush_records(dump)
				    : write_all(dump->out, messages, len);
}

static int receive(struct dump *dump, int message)
{
	const struct nlmsghdr *nlh;
	int left, r;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(dump->nl, dump->buf,
						sizeof(dump->buf));
		const char *from = dump->buf;
		size_t len = 0;

		if (n < 0)
			return -errno;
		left = (int)n;
		nlh = (const void *)dump->buf;
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			dump->interrupted |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
			if (nlh->nlmsg_type == NLMSG_DONE)
				return tell(dump, from, len);
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *e =
					mnl_nlmsg_get_payload(nlh);

				/* What is gone since it was named. */
				if (e->error == -ENOENT)
					dump->interrupted = true;
				return e->error == -ENOENT ? 0 : e->error;
			}
			r = on_message(nlh, dump, message);
			if (r < 0)
				return r;
			len += MNL_ALIGN(nlh->nlmsg_len);
		}
		r = tell(dump, from, len);
		if (r < 0)
			return r;
	}
}

/* Asks for all that GET@message tells, or for the rules of @place. */
static int dump_some(struct dump *dump, int message,
		     const struct nft_place *place)
{
	char buf[2048];
	struct nlmsghdr *nlh;
	struct nftnl_rule *rule;

	nlh = nftnl_nlmsg_build_hdr(buf, (uint16_t)message,
				    place ? place->family : NFPROTO_UNSPEC,
				    NLM_F_DUMP, ++dump->seq);
	if (place) {
		rule = nftnl_rule_alloc();
		if (!rule)
			return -ENOMEM;
		nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, place->table);
		nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, place->name);
		nftnl_rule_nlmsg_build_payload(nlh, rule);
		nftnl_rule_free(rule);
	}
	if (mnl_socket_sendto(dump->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return receive(dump, message);
}

/* What counters there are that have names. */
static int dump_named(struct dump *dump)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *nlh;

	nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETOBJ, NFPROTO_UNSPEC,
				    NLM_F_DUMP, ++dump->seq);
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htobe32(NFT_OBJECT_COUNTER));
	if (mnl_socket_sendto(dump->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return receive(dump, NFT_MSG_GETOBJ);
}

static int get_generation(struct dump *dump, uint32_t *ret)
{
	char buf[MNL_NLMSG_HDRLEN + 64];
	struct nlmsghdr *nlh;
	ssize_t n;

	nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0,
				    ++dump->seq);
	if (mnl_socket_sendto(dump->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(dump->nl, dump->buf, sizeof(dump->buf));
	if (n < 0)
		return -errno;
	if (!ruleset_decode_is_generation((const void *)dump->buf, (size_t)n,
					  ret))
		return -EBADMSG;
	return 0;
}

static int dump_rules(struct dump *dump)
{
	int r;

	if (dump->chains.n <= CHAINS_AT_ONCE)
		return dump_some(dump, NFT_MSG_GETRULE, NULL);
	for (size_t i = 0; i < dump->chains.n; i++) {
		r = dump_some(dump, NFT_MSG_GETRULE, &dump->chains.list[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int dump_elements(struct dump *dump, const struct nft_place *set)
{
	char buf[2048];
	struct nlmsghdr *nlh;

	nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM, set->family,
				    NLM_F_DUMP, ++dump->seq);
	if (!mnl_attr_put_strz_check(nlh, sizeof(buf), NFTA_SET_ELEM_LIST_TABLE,
				     set->table) ||
	    !mnl_attr_put_strz_check(nlh, sizeof(buf), NFTA_SET_ELEM_LIST_SET,
				     set->name))
		return -ENAMETOOLONG;
	if (mnl_socket_sendto(dump->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return receive(dump, NFT_MSG_GETSETELEM);
}

static int dump_all(struct dump *dump, uint32_t *generation)
{
	static const int messages[] = { NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN,
					NFT_MSG_GETSET };
	size_t n = ARRAY_SIZE(messages) - dump->wants_counters;
	uint32_t before;
	int r;

	r = get_generation(dump, &before);
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = dump_some(dump, messages[i], NULL);
	if (r >= 0 && dump->wants_counters)
		r = dump_named(dump);
	if (r >= 0)
		r = dump_rules(dump);
	for (size_t i = 0; r >= 0 && i < dump->sets.n; i++)
		r = dump_elements(dump, &dump->sets.list[i]);
	if (r >= 0)
		r = get_generation(dump, generation);
	if (r >= 0)
		dump->interrupted |= before != *generation;
	return r;
}

static int open_netlink(struct mnl_socket **ret)
{
	*ret = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	return !*ret || mnl_socket_bind(*ret, 0, MNL_SOCKET_AUTOPID) < 0
		       ? -errno
		       : 0;
}

int ruleset_dump_table_handle(uint8_t family, const char *name, uint64_t *ret)
{
	struct nftnl_table *table = nftnl_table_alloc();
	char buf[4096];
	struct mnl_socket *nl = NULL;
	struct nlmsghdr *nlh;
	ssize_t n;
	int r;

	r = table ? open_netlink(&nl) : -ENOMEM;
	if (r < 0)
		goto out;
	nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETTABLE, family, 0, 1);
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, name);
	nftnl_table_nlmsg_build_payload(nlh, table);
	n = mnl_socket_sendto(nl, nlh, nlh->nlmsg_len);
	if (n >= 0)
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	nlh = (struct nlmsghdr *)buf;
	if (n < 0)
		r = -errno;
	else if (!mnl_nlmsg_ok(nlh, (int)n))
		r = -EBADMSG;
	else if (nlh->nlmsg_type == NLMSG_ERROR)
		r = ((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
	else if (nftnl_table_nlmsg_parse(nlh, table) < 0)
		r = -EBADMSG;
	else
		*ret = nftnl_table_get_u64(table, NFTNL_TABLE_HANDLE);
out:
	if (nl)
		mnl_socket_close(nl);
	nftnl_table_free(table);
	return r;
}

int ruleset_dump_generation(uint32_t *ret)
{
	struct dump *dump = calloc(1, sizeof(*dump));
	int r;

	if (!dump)
		return -ENOMEM;
	r = open_netlink(&dump->nl);
	if (r >= 0)
		r = get_generation(dump, ret);
	if (dump->nl)
		mnl_socket_close(dump->nl);
	free(dump);
	return r;
}

/* Takes @dump. */
static int run_dump(struct dump *dump, int out, uint32_t *generation,
		    uint32_t *interrupted)
{
	int r;

	dump->out = out;
	r = open_netlink(&dump->nl);
	if (r >= 0)
		r = dump_all(dump, generation);
	*interrupted = dump->interrupted;
	if (dump->nl)
		mnl_socket_close(dump->nl);
	nft_places_done(&dump->chains);
	nft_places_done(&dump->sets);
	counter_teller_done(&dump->teller);
	free(dump);
	return r;
}

int ruleset_dump(int out, bool elements, uint32_t *generation,
		 uint32_t *interrupted)
{
	struct dump *dump = calloc(1, sizeof(*dump));

	if (!dump)
		return -ENOMEM;
	dump->wants_elements = elements;
	return run_dump(dump, out, generation, interrupted);
}

int ruleset_dump_counters(int out, uint32_t *generation, uint32_t *interrupted)
{
	struct dump *dump = calloc(1, sizeof(*dump));

	if (!dump)
		return -ENOMEM;
	dump->wants_counters = true;
	dump->teller.add = add_record;
	dump->teller.data = dump;
	return run_dump(dump, out, generation, interrupted);
}
