/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "support.h"
#include "utf8.h"
#include "util.h"

#define SET(member, text) copy_string(member, sizeof(member), text, SIZE_MAX)

void sample_event(struct drop_event *ev)
{
	struct packet *packet = &ev->packet;

	drop_event_init(ev);
	ev->has = DROP_HAS_REASON_CODE | DROP_HAS_POLICY | DROP_HAS_UID |
		  DROP_HAS_MARK | DROP_HAS_QUEUE;
	ev->origin = DROP_ORIGIN_HARDWARE;
	ev->attribution = DROP_ATTRIBUTION_EXACT;
	ev->timestamp_ns = 1763930000123456789;
	ev->count = 3;
	ev->reason_code = 262145;
	ev->length = 60;
	SET(ev->reason, "NFT_RULE");
	SET(ev->subsystem, "netfilter");
	SET(ev->location, "nft_do_chain+0x5a0/0x680");
	SET(ev->trap, "ttl_value_is_too_small");
	SET(ev->trap_group, "l3_drops");
	ev->in.ifindex = 2;
	SET(ev->in.name, "eth0");
	ev->out.ifindex = 3;
	SET(ev->out.name, "br0");
	ev->netns.inum = 4026531840;
	ev->netns.cookie = UINT64_MAX;
	SET(ev->netns.name, "init");
	packet->has = PACKET_HAS_ETHERNET | PACKET_HAS_ETHERTYPE |
		      PACKET_HAS_ADDRS | PACKET_HAS_PROTOCOL |
		      PACKET_HAS_PORTS | PACKET_HAS_TCP_FLAGS |
		      PACKET_HAS_ICMP | PACKET_HAS_ARP | PACKET_HAS_FRAGMENT |
		      PACKET_HAS_TRUNCATED | PACKET_HAS_TTL;
	packet->network = PACKET_NETWORK_IPV4;
	packet->protocol = 6;
	packet->ethertype = 0x0800;
	packet->sport = 40000;
	packet->dport = 80;
	packet->arp_operation = 1;
	packet->fragment_offset = 1480;
	packet->tcp_flags = 0x02;
	packet->icmp_type = 8;
	packet->icmp_code = 5;
	packet->ttl = 64;
	packet->n_vlans = 2;
	packet->vlans[0] = 4095;
	packet->vlans[1] = 7;
	memcpy(packet->smac, "\x02\x00\x5e\xab\xcd\xef", 6);
	memcpy(packet->dmac, "\xff\xff\xff\xff\xff\xff", 6);
	inet_pton(AF_INET, "10.9.0.2", &packet->saddr);
	inet_pton(AF_INET, "10.9.0.1", &packet->daddr);
	ev->netfilter.kind = DROP_KIND_NFT_RULE;
	SET(ev->netfilter.hook, "input");
	SET(ev->netfilter.family, "inet");
	SET(ev->netfilter.table, "filter");
	ev->netfilter.table_handle = 3;
	SET(ev->netfilter.chain, "incoming");
	SET(ev->netfilter.comment, "no more");
	ev->netfilter.rule_handle = 7;
	ev->netfilter.rule = strdup("ip saddr 10.9.0.2 counter drop");
	SET(ev->netfilter.by, "lookup");
	SET(ev->netfilter.set, "blocked");
	SET(ev->netfilter.element, "10.9.0.2");
	ev->netfilter.policy = true;
	ev->netfilter.errnum = 1;
	ev->netfilter.generation = 12;
	ev->netfilter.mark = 0xffffffff;
	ev->netfilter.queue = 9;
	ev->netfilter.ct_id = 77;
	SET(ev->netfilter.ct_state, "new");
	ev->process.uid = 1000;
	ev->process.unit = strdup("nginx.service");
	if (!ev->netfilter.rule || !ev->process.unit)
		abort();
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool port_equal(const struct drop_port *a, const struct drop_port *b)
{
	return a->ifindex == b->ifindex && text_equal(a->name, b->name);
}

/* JSON does not tell "other" without an ethertype (802.3) from "none". */
static bool networks_equal(const struct packet *a, const struct packet *b)
{
	return a->network == b->network ||
	       (!packet_network_to_string((enum packet_network)a->network) &&
		!packet_network_to_string((enum packet_network)b->network));
}

static bool packet_equal(const struct packet *a, const struct packet *b)
{
	return a->has == b->has && networks_equal(a, b) &&
	       a->protocol == b->protocol && a->ethertype == b->ethertype &&
	       a->sport == b->sport && a->dport == b->dport &&
	       a->arp_operation == b->arp_operation &&
	       a->fragment_offset == b->fragment_offset &&
	       a->tcp_flags == b->tcp_flags && a->icmp_type == b->icmp_type &&
	       a->icmp_code == b->icmp_code && a->ttl == b->ttl &&
	       a->n_vlans == b->n_vlans &&
	       memcmp(a->vlans, b->vlans, sizeof(a->vlans)) == 0 &&
	       memcmp(a->smac, b->smac, sizeof(a->smac)) == 0 &&
	       memcmp(a->dmac, b->dmac, sizeof(a->dmac)) == 0 &&
	       memcmp(&a->saddr, &b->saddr, sizeof(a->saddr)) == 0 &&
	       memcmp(&a->daddr, &b->daddr, sizeof(a->daddr)) == 0;
}

static bool netfilter_equal(const struct drop_netfilter *a,
			    const struct drop_netfilter *b)
{
	return a->kind == b->kind && text_equal(a->hook, b->hook) &&
	       text_equal(a->family, b->family) &&
	       text_equal(a->table, b->table) &&
	       text_equal(a->chain, b->chain) &&
	       a->rule_handle == b->rule_handle &&
	       text_equal(a->rule, b->rule) && text_equal(a->by, b->by) &&
	       text_equal(a->set, b->set) &&
	       text_equal(a->element, b->element) && a->policy == b->policy &&
	       a->errnum == b->errnum && a->generation == b->generation &&
	       a->mark == b->mark && a->queue == b->queue &&
	       a->ct_id == b->ct_id && text_equal(a->ct_state, b->ct_state);
}

bool event_equal(const struct drop_event *a, const struct drop_event *b)
{
	return a->has == b->has && a->origin == b->origin &&
	       a->attribution == b->attribution &&
	       a->timestamp_ns == b->timestamp_ns && a->count == b->count &&
	       a->reason_code == b->reason_code && a->length == b->length &&
	       text_equal(a->reason, b->reason) &&
	       text_equal(a->subsystem, b->subsystem) &&
	       text_equal(a->location, b->location) &&
	       text_equal(a->trap, b->trap) &&
	       text_equal(a->trap_group, b->trap_group) &&
	       port_equal(&a->in, &b->in) && port_equal(&a->out, &b->out) &&
	       packet_equal(&a->packet, &b->packet) &&
	       a->netns.inum == b->netns.inum &&
	       a->netns.cookie == b->netns.cookie &&
	       text_equal(a->netns.name, b->netns.name) &&
	       netfilter_equal(&a->netfilter, &b->netfilter) &&
	       a->process.uid == b->process.uid &&
	       text_equal(a->process.unit, b->process.unit);
}

bool event_is_utf8(const struct drop_event *ev)
{
	const char *const strings[] = {
		ev->reason,	     ev->subsystem,
		ev->location,	     ev->trap,
		ev->trap_group,	     ev->in.name,
		ev->out.name,	     ev->netns.name,
		ev->netfilter.hook,  ev->netfilter.family,
		ev->netfilter.table, ev->netfilter.chain,
		ev->netfilter.rule,  ev->netfilter.set,
		ev->process.unit,    ev->netfilter.element,
		ev->netfilter.by,    ev->netfilter.ct_state,
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		if (strings[i] && !utf8_is_valid(strings[i]))
			return false;
	return true;
}

void temp_folder_init(struct temp_folder *folder)
{
	const char *parent = getenv("TMPDIR");

	/* A socket's path has 107 bytes. */
	if (!parent || strlen(parent) > 40)
		parent = "/tmp";
	snprintf(folder->path, sizeof(folder->path), "%s/nfdrop-XXXXXX",
		 parent);
	/* Another user, as whom a test connects, may pass through. */
	if (!mkdtemp(folder->path) || chmod(folder->path, 0711) < 0) {
		perror(folder->path);
		abort();
	}
}

void temp_folder_done(struct temp_folder *folder)
{
	DIR *dir = opendir(folder->path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	(void)rmdir(folder->path);
}

char *temp_folder_path(const struct temp_folder *folder, const char *name,
		       char *buf)
{
	snprintf(buf, 108, "%s/%s", folder->path, name);
	return buf;
}

size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	if (!dir)
		abort();
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

void *copy_bytes(const void *data, size_t len)
{
	void *copy = malloc(len);

	if (!copy && len > 0)
		abort();
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}
