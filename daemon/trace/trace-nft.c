/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/object.h>
#include <nftables/libnftables.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "own-table.h"
#include "trace-marks.h"
#include "trace-nft.h"
#include "util.h"

/* Others change the ruleset meanwhile, over and over. */
#define TRIES	   100
#define RULE_TRIES 20
#define PAUSE_NSEC (20 * 1000000L)
/* Somebody may have our name, in another PID namespace. */
#define NAMES_MAX 8
#define LEFT_MAX  16

/* Before all others, or behind conntrack (-200); and behind all others. */
#define PRIORITY_FIRST	   "-2147483647"
#define PRIORITY_CONNTRACK "-199"
#define PRIORITY_LAST	   "2147483646"

#define COMMAND_MAX	   4096
#define PATIENCE_MSEC	   1000

/* Bits, of the hooks that conntrack comes to. */
static const uint32_t conntrack[_TRACE_FAMILY_MAX] = {
	[TRACE_INET] = 1U << NF_INET_PRE_ROUTING | 1U << NF_INET_LOCAL_OUT,
	[TRACE_BRIDGE] = 1U << NF_INET_PRE_ROUTING | 1U << NF_INET_LOCAL_OUT,
};

struct trace_nft {
	const struct trace_nft_config *config;
	/*
	 * The tables are its netlink socket's. libnftables opens another one
	 * when a list is interrupted, so others list.
	 */
	struct nft_ctx *owner;
	struct nft_ctx *lister;
	struct mnl_socket *nl;
	uint32_t seq;
	struct trace_nft_status status;
	unsigned int n_names;
	bool looked; /* for what others left */
	unsigned int rule_tries;
	uint64_t limited[_TRACE_FAMILY_MAX];
};

DEFINE_CLEANUP(struct trace_nft *, trace_nft_free)

static const char *word_of(enum trace_family family)
{
	return nft_family_to_string(trace_family_to_nfproto(family));
}

/* --- commands ------------------------------------------------------------- */

static bool run(struct nft_ctx *ctx, const char *format, ...) _printf_(2, 3);

static bool run(struct nft_ctx *ctx, const char *format, ...)
{
	char command[TRACE_EXPRESSION_MAX + COMMAND_MAX];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return n > 0 && (size_t)n < sizeof(command) &&
	       nft_run_cmd_from_buffer(ctx, command) == 0;
}

/* The last command's, which failed. */
static const char *error_text(struct nft_ctx *ctx)
{
	const char *text = nft_ctx_get_error_buffer(ctx);

	return text ? text : "";
}

/* "Could not process rule: File exists", by strerror(3). */
static bool is_error(const char *text, int error)
{
	static const char words[] = "Could not process rule: ";
	const char *at = strstr(text, words);
	const char *name = strerror(error);

	return at && strncmp(at + sizeof(words) - 1, name, strlen(name)) == 0;
}

/* Others have changed something while libnftables looked. */
static bool is_interrupted(const char *text)
{
	return is_error(text, EINTR) || is_error(text, ERESTART) ||
	       is_error(text, EAGAIN) || is_error(text, EBUSY) ||
	       is_error(text, ENOENT) || strstr(text, "cache init") != NULL ||
	       text[0] == '\0';
}

/* -EAGAIN where another try may do. */
static int kernel_error(struct nft_ctx *ctx, struct trace_expression_error *ret)
{
	const char *text = error_text(ctx);

	trace_expression_explain(text, "", SIZE_MAX, ret);
	return is_interrupted(text) ? -EAGAIN : -EIO;
}

static void set_name(struct trace_nft *t)
{
	int n = snprintf(t->status.table, sizeof(t->status.table),
			 OWN_TABLE_PREFIX "%ld", (long)getpid());

	if (t->n_names > 0)
		snprintf(t->status.table + n,
			 sizeof(t->status.table) - (size_t)n, "-%u",
			 t->n_names);
}

int trace_nft_new(struct trace_nft **ret, const struct trace_nft_config *config)
{
	_cleanup_(cleanup_trace_nft_free) struct trace_nft *t =
		calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->config = config;
	t->status.is_owned = !config->no_owner;
	set_name(t);
	t->owner = nft_ctx_new(NFT_CTX_DEFAULT);
	t->lister = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!t->owner || !t->lister)
		return -ENOMEM;
	if (nft_ctx_buffer_error(t->owner) != 0 ||
	    nft_ctx_buffer_output(t->owner) != 0 ||
	    nft_ctx_buffer_error(t->lister) != 0 ||
	    nft_ctx_buffer_output(t->lister) != 0)
		return -ENOMEM;
	nft_ctx_output_set_flags(t->lister, NFT_CTX_OUTPUT_JSON);
	t->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!t->nl || mnl_socket_bind(t->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*ret = TAKE_PTR(t);
	return 0;
}

static void remove_tables(struct trace_nft *t)
{
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (t->status.families & 1U << f)
			(void)run(t->owner, "delete table %s %s", word_of(f),
				  t->status.table);
	t->status.families = 0;
}

void trace_nft_free(struct trace_nft *t)
{
	if (!t)
		return;
	if (t->owner)
		remove_tables(t);
	nft_ctx_free(t->owner);
	nft_ctx_free(t->lister);
	if (t->nl)
		mnl_socket_close(t->nl);
	free(t);
}

/* --- what a killed one left, of an old kernel ----------------------------- */

/* "table inet nfdropd-12", in lines. */
static void remove_left(struct trace_nft *t)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	const char *line;
	char word[8], name[48];

	if (!ctx || nft_ctx_buffer_output(ctx) != 0 ||
	    nft_ctx_buffer_error(ctx) != 0 || !run(ctx, "list tables")) {
		nft_ctx_free(ctx);
		return;
	}
	line = nft_ctx_get_output_buffer(ctx);
	for (size_t i = 0; line && i < LEFT_MAX; line = strchr(line, '\n')) {
		long pid;

		line += *line == '\n';
		if (*line == '\0')
			break;
		if (sscanf(line, "table %7s %47s", word, name) != 2 ||
		    !own_table_is_name(name))
			continue;
		pid = strtol(name + strlen(OWN_TABLE_PREFIX), NULL, 10);
		if (pid <= 0 || pid > INT32_MAX || kill((pid_t)pid, 0) == 0 ||
		    errno != ESRCH)
			continue;
		(void)run(t->owner, "delete table %s %s", word, name);
		i++;
	}
	nft_ctx_free(ctx);
}

/* --- making them ---------------------------------------------------------- */

/* What can be done about an error of the first command; false: nothing. */
static bool find_remedy(struct trace_nft *t, const char *text)
{
	/* EPERM: it is another socket's. */
	if (is_error(text, EEXIST) || is_error(text, EPERM)) {
		if (t->status.families != 0 || ++t->n_names >= NAMES_MAX)
			return false;
		set_name(t);
		return true;
	}
	if (t->status.is_owned && t->status.families == 0 &&
	    (is_error(text, EOPNOTSUPP) || is_error(text, EINVAL))) {
		t->status.is_owned = false;
		return true;
	}
	return false;
}

static int make_table(struct trace_nft *t, enum trace_family f,
		      struct trace_expression_error *error)
{
	while (!run(t->owner, "create table %s %s%s", word_of(f),
		    t->status.table,
		    t->status.is_owned ? " { flags owner; }" : ""))
		if (!find_remedy(t, error_text(t->owner)))
			return kernel_error(t->owner, error);
	t->status.families |= 1U << f;
	t->limited[f] = 0;
	if (!t->status.is_owned && !t->looked)
		remove_left(t);
	t->looked = true;
	return 0;
}

static int make_marking(struct trace_nft *t, enum trace_family f,
			struct trace_expression_error *error)
{
	const char *word = word_of(f), *name = t->status.table;

	/* A packet passes three hooks, and each of them marks it. */
	if (run(t->owner,
		"add chain %s %s " TRACE_MARKING_CHAIN "\n"
		"add chain %s %s wanted\n"
		"add counter %s %s limited\n"
		"add rule %s %s " TRACE_MARKING_CHAIN " limit rate %u/second "
		"burst %u packets meta nftrace set 1 return\n"
		"add rule %s %s " TRACE_MARKING_CHAIN " counter name limited",
		word, name, word, name, word, name, word, name,
		3 * t->config->rate, 3 * t->config->rate, word, name))
		return 0;
	return kernel_error(t->owner, error);
}

/* The one rule of whoever asks, where no packet comes yet. */
static int make_rule(struct trace_nft *t, enum trace_family f,
		     struct trace_expression_error *error)
{
	const char *expression = t->config->expression, *text;
	char begin[128];
	int n;

	n = snprintf(begin, sizeof(begin), "add rule %s %s wanted ", word_of(f),
		     t->status.table);
	if (run(t->owner, "%s%s jump " TRACE_MARKING_CHAIN, begin, expression))
		return 0;
	text = error_text(t->owner);
	trace_expression_explain(text, expression, (size_t)n, error);
	/* It may be the expression's, too: "position 1". */
	return is_interrupted(text) && ++t->rule_tries < RULE_TRIES ? -EAGAIN
								    : -EINVAL;
}

static int check_rule(struct trace_nft *t, enum trace_family f,
		      struct trace_expression_error *error)
{
	const char *json;
	bool ct = false;
	int r;

	if (!run(t->lister, "list chain %s %s wanted", word_of(f),
		 t->status.table))
		return kernel_error(t->lister, error);
	json = nft_ctx_get_output_buffer(t->lister);
	r = json ? trace_expression_check_rule(json, &ct, error) : -EBADMSG;
	t->status.is_after_conntrack |= ct;
	/* It was looked at in the middle of something. */
	return r == -EBADMSG ? -EAGAIN : r;
}

/* nft has no way to write a name of any bytes. */
static bool is_plain(const char *device)
{
	return device[strspn(device, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-.@:+=")] == '\0';
}

/* " devices = { "eth0" }"; false: there is none. */
static bool list_devices(const struct trace_devices *devices, char *buf,
			 size_t size)
{
	size_t n = 0;
	int len = snprintf(buf, size, " devices = {");

	for (size_t i = 0; i < devices->n; i++)
		if (is_plain(devices->names[i]))
			len += snprintf(buf + len, size - (size_t)len,
					"%s \"%s\"", n++ > 0 ? "," : "",
					devices->names[i]);
	snprintf(buf + len, size - (size_t)len, " }");
	return n > 0;
}

static uint32_t hooks_of(const struct trace_nft *t, enum trace_family f)
{
	uint32_t hooks = t->config->places.hooks[f], all = 0;

	/* Of a family all or none, so that each way has its end; IP's always.
	 */
	if (f == TRACE_NETDEV || (f != TRACE_INET && hooks == 0))
		return hooks;
	for (uint32_t h = 0; h < TRACE_HOOKS_MAX; h++)
		if (trace_family_to_chain(f, h))
			all |= 1U << h;
	return all;
}

static int make_hook(struct trace_nft *t, enum trace_family f, uint32_t h,
		     struct trace_expression_error *error)
{
	const char *word = word_of(f), *hook = trace_family_to_chain(f, h);
	bool late = t->status.is_after_conntrack && (conntrack[f] & 1U << h);
	char devices[TRACE_DEVICES_MAX * (IFNAMSIZ + 4) + 32] = "";

	if (f == TRACE_NETDEV && !list_devices(&t->config->places.devices[h],
					       devices, sizeof(devices)))
		return 0;
	if (run(t->owner,
		"add chain %s %s %s { type filter hook %s%s priority %s; }\n"
		"add rule %s %s %s jump wanted\n"
		"add chain %s %s %s-last { type filter hook %s%s priority " PRIORITY_LAST
		"; }",
		word, t->status.table, hook, hook, devices,
		late ? PRIORITY_CONNTRACK : PRIORITY_FIRST, word,
		t->status.table, hook, word, t->status.table, hook, hook,
		devices))
		return 0;
	return kernel_error(t->owner, error);
}

static int make_family(struct trace_nft *t, enum trace_family f,
		       struct trace_expression_error *error)
{
	uint32_t hooks = hooks_of(t, f);
	int r;

	r = make_table(t, f, error);
	if (r >= 0)
		r = make_marking(t, f, error);
	if (r >= 0)
		r = make_rule(t, f, error);
	if (r >= 0)
		r = check_rule(t, f, error);
	for (uint32_t h = 0; r >= 0 && h < TRACE_HOOKS_MAX; h++)
		if (trace_family_to_chain(f, h) && (hooks & 1U << h))
			r = make_hook(t, f, h, error);
	if (r >= 0 || r == -EAGAIN || !(t->status.families & 1U << f))
		return r;
	(void)run(t->owner, "delete table %s %s", word_of(f), t->status.table);
	t->status.families &= ~(1U << f);
	return r;
}

/* It may be fine in another family, where nothing could be seen. */
static void explain_family(const struct trace_nft *t,
			   struct trace_expression_error *error)
{
	static const char conflict[] = "conflicting protocols specified: inet";
	size_t len = strlen(error->message);

	for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
		if (f != TRACE_INET && hooks_of(t, f) != 0)
			return;
	if (strncmp(error->message, conflict, sizeof(conflict) - 1) == 0)
		snprintf(error->message + len, sizeof(error->message) - len,
			 "; and the ruleset has no base chain of arp, bridge "
			 "or netdev");
}

/* An expression need not be one of each family; what inet says of it counts. */
static int make_once(struct trace_nft *t, struct trace_expression_error *error)
{
	struct trace_expression_error other;
	int first = 0, r;

	t->status.is_after_conntrack = false;
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++) {
		if (hooks_of(t, f) == 0)
			continue;
		r = make_family(t, f, f == 0 ? error : &other);
		if (r == -EAGAIN)
			return r;
		first = f == 0 ? r : first;
	}
	if (t->status.families != 0)
		return 0;
	explain_family(t, error);
	return first;
}

int trace_nft_make(struct trace_nft *t, struct trace_nft_status *ret,
		   struct trace_expression_error *error)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NSEC };
	int r = -EAGAIN;

	t->rule_tries = 0;
	for (int i = 0; r == -EAGAIN && i < TRIES; i++) {
		if (i > 0)
			(void)nanosleep(&pause, NULL);
		remove_tables(t);
		r = make_once(t, error);
		/* It may have gone in between; see the socket. */
		if (r >= 0 && trace_nft_look(t) == -ENOENT)
			r = -EAGAIN;
	}
	if (r < 0) {
		remove_tables(t);
		return r;
	}
	*ret = t->status;
	return 0;
}

/* --- looking -------------------------------------------------------------- */

static int on_counter(const struct nlmsghdr *nlh, void *data)
{
	struct nftnl_obj *obj = nftnl_obj_alloc();
	uint64_t *packets = data;

	if (obj && nftnl_obj_nlmsg_parse(nlh, obj) >= 0)
		*packets = nftnl_obj_get_u64(obj, NFTNL_OBJ_CTR_PKTS);
	nftnl_obj_free(obj);
	return MNL_CB_OK;
}

static int ask_limited(struct trace_nft *t, enum trace_family f, uint64_t *ret)
{
	/* Also of the padding between attributes. */
	_Alignas(struct nlmsghdr) char buf[4096] = { 0 };
	struct pollfd pollfd = { .fd = mnl_socket_get_fd(t->nl),
				 .events = POLLIN };
	struct nftnl_obj *obj = nftnl_obj_alloc();
	struct nlmsghdr *nlh;
	ssize_t n;

	if (!obj)
		return -ENOMEM;
	nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETOBJ,
				    trace_family_to_nfproto(f), NLM_F_ACK,
				    ++t->seq);
	nftnl_obj_set_str(obj, NFTNL_OBJ_TABLE, t->status.table);
	nftnl_obj_set_str(obj, NFTNL_OBJ_NAME, "limited");
	nftnl_obj_set_u32(obj, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nftnl_obj_nlmsg_build_payload(nlh, obj);
	nftnl_obj_free(obj);
	if (mnl_socket_sendto(t->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		if (poll(&pollfd, 1, PATIENCE_MSEC) != 1)
			return -ETIMEDOUT;
		n = mnl_socket_recvfrom(t->nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		n = mnl_cb_run(buf, (size_t)n, t->seq,
			       mnl_socket_get_portid(t->nl), on_counter, ret);
		if (n < 0)
			return -errno;
		if (n == MNL_CB_STOP)
			return 0;
	}
}

int trace_nft_look(struct trace_nft *t)
{
	bool more = false;
	int r;

	for (int f = 0; f < _TRACE_FAMILY_MAX; f++) {
		uint64_t packets = 0;

		if (!(t->status.families & 1U << f))
			continue;
		r = ask_limited(t, f, &packets);
		if (r < 0)
			return r;
		more |= packets > t->limited[f];
		t->limited[f] = packets;
	}
	return more;
}
