/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * infer() against the kernel: infer-oracle FOLDER FIRST LAST
 *
 * Loads the rulesets that random-rulesets made, sends their packets, and asks
 * infer() for each drop with what a kernel as it is tells of it. The patched
 * kernel names the true rule, which must be among the candidates, also when the
 * packet is cut at any byte. For a guest of its own: see cases/infer.
 *
 * With $INFER_SEEDS, a drop of each ruleset is written there for fuzz-infer.
 *
 * A line a disagreement, and the figures at the end; status 1 when there is
 * one.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <netlink/genl/genl.h>
#include <nftables/libnftables.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "decode.h"
#include "genl.h"
#include "link-watch.h"
#include "links.h"
#include "net-dm-abi.h"
#include "nft-attr.h"
#include "oracle-parts.h"
#include "ruleset-decode.h"
#include "ruleset-dump.h"

/* How long after the last alert no other is waited for. */
#define QUIET_MS 60
/* And, on a machine that is busy, so many times five of that. */
#define WAITS 20

void oracle_die(const char *what, int r)
{
	fprintf(stderr, "infer-oracle: %s: %s\n", what, strerror(-r));
	exit(2);
}

static int command(struct genl *g, uint8_t cmd)
{
	struct nl_msg *msg = genl_request(g, cmd);
	int r;

	if (!msg)
		return -ENOMEM;
	if (cmd == NET_DM_CMD_CONFIG)
		(void)nla_put_u8(msg, NET_DM_ATTR_ALERT_MODE,
				 NET_DM_ALERT_MODE_PACKET);
	r = genl_call(g, msg, NULL, NULL);
	nlmsg_free(msg);
	return r;
}

static void start(struct oracle *o, struct genl *g)
{
	int one = 1, room = 64 << 20, r;

	o->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	o->events = nl_socket_alloc();
	o->link = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	o->ip = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	o->ip6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (!o->nft || !o->events || o->link < 0 || o->ip < 0 || o->ip6 < 0 ||
	    setsockopt(o->ip, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) < 0)
		oracle_die("sockets", -errno);
	nft_ctx_buffer_error(o->nft);
	nft_ctx_buffer_output(o->nft);
	r = genl_open(g);
	if (r == 0)
		r = genl_resolve(g, "NET_DM", "events");
	if (r == 0)
		r = genl_connect(o->events);
	if (r == 0)
		r = nl_socket_add_membership(o->events, (int)g->group);
	if (r == 0)
		r = setsockopt(nl_socket_get_fd(o->events), SOL_SOCKET,
			       SO_RCVBUFFORCE, &room, sizeof(room)) < 0
			    ? -errno
			    : 0;
	if (r == 0)
		r = command(g, NET_DM_CMD_CONFIG);
	if (r == 0)
		r = command(g, NET_DM_CMD_START);
	if (r < 0)
		oracle_die("NET_DM", r);
}

static void load(struct oracle *o, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[4096];

	if (!f)
		oracle_die(path, -errno);
	o->is_visible = false;
	if (nft_run_cmd_from_buffer(o->nft, "flush ruleset") != 0)
		oracle_die("flush ruleset", -EIO);
	while (fgets(line, sizeof(line), f)) {
		if (strcmp(line, "# visible\n") == 0) {
			o->is_visible = true;
		} else if (strcmp(line, "# whole\n") == 0) {
			if (nft_run_cmd_from_filename(o->nft, path) != 0)
				o->n_refused++;
			break;
		} else if (nft_run_cmd_from_buffer(o->nft, line) != 0)
			o->n_refused++;
		else if (strncmp(line, "add rule", 8) == 0)
			o->n_rules++;
	}
	fclose(f);
	o->n_rulesets++;
}

/* Calls @each for the messages that were written to @fd, and closes it. */
static void for_messages(int fd,
			 void (*each)(const struct nlmsghdr *nlh, size_t len,
				      void *data),
			 void *data)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *p = malloc((size_t)size + 1);

	if (!p || pread(fd, p, (size_t)size, 0) != size)
		oracle_die("dump", -EIO);
	for (size_t at = 0; at + sizeof(struct nlmsghdr) <= (size_t)size;) {
		const struct nlmsghdr *nlh = (const void *)(p + at);

		each(nlh, (size_t)size - at, data);
		at += NLMSG_ALIGN((size_t)nlh->nlmsg_len);
	}
	free(p);
	close(fd);
}

/* As if it were told of a change: fuzz-infer.c. */
static void keep_message(struct oracle *o, const struct nlmsghdr *nlh)
{
	size_t len = NLMSG_ALIGN((size_t)nlh->nlmsg_len);
	struct nlmsghdr copy = *nlh;

	copy.nlmsg_flags = NLM_F_CREATE | NLM_F_APPEND;
	if (len > sizeof(o->messages) - 1 - o->messages_len)
		return;
	memcpy(o->messages + o->messages_len, nlh, nlh->nlmsg_len);
	memcpy(o->messages + o->messages_len, &copy, sizeof(copy));
	o->messages_len += len;
}

static void write_seed(struct oracle *o, const struct packet_bytes *bytes)
{
	const struct {
		uint16_t messages, ethertype, orig_len;
		uint8_t flags, cut;
		uint16_t stages;
	} head = {
		.messages = (uint16_t)o->messages_len,
		.ethertype = bytes->ethertype,
		.orig_len = (uint16_t)bytes->orig_len,
		.flags = (uint8_t)(4 |
				   (bytes->start == PACKET_START_NETWORK ? 2
									 : 0)),
		.cut = 128,
	};
	char path[4096];
	FILE *f;

	if (!o->seeds || o->messages_len == 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", o->seeds, o->name);
	f = fopen(path, "we");
	if (!f)
		oracle_die(path, -errno);
	fwrite(&head, sizeof(head), 1, f);
	fwrite(o->messages, o->messages_len, 1, f);
	fwrite(bytes->data, bytes->len, 1, f);
	fclose(f);
	o->messages_len = 0;
}

static void on_message(const struct nlmsghdr *nlh, size_t len, void *data)
{
	struct oracle *o = data;
	int r = ruleset_decode(o->rs, nlh, len, true);

	if (r < 0)
		oracle_die("ruleset", r);
	keep_message(o, nlh);
}

static int memory_file(void)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	if (fd < 0)
		oracle_die("memfd_create", -errno);
	return fd;
}

static void read_ruleset(struct oracle *o)
{
	uint32_t generation, interrupted;
	int fd = memory_file(), r;

	ruleset_unref(o->rs);
	o->rs = ruleset_new();
	o->rs->infers = true;
	r = ruleset_dump(fd, true, &generation, &interrupted);
	if (r < 0)
		oracle_die("ruleset_dump()", r);
	o->messages_len = 0;
	for_messages(fd, on_message, o);
	o->rs->generation = generation;
}

static void on_counter(const struct nlmsghdr *nlh, size_t len, void *data)
{
	const struct nft_attrs attrs =
		nft_attrs_of(nlh, sizeof(struct nfgenmsg));
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *name = nft_attr_string(attrs.of[NFTA_RULE_TABLE]);
	struct oracle *o = data;
	struct table *table;

	(void)len;
	if ((nlh->nlmsg_type & 0xff) != NFT_MSG_NEWRULE || !name)
		return;
	table = ruleset_find_table(o->rs, nfg->nfgen_family, name, 0);
	oracle_counters_add_message(&o->counters, nlh,
				    table ? table->handle : 0);
}

static void on_drop(struct oracle *o, const struct drop_event *ev,
		    const struct packet_bytes *bytes)
{
	oracle_check(o, ev, bytes);
	write_seed(o, bytes);
}

static void on_alert(struct oracle *o, const struct nlmsghdr *nlh, size_t len)
{
	struct packet_bytes bytes;
	struct drop_event ev;

	if (decode_type(nlh, len) != DECODE_PACKET ||
	    decode_packet(nlh, len, &ev, &bytes) < 0)
		return;
	o->n_alerts++;
	if (ev.netfilter.kind == DROP_KIND_NFT_RULE ||
	    ev.netfilter.kind == DROP_KIND_NFT_POLICY)
		oracle_counters_add_told(&o->counters, &ev.netfilter);
	/* Packets of the kernel's own meet rulesets that are being loaded. */
	if (ev.netfilter.generation != 0 &&
	    ev.netfilter.generation != o->rs->generation)
		o->n_stale++;
	else if (ev.netfilter.kind == DROP_KIND_NFT_RULE ||
		 ev.netfilter.kind == DROP_KIND_NFT_POLICY)
		on_drop(o, &ev, &bytes);
	else if (ev.netfilter.kind != DROP_KIND_NONE)
		o->n_other++;
	drop_event_done(&ev);
}

static void receive(struct oracle *o, int timeout)
{
	struct pollfd pfd = { .fd = nl_socket_get_fd(o->events),
			      .events = POLLIN };
	static char buf[65536];

	while (poll(&pfd, 1, timeout) > 0) {
		ssize_t n = recv(pfd.fd, buf, sizeof(buf), 0);

		if (n < 0)
			oracle_die("alerts were lost", -errno);
		on_alert(o, (const void *)buf, (size_t)n);
	}
}

static void dump_counters(struct oracle *o)
{
	uint32_t generation, interrupted;
	int fd = memory_file(), r;

	r = ruleset_dump(fd, false, &generation, &interrupted);
	if (r < 0)
		oracle_die("ruleset_dump()", r);
	for_messages(fd, on_counter, o);
}

/* What the kernel counted, against what it told, which may take some time. */
static void check_counters(struct oracle *o)
{
	dump_counters(o);
	for (int i = 0; i < WAITS && oracle_counters_are_behind(&o->counters);
	     i++) {
		receive(o, 5 * QUIET_MS);
		dump_counters(o);
	}
	oracle_counters_end(&o->counters, o->name);
}

static void run(struct oracle *o, const char *folder, int n)
{
	char path[4096], line[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%04d.nft", folder, n);
	o->name = path + strlen(folder) + 1;
	/* Also what is on its way of the ruleset before. */
	receive(o, 0);
	oracle_counters_begin(&o->counters);
	load(o, path);
	read_ruleset(o);
	/* Those that were on their way. */
	receive(o, 0);
	snprintf(line, sizeof(line), "%s/%04d.packets", folder, n);
	f = fopen(line, "re");
	if (!f)
		oracle_die(line, -errno);
	while (fgets(line, sizeof(line), f)) {
		oracle_send(o, line);
		receive(o, 0);
	}
	fclose(f);
	receive(o, QUIET_MS);
	check_counters(o);
}

static void print_totals(const struct oracle *o)
{
	const struct oracle_counters *c = &o->counters;

	printf("counters: rules that drop %lu, that dropped something %lu, "
	       "with a counter %lu, which counted %lu, of these told otherwise "
	       "%lu\n",
	       c->n_rules, c->n_met, c->n_counted, c->packets, c->n_wrong);
	printf("figures {\"of\": \"rules\", \"rulesets\": %lu, \"refused\": "
	       "%lu, \"sent\": %lu, \"rules\": %lu, \"met\": %lu, "
	       "\"counters\": %lu, \"counted\": %lu, \"wrong\": %lu, "
	       "\"families\": %u}\n",
	       o->n_rulesets, o->n_refused, o->n_packets, c->n_rules, c->n_met,
	       c->n_counted, c->packets, c->n_wrong, c->families);
}

int main(int argc, char *argv[])
{
	static struct oracle o;
	static struct links links;
	struct link_watch *link_watch;
	struct genl g;

	if (argc != 4) {
		fputs("usage: infer-oracle FOLDER FIRST LAST\n", stderr);
		return 2;
	}
	o.seeds = getenv("INFER_SEEDS");
	start(&o, &g);
	routes_init(&o.routes, &links);
	o.inferrer.ways = &o.routes.ways;
	if (link_watch_new(&link_watch, &links) < 0)
		oracle_die("the devices", -EIO);
	o.inferrer.links = &links;
	for (int n = atoi(argv[2]); n <= atoi(argv[3]); n++)
		run(&o, argv[1], n);
	printf("rulesets %lu, rules %lu, commands that nft refused %lu, "
	       "packets %lu, alerts %lu, of netfilter but no rule %lu, "
	       "of another generation %lu, work a drop %lu\n",
	       o.n_rulesets, o.n_rules, o.n_refused, o.n_packets, o.n_alerts,
	       o.n_other, o.n_stale,
	       (unsigned long)(o.work /
			       MAX(1UL, o.all.drops * (ORACLE_CUTS + 2))));
	oracle_figures_print(&o.all, "all");
	oracle_figures_print(&o.visible, "visible");
	oracle_figures_print(&o.shown, "shown");
	print_totals(&o);
	oracle_classes_print(&o.classes);
	printf("cut: %lu, missing %lu\n", o.n_cuts, o.n_cut_missing);
	oracle_counters_done(&o.counters);
	return o.all.missing || o.n_cut_missing || o.all.drops == 0 ||
	       o.counters.n_wrong > 0;
}
