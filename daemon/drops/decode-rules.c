/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/msg.h>

#include "decode-netfilter.h"
#include "decode-rules.h"
#include "decode.h"
#include "net-dm-abi.h"
#include "util.h"

/* A number of @size bytes; longer ones are accepted. */
static int load(const struct nlattr *nla, void *to, size_t size)
{
	if ((size_t)nla_len(nla) < size)
		return -EBADMSG;
	memcpy(to, nla_data(nla), size);
	return 0;
}

/* What is in an entry and not in the context of a packet. */
static int decode_entry_attr(const struct nlattr *nla, struct drop_event *ev,
			     uint64_t *bytes)
{
	switch (nla_type(nla)) {
	case NET_DM_ATTR_NF_REASON:
		copy_string(ev->reason, sizeof(ev->reason), nla_data(nla),
			    (size_t)nla_len(nla));
		return 0;
	case NET_DM_ATTR_NF_REASON_CODE:
		ev->has |= DROP_HAS_REASON_CODE;
		return load(nla, &ev->reason_code, sizeof(ev->reason_code));
	case NET_DM_ATTR_NF_NETNS_INUM:
		return load(nla, &ev->netns.inum, sizeof(ev->netns.inum));
	case NET_DM_ATTR_NF_NETNS_COOKIE:
		return load(nla, &ev->netns.cookie, sizeof(ev->netns.cookie));
	case NET_DM_ATTR_NF_PACKETS:
		return load(nla, &ev->count, sizeof(ev->count));
	case NET_DM_ATTR_NF_BYTES:
		return load(nla, bytes, sizeof(*bytes));
	default:
		return 0;
	}
}

static int decode_entry(const struct nlattr *entry, struct drop_event *ret,
			uint64_t *bytes)
{
	struct nlattr *nla;
	int left, r;

	drop_event_init(ret);
	ret->count = 0;
	*bytes = 0;
	r = decode_netfilter(entry, ret);
	if (r < 0)
		return r;
	nla_for_each_nested(nla, entry, left) {
		r = decode_entry_attr(nla, ret, bytes);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Every entry, and nothing behind the last. */
static int check_entries(struct decode_rules rules)
{
	struct drop_event ev;
	uint64_t bytes;
	int r;

	while (nla_ok(rules.next, rules.left)) {
		if (nla_type(rules.next) == NET_DM_ATTR_NF_ENTRY) {
			r = decode_entry(rules.next, &ev, &bytes);
			drop_event_done(&ev);
			if (r < 0)
				return r;
		}
		rules.next = nla_next(rules.next, &rules.left);
	}
	return rules.left > 0 ? -EBADMSG : 0;
}

int decode_rules_begin(const struct nlmsghdr *nlh, size_t len,
		       struct decode_rules *ret)
{
	struct decode_rules rules = { 0 };
	struct nlattr *head, *nla;
	int attrs_len, left, r = 0;

	if (decode_type(nlh, len) != DECODE_RULES)
		return -EBADMSG;
	head = nlmsg_attrdata(nlh, GENL_HDRLEN);
	attrs_len = nlmsg_attrlen(nlh, GENL_HDRLEN);
	nla_for_each_attr(nla, head, attrs_len, left) {
		switch (nla_type(nla)) {
		case NET_DM_ATTR_TIMESTAMP:
			r = load(nla, &rules.timestamp_ns,
				 sizeof(rules.timestamp_ns));
			break;
		case NET_DM_ATTR_NF_LOST:
			r = load(nla, &rules.lost, sizeof(rules.lost));
			break;
		case NET_DM_ATTR_NF_ENTRIES:
			rules.next = nla_data(nla);
			rules.left = nla_len(nla);
			break;
		}
		if (r < 0)
			return r;
	}
	if (left > 0)
		return -EBADMSG;
	r = check_entries(rules);
	if (r < 0)
		return r;
	*ret = rules;
	return 0;
}

int decode_rules_next(struct decode_rules *rules, struct drop_event *ret,
		      uint64_t *bytes)
{
	const struct nlattr *nla;

	drop_event_init(ret);
	*bytes = 0;
	while (nla_ok(rules->next, rules->left)) {
		nla = rules->next;
		rules->next = nla_next(nla, &rules->left);
		if (nla_type(nla) != NET_DM_ATTR_NF_ENTRY)
			continue;
		/* It was decoded before, to check it. */
		if (decode_entry(nla, ret, bytes) < 0)
			return 0;
		ret->timestamp_ns = rules->timestamp_ns;
		return 1;
	}
	return 0;
}
