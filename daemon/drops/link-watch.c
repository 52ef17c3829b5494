/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "link-watch.h"
#include "util.h"

struct link_watch {
	struct nl_sock *changes;
	struct links *links;
};

DEFINE_CLEANUP(struct link_watch *, link_watch_free)
DEFINE_CLEANUP(struct nl_sock *, nl_socket_free)

/* What a bridge has of its own: IFLA_INFO_KIND, IFLA_INFO_DATA. */
static void find_kind(const struct nlmsghdr *nlh, struct link_info *info)
{
	struct nlattr *link = nlmsg_find_attr((struct nlmsghdr *)nlh,
					      sizeof(struct ifinfomsg),
					      IFLA_LINKINFO);
	struct nlattr *kind, *data, *filtering = NULL;
	static const char bridge[] = "bridge";

	if (!link)
		return;
	kind = nla_find(nla_data(link), nla_len(link), IFLA_INFO_KIND);
	if (!kind || nla_len(kind) != sizeof(bridge) ||
	    memcmp(nla_data(kind), bridge, sizeof(bridge)) != 0)
		return;
	info->is_bridge = true;
	data = nla_find(nla_data(link), nla_len(link), IFLA_INFO_DATA);
	if (data)
		filtering = nla_find(nla_data(data), nla_len(data),
				     IFLA_BR_VLAN_FILTERING);
	info->filters_vlans = !filtering || nla_len(filtering) < 1 ||
			      nla_get_u8(filtering) != 0;
}

static uint32_t find_u32(const struct nlmsghdr *nlh, int type, uint32_t none)
{
	struct nlattr *attr = nlmsg_find_attr((struct nlmsghdr *)nlh,
					      sizeof(struct ifinfomsg), type);

	return attr && nla_len(attr) >= (int)sizeof(uint32_t)
		       ? nla_get_u32(attr)
		       : none;
}

static void find_info(const struct nlmsghdr *nlh, struct link_info *ret)
{
	const struct ifinfomsg *header = nlmsg_data(nlh);
	struct nlattr *mac = nlmsg_find_attr((struct nlmsghdr *)nlh,
					     sizeof(*header), IFLA_ADDRESS);

	*ret = (struct link_info){
		.has_type = true,
		.type = header->ifi_type,
		.master = find_u32(nlh, IFLA_MASTER, 0),
		.has_mac = mac && nla_len(mac) == sizeof(ret->mac),
		/* Who does not tell it may be. */
		.is_promiscuous = find_u32(nlh, IFLA_PROMISCUITY, 1) != 0,
	};
	if (ret->has_mac)
		memcpy(ret->mac, nla_data(mac), sizeof(ret->mac));
	find_kind(nlh, ret);
}

static int on_link(struct nl_msg *msg, void *data)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct links *links = data;
	const struct ifinfomsg *info;
	struct link_info found;
	struct nlattr *name;
	char buf[IFNAMSIZ];

	if ((nlh->nlmsg_type != RTM_NEWLINK &&
	     nlh->nlmsg_type != RTM_DELLINK) ||
	    !nlmsg_valid_hdr(nlh, sizeof(*info)))
		return NL_OK;
	info = nlmsg_data(nlh);
	/* A bridge's ports speak in AF_BRIDGE too, also when they leave it. */
	if (info->ifi_family != AF_UNSPEC || info->ifi_index <= 0)
		return NL_OK;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		links_remove(links, (uint32_t)info->ifi_index);
		return NL_OK;
	}
	name = nlmsg_find_attr(nlh, sizeof(*info), IFLA_IFNAME);
	if (!name)
		return NL_OK;
	copy_string(buf, sizeof(buf), nla_data(name), (size_t)nla_len(name));
	(void)links_set(links, (uint32_t)info->ifi_index, buf);
	find_info(nlh, &found);
	links_set_info(links, (uint32_t)info->ifi_index, &found);
	return NL_OK;
}

static int open_socket(struct nl_sock **ret, struct links *links)
{
	_cleanup_(cleanup_nl_socket_free) struct nl_sock *sock = NULL;

	sock = nl_socket_alloc();
	if (!sock)
		return -ENOMEM;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_link, links);
	errno = 0;
	if (nl_connect(sock, NETLINK_ROUTE) < 0)
		return errno ? -errno : -EIO;
	*ret = TAKE_PTR(sock);
	return 0;
}

/* On a socket of its own, so that changes in between are not lost. */
static int read_all(struct link_watch *w)
{
	_cleanup_(cleanup_nl_socket_free) struct nl_sock *sock = NULL;
	struct rtgenmsg request = { .rtgen_family = AF_UNSPEC };
	int r;

	r = open_socket(&sock, w->links);
	if (r < 0)
		return r;
	links_clear(w->links);
	if (nl_send_simple(sock, RTM_GETLINK, NLM_F_DUMP, &request,
			   sizeof(request)) < 0)
		return -EIO;
	r = nl_recvmsgs_default(sock);
	/* A dump that was interrupted by a change: the change comes too. */
	return r < 0 && r != -NLE_DUMP_INTR ? -EIO : 0;
}

int link_watch_new(struct link_watch **ret, struct links *links)
{
	_cleanup_(cleanup_link_watch_free) struct link_watch *w = NULL;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->links = links;
	r = open_socket(&w->changes, links);
	if (r < 0)
		return r;
	nl_socket_disable_seq_check(w->changes);
	if (nl_socket_set_nonblocking(w->changes) < 0 ||
	    nl_socket_add_memberships(w->changes, RTNLGRP_LINK, 0) < 0)
		return -EIO;
	r = read_all(w);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

void link_watch_free(struct link_watch *w)
{
	if (!w)
		return;
	nl_socket_free(w->changes);
	free(w);
}

int link_watch_get_fd(const struct link_watch *w)
{
	return nl_socket_get_fd(w->changes);
}

int link_watch_dispatch(struct link_watch *w)
{
	int r = nl_recvmsgs_default(w->changes);

	if (r == -NLE_AGAIN || r >= 0)
		return 0;
	/* NLE_NOMEM is how libnl says ENOBUFS: changes were lost. */
	return read_all(w);
}
