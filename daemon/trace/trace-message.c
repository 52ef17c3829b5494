/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "trace-message.h"

/* The highest attribute's number of those that are looked at. */
#define ATTR_MAX NFTA_TRACE_POLICY

struct attrs {
	const struct nlattr *of[ATTR_MAX + 1];
};

static int on_attr(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= ATTR_MAX)
		attrs->of[type] = attr;
	return MNL_CB_OK;
}

static const char *get_string(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return NULL;
	return mnl_attr_get_str(attr);
}

/* False where it is missing, or of another length. */
static bool get_u32(const struct nlattr *attr, uint32_t *ret)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(uint32_t))
		return false;
	*ret = be32toh(mnl_attr_get_u32(attr));
	return true;
}

static uint32_t get_u32_or_0(const struct nlattr *attr)
{
	uint32_t value = 0;

	(void)get_u32(attr, &value);
	return value;
}

static uint64_t get_u64_or_0(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint64_t)
		       ? be64toh(mnl_attr_get_u64(attr))
		       : 0;
}

static struct packet_bytes get_bytes(const struct nlattr *attr)
{
	struct packet_bytes bytes = { .start = PACKET_START_NETWORK };

	if (attr && mnl_attr_get_payload_len(attr) > 0) {
		bytes.data = mnl_attr_get_payload(attr);
		bytes.len = mnl_attr_get_payload_len(attr);
	}
	return bytes;
}

static bool get_type(const struct nlattr *attr, enum trace_type *ret)
{
	uint32_t type;

	if (!get_u32(attr, &type))
		return false;
	switch (type) {
	case NFT_TRACETYPE_POLICY:
		*ret = TRACE_POLICY;
		return true;
	case NFT_TRACETYPE_RETURN:
		*ret = TRACE_RETURN;
		return true;
	case NFT_TRACETYPE_RULE:
		*ret = TRACE_RULE;
		return true;
	default:
		return false;
	}
}

/* Of a rule, or of a chain that returns; a policy has an attribute of its own.
 */
static bool get_verdict(const struct attrs *attrs, struct trace_message *m)
{
	struct attrs verdict = { 0 };
	uint32_t code;

	if (m->type == TRACE_POLICY) {
		if (!get_u32(attrs->of[NFTA_TRACE_POLICY], &code))
			return false;
		m->verdict = (int32_t)code;
		return true;
	}
	if (!attrs->of[NFTA_TRACE_VERDICT] ||
	    mnl_attr_parse_nested(attrs->of[NFTA_TRACE_VERDICT], on_attr,
				  &verdict) < 0 ||
	    !get_u32(verdict.of[NFTA_VERDICT_CODE], &code))
		return false;
	m->verdict = (int32_t)code;
	m->jump = get_string(verdict.of[NFTA_VERDICT_CHAIN]);
	return true;
}

int trace_message_parse(const struct nlmsghdr *nlh, size_t len,
			struct trace_message *ret)
{
	const uint16_t type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
	const struct nfgenmsg *nfg;
	struct attrs attrs = { 0 };

	/* libmnl walks attributes to the end of the message's padding. */
	if (len > INT32_MAX || !mnl_nlmsg_ok(nlh, (int)len) ||
	    NLMSG_ALIGN(nlh->nlmsg_len) > len)
		return -EBADMSG;
	if (nlh->nlmsg_type != type)
		return -ENOMSG;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*nfg) ||
	    mnl_attr_parse(nlh, sizeof(*nfg), on_attr, &attrs) < 0)
		return -EBADMSG;
	nfg = mnl_nlmsg_get_payload(nlh);
	*ret = (struct trace_message){
		.family = nfg->nfgen_family,
		.nfproto = (uint8_t)get_u32_or_0(attrs.of[NFTA_TRACE_NFPROTO]),
		.table = get_string(attrs.of[NFTA_TRACE_TABLE]),
		.chain = get_string(attrs.of[NFTA_TRACE_CHAIN]),
		.rule_handle = get_u64_or_0(attrs.of[NFTA_TRACE_RULE_HANDLE]),
		.mark = get_u32_or_0(attrs.of[NFTA_TRACE_MARK]),
		.iif = get_u32_or_0(attrs.of[NFTA_TRACE_IIF]),
		.oif = get_u32_or_0(attrs.of[NFTA_TRACE_OIF]),
		.network = get_bytes(attrs.of[NFTA_TRACE_NETWORK_HEADER]),
		.transport = get_bytes(attrs.of[NFTA_TRACE_TRANSPORT_HEADER]),
	};
	if (!get_u32(attrs.of[NFTA_TRACE_ID], &ret->id) ||
	    !get_type(attrs.of[NFTA_TRACE_TYPE], &ret->type) || !ret->table ||
	    !ret->chain || !get_verdict(&attrs, ret))
		return -EBADMSG;
	return 0;
}

bool trace_message_is_drop(const struct trace_message *m)
{
	return m->type != TRACE_RETURN && m->verdict >= 0 &&
	       (m->verdict & NF_VERDICT_MASK) == NF_DROP;
}

/* --- the packet ----------------------------------------------------------- */

/* Of Ethernet and IPv4: what else it could be begins with 4 or 6. */
static bool is_arp(const struct packet_bytes *network)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4 };

	return network->len >= 28 &&
	       memcmp(network->data, head, sizeof(head)) == 0;
}

/*
 * Is all of the network header there, so that the transport header is what
 * comes next? The kernel tells 40 bytes of it (NFT_TRACETYPE_NETWORK_HSIZE): no
 * extension headers of IPv6, and not all options of IPv4.
 */
static bool is_whole(const struct packet_bytes *network)
{
	const uint8_t *data = network->data;

	if (network->len < 20)
		return false;
	if (data[0] >> 4 == 4)
		return (data[0] & 15U) * 4 == network->len;
	if (data[0] >> 4 != 6 || network->len != 40)
		return false;
	switch (data[6]) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
		return false;
	default:
		return true;
	}
}

bool trace_message_get_packet(const struct trace_message *m,
			      uint8_t buf[TRACE_BYTES_MAX], size_t *ret_len,
			      struct packet *ret)
{
	bool arp = is_arp(&m->network);
	bool whole = arp || (m->transport.data && is_whole(&m->network));
	size_t len = m->network.len, more = 0;

	if (whole && !arp)
		more = m->transport.len;
	if (len + more > TRACE_BYTES_MAX) {
		whole = false;
		len = more = 0;
	}
	if (len > 0)
		memcpy(buf, m->network.data, len);
	if (more > 0)
		memcpy(buf + len, m->transport.data, more);
	*ret_len = len + more;
	packet_parse(buf, *ret_len, PACKET_START_NETWORK,
		     arp ? ETHERTYPE_ARP : 0, 0, ret);
	return whole;
}
