/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "clock.h"
#include "links.h"
#include "routes.h"
#include "util.h"

/* Rules and addresses are looked at again after that. */
#define RULES_NS (SEC * 1000)
/* The kernel answers while it is asked; one that does not is not waited for. */
#define WAIT_MSEC 100
/* Of the kernel's own: local, main, default. */
#define PRIORITY_MAIN	 32766
#define PRIORITY_DEFAULT 32767

struct reply {
	uint8_t type; /* RTN_*; 0: none came */
	uint32_t out; /* the device of a route of one; 0: not known */
	int error;
	bool has_rules;
	bool has_ipv4, has_ipv6;
};

/* 0, or a negative errno: the reply is read in a bounded number of messages. */
static int ask(struct routes *routes, struct nlmsghdr *request,
	       mnl_cb_t on_message, void *data)
{
	char buf[8192];
	ssize_t n;
	int r;

	request->nlmsg_seq = ++routes->seq;
	if (send(routes->fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	do {
		n = recv(routes->fd, buf, sizeof(buf), 0);
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, routes->seq, 0, on_message,
			       data);
		/* What is left of an answer that was given up before. */
		if (r < 0 && errno == ESRCH)
			r = MNL_CB_OK;
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct fib_rule_hdr *rule = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct reply *reply = data;
	uint32_t priority = 0;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*rule)))
		return MNL_CB_ERROR;
	mnl_attr_for_each(
		attr, nlh,
		sizeof(*rule)) if (mnl_attr_get_type(attr) == FRA_PRIORITY &&
				   mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
		priority = mnl_attr_get_u32(attr);
	if (priority != 0 && priority != PRIORITY_MAIN &&
	    priority != PRIORITY_DEFAULT)
		reply->has_rules = true;
	return MNL_CB_OK;
}

static bool has_rules(struct routes *routes)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct reply reply = { 0 };
	char buf[256];
	struct nlmsghdr *nlh;
	struct fib_rule_hdr *rule;

	if (routes->rules_ns != 0 && now - routes->rules_ns < RULES_NS)
		return routes->has_rules;
	routes->rules_ns = now;
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_GETRULE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	rule = mnl_nlmsg_put_extra_header(nlh, sizeof(*rule));
	rule->family = AF_UNSPEC;
	routes->has_rules = ask(routes, nlh, on_rule, &reply) < 0 ||
			    reply.has_rules;
	return routes->has_rules;
}

static int on_address(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(nlh);
	struct reply *reply = data;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*address)))
		return MNL_CB_ERROR;
	if (address->ifa_scope != RT_SCOPE_UNIVERSE ||
	    (address->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		return MNL_CB_OK;
	reply->has_ipv4 |= address->ifa_family == AF_INET;
	reply->has_ipv6 |= address->ifa_family == AF_INET6;
	return MNL_CB_OK;
}

static bool has_address(struct ways *ways, const struct packet *packet)
{
	struct routes *routes = (struct routes *)ways;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct reply reply = { 0 };
	char buf[256];
	struct nlmsghdr *nlh;

	if (routes->fd < 0)
		return false;
	if (routes->addresses_ns == 0 ||
	    now - routes->addresses_ns >= RULES_NS) {
		nlh = mnl_nlmsg_put_header(buf);
		nlh->nlmsg_type = RTM_GETADDR;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg));
		if (ask(routes, nlh, on_address, &reply) < 0)
			reply = (struct reply){ 0 };
		routes->has_ipv4 = reply.has_ipv4;
		routes->has_ipv6 = reply.has_ipv6;
		routes->addresses_ns = now;
	}
	switch (packet->network) {
	case PACKET_NETWORK_IPV4:
		return routes->has_ipv4;
	case PACKET_NETWORK_IPV6:
		return routes->has_ipv6;
	default:
		return false;
	}
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct reply *reply = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*route)))
		return MNL_CB_ERROR;
	reply->type = route->rtm_type;
	mnl_attr_for_each(
		attr, nlh,
		sizeof(*route)) if (mnl_attr_get_type(attr) == RTA_OIF &&
				    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
		reply->out = mnl_attr_get_u32(attr);
	return MNL_CB_STOP;
}

/* With @flags RTM_F_FIB_MATCH the route itself, which may have many devices. */
static int ask_route(struct routes *routes, const struct packet *packet,
		     uint32_t ifindex, uint32_t flags, struct reply *reply)
{
	bool is_ipv4 = packet->network == PACKET_NETWORK_IPV4;
	size_t len = is_ipv4 ? 4 : 16;
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *route;

	*reply = (struct reply){ 0 };
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = is_ipv4 ? AF_INET : AF_INET6;
	route->rtm_dst_len = (unsigned char)(len * 8);
	route->rtm_src_len = (unsigned char)(len * 8);
	route->rtm_flags = flags;
	mnl_attr_put(nlh, RTA_DST, len, &packet->daddr);
	mnl_attr_put(nlh, RTA_SRC, len, &packet->saddr);
	mnl_attr_put_u32(nlh, RTA_IIF, ifindex);
	return ask(routes, nlh, on_route, reply);
}

/* 224.0.0.0/24, or ff02::/16. */
static bool is_of_link(const struct packet *packet)
{
	const uint8_t *to = (const uint8_t *)&packet->daddr;

	return packet->network == PACKET_NETWORK_IPV4
		       ? to[0] == 224 && to[1] == 0 && to[2] == 0
		       : to[0] == 0xff && (to[1] & 15U) == 2;
}

static enum way find_way(struct ways *ways, const struct packet *packet,
			 uint32_t ifindex, uint32_t *ret_out)
{
	struct routes *routes = (struct routes *)ways;
	struct reply reply;

	*ret_out = 0;
	if (routes->fd < 0 || ifindex == 0 ||
	    !(packet->has & PACKET_HAS_ADDRS) ||
	    (packet->network != PACKET_NETWORK_IPV4 &&
	     packet->network != PACKET_NETWORK_IPV6) ||
	    /* What a bridge passes on, nobody routes. */
	    links_is_port(routes->links, ifindex) || has_rules(routes) ||
	    ask_route(routes, packet, ifindex, 0, &reply) < 0)
		return WAY_UNKNOWN;
	switch (reply.type) {
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_ANYCAST:
		return WAY_HERE;
	case RTN_MULTICAST:
		/* Nobody passes on what is for the link. */
		return is_of_link(packet) ? WAY_HERE : WAY_UNKNOWN;
	case RTN_UNICAST:
		if (ask_route(routes, packet, ifindex, RTM_F_FIB_MATCH,
			      &reply) == 0)
			*ret_out = reply.out;
		return WAY_ON;
	default:
		return WAY_UNKNOWN;
	}
}

/* The module has its settings there, as long as that can be seen at all. */
static bool may_filter_bridges(struct ways *ways)
{
	(void)ways;
	return access("/proc/sys/net/bridge", F_OK) == 0 ||
	       access("/proc/sys/net/core", F_OK) < 0;
}

void routes_init(struct routes *routes, const struct links *links)
{
	const struct timeval wait = { .tv_usec = WAIT_MSEC * 1000 };

	*routes = (struct routes){
		.ways = { .find = find_way,
			  .has_address = has_address,
			  .may_filter_bridges = may_filter_bridges },
		.links = links,
	};
	routes->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (routes->fd >= 0)
		(void)setsockopt(routes->fd, SOL_SOCKET, SO_RCVTIMEO, &wait,
				 sizeof(wait));
}

void routes_done(struct routes *routes)
{
	if (routes->fd >= 0)
		close(routes->fd);
	routes->fd = -1;
}
