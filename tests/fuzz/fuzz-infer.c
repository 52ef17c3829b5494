/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * infer() over rulesets and packets of any bytes: messages of nf_tables, one
 * behind the other, and the packet behind them. Nothing outside of them is
 * read, its work is bounded, and what it says holds together: who knows less
 * has no fewer candidates.
 *
 * The input begins with a struct head.
 */
#include <errno.h>
#include <linux/netlink.h>

#include "fuzz.h"
#include "infer.h"
#include "ruleset-decode.h"
#include "support.h"

struct head {
	uint16_t messages; /* bytes */
	uint16_t ethertype;
	uint16_t orig_len;
	uint8_t flags;
	uint8_t cut;
	uint16_t stages;
};

enum {
	FLAG_DUMPED = 1 << 0,
	FLAG_NETWORK = 1 << 1,
	FLAG_IN = 1 << 2,
	FLAG_OUT = 1 << 3,
	FLAG_MARK = 1 << 4,
};

static struct ruleset *read_ruleset(const uint8_t *data, size_t size,
				    bool dumped)
{
	struct ruleset *rs = ruleset_new();
	int r;

	check(rs);
	rs->infers = true;
	for (size_t at = 0; size - at >= sizeof(struct nlmsghdr);) {
		const struct nlmsghdr *nlh = (const void *)(data + at);
		size_t left = size - at;

		if (nlh->nlmsg_len > left || nlh->nlmsg_len < sizeof(*nlh))
			break;
		at += MIN(NLMSG_ALIGN((size_t)nlh->nlmsg_len), left);
		r = ruleset_decode(rs, nlh, left, dumped);
		check(r >= 0 || r == -EBADMSG || r == -ENOENT);
	}
	return rs;
}

static bool has(const struct infer_result *r, const struct infer_candidate *c)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->candidates[i].chain == c->chain &&
		    r->candidates[i].rule == c->rule)
			return true;
	return false;
}

static void check_result(const struct infer_result *r)
{
	check(r->n <= INFER_CANDIDATES_MAX);
	check(r->work <= INFER_WORK_MAX);
	for (size_t i = 0; i < r->n; i++) {
		const struct infer_candidate *c = &r->candidates[i];

		check(c->table && c->chain);
		check(c->rule || c->chain->policy_drop);
		check(c->unknown < UNKNOWN_BIT(_UNKNOWN_MAX));
		check(i == 0 || unknown_count(c[-1].unknown) <=
					unknown_count(c->unknown));
	}
}

/* What is a candidate is one when less is known, too. */
static void check_less(const struct ruleset *rs, const struct infer_input *less,
		       const struct infer_result *than)
{
	struct infer_result result;

	check(infer(rs, less, &result) == 0);
	check_result(&result);
	if (result.is_partial)
		return;
	for (size_t i = 0; i < than->n; i++)
		check(has(&result, &than->candidates[i]));
}

static void run(struct ruleset *rs, const struct head *head,
		const uint8_t *packet, size_t len)
{
	struct infer_input input = {
		.bytes = { .data = packet,
			   .len = len,
			   .start = head->flags & FLAG_NETWORK
					    ? PACKET_START_NETWORK
					    : PACKET_START_MAC,
			   .ethertype = head->ethertype,
			   .orig_len = head->orig_len },
		.in = { .is_known = head->flags & FLAG_IN,
			.ifindex = 2,
			.name = "in0" },
		.out = { .is_known = head->flags & FLAG_OUT,
			 .ifindex = 3,
			 .name = "out0" },
		.stages = head->stages,
		.has_mark = head->flags & FLAG_MARK,
	};
	struct infer_input less;
	struct infer_result result;

	check(infer(rs, &input, &result) == 0);
	check_result(&result);
	less = input;
	less.out.is_known = less.has_mark = false;
	check_less(rs, &less, &result);
	/* Where the packet begins is guessed from the bytes: not these. */
	if (input.bytes.start != PACKET_START_NETWORK || head->ethertype == 0 ||
	    head->orig_len == 0)
		return;
	/* Bytes behind its end are not the packet's. */
	less.bytes.len = MIN(len, head->orig_len);
	less.bytes.len = less.bytes.len * head->cut / 256;
	check_less(rs, &less, &result);
	less.bytes.orig_len = 0;
	check_less(rs, &less, &result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ruleset *rs;
	struct head head;
	uint8_t *messages, *packet;
	size_t len;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	size -= sizeof(head);
	len = MIN(size, head.messages);
	messages = copy_bytes(data, len);
	packet = copy_bytes(data + len, size - len);
	rs = read_ruleset(messages, len, head.flags & FLAG_DUMPED);
	run(rs, &head, packet, size - len);
	ruleset_unref(rs);
	free(messages);
	free(packet);
	return 0;
}
