/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages as the kernel tells them, of the tables that trace-nft.h makes. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "ruleset-make.h"
#include "trace-packet-json.h"
#include "util.h"

#define SEC 1000000ULL

static struct trace_packets packets;
static struct ruleset *rs;
static struct links links;
static uint64_t now;
static unsigned int request;
static bool may_go_on;
/* The last one that ended, in words; and how many did. */
static char ended_way[1024];
static unsigned int n_ended;
static struct json_object *json;

/* "drop 1: prerouting(a 3=-1) input(b policy=0)"; 1: bits of who wants it. */
static void take(void *data, const struct trace_packet *p)
{
	FILE *f = fmemopen(ended_way, sizeof(ended_way), "w");

	assert_ptr_equal(data, &packets);
	assert_non_null(f);
	fprintf(f, "%s %u:", trace_end_to_string(p->end), p->wanted);
	for (size_t h = 0; h < p->n_hooks; h++) {
		size_t to = h + 1 < p->n_hooks ? p->hooks[h + 1].first_step
					       : p->n_steps;

		fprintf(f, " %s%s(", p->hooks[h].name,
			p->hooks[h].is_passed ? "" : "!");
		for (size_t i = p->hooks[h].first_step; i < to; i++)
			fprintf(f, "%s%s %d=%d",
				i > p->hooks[h].first_step ? ", " : "",
				p->steps[i].chain, (int)p->steps[i].handle,
				p->steps[i].verdict);
		fputc(')', f);
	}
	fclose(f);
	n_ended++;
	json_object_put(json);
	json = trace_packet_to_json(p, &links);
}

static int setup(void **state)
{
	(void)state;
	memset(&packets, 0, sizeof(packets));
	links_init(&links);
	assert_int_equal(links_set(&links, 3, "eth0"), 0);
	rs = make_ruleset(1);
	make_chain(rs, "input", NF_INET_LOCAL_IN);
	make_chain(rs, "more", -1);
	make_rule(rs, "input", 8, "jump more", "more");
	make_rule(rs, "more", 9, "tcp dport 80 drop", NULL);
	n_ended = 0;
	request = 0;
	now = 100 * SEC;
	may_go_on = false;
	ended_way[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trace_packets_done(&packets);
	ruleset_unref(rs);
	links_done(&links);
	json_object_put(json);
	json = NULL;
	return 0;
}

/* TCP from 10.9.0.2:40000 to 10.9.0.1:80. */
static const uint8_t headers[] = {
	0x45, 0,    0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10,	  9, 0, 2, 10, 9, 0, 1,
	0x9c, 0x40, 0, 80, 0, 0, 0, 0, 0,  0, 0, 0, 0x50, 2, 0, 0, 0,  0, 0, 0,
};

static void add(uint32_t id, uint8_t family, const char *table,
		const char *chain, uint64_t handle, int32_t verdict, bool first)
{
	struct trace_told told = { .role = TRACE_OF_OTHERS,
				   .request = request,
				   .may_go_on = may_go_on,
				   .ns = now * 1000,
				   .usec = now };
	struct trace_message m = {
		.type = handle == 0 ? TRACE_POLICY : TRACE_RULE,
		.id = id,
		.family = family,
		.table = table,
		.chain = chain,
		.rule_handle = handle,
		.verdict = verdict,
		.jump = verdict == NFT_JUMP ? "more" : NULL,
		.iif = first ? 3 : 0,
	};

	if (first) {
		m.network.data = headers;
		m.network.len = 20;
		m.transport.data = headers + 20;
		m.transport.len = 20;
	}
	if (strncmp(table, "own", 3) == 0)
		told.role = trace_role_of(chain, told.hook);
	trace_packets_add(&packets, &m, &told, rs, take, &packets);
}

/* A packet that is not traced comes to the hook, and is marked there. */
static void mark(uint32_t id, uint8_t family, const char *hook)
{
	add(id, family, "own", "marking", 1, NFT_RETURN, true);
	add(id, family, "own", hook, 0, NF_ACCEPT, false);
}

/* One that is comes to the next hook. */
static void come(uint32_t id, uint8_t family, const char *hook)
{
	add(id, family, "own", hook, 2, NFT_JUMP, true);
	add(id, family, "own", "marking", 1, NFT_RETURN, false);
	add(id, family, "own", hook, 0, NF_ACCEPT, false);
}

static void leave(uint32_t id, uint8_t family, const char *hook)
{
	char last[32];

	snprintf(last, sizeof(last), "%s-last", hook);
	add(id, family, "own", last, 0, NF_ACCEPT, true);
}

static void met(uint32_t id, const char *chain, uint64_t handle,
		int32_t verdict)
{
	add(id, MADE_FAMILY, MADE_TABLE, chain, handle, verdict, false);
}

static void assert_ended(unsigned int n, const char *way)
{
	assert_int_equal(n_ended, n);
	assert_string_equal(ended_way, way);
}

static void test_roles(void **state)
{
	static const struct {
		const char *chain;
		enum trace_role role;
		const char *hook;
	} cases[] = {
		{ "marking", TRACE_MARKING, "" },
		{ "wanted", TRACE_IGNORED, "" },
		{ "prerouting", TRACE_FIRST, "prerouting" },
		{ "prerouting-last", TRACE_LAST, "prerouting" },
		{ "egress-last", TRACE_LAST, "egress" },
		{ "prerouting-lasts", TRACE_IGNORED, "prerouting" },
		{ "in", TRACE_IGNORED, "" },
	};
	char hook[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(trace_role_of(cases[i].chain, hook),
				 cases[i].role);
		assert_string_equal(hook, cases[i].hook);
	}
}

static void test_drop(void **state)
{
	(void)state;
	mark(7, NFPROTO_INET, "prerouting");
	leave(7, NFPROTO_INET, "prerouting");
	come(7, NFPROTO_INET, "input");
	met(7, "input", 8, NFT_JUMP);
	met(7, "more", 9, NF_DROP);
	assert_ended(1, "drop 1: prerouting() input!(input 8=-3, more 9=0)");
	assert_string_equal(
		json_object_to_json_string_ext(
			json, JSON_C_TO_STRING_PLAIN |
				      JSON_C_TO_STRING_NOSLASHESCAPE),
		"{\"timestamp_ns\":100000000000,\"end\":\"drop\","
		"\"packet\":{\"network\":\"ipv4\",\"transport\":\"tcp\","
		"\"saddr\":\"10.9.0.2\",\"daddr\":\"10.9.0.1\","
		"\"sport\":40000,\"dport\":80,\"tcp_flags\":\"S\",\"ttl\":64,"
		"\"ethertype\":2048},\"in\":{\"ifindex\":3,\"name\":\"eth0\"},"
		"\"hooks\":[{\"family\":\"inet\",\"hook\":\"prerouting\","
		"\"packet\":{\"network\":\"ipv4\",\"transport\":\"tcp\","
		"\"saddr\":\"10.9.0.2\",\"daddr\":\"10.9.0.1\","
		"\"sport\":40000,\"dport\":80,\"tcp_flags\":\"S\",\"ttl\":64,"
		"\"ethertype\":2048},\"in\":{\"ifindex\":3,\"name\":\"eth0\"},"
		"\"passed\":true,\"steps\":[]},"
		"{\"family\":\"inet\",\"hook\":\"input\","
		"\"packet\":{\"network\":\"ipv4\",\"transport\":\"tcp\","
		"\"saddr\":\"10.9.0.2\",\"daddr\":\"10.9.0.1\","
		"\"sport\":40000,\"dport\":80,\"tcp_flags\":\"S\",\"ttl\":64,"
		"\"ethertype\":2048},\"in\":{\"ifindex\":3,\"name\":\"eth0\"},"
		"\"passed\":false,\"steps\":["
		"{\"type\":\"rule\",\"family\":\"inet\",\"table\":\"t\","
		"\"chain\":\"input\",\"verdict\":\"jump\",\"to\":\"more\","
		"\"priority\":0,\"rule_handle\":8,\"number\":1,"
		"\"rule\":\"jump more\"},"
		"{\"type\":\"rule\",\"family\":\"inet\",\"table\":\"t\","
		"\"chain\":\"more\",\"verdict\":\"drop\",\"rule_handle\":9,"
		"\"number\":1,\"rule\":\"tcp dport 80 drop\"}]}]}");
}

static void test_passed(void **state)
{
	(void)state;
	mark(7, NFPROTO_INET, "prerouting");
	leave(7, NFPROTO_INET, "prerouting");
	come(7, NFPROTO_INET, "input");
	met(7, "input", 0, NF_ACCEPT);
	leave(7, NFPROTO_INET, "input");
	assert_ended(1, "delivered 1: prerouting() input(input 0=1)");
	/* The same number, another packet. */
	mark(7, NFPROTO_INET, "output");
	leave(7, NFPROTO_INET, "output");
	come(7, NFPROTO_INET, "postrouting");
	leave(7, NFPROTO_INET, "postrouting");
	assert_ended(2, "sent 1: output() postrouting()");
	assert_int_equal(trace_packets_expire(&packets, now + 10 * SEC, take,
					      &packets),
			 0);
	assert_int_equal(n_ended, 2);
}

/* The end of a base chain is told, and then its policy; that of another is. */
static void test_chain_ends(void **state)
{
	struct trace_message m = { .type = TRACE_RETURN,
				   .id = 7,
				   .family = MADE_FAMILY,
				   .table = MADE_TABLE,
				   .chain = "more",
				   .verdict = NFT_CONTINUE };
	const struct trace_told told = { .role = TRACE_OF_OTHERS, .usec = now };

	(void)state;
	mark(7, NFPROTO_INET, "input");
	met(7, "input", 8, NFT_JUMP);
	trace_packets_add(&packets, &m, &told, rs, take, &packets);
	/* Some kernels tell it as that of a rule without a handle. */
	m.type = TRACE_RULE;
	m.chain = "input";
	trace_packets_add(&packets, &m, &told, rs, take, &packets);
	met(7, "input", 0, NF_DROP);
	assert_ended(1, "drop 1: input!(input 8=-3, more 0=-1, input 0=0)");
	assert_non_null(strstr(
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
		"\"type\":\"return\",\"family\":\"inet\","
		"\"table\":\"t\",\"chain\":\"more\","
		"\"verdict\":\"return\""));
}

static void test_silence(void **state)
{
	(void)state;
	mark(7, NFPROTO_INET, "prerouting");
	leave(7, NFPROTO_INET, "prerouting");
	assert_int_equal(trace_packets_expire(&packets, now, take, &packets),
			 now + TRACE_SILENCE_USEC);
	assert_int_equal(n_ended, 0);
	assert_int_equal(trace_packets_expire(&packets,
					      now + TRACE_SILENCE_USEC, take,
					      &packets),
			 0);
	assert_ended(1, "unknown 1: prerouting()");
}

/* The next packet of a flow often has the number of the one before. */
static void test_same_number(void **state)
{
	(void)state;
	mark(7, NFPROTO_INET, "prerouting");
	met(7, "input", 8, NFT_JUMP);
	mark(7, NFPROTO_INET, "prerouting");
	assert_ended(1, "unknown 1: prerouting!(input 8=-3)");
	leave(7, NFPROTO_INET, "prerouting");
	come(7, NFPROTO_INET, "input");
	/* Others have marked the next one. */
	add(7, NFPROTO_INET, "own", "prerouting", 2, NFT_JUMP, true);
	assert_ended(2, "unknown 1: prerouting() input!()");
	leave(7, NFPROTO_INET, "prerouting");
	add(7, NFPROTO_INET, "own", "input", 2, NFT_JUMP, true);
	leave(7, NFPROTO_INET, "input");
	assert_int_equal(n_ended, 2);
}

static void test_others(void **state)
{
	(void)state;
	/* Not ours: never marked. */
	add(7, NFPROTO_INET, "own", "prerouting", 2, NFT_JUMP, true);
	met(7, "input", 9, NF_DROP);
	assert_int_equal(n_ended, 0);
	/* Nor one whose begin was not seen. */
	met(8, "input", 9, NF_DROP);
	leave(8, NFPROTO_INET, "input");
	assert_int_equal(n_ended, 0);
	/* Marked by others first: all is told. */
	add(9, NFPROTO_INET, "own", "prerouting", 2, NFT_JUMP, true);
	met(9, "input", 8, NFT_JUMP);
	leave(9, NFPROTO_INET, "prerouting");
	come(9, NFPROTO_INET, "input");
	met(9, "more", 9, NF_DROP);
	assert_ended(1, "drop 1: prerouting(input 8=-3) input!(more 9=0)");
	/* nfdropd's own other tables are none of the way. */
	mark(10, NFPROTO_INET, "input");
	add(10, NFPROTO_INET, "nfdropd-12", "input", 3, NFT_CONTINUE, true);
	met(10, "more", 9, NF_DROP);
	assert_ended(2, "drop 1: input!(more 9=0)");
}

static void test_two_requests(void **state)
{
	(void)state;
	mark(7, NFPROTO_INET, "prerouting");
	request = 1;
	add(7, NFPROTO_INET, "own2", "prerouting", 2, NFT_JUMP, true);
	add(7, NFPROTO_INET, "own2", "marking", 1, NFT_RETURN, false);
	add(7, NFPROTO_INET, "own2", "prerouting", 0, NF_ACCEPT, false);
	met(7, "input", 8, NFT_JUMP);
	leave(7, NFPROTO_INET, "prerouting");
	add(7, NFPROTO_INET, "own2", "input", 2, NFT_JUMP, true);
	request = 0;
	add(7, NFPROTO_INET, "own", "input", 2, NFT_JUMP, true);
	assert_true(trace_packets_has(&packets, 1));
	met(7, "more", 9, NF_DROP);
	assert_ended(1, "drop 3: prerouting(input 8=-3) input!(more 9=0)");
	assert_false(trace_packets_has(&packets, 1));
	/* One of them is no more. */
	mark(7, NFPROTO_INET, "input");
	trace_packets_forget_request(&packets, 0);
	met(7, "more", 9, NF_DROP);
	assert_int_equal(n_ended, 1);
}

/* Out of IP's last hook it goes on through the bridge that it was sent to. */
static void test_bridge(void **state)
{
	(void)state;
	may_go_on = true;
	mark(7, NFPROTO_INET, "postrouting");
	leave(7, NFPROTO_INET, "postrouting");
	assert_int_equal(n_ended, 0);
	come(7, NFPROTO_BRIDGE, "output");
	leave(7, NFPROTO_BRIDGE, "output");
	come(7, NFPROTO_BRIDGE, "postrouting");
	leave(7, NFPROTO_BRIDGE, "postrouting");
	assert_int_equal(n_ended, 0);
	assert_int_equal(trace_packets_expire(&packets, now + TRACE_HELD_USEC,
					      take, &packets),
			 0);
	assert_ended(1, "sent 1: postrouting() output() postrouting()");
	/* Or another one comes. */
	mark(7, NFPROTO_INET, "postrouting");
	leave(7, NFPROTO_INET, "postrouting");
	mark(7, NFPROTO_INET, "postrouting");
	assert_ended(2, "sent 1: postrouting()");
	/* IP's hooks inside a bridge's. */
	trace_packets_forget(&packets);
	mark(7, NFPROTO_BRIDGE, "prerouting");
	come(7, NFPROTO_INET, "prerouting");
	leave(7, NFPROTO_INET, "prerouting");
	leave(7, NFPROTO_BRIDGE, "prerouting");
	come(7, NFPROTO_BRIDGE, "input");
	leave(7, NFPROTO_BRIDGE, "input");
	assert_int_equal(trace_packets_expire(&packets, now + TRACE_HELD_USEC,
					      take, &packets),
			 0);
	assert_ended(3, "delivered 1: prerouting() prerouting() input()");
}

/* What something else drops, by the packet's own headers. */
static void test_elsewhere(void **state)
{
	uint8_t frame[14 + sizeof(headers)] = { 0 };
	struct packet_bytes bytes = { .data = frame, .len = sizeof(frame) };
	struct drop_event ev;

	(void)state;
	drop_event_init(&ev);
	snprintf(ev.reason, sizeof(ev.reason), "NO_SOCKET");
	memcpy(frame + 14, headers, sizeof(headers));
	may_go_on = true;
	/* Behind the last hook, and before it. */
	mark(7, NFPROTO_INET, "input");
	leave(7, NFPROTO_INET, "input");
	/* What nf_tables drops has a trace of its own; told or not. */
	strcpy(ev.location, "nft_do_chain+0x4/0x8");
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	ev.location[0] = '\0';
	ev.netfilter.kind = DROP_KIND_NFT_RULE;
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_int_equal(n_ended, 0);
	ev.netfilter.kind = DROP_KIND_NONE;
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_ended(1, "elsewhere 1: input()");
	assert_non_null(strstr(
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
		"\"reason\":\"NO_SOCKET\""));
	mark(7, NFPROTO_INET, "prerouting");
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_ended(2, "elsewhere 1: prerouting!()");
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_int_equal(n_ended, 2);
	/* Another packet's, and of none. */
	mark(7, NFPROTO_INET, "prerouting");
	frame[20]++;
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	bytes.data = NULL;
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	trace_packets_drop(&packets, &ev, NULL, take, &packets);
	bytes = (struct packet_bytes){ .data = frame, .len = 20 };
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_int_equal(n_ended, 2);
	trace_packets_forget(&packets);
	/* Where it was sent to is another namespace, perhaps. */
	frame[20]--;
	bytes.len = sizeof(frame);
	mark(7, NFPROTO_INET, "postrouting");
	leave(7, NFPROTO_INET, "postrouting");
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	ev.netns.cookie = 5;
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_int_equal(n_ended, 2);
	ev.netns.cookie = 1;
	trace_packets_drop(&packets, &ev, &bytes, take, &packets);
	assert_ended(3, "elsewhere 1: postrouting()");
	drop_event_done(&ev);
}

/* Bounded are the steps, the hooks and the packets; who asked has precedence.
 */
static void test_bounds(void **state)
{
	(void)state;
	mark(7, NFPROTO_INET, "input");
	for (int i = 0; i < TRACE_STEPS_MAX + 1; i++)
		met(7, "input", 8, NFT_CONTINUE);
	met(7, "more", 9, NF_DROP);
	assert_int_equal(n_ended, 1);
	assert_true(json_object_object_get_ex(json, "cut", NULL));
	mark(7, NFPROTO_INET, "prerouting");
	for (int i = 0; i < TRACE_PACKET_HOOKS_MAX; i++)
		come(7, i % 2 ? NFPROTO_INET : NFPROTO_BRIDGE, "forward");
	met(7, "more", 9, NF_DROP);
	assert_int_equal(n_ended, 2);
	assert_true(json_object_object_get_ex(json, "cut", NULL));
	mark(7, NFPROTO_INET, "prerouting");
	for (uint32_t i = 0; i < 2 * TRACE_PACKETS_MAX; i++, now++)
		add(1000 + i, NFPROTO_INET, "own", "input", 2, NFT_JUMP, true);
	met(7, "more", 9, NF_DROP);
	assert_int_equal(n_ended, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_drop),
		TEST(test_passed),
		TEST(test_chain_ends),
		TEST(test_silence),
		TEST(test_same_number),
		TEST(test_others),
		TEST(test_two_requests),
		TEST(test_bridge),
		TEST(test_elsewhere),
		TEST(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
