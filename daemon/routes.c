/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "clock.h"
#include "links.h"
#include "routes.h"
#include "util.h"

/* Rules are looked at again after that. */
#define RULES_NS (SEC * 1000)
/* The kernel answers while it is asked; one that does not is not waited for. */
#define WAIT_MSEC 100
/* Of the kernel's own: local, main, default. */
#define PRIORITY_MAIN	 32766
#define PRIORITY_DEFAULT 32767

struct reply {
	uint8_t type; /* RTN_*; 0: none came */
	int error;
	bool has_rules;
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
	mnl_attr_for_each(attr, nlh, sizeof(*rule))
		if (mnl_attr_get_type(attr) == FRA_PRIORITY &&
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

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	struct reply *reply = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*route)))
		return MNL_CB_ERROR;
	reply->type = route->rtm_type;
	return MNL_CB_STOP;
}

static enum way find_way(struct ways *ways, const struct packet *packet,
			 uint32_t ifindex)
{
	struct routes *routes = (struct routes *)ways;
	bool is_ipv4 = packet->network == PACKET_NETWORK_IPV4;
	size_t len = is_ipv4 ? 4 : 16;
	struct reply reply = { 0 };
	char buf[256];
	struct nlmsghdr *nlh;
	struct rtmsg *route;

	if (routes->fd < 0 || ifindex == 0 ||
	    !(packet->has & PACKET_HAS_ADDRS) ||
	    (!is_ipv4 && packet->network != PACKET_NETWORK_IPV6) ||
	    /* What a bridge passes on, nobody routes. */
	    links_is_port(routes->links, ifindex) || has_rules(routes))
		return WAY_UNKNOWN;
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	route->rtm_family = is_ipv4 ? AF_INET : AF_INET6;
	route->rtm_dst_len = (unsigned char)(len * 8);
	route->rtm_src_len = (unsigned char)(len * 8);
	mnl_attr_put(nlh, RTA_DST, len, &packet->daddr);
	mnl_attr_put(nlh, RTA_SRC, len, &packet->saddr);
	mnl_attr_put_u32(nlh, RTA_IIF, ifindex);
	if (ask(routes, nlh, on_route, &reply) < 0)
		return WAY_UNKNOWN;
	switch (reply.type) {
	case RTN_LOCAL:
	case RTN_BROADCAST:
		return WAY_HERE;
	case RTN_UNICAST:
		return WAY_ON;
	default:
		return WAY_UNKNOWN;
	}
}

void routes_init(struct routes *routes, const struct links *links)
{
	const struct timeval wait = { .tv_usec = WAIT_MSEC * 1000 };

	*routes = (struct routes){ .ways.find = find_way, .links = links };
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
