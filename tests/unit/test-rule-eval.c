/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "infer-make.h"

static struct maker m;

/* What one rule says of a packet: it ends with a drop. */
struct expect {
	void (*add)(void);
	const char *yes; /* of UDP from 1000 to 53, as a candidate */
};

#define DROP   "in/2"
#define PASSED ""

static void dport(uint32_t op, uint16_t port)
{
	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	expr_cmp16(&m, op, port);
}

static void eq_yes(void)
{
	dport(NFT_CMP_EQ, 53);
}
static void eq_no(void)
{
	dport(NFT_CMP_EQ, 54);
}
static void neq_yes(void)
{
	dport(NFT_CMP_NEQ, 54);
}
static void neq_no(void)
{
	dport(NFT_CMP_NEQ, 53);
}
static void lt_yes(void)
{
	dport(NFT_CMP_LT, 54);
}
static void lt_no(void)
{
	dport(NFT_CMP_LT, 53);
}
static void lte_yes(void)
{
	dport(NFT_CMP_LTE, 53);
}
static void lte_no(void)
{
	dport(NFT_CMP_LTE, 52);
}
static void gt_yes(void)
{
	dport(NFT_CMP_GT, 52);
}
static void gt_no(void)
{
	dport(NFT_CMP_GT, 53);
}
static void gte_yes(void)
{
	dport(NFT_CMP_GTE, 53);
}
static void gte_no(void)
{
	dport(NFT_CMP_GTE, 54);
}

static void meta8(uint32_t key, uint8_t value)
{
	expr_meta(&m, key);
	expr_cmp8(&m, NFT_CMP_EQ, value);
}

static void l4proto_yes(void)
{
	meta8(NFT_META_L4PROTO, IPPROTO_UDP);
}
static void l4proto_no(void)
{
	meta8(NFT_META_L4PROTO, IPPROTO_TCP);
}
static void nfproto_yes(void)
{
	meta8(NFT_META_NFPROTO, NFPROTO_IPV4);
}
static void nfproto_no(void)
{
	meta8(NFT_META_NFPROTO, NFPROTO_IPV6);
}
static void pkttype_yes(void)
{
	meta8(NFT_META_PKTTYPE, 0);
}
static void pkttype_no(void)
{
	meta8(NFT_META_PKTTYPE, 1);
}

static void length(uint32_t value)
{
	expr_meta(&m, NFT_META_LEN);
	expr_cmp(&m, NFT_CMP_EQ, &value, sizeof(value));
}

static void length_yes(void)
{
	length(36);
}
static void length_no(void)
{
	length(50);
}

static void iifname(const char *name, size_t len)
{
	char padded[16] = { 0 };

	memcpy(padded, name, strlen(name));
	expr_meta(&m, NFT_META_IIFNAME);
	expr_cmp(&m, NFT_CMP_EQ, padded, len);
}

static void iifname_yes(void)
{
	iifname("eth0", 16);
}
static void iifname_no(void)
{
	iifname("eth", 16);
}
static void iifname_prefix(void)
{
	iifname("eth", 3);
}

static void oifname_none(void)
{
	static const char none[16];

	expr_meta(&m, NFT_META_OIFNAME);
	expr_cmp(&m, NFT_CMP_EQ, none, sizeof(none));
}

static void oiftype(void)
{
	expr_meta(&m, NFT_META_OIFTYPE);
	expr_cmp16(&m, NFT_CMP_NEQ, 77);
}

static void iiftype(void)
{
	expr_meta(&m, NFT_META_IIFTYPE);
	expr_cmp16(&m, NFT_CMP_EQ, 1);
}

/* More of a register is known than what was asked for: none of it. */
static void mark(void)
{
	uint32_t one = 1;

	expr_meta(&m, NFT_META_MARK);
	expr_cmp(&m, NFT_CMP_EQ, &one, sizeof(one));
}

/* A mask takes away what is not known. */
static void mark_masked(void)
{
	uint32_t none = 0;

	expr_meta(&m, NFT_META_MARK);
	expr_mask(&m, &none, sizeof(none));
	expr_cmp(&m, NFT_CMP_EQ, &none, sizeof(none));
}

static void mark_masked_no(void)
{
	uint32_t none = 0, one = 1;

	expr_meta(&m, NFT_META_MARK);
	expr_mask(&m, &none, sizeof(none));
	expr_cmp(&m, NFT_CMP_EQ, &one, sizeof(one));
}

/* Nothing is more than what all its bits make. */
static void mark_range(void)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	expr_meta(&m, NFT_META_MARK);
	expr_cmp(&m, NFT_CMP_GT, all, sizeof(all));
}

static void mask_yes(void)
{
	uint16_t mask = htobe16(0x00ff);

	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2); /* 1000 */
	expr_mask(&m, &mask, sizeof(mask));
	expr_cmp16(&m, NFT_CMP_EQ, 1000 & 0xff);
}

static void shifted(bool left, uint32_t by, uint32_t result)
{
	expr_payload(&m, NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	expr_byteorder(&m, 4, 4);
	expr_shift(&m, left, by, 4);
	expr_cmp(&m, NFT_CMP_EQ, &result, sizeof(result));
}

static void shift_right(void)
{
	shifted(false, 8, 0x0a0000);
}
static void shift_left(void)
{
	shifted(true, 4, 0xa0000010);
}
static void shift_no(void)
{
	shifted(false, 8, 0x0a0001);
}

static void ct_state(void)
{
	uint32_t new = 8;
	static const uint8_t zero[4];

	expr_named(&m, "ct", NFT_REG_1);
	expr_mask(&m, &new, sizeof(new));
	expr_cmp(&m, NFT_CMP_NEQ, zero, sizeof(zero));
}

/* What comes behind it is looked at, too. */
static void ct_and_port_no(void)
{
	ct_state();
	dport(NFT_CMP_EQ, 54);
}

static void limit_and_port(void)
{
	expr_named(&m, "limit", 0);
	dport(NFT_CMP_EQ, 53);
}

static void limit_and_port_no(void)
{
	expr_named(&m, "limit", 0);
	dport(NFT_CMP_EQ, 54);
}

static void counter(void)
{
	expr_named(&m, "counter", 0);
}
static void unheard_of(void)
{
	expr_named(&m, "unheard", 0);
}
static void match(void)
{
	expr_named(&m, "match", 0);
}

static void link_yes(void)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 2 };

	expr_payload(&m, NFT_PAYLOAD_LL_HEADER, 6, 6);
	expr_cmp(&m, NFT_CMP_EQ, mac, sizeof(mac));
}

/* The packet has no such bytes: nothing, not even "not", matches. */
static void beyond(void)
{
	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 16, 2);
	expr_cmp16(&m, NFT_CMP_NEQ, 7);
}

static void inner(void)
{
	expr_payload(&m, NFT_PAYLOAD_INNER_HEADER, 0, 2);
	expr_cmp16(&m, NFT_CMP_EQ, 7);
}

/* Nobody wrote to the register. */
static void unwritten(void)
{
	expr_cmp8(&m, NFT_CMP_EQ, 1);
}

/* A register that there is not, as only who is hostile writes it. */
static void too_long(void)
{
	static const uint8_t data[80];

	expr_cmp(&m, NFT_CMP_EQ, data, sizeof(data));
}

static void continues(void)
{
	expr_verdict(&m, NFT_CONTINUE, NULL);
}
static void accepts(void)
{
	expr_verdict(&m, NF_ACCEPT, NULL);
}
static void returns(void)
{
	expr_verdict(&m, NFT_RETURN, NULL);
}
static void no_verdict(void)
{
	expr_verdict(&m, NFT_BREAK, NULL);
}
static void no_set(void)
{
	expr_lookup(&m, "none", false, 0);
}
static void set_mark(void)
{
	expr_named(&m, "notrack", 0);
}

static const struct expect expected[] = {
	{ eq_yes, DROP },
	{ eq_no, PASSED },
	{ neq_yes, DROP },
	{ neq_no, PASSED },
	{ lt_yes, DROP },
	{ lt_no, PASSED },
	{ lte_yes, DROP },
	{ lte_no, PASSED },
	{ gt_yes, DROP },
	{ gt_no, PASSED },
	{ gte_yes, DROP },
	{ gte_no, PASSED },
	{ l4proto_yes, DROP },
	{ l4proto_no, PASSED },
	{ nfproto_yes, DROP },
	{ nfproto_no, PASSED },
	{ pkttype_yes, DROP },
	{ pkttype_no, PASSED },
	{ length_yes, DROP },
	{ length_no, PASSED },
	{ iifname_yes, DROP },
	{ iifname_no, PASSED },
	{ iifname_prefix, DROP },
	{ oifname_none, DROP },
	{ oiftype, PASSED },
	{ iiftype, DROP "?input interface" },
	{ mark, DROP "?mark" },
	{ mark_masked, DROP },
	{ mark_masked_no, PASSED },
	{ mark_range, PASSED },
	{ mask_yes, DROP },
	{ shift_right, DROP },
	{ shift_left, DROP },
	{ shift_no, PASSED },
	{ ct_state, DROP "?ct" },
	{ ct_and_port_no, PASSED },
	{ limit_and_port, DROP "?limit" },
	{ limit_and_port_no, PASSED },
	{ counter, DROP },
	{ set_mark, DROP },
	{ unheard_of, DROP "?expression" },
	{ match, DROP "?extension of iptables" },
	{ link_yes, DROP },
	{ beyond, PASSED },
	{ inner, DROP "?inner headers" },
	{ unwritten, DROP "?register" },
	{ too_long, DROP "?expression" },
	{ continues, DROP },
	{ accepts, PASSED },
	{ returns, PASSED },
	{ no_verdict, PASSED },
	{ no_set, DROP "?set's elements" },
};

static void make_rule(void (*add)(void))
{
	maker_init(&m, NFPROTO_INET);
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule_begin(&m, "in");
	add();
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
}

static void test_expressions(void **state)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	(void)state;
	make_udp(udp, 1000, 53);
	input = make_input(udp, sizeof(udp));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		make_rule(expected[i].add);
		print_message("expression %zu\n", i);
		assert_string_equal(infer_string(m.rs, &input),
				    expected[i].yes);
		ruleset_unref(m.rs);
	}
}

static void type_of_ethernet(void)
{
	uint16_t type = 1;

	expr_meta(&m, NFT_META_IIFTYPE);
	expr_cmp(&m, NFT_CMP_EQ, &type, sizeof(type));
}

/* Of a device that is known, and of a packet that was made here. */
static void test_known_more(void **state)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	(void)state;
	make_udp(udp, 1000, 53);
	input = make_input(udp, sizeof(udp));
	make_rule(type_of_ethernet);
	assert_string_equal(infer_string(m.rs, &input),
			    DROP "?input interface");
	input.in.has_type = true;
	input.in.type = 1;
	assert_string_equal(infer_string(m.rs, &input), DROP);
	input.in.type = 772;
	assert_string_equal(infer_string(m.rs, &input), PASSED);
	ruleset_unref(m.rs);

	input = make_input(udp + 14, sizeof(udp) - 14);
	input.bytes.start = PACKET_START_NETWORK;
	maker_init(&m, NFPROTO_INET);
	make_base(&m, "out", NF_INET_LOCAL_OUT, 0, false);
	rule_begin(&m, "out");
	pkttype_yes();
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	input.in.ifindex = 0;
	assert_string_equal(infer_string(m.rs, &input), "out/2");
	rule_begin(&m, "out");
	pkttype_no();
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	assert_string_equal(infer_string(m.rs, &input), "out/2");
	ruleset_unref(m.rs);
}

/* Whatever is known less, what was a candidate is one. */
static void test_cut(void **state)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	(void)state;
	make_udp(udp, 1000, 53);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		if (!expected[i].yes[0])
			continue;
		make_rule(expected[i].add);
		for (size_t len = 0; len < sizeof(udp); len++) {
			input = make_input(udp, sizeof(udp));
			input.bytes.len = len;
			assert_non_null(
				strstr(infer_string(m.rs, &input), DROP));
		}
		ruleset_unref(m.rs);
	}
	/* Of the ports, it is not known; of the addresses, it is. */
	make_rule(eq_yes);
	input = make_input(udp, sizeof(udp));
	input.bytes.len = 34;
	assert_string_equal(infer_string(m.rs, &input),
			    DROP "?bytes that were cut off");
	ruleset_unref(m.rs);
	make_rule(shift_no);
	assert_string_equal(infer_string(m.rs, &input), PASSED);
	ruleset_unref(m.rs);
}

static void odd_bytes(void)
{
	expr_payload(&m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 3);
	expr_cmp8(&m, NFT_CMP_NEQ, 200);
}

static void test_fragment(void **state)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	(void)state;
	make_udp(udp, 1000, 53);
	udp[21] = 3; /* its offset */
	input = make_input(udp, sizeof(udp));
	make_rule(l4proto_yes);
	assert_string_equal(infer_string(m.rs, &input), DROP);
	ruleset_unref(m.rs);
	make_rule(eq_yes);
	assert_string_equal(infer_string(m.rs, &input),
			    DROP "?ports of a fragment");
	ruleset_unref(m.rs);
	make_rule(odd_bytes);
	assert_string_equal(infer_string(m.rs, &input), PASSED);
	ruleset_unref(m.rs);
}

static void test_mark(void **state)
{
	uint8_t udp[MADE_UDP_LEN];
	struct infer_input input;

	(void)state;
	make_udp(udp, 1000, 53);
	input = make_input(udp, sizeof(udp));
	input.has_mark = true;
	input.mark = 1;
	make_rule(mark);
	assert_string_equal(infer_string(m.rs, &input), DROP);
	input.mark = 2;
	assert_string_equal(infer_string(m.rs, &input), PASSED);
	ruleset_unref(m.rs);
}

/* 100,000 rules have to be far below 150 MiB. */
static void test_memory(void **state)
{
	(void)state;
	maker_init(&m, NFPROTO_INET);
	make_base(&m, "in", NF_INET_LOCAL_IN, 0, false);
	rule_begin(&m, "in");
	nfproto_yes();
	shift_no();
	l4proto_yes();
	eq_yes();
	counter();
	expr_verdict(&m, NF_DROP, NULL);
	rule_end(&m);
	assert_in_range(rule_program_count_bytes(
				m.rs->tables[0]->chains[0]->rules[0]->program),
			100, 250);
	ruleset_unref(m.rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_known_more), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_fragment),    cmocka_unit_test(test_mark),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
