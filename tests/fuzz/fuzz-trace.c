/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces of nf_tables, one behind the other, of any bytes, and a ruleset in
 * which they happened: no read past a message, no string or header outside of
 * it, and what is learnt of a flow was told by one of them.
 *
 * The input begins with the length of the ruleset's messages, two bytes.
 */
#include <errno.h>
#include <linux/netlink.h>

#include "fuzz.h"
#include "ruleset-decode.h"
#include "support.h"
#include "trace-message.h"
#include "tracer.h"

/* Each of its own, so that what is read past one is noticed. */
static void for_messages(const uint8_t *data, size_t size,
			 void (*each)(struct nlmsghdr *nlh, size_t len,
				      void *data),
			 void *user)
{
	while (size >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head, *copy;
		size_t len;

		memcpy(&head, data, sizeof(head));
		len = MIN(MAX((size_t)head.nlmsg_len, sizeof(head)), size);
		len = MIN(NLMSG_ALIGN(len), size);
		copy = copy_bytes(data, len);
		each(copy, len, user);
		free(copy);
		data += len;
		size -= len;
	}
}

static void add_to_ruleset(struct nlmsghdr *nlh, size_t len, void *data)
{
	int r = ruleset_decode(data, nlh, len, true);

	check(r >= 0 || r == -EBADMSG || r == -ENOENT);
}

static bool is_in(const struct nlmsghdr *nlh, const void *p, size_t len)
{
	size_t at = (size_t)((const char *)p - (const char *)nlh);

	size_t end = NLMSG_ALIGN(nlh->nlmsg_len);

	return at >= sizeof(*nlh) && at <= end && len <= end - at;
}

static bool is_name(const struct nlmsghdr *nlh, const char *name)
{
	return is_in(nlh, name, strlen(name) + 1);
}

static void check_bytes(const struct nlmsghdr *nlh,
			const struct packet_bytes *bytes)
{
	check(bytes->data
		      ? bytes->len > 0 && is_in(nlh, bytes->data, bytes->len)
		      : bytes->len == 0);
}

static void check_message(const struct nlmsghdr *nlh,
			  const struct trace_message *m)
{
	check(m->table && is_name(nlh, m->table));
	check(m->chain && is_name(nlh, m->chain));
	check(!m->jump || is_name(nlh, m->jump));
	check(m->type == TRACE_POLICY || m->type == TRACE_RETURN ||
	      m->type == TRACE_RULE);
	check_bytes(nlh, &m->network);
	check_bytes(nlh, &m->transport);
	check(!trace_message_is_drop(m) || m->type != TRACE_RETURN);
}

struct learner {
	struct tracer tracer;
	struct trace_ways ways;
	struct ruleset *rs;
	uint64_t now_ns;
	size_t n_messages, n_drops;
};

/* A drop of the packet that is told of, as NET_DM has it. */
static void drop(struct learner *l, const struct trace_message *m)
{
	struct packet_bytes bytes = m->network;
	struct tracer_flow *flow;
	struct drop_event ev;
	uint64_t before = l->tracer.n_attributed;

	drop_event_init(&ev);
	strcpy(ev.location, "nft_do_chain+0x1/0x2");
	ev.origin = DROP_ORIGIN_SOFTWARE;
	ev.timestamp_ns = l->now_ns;
	ev.in.ifindex = m->iif;
	packet_parse(bytes.data, bytes.len, bytes.start, 0, 0, &ev.packet);
	flow = tracer_drop(&l->tracer, &ev, &bytes);
	check(flow || ev.attribution == DROP_ATTRIBUTION_NONE);
	check((ev.attribution == DROP_ATTRIBUTION_TRACED) ==
	      (l->tracer.n_attributed > before));
	check(l->tracer.n_attributed == before || l->tracer.n_traced > 0);
	check(l->tracer.n_flows <= TRACER_FLOWS_MAX);
	drop_event_done(&ev);
}

static void learn(struct learner *l, const struct trace_message *m)
{
	const struct trace_way *way = trace_ways_add(&l->ways, m, l->rs);
	uint64_t before = l->tracer.n_traced;
	const struct packet *known;

	check(!way || trace_message_is_drop(m));
	check(!way || way->len <= TRACE_BYTES_MAX);
	if (way)
		(void)trace_way_is_of_flow(way);
	l->n_drops += way != NULL;
	known = tracer_trace(&l->tracer, m, l->now_ns);
	check(l->tracer.n_traced <= before + (way ? 1 : 0));
	check(!known || l->tracer.n_traced > before);
	if (m->network.data)
		drop(l, m);
}

static void take(struct nlmsghdr *nlh, size_t len, void *data)
{
	struct learner *l = data;
	struct trace_message m;
	int r = trace_message_parse(nlh, len, &m);

	check(r == 0 || r == -ENOMSG || r == -EBADMSG);
	if (r == 0) {
		check_message(nlh, &m);
		learn(l, &m);
		l->n_messages++;
	}
	/* Mutation seldom gets the length right. */
	nlh->nlmsg_len = (uint32_t)len;
	if (trace_message_parse(nlh, len, &m) == 0)
		check_message(nlh, &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct learner l;
	uint16_t messages;

	if (size < sizeof(messages))
		return 0;
	memcpy(&messages, data, sizeof(messages));
	data += sizeof(messages);
	size -= sizeof(messages);
	messages = (uint16_t)MIN(size, messages);
	l = (struct learner){ .rs = ruleset_new(), .now_ns = 1 };
	check(l.rs);
	for_messages(data, messages, add_to_ruleset, l.rs);
	l.rs->generation = 1;
	trace_ways_init(&l.ways);
	tracer_init(&l.tracer, 1, 1000000);
	check(tracer_confirm(&l.tracer, l.rs, 1, 1));
	l.now_ns += TRACER_MARGIN_NS;
	check(!tracer_confirm(&l.tracer, l.rs, UINT64_MAX, 1));
	/* Twice: the first time tells the rules of the second time's drops. */
	for (int i = 0; i < 2; i++)
		for_messages(data + messages, size - messages, take, &l);
	check(l.tracer.n_traced <= l.n_drops && l.n_drops <= l.n_messages);
	tracer_done(&l.tracer);
	ruleset_unref(l.rs);
	return 0;
}
