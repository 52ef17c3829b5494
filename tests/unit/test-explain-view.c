/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "explain-view.h"
#include "output.h"
#include "support.h"
#include "util.h"

#define SET(member, text) copy_string(member, sizeof(member), text, SIZE_MAX)

static struct output out;
static struct drop_event ev;
static struct explanation e;
static struct term term;

static int setup(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	sample_event(&ev);
	e = (struct explanation){ .event = &ev, .is_drop = true };
	term = (struct term){ .utf8 = true, .width = 80 };
	return output_init(&out);
}

static int teardown(void **state)
{
	(void)state;
	json_object_put(e.rule);
	json_object_put(e.counts);
	drop_event_done(&ev);
	output_done(&out);
	return 0;
}

static const char *print(void)
{
	rewind(out.f);
	explain_view_print(&e, &term, true, out.f);
	assert_int_equal(fflush(out.f), 0);
	/* What was there before may be longer. */
	out.text[out.len] = '\0';
	return out.text;
}

/* The lines of a label. */
static void assert_has(const char *text)
{
	const char *printed = print();

	if (!strstr(printed, text)) {
		print_message("no \"%s\" in:\n%s", text, printed);
		fail();
	}
}

static void assert_has_not(const char *text)
{
	assert_null(strstr(print(), text));
}

static void set_rule(const char *text)
{
	json_object_put(e.rule);
	e.rule = json_tokener_parse(text);
	assert_non_null(e.rule);
}

static void set_counts(const char *text)
{
	json_object_put(e.counts);
	e.counts = json_tokener_parse(text);
	assert_non_null(e.counts);
}

#define CHAIN                                                               \
	"\"chain\":{\"family\":\"inet\",\"table\":\"filter\",\"chain\":"    \
	"\"incoming\",\"type\":\"filter\",\"hook\":\"input\",\"priority\":" \
	"-5,\"policy\":\"accept\"}"
#define REPLY                                                                   \
	"{\"known\":true,\"current\":true,\"generation\":12," CHAIN             \
	",\"place\":3,\"first\":2,\"n_rules\":9,\"rules\":["                    \
	"{\"rule_handle\":6,\"rule\":\"ct state established,related accept\"}," \
	"{\"rule_handle\":7,\"rule\":\"ip saddr 10.9.0.2 counter drop\"},"      \
	"{\"rule_handle\":1234567,\"comment\":\"c\"},"                          \
	"{\"rule_handle\":9}],\"paths\":[],\"more_paths\":false}"
#define COUNTS                                                              \
	"[{\"packets\":100,\"bytes\":6000,\"rate\":4.25,\"first_seen\":"    \
	"1763930000123456789,\"last_seen\":1763930005000000000,"            \
	"\"heaviest\":{\"sources\":[{\"address\":\"10.9.0.2\",\"packets\":" \
	"90},{\"address\":\"10.9.0.3\",\"packets\":10}],\"ports\":["        \
	"{\"protocol\":\"tcp\",\"port\":80,\"packets\":100}]}},"            \
	"{\"packets\":2,\"bytes\":120,\"first_seen\":1763920000000000000,"  \
	"\"last_seen\":1763920000000000000,\"lower_bound\":true}]"

static void test_drop(void **state)
{
	(void)state;
	set_rule(REPLY);
	set_counts(COUNTS);
	ev.trap[0] = '\0';
	SET(ev.netfilter.by, "immediate");
	ev.packet.has &= ~(PACKET_HAS_FRAGMENT | PACKET_HAS_TRUNCATED |
			   PACKET_HAS_ICMP | PACKET_HAS_ARP);
	ev.netns.cookie = 1;
	ev.count = 1;
	ev.netfilter.policy = false;
	assert_string_equal(
		print(),
		"2025-11-23 20:33:20.123456  NFT_RULE\n"
		"10.9.0.2:40000 > 10.9.0.1:80 tcp S, 60 bytes, in by eth0, out "
		"by br0\n\n"
		"     Why: A rule of nf_tables dropped the packet.\n"
		"   Where: nft_do_chain+0x5a0/0x680, in the kernel's code\n"
		"    Rule: inet filter incoming handle 7, known exactly: the "
		"kernel told it\n"
		"    Hook: input\n"
		"   Chain: table inet filter, chain incoming: filter, hook "
		"input, priority -5,\n"
		"          policy accept\n"
		"                ...  (2 before)\n"
		"                  6  ct state established,related accept\n"
		"          >       7  ip saddr 10.9.0.2 counter drop\n"
		"            1234567  (its text is not known; its comment is "
		"\"c\")\n"
		"                  9  (its text is not known)\n"
		"                ...  (3 more)\n"
		" Element: 10.9.0.2, in the set blocked\n"
		"  Sender: user 1000, unit nginx.service, who got the error "
		"EPERM\n"
		"   Count: at least 102 packets with 6120 bytes, 4.2 a second "
		"now, first\n"
		"          2025-11-23 17:46:40, last 2025-11-23 20:33:25\n"
		"    From: 10.9.0.2 (90), 10.9.0.3 (10)\n"
		"   Ports: tcp 80 (100)\n"
		"     Now: It is still there, and the ruleset did not change "
		"since.\n"
		"    Next: nft -a list chain inet filter incoming\n"
		"      or: nft list set inet filter blocked\n"
		"      or: nfdrop monitor --table=filter --chain=incoming\n");
}

/* Of two hooks: what either has is added, and the rest is none of the three. */
static void test_hitters(void **state)
{
	(void)state;
	set_rule(REPLY);
	set_counts("[{\"packets\":40,\"bytes\":1200,\"heaviest\":{\"sources\":["
		   "{\"address\":\"10.9.0.7\",\"packets\":20},"
		   "{\"address\":\"10.9.0.2\",\"packets\":15},"
		   "{\"address\":\"10.9.0.9\",\"packets\":5}],\"ports\":["
		   "{\"protocol\":\"udp\",\"port\":7001,\"packets\":40}]}},"
		   "{\"packets\":30,\"bytes\":900,\"heaviest\":{\"sources\":["
		   "{\"address\":\"10.9.0.2\",\"packets\":20},"
		   "{\"address\":\"10.9.0.8\",\"packets\":10}],\"ports\":["
		   "{\"protocol\":\"udp\",\"port\":7002,\"packets\":29},"
		   "{\"protocol\":\"tcp\",\"port\":7001,\"packets\":1}]}}]");
	assert_has("    From: 10.9.0.2 (35), 10.9.0.7 (20), 10.9.0.8 (10)\n"
		   "   Ports: udp 7001 (40), udp 7002 (29), tcp 7001 (1)\n");
}

/* Nearly nothing is known. */
static void test_empty(void **state)
{
	(void)state;
	drop_event_done(&ev);
	drop_event_init(&ev);
	assert_string_equal(print(),
			    "no reason is known\n"
			    "- > -\n\n"
			    "    Rule: None is known, and the kernel gives no "
			    "reason here.\n");
}

/* On a kernel that tells no rules the reason says whether it was one. */
static void test_no_rule(void **state)
{
	(void)state;
	drop_event_done(&ev);
	drop_event_init(&ev);
	SET(ev.reason, "NETFILTER_DROP");
	assert_has("    Rule: A rule or policy of this machine's firewall "
		   "dropped it; this kernel\n"
		   "          does not tell which. \"nfdrop status\" says what "
		   "would.\n");
	SET(ev.location, "nft_do_chain+0x40f/0x630 [nf_tables]");
	assert_has("    Rule: A rule or policy of nf_tables dropped it;");
	SET(ev.reason, "NO_SOCKET");
	assert_has("    Rule: None: no rule dropped it, but the kernel itself");
	SET(ev.reason, "NOT_SPECIFIED");
	assert_has("    Rule: None is known");
	ev.origin = DROP_ORIGIN_HARDWARE;
	assert_has("    Rule: None: the device dropped it in hardware.\n");
	SET(ev.reason, "MADE\x1bUP");
	assert_has("     Why: This nfdrop does not know the reason "
		   "MADE\\x1bUP.\n");
	ev.netfilter.kind = DROP_KIND_CONNTRACK;
	SET(ev.netfilter.by, "ftp\x1b");
	assert_has("      By: conntrack: ftp\\x1b\n");
}

static void test_now(void **state)
{
	(void)state;
	ev.netns.cookie = 1;
	set_rule(REPLY);
	ev.netfilter.policy = false;
	ev.netfilter.generation = 11;
	assert_has("     Now: It is still there, though the ruleset changed "
		   "since: then it was\n"
		   "          generation 11, now it is 12.\n");
	/* Only nfdropd's own tables changed, by which packets are traced. */
	set_rule("{\"known\":true,\"current\":true,\"generation\":12,"
		 "\"unchanged_since\":11," CHAIN "}");
	assert_has(
		"     Now: It is still there, and the ruleset did not change "
		"since.\n");
	set_rule("{\"known\":true,\"current\":true,\"generation\":13,"
		 "\"unchanged_since\":12," CHAIN "}");
	assert_has("     Now: It is still there, though the ruleset changed");
	/* It was told before that generation was read. */
	ev.netfilter.generation = 14;
	assert_has("     Now: It is still there, though the ruleset changed");
	ev.netfilter.generation = UINT32_MAX;
	set_rule("{\"known\":true,\"current\":true,\"generation\":1,"
		 "\"unchanged_since\":4294967294," CHAIN "}");
	assert_has(
		"     Now: It is still there, and the ruleset did not change "
		"since.\n");
	ev.netfilter.generation = 11;
	set_rule("{\"known\":true,\"current\":false,\"generation\":9,"
		 "\"same_text\":33," CHAIN "}");
	assert_has("     Now: It is gone, as after a reload: the rule with the "
		   "same text has handle\n"
		   "          33 now. Above is how it was in generation 9 of "
		   "the ruleset.\n");
	set_rule("{\"known\":true,\"current\":false,\"generation\":9," CHAIN
		 "}");
	assert_has("     Now: It is gone. Above is how it was in generation 9 "
		   "of the ruleset.\n");
	set_rule("{\"known\":true,\"current\":false,\"replaced\":true,"
		 "\"generation\":9," CHAIN "}");
	assert_has(
		"     Now: It was replaced: another rule has its handle now. "
		"Above is how it was\n"
		"          in generation 9 of the ruleset.\n"
		"    Next: nft -a list chain inet filter incoming\n");
	set_rule("{\"known\":false}");
	assert_has_not("     Now:");
	assert_has("   Chain: It is in no ruleset that nfdropd has read");
}

static void test_policy(void **state)
{
	(void)state;
	ev.netfilter.rule_handle = 0;
	ev.netfilter.policy = true;
	ev.netfilter.kind = DROP_KIND_NFT_POLICY;
	set_rule("{\"known\":true,\"current\":true,\"generation\":12," CHAIN
		 ",\"rules\":[{\"rule_handle\":9,\"rule\":\"r\"}],"
		 "\"n_rules\":1}");
	/* It was drop. */
	assert_has("                9  r\n          >        policy drop\n");
	assert_has("    Rule: inet filter incoming policy, known");
	assert_has("     Now: The chain is still there, but its policy is not "
		   "drop any more.\n");
	/* What it is is what is asked for. */
	e.is_drop = false;
	assert_has("                9  r\n          >        policy accept\n");
	assert_has("    Rule: inet filter incoming policy\n");
	assert_has_not("     Now:");
	set_rule(
		"{\"known\":true,\"current\":true,\"chain\":{\"chain\":\"s\"}}");
	assert_has("          >        (no policy: only base chains have "
		   "one)\n");
}

#define STEP(c, hook)                                                     \
	"{\"chain\":\"" c "\",\"type\":\"filter\",\"hook\":\"" hook "\"," \
	"\"priority\":0,\"policy\":\"drop\",\"rule_handle\":3,"           \
	"\"rule\":\"jump s  now\"}"
#define WAYS(paths, more)                                                \
	"{\"known\":true,\"current\":true,\"chain\":{\"family\":\"ip\"," \
	"\"table\":\"t\",\"chain\":\"s\"},\"paths\":[" paths "],"        \
	"\"more_paths\":" more "}"

static void test_ways(void **state)
{
	(void)state;
	set_rule(WAYS(
		"{\"steps\":[" STEP(
			"in",
			"input") ",{\"chain\":\"m\","
				 "\"rule_handle\":4},{\"chain\":\"s\"}]},"
				 "{\"steps\":[" STEP(
					 "o",
					 "output") "]},"
						   "{\"steps\":[" STEP(
							   "in2",
							   "input") "]},7,{\"steps\":[]}",
		"true"));
	assert_has(
		"     Way: chain in: filter, hook input, priority 0, policy "
		"drop, by handle 3:\n"
		"          jump s  now\n"
		"          > chain m, by handle 4: (its text is not known)\n"
		"          > chain s\n"
		"      or: chain in2: filter, hook input, priority 0, policy "
		"drop, by handle 3:\n"
		"          jump s  now\n"
		"      or: other ways, which are too many to list\n");
	/* Of another hook only. */
	set_rule(WAYS("{\"steps\":[" STEP("o", "output") "]}", "false"));
	assert_has(
		"     Way: No rule of that hook's chains jumps or goes here; "
		"a map of verdicts\n          may.\n");
	set_rule(WAYS("", "false"));
	assert_has("     Way: No rule jumps or goes here; a map of verdicts "
		   "may.\n");
	ev.netfilter.hook[0] = '\0';
	set_rule(WAYS("{\"steps\":[" STEP("o", "output") "]}", "false"));
	assert_has("     Way: chain o: filter, hook output");
}

/* A chain alone: what is asked for by name. */
static void test_chain(void **state)
{
	(void)state;
	drop_event_done(&ev);
	drop_event_init(&ev);
	SET(ev.netfilter.family, "inet");
	SET(ev.netfilter.table, "filter");
	SET(ev.netfilter.chain, "incoming");
	e.is_drop = false;
	set_rule("{\"known\":true,\"current\":true," CHAIN ",\"rules\":[]}");
	assert_string_equal(
		print(), "   Chain: table inet filter, chain incoming: filter, "
			 "hook input, priority -5,\n"
			 "          policy accept\n"
			 "    Next: nft -a list chain inet filter incoming\n"
			 "      or: nfdrop monitor --table=filter "
			 "--chain=incoming\n");
}

static void test_counts(void **state)
{
	(void)state;
	set_counts("[]");
	assert_has("   Count: nothing dropped yet\n");
	set_counts("[{\"counted\":\"counter\",\"packets\":9,\"bytes\":540}]");
	assert_has("   Count: no drop of it was seen; its own counter grew\n");
	set_counts("[]");
	e.not_counted = "This kernel \x1b does not count.";
	assert_has("   Count: This kernel \\x1b does not count.\n");
	set_counts("[{\"packets\":1,\"bytes\":60}]");
	assert_has("   Count: 1 packet with 60 bytes, first , last \n");
	/* The rule's own counter is no part of it. */
	set_counts("[{\"packets\":1,\"bytes\":60},{\"counted\":\"counter\","
		   "\"packets\":9,\"bytes\":540}]");
	assert_has("   Count: 1 packet with 60 bytes, first , last \n");
	set_counts("[{\"counted\":\"counter\",\"packets\":9,\"bytes\":540}]");
	assert_has("   Count: This kernel \\x1b does not count.\n");
	set_rule("{\"known\":true,\"current\":true," CHAIN ",\"place\":2,"
		 "\"first\":2,\"n_rules\":3,\"rules\":[{\"rule_handle\":7,"
		 "\"counter\":{\"packets\":20,\"bytes\":1200,"
		 "\"added_packets\":9,\"added_bytes\":540}}]}");
	assert_has(" Counter: 20 packets with 1200 bytes, as the rule itself "
		   "counts what it drops; 9\n"
		   "          since nfdropd knows it\n");
	set_rule("{\"known\":true,\"current\":true," CHAIN ",\"place\":2,"
		 "\"first\":2,\"n_rules\":3,\"rules\":[{\"rule_handle\":7,"
		 "\"counter\":{\"packets\":20,\"bytes\":1200,"
		 "\"read\":1000000000000000000}}]}");
	assert_has(" Counter: 20 packets with 1200 bytes at 2001-09-09 ");
	/* A policy's is in its chain. */
	ev.netfilter.policy = true;
	set_rule("{\"known\":true,\"current\":true,\"chain\":{\"counter\":"
		 "{\"packets\":1,\"bytes\":60,\"added_packets\":1}}}");
	assert_has(" Counter: 1 packet with 60 bytes, as the policy itself "
		   "counts what it drops; 1\n"
		   "          since nfdropd knows it\n");
	ev.netfilter.policy = false;
}

/* Long lines of the chain go on below their text. */
static void test_long_rule(void **state)
{
	(void)state;
	set_rule("{\"known\":true,\"current\":true," CHAIN ",\"rules\":[{"
		 "\"rule_handle\":1,\"rule\":\"ip saddr { 10.0.0.1, 10.0.0.2, "
		 "10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6 } counter drop\"}]}");
	assert_has("                1  ip saddr { 10.0.0.1, 10.0.0.2, "
		   "10.0.0.3, 10.0.0.4, 10.0.0.5,\n"
		   "                   10.0.0.6 } counter drop\n");
	term.width = 0;
	assert_has("10.0.0.5, 10.0.0.6 } counter drop\n");
}

/* Names of other people's rulesets do no harm. */
static void test_hostile(void **state)
{
	const char *printed;

	(void)state;
	ev.netns.cookie = 77;
	SET(ev.netns.name, "\x1b[2J");
	SET(ev.netfilter.table, "t\x1b");
	SET(ev.netfilter.chain, "\xff\n");
	SET(ev.netfilter.hook, "\x1bh");
	SET(ev.netfilter.set, "\xe2\x80\xae");
	SET(ev.netfilter.element, "\x07");
	SET(ev.in.name, "e\x1b");
	SET(ev.location, "f\x9b");
	free(ev.process.unit);
	ev.process.unit = strdup("u\x1b.service");
	set_rule("{\"known\":true,\"current\":true,\"chain\":{\"table\":"
		 "\"\\u001b\",\"chain\":\"\\n\",\"type\":\"\\u001b\",\"hook\":"
		 "\"\\u001b\",\"policy\":\"\\u001b\",\"devices\":\"\\u001b\"},"
		 "\"rules\":[{\"rule\":\"\\u001b[31m\\n\"},{\"comment\":"
		 "\"\\u001b\"}],\"paths\":[]}");
	set_counts("[{\"packets\":1,\"heaviest\":{\"sources\":[{\"address\":"
		   "\"\\u001b\"}],\"ports\":[{\"protocol\":\"\\u001b\"}]}}]");
	printed = print();
	for (const char *p = printed; *p; p++)
		assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
	assert_null(strchr(printed, '\x1b'));
	assert_null(strchr(printed, '\xff'));
	/* In ASCII, nothing else is printed. */
	term.utf8 = false;
	SET(ev.netfilter.table, "t\xc3\xa4");
	printed = print();
	for (const char *p = printed; *p; p++)
		assert_true((unsigned char)*p < 0x7f);
}

/* Of another type than it should be; the longest of all. */
static void test_odd(void **state)
{
	static const char *const replies[] = {
		"{\"known\":true}",
		"{\"known\":7,\"chain\":[],\"rules\":{},\"paths\":{}}",
		("{\"known\":true,\"rules\":[1,null,[]],\"paths\":[1,{},"
		 "{\"steps\":7},{\"steps\":[7,null]}],\"place\":\"x\","
		 "\"first\":18446744073709551615,\"n_rules\":"
		 "18446744073709551615}"),
		("{\"known\":true,\"current\":\"no\",\"first\":-1,"
		 "\"n_rules\":-1,\"generation\":{}}"),
	};
	char *text = calloc(1, 200000), *rule = calloc(1, 70000);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		set_rule(replies[i]);
		assert_true(strlen(print()) > 100);
	}
	set_counts("[7,null,{\"packets\":\"x\",\"heaviest\":7}]");
	assert_has("   Count: nothing dropped yet\n");
	/* Cut at a character. */
	for (size_t i = 0; i < 20000; i++)
		strcat(rule + 3 * i, "\xe2\x82\xac");
	snprintf(text, 200000,
		 "{\"known\":true,\"current\":true,\"chain\":{},\"rules\":[{"
		 "\"rule\":\"%s\"}],\"paths\":[{\"steps\":[{\"hook\":\"input\","
		 "\"rule_handle\":1,\"rule\":\"%s\"}]}]}",
		 rule, rule);
	set_rule(text);
	assert_has("\xe2\x82\xac...\n");
	free(text);
	free(rule);
}

static void test_json(void **state)
{
	struct json_object *json, *explanation;

	(void)state;
	set_rule(REPLY);
	set_counts(COUNTS);
	json = explain_view_json(&e);
	assert_non_null(json);
	assert_int_equal(json_object_object_length(json), 4);
	assert_true(json_object_equal(json_object_object_get(json, "rule"),
				      e.rule));
	assert_true(json_object_equal(json_object_object_get(json, "counts"),
				      e.counts));
	assert_non_null(json_object_object_get(json, "event"));
	assert_true(
		json_object_object_get_ex(json, "explanation", &explanation));
	assert_string_equal(json_object_get_string(explanation),
			    "A rule of nf_tables dropped the packet.");
	json_object_put(json);
	e.is_drop = false;
	json = explain_view_json(&e);
	assert_int_equal(json_object_object_length(json), 2);
	json_object_put(json);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_drop),      TEST(test_hitters), TEST(test_empty),
		TEST(test_no_rule),   TEST(test_now),	  TEST(test_policy),
		TEST(test_ways),      TEST(test_chain),	  TEST(test_counts),
		TEST(test_long_rule), TEST(test_hostile), TEST(test_odd),
		TEST(test_json),
	};

	return cmocka_run_group_tests_name("explain-view", tests, NULL, NULL);
}
