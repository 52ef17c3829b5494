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
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
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
#include "inferrer.h"
#include "link-watch.h"
#include "links.h"
#include "net-dm-abi.h"
#include "nft-attr.h"
#include "oracle-counters.h"
#include "oracle-figures.h"
#include "routes.h"
#include "ruleset-decode.h"
#include "ruleset-dump.h"

/* How long after the last alert no other is waited for. */
#define QUIET_MS 60
/* And, on a machine that is busy, so many times five of that. */
#define WAITS 20
/* Cuts of each packet that are tried. */
#define N_CUTS 4

struct oracle {
	struct nft_ctx *nft;
	struct nl_sock *events;
	int link, ip, ip6;
	struct ruleset *rs;
	const char *name; /* of the present case */
	bool is_visible;
	unsigned long n_rulesets, n_rules, n_refused, n_packets, n_alerts;
	unsigned long n_cuts, n_cut_missing, n_other, n_stale;
	uint64_t work;
	/* All drops, those of rulesets that look at nothing but the packet, and
	 * those whose true rule does. */
	struct oracle_figures all, visible, shown;
	struct oracle_classes classes;
	struct oracle_counters counters;
	struct inferrer inferrer; /* as nfdropd has it */
	struct routes routes;
	/* The ruleset's messages, as fuzz-infer has them. */
	const char *seeds;
	uint8_t messages[65536];
	size_t messages_len;
};

static void die(const char *what, int r)
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
		die("sockets", -errno);
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
		die("NET_DM", r);
}

static void load(struct oracle *o, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[4096];

	if (!f)
		die(path, -errno);
	o->is_visible = false;
	if (nft_run_cmd_from_buffer(o->nft, "flush ruleset") != 0)
		die("flush ruleset", -EIO);
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
		die("dump", -EIO);
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
		die(path, -errno);
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
		die("ruleset", r);
	keep_message(o, nlh);
}

static int memory_file(void)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	if (fd < 0)
		die("memfd_create", -errno);
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
		die("ruleset_dump()", r);
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

static bool is_true(const struct infer_candidate *c,
		    const struct drop_netfilter *nf)
{
	return c->table->handle == nf->table_handle &&
	       strcmp(c->chain->name, nf->chain) == 0 &&
	       (nf->kind == DROP_KIND_NFT_POLICY
			? !c->rule
			: c->rule && c->rule->handle == nf->rule_handle);
}

static const struct infer_candidate *
find_true(const struct infer_result *result, const struct drop_netfilter *nf)
{
	for (size_t i = 0; i < result->n; i++)
		if (is_true(&result->candidates[i], nf))
			return &result->candidates[i];
	return NULL;
}

static void print_case(const struct oracle *o, const char *what,
		       const struct drop_event *ev,
		       const struct packet_bytes *bytes,
		       const struct infer_result *result)
{
	const struct drop_netfilter *nf = &ev->netfilter;

	printf("%s: %s: %s %s %s/%" PRIu64 " in %u type %04x length %u:", what,
	       o->name, nf->family, nf->hook, nf->chain, nf->rule_handle,
	       ev->in.ifindex, bytes->ethertype, bytes->orig_len);
	for (size_t i = 0; i < result->n; i++) {
		const struct infer_candidate *c = &result->candidates[i];

		printf(" %s/%" PRIu64 "(", c->chain->name,
		       c->rule ? c->rule->handle : 0);
		for (unsigned int u = 0; u < _UNKNOWN_MAX; u++)
			if (c->unknown & UNKNOWN_BIT(u))
				printf(" %s", unknown_to_string(u));
		printf(" )");
	}
	printf(" bytes ");
	for (size_t i = 0; i < bytes->len; i++)
		printf("%02x", ((const uint8_t *)bytes->data)[i]);
	puts("");
}

static void infer_or_die(struct oracle *o, const struct infer_input *input,
			 struct infer_result *result)
{
	int r = infer(o->rs, input, result);

	if (r < 0)
		die("infer()", r);
	o->work += result->work;
}

/* Only the first bytes of it are known. */
static void check_cuts(struct oracle *o, const struct drop_event *ev,
		       const struct infer_input *input)
{
	struct infer_result result;

	for (size_t i = 0; i < N_CUTS && input->bytes.len > 0; i++) {
		struct infer_input cut = *input;

		cut.bytes.len = (size_t)rand() % input->bytes.len;
		infer_or_die(o, &cut, &result);
		o->n_cuts++;
		if (find_true(&result, &ev->netfilter) || result.is_partial)
			continue;
		o->n_cut_missing++;
		print_case(o, "MISSING when cut", ev, &cut.bytes, &result);
	}
}

/* What a kernel as it is tells of @ev, which keeps what it owns. */
static struct drop_event plain_event(const struct drop_event *ev)
{
	struct drop_event plain = *ev;

	memset(&plain.out, 0, sizeof(plain.out));
	plain.has &= ~DROP_HAS_MARK;
	if (ev->in.ifindex)
		if_indextoname(ev->in.ifindex, plain.in.name);
	return plain;
}

/* Of the hook that it was, and with the device that it was to leave by. */
static void infer_with_more(struct oracle *o, const struct drop_event *ev,
			    const struct infer_input *input,
			    struct oracle_answer *a)
{
	struct infer_input more = *input;
	char out[IF_NAMESIZE] = "";

	more.stages = INFER_STAGE_BIT(a->found->stage);
	infer_or_die(o, &more, &a->with_hook);
	if (!find_true(&a->with_hook, &ev->netfilter))
		print_case(o, "MISSING with the hook", ev, &input->bytes,
			   &a->with_hook);
	more.out = (struct eval_port){ .is_known = true,
				       .ifindex = ev->out.ifindex,
				       .name = out };
	if (ev->out.ifindex)
		if_indextoname(ev->out.ifindex, out);
	infer_or_die(o, &more, &a->with_all);
	if (!find_true(&a->with_all, &ev->netfilter))
		print_case(o, "MISSING with all", ev, &input->bytes,
			   &a->with_all);
}

static void count(struct oracle *o, const struct oracle_answer *a)
{
	bool is_shown = a->found && a->found->unknown == 0;

	oracle_figures_add(&o->all, a);
	if (o->is_visible)
		oracle_figures_add(&o->visible, a);
	if (is_shown)
		oracle_figures_add(&o->shown, a);
	if (a->found && a->result.n > 1 && (o->is_visible || is_shown))
		oracle_classes_add(&o->classes, a);
}

static void check_drop(struct oracle *o, const struct drop_event *ev,
		       const struct packet_bytes *bytes)
{
	struct drop_event as_told = plain_event(ev);
	struct oracle_answer a = { 0 };
	struct infer_input input;

	infer_input_from_event(&as_told, bytes, &input);
	infer_or_die(o, &input, &a.plain);
	if (!find_true(&a.plain, &ev->netfilter) && !a.plain.is_partial)
		print_case(o, "MISSING by the packet", ev, bytes, &a.plain);
	if (inferrer_find(&o->inferrer, &as_told, bytes, o->rs, &a.result) < 0)
		die("inferrer_find()", -ENOMEM);
	a.found = find_true(&a.result, &ev->netfilter);
	if (!a.found && !a.result.is_partial)
		print_case(o, "MISSING", ev, bytes, &a.result);
	if (a.found)
		infer_with_more(o, ev, &input, &a);
	if (a.found && a.result.n > 1 && getenv("SHOW_MANY"))
		print_case(o, "MANY", ev, bytes, &a.result);
	count(o, &a);
	check_cuts(o, ev, &input);
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
		check_drop(o, &ev, &bytes);
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
			die("alerts were lost", -errno);
		on_alert(o, (const void *)buf, (size_t)n);
	}
}

static void dump_counters(struct oracle *o)
{
	uint32_t generation, interrupted;
	int fd = memory_file(), r;

	r = ruleset_dump(fd, false, &generation, &interrupted);
	if (r < 0)
		die("ruleset_dump()", r);
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

static size_t from_hex(const char *s, uint8_t *to, size_t size)
{
	size_t n = 0;
	unsigned int byte;

	while (n < size && sscanf(s + 2 * n, "%2x", &byte) == 1)
		to[n++] = (uint8_t)byte;
	return n;
}

/* From here, by its destination address. */
static void send_made(struct oracle *o, const uint8_t *data, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };

	if (data[0] >> 4 == 6 && len >= 40) {
		memcpy(&to6.sin6_addr, data + 24, 16);
		(void)!sendto(o->ip6, data, len, 0, (void *)&to6, sizeof(to6));
		return;
	}
	memcpy(&to.sin_addr, data + 16, 4);
	(void)!sendto(o->ip, data, len, 0, (void *)&to, sizeof(to));
}

/* "ip" and a packet, or a device, whose other end it comes in by. */
static void send_packet(struct oracle *o, const char *line)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };
	uint8_t data[2048];
	char name[IF_NAMESIZE] = "";
	const char *hex = strchr(line, ' ');
	size_t len = hex ? from_hex(hex + 1, data, sizeof(data)) : 0;

	if (len < 20 || sscanf(line, "%15s", name) != 1)
		die(line, -EINVAL);
	o->n_packets++;
	/* What is refused here was not sent, or dropped at once. */
	if (strcmp(name, "ip") == 0) {
		send_made(o, data, len);
		return;
	}
	sll.sll_ifindex =
		(int)if_nametoindex(strcmp(name, "eth") == 0 ? "in1" : name);
	(void)!sendto(o->link, data, len, 0, (void *)&sll, sizeof(sll));
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
		die(line, -errno);
	while (fgets(line, sizeof(line), f)) {
		send_packet(o, line);
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
		die("the devices", -EIO);
	o.inferrer.links = &links;
	for (int n = atoi(argv[2]); n <= atoi(argv[3]); n++)
		run(&o, argv[1], n);
	printf("rulesets %lu, rules %lu, commands that nft refused %lu, "
	       "packets %lu, alerts %lu, of netfilter but no rule %lu, "
	       "of another generation %lu, work a drop %lu\n",
	       o.n_rulesets, o.n_rules, o.n_refused, o.n_packets, o.n_alerts,
	       o.n_other, o.n_stale,
	       (unsigned long)(o.work / MAX(1UL, o.all.drops * (N_CUTS + 2))));
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
