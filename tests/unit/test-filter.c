/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec.h"
#include "filter.h"
#include "proto.h"
#include "support.h"
#include "util.h"

/*
 * What terms are tried on: 4, sample_event(), is IPv4 in netfilter's hands,
 * 6 has numbers where others have names, a is ARP with names that look like
 * numbers and patterns, x is 6in4 that was cut off, 0 knows nothing.
 */
static const char letters[] = "46ax0";
static const char *const event_texts[] = {
	NULL,
	"{\"reason\":\"TCP_RFC7323_PAWS\",\"subsystem\":\"core\","
	"\"location\":\"ip6_rcv_core\",\"netns\":{\"inum\":7},"
	"\"in\":{\"ifindex\":7},\"out\":{\"ifindex\":12,\"name\":\"7\"},"
	"\"packet\":{\"network\":\"ipv6\",\"transport\":\"udp\","
	"\"saddr\":\"fd00:9::2\",\"daddr\":\"::ffff:10.9.0.1\","
	"\"sport\":53,\"dport\":65535}}",
	"{\"attribution\":\"traced\",\"reason\":\"NETFILTER_DROP\","
	"\"location\":\"arp_rcv+0x1/0x2\",\"in\":{\"name\":\"web-1\"},"
	"\"netns\":{\"inum\":4026531993,\"name\":\"7\"},"
	"\"packet\":{\"network\":\"arp\",\"saddr\":\"10.9.0.2\","
	"\"daddr\":\"10.128.0.1\"},\"netfilter\":{\"kind\":\"nft-policy\","
	"\"hook\":\"prerouting\",\"family\":\"arp\",\"table\":\"a*b\","
	"\"chain\":\"caf\xc3\xa9\"}}",
	"{\"netns\":{\"name\":\"inum:7\"},"
	"\"packet\":{\"network\":\"ipv4\",\"transport\":\"41\"}}",
	"{}",
};
static struct drop_event events[ARRAY_SIZE(event_texts)];

static int make_events(void **state)
{
	(void)state;
	sample_event(&events[0]);
	for (size_t i = 1; i < ARRAY_SIZE(events); i++) {
		struct json_object *json;

		if (json_parse_object(event_texts[i], strlen(event_texts[i]),
				      &json) < 0 ||
		    event_from_json(json, &events[i]) < 0)
			return -1;
		json_object_put(json);
	}
	return 0;
}

static int free_events(void **state)
{
	(void)state;
	drop_event_done(&events[0]);
	return 0;
}

/* Adds "KEY=VALUE,KEY=VALUE". */
static struct filter *new_filter(const char *terms)
{
	char text[256], error[512], *rest = text, *value;
	struct filter *f;

	copy_string(text, sizeof(text), terms, SIZE_MAX);
	assert_int_equal(filter_new(&f), 0);
	assert_true(filter_is_empty(f));
	while (*terms && (value = strsep(&rest, ","))) {
		const char *key = strsep(&value, "=");

		if (filter_add(f, key, value, error, sizeof(error)) < 0)
			fail_msg("%s: %s", terms, error);
		assert_false(filter_is_empty(f));
	}
	return f;
}

static int parse(const char *text, struct filter **ret, char *error,
		 size_t size)
{
	struct json_object *json;
	int r;

	assert_int_equal(json_parse_object(text, strlen(text), &json), 0);
	r = filter_from_json(json, ret, error, size);
	json_object_put(json);
	return r;
}

static void assert_json(const struct filter *f, const char *expected)
{
	struct json_object *json = filter_to_json(f);

	assert_non_null(json);
	assert_string_equal(json_object_to_json_string_ext(
				    json,
				    JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE),
			    expected);
	json_object_put(json);
}

/* Values, each for itself, and the events that agree: "VALUES>EVENTS ...". */
static const struct {
	const char *key, *values;
} matches[] = {
	{ "reason", "NFT_RULE,nft_rule,NFT_\\RULE,n?t_[Q-S]*>4 *_drop>a "
		    "SKB_DROP_REASON_NFT_RULE,skb_drop_reason_Nft_*>4 "
		    "!NFT_RULE,!SKB_DROP_REASON_NFT_*>6ax0 *>46a !*>x0 "
		    "NFT,NFT_\\*,SKB_*,NFT_RUL[>" },
	{ "subsystem", "core>6 Core,core*> !core>4ax0" },
	{ "interface", "eth0,br?,br[0-2],2,3>4 7,07,7*,12,012>6 web-*>a "
		       "Eth0,0,4294967298> !eth0,!br0,!2,!3>6ax0" },
	{ "in", "eth0,2>4 7>6 br0,3,12,7*> !*>6x0" },
	{ "out", "br0,3>4 7,7*,12>6 eth0,2> !7>4ax0" },
	{ "address", "10.9.0.1,10.9.0.1/32,10.9.0.0/31>4 10.9.0.2>4a "
		     "10.9.0.3/31,10.9.255.255/16,11.0.0.0/7>4a "
		     "0.0.0.0/0,255.1.2.3/0>4a 10.128.0.0/9,10.129.0.0/15>a "
		     "10.9.0.3,10.9.0.4/31> !0.0.0.0/0>6x0 !10.9.0.1>6ax0 "
		     "FD00:9:0::2,::/0,fd00:9::3/127,fd00:8::/31>6 "
		     "fd00:9::3,fd00:8::/32,fd00:9::2:0/112,::/128> "
		     "::ffff:10.9.0.1,::ffff:0:0/96,::ffff:10.9.0.0/127>6 "
		     "::ffff:10.9.0.2,"
		     "0000:0000:0000:0000:0000:ffff:255.255.255.255>" },
	{ "source", "10.9.0.2>4a fd00::/8>6 10.9.0.1> !::/0>4ax0" },
	{ "destination", "10.9.0.1>4 ::ffff:10.9.0.1>6 10.9.0.2,fd00::/8>" },
	{ "port", "80,40000,80-80,79-80,80-81,40000-65534>4 !80>6ax0 "
		  "53,00053,65535,65534-65535>6 0-65535,53-80>46 "
		  "0,0-52,54-79,81-39999> !0-65535>ax0" },
	{ "sport", "40000>4 53>6 80,0>" },
	{ "dport", "80>4 53,0>" },
	{ "protocol", "tcp,TCP,6>4 udp,17>6 0,hopopt,ipv6-icmp,255> !tcp>6ax0 "
		      /* Networks; 6in4's number is not "ipv6". */
		      "ipv4,IPv4>4x ipv6,IPv6>6 41>x arp>a !arp>46x0" },
	{ "netns", "init,in?t,4026531840,inum:4026531840>4 inum:7,inum:07>6 "
		   "inum*>x 7>6a *>4ax 0,inum> !7>4x0 !inum:7>4ax0" },
	{ "location", "nft_do_chain,nft_do_chain+0x5a0/0x680,*_chain>4 "
		      "nft_do_chain+0x5a0,nft_do_chai,NFT_*> *>46a "
		      "ip6_rcv_core>6 arp_rcv,*/0x2,arp_rcv+*>a "
		      "!nft_*,!nft_do_chain>6ax0" },
	{ "table", "filter,fil*>4 a*b,a\\*b>a Filter,axb,fil> !*>6x0 "
		   "!!filter>46ax0" },
	{ "chain", "incoming,*ing>4 caf\xc3\xa9>a" },
	{ "rule", "7,007>4 !7>6ax0 8,70,18446744073709551615> !8>46ax0" },
	{ "comment", "no*,*more>4 more,*x> !*>6ax0" },
	{ "set", "blocked,b*>4 block,*x> !*>6ax0" },
	{ "hook", "input>4 in*,Input> !prerouting>46x0" },
	{ "family", "inet>4 i*>" },
	{ "kind", "nft-rule>4 nft-policy>a none>6x0 !none>4a xt-rule,bpf> "
		  "xt-policy,ebt-rule,ebt-policy,conntrack,nat,queue,hook>" },
	{ "attribution", "exact>4 traced>a inferred> none>6x0 !traced>46x0" },
	{ "origin", "hardware,!software>4 software,!hardware>6ax0" },
};

/* A key's terms are alternatives; negated ones must hold, keys agree. */
static const struct {
	const char *terms, *agree;
} several[] = {
	{ "", "46ax0" },
	{ "port=80,port=53", "46" },
	{ "port=80,port=80", "4" },
	{ "port=80,protocol=tcp", "4" },
	{ "port=80,protocol=udp", "" },
	{ "protocol=tcp,port=53,protocol=udp,port=80", "46" },
	{ "in=eth0,interface=eth0,out=br0", "4" },
	{ "in=eth0,out=eth0", "" },
	{ "port=!80,port=!53", "ax0" },
	{ "port=0-65535,port=!80", "6" },
	{ "port=!80,port=0-65535", "6" },
	{ "reason=!NFT_*,subsystem=!core", "ax0" },
	{ "reason=*,reason=!*", "" },
};

static void check_agree(const char *terms, const char *expected)
{
	struct filter *f = new_filter(terms), *heard;
	struct json_object *json = filter_to_json(f);
	char agree[sizeof(letters)] = "", error[512];

	assert_int_equal(filter_from_json(json, &heard, error, sizeof(error)),
			 0);
	for (size_t i = 0, n = 0; i < ARRAY_SIZE(events); i++) {
		bool answer = filter_match(f, &events[i]);

		assert_int_equal(answer, filter_match(heard, &events[i]));
		if (answer)
			agree[n++] = letters[i];
	}
	if (strcmp(agree, expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", terms, agree, expected);
	json_object_put(json);
	filter_free(heard);
	filter_free(f);
}

static void test_match(void **state)
{
	char copy[512], terms[128], *rest, *agree, *values, *value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		copy_string(copy, sizeof(copy), matches[i].values, SIZE_MAX);
		for (rest = copy; (agree = strsep(&rest, " "));) {
			values = strsep(&agree, ">");
			while ((value = strsep(&values, ","))) {
				snprintf(terms, sizeof(terms), "%s=%s",
					 matches[i].key, value);
				check_agree(terms, agree);
			}
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(several); i++)
		check_agree(several[i].terms, several[i].agree);
	filter_free(NULL);
}

#define KEYS                                                           \
	"reason, subsystem, interface, in, out, address, source, "     \
	"destination, port, sport, dport, protocol, netns, location, " \
	"table, chain, rule, comment, set, hook, family, kind, attribution, origin"

static void test_keys(void **state)
{
	char names[] = KEYS, *rest = names, *name;
	size_t i = 0;

	(void)state;
	for (; (name = strsep(&rest, ",")); i++) {
		name += *name == ' ';
		assert_non_null(filter_key_at(i));
		assert_string_equal(filter_key_name(filter_key_at(i)), name);
		assert_true(filter_key_help(filter_key_at(i))[0] != '\0');
	}
	assert_null(filter_key_at(i));
	assert_null(filter_key_at(i + 1));
}

/* Whether all keys are known of a thing; the first that is not. */
static void test_scopes(void **state)
{
	static const struct {
		const char *key, *value;
		enum filter_scope scope;
	} cases[] = {
		{ "table", "t", FILTER_OF_RULE },
		{ "netns", "init", FILTER_OF_RULE },
		{ "rule", "7", FILTER_OF_RULE },
		{ "dport", "53", FILTER_OF_FLOW },
		{ "interface", "eth0", FILTER_OF_FLOW },
		{ "sport", "53", FILTER_OF_EVENT },
		{ "set", "s", FILTER_OF_EVENT },
		{ "port", "53", FILTER_OF_EVENT },
	};
	struct filter *f;
	char error[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(filter_new(&f), 0);
		assert_null(filter_beyond(f, FILTER_OF_RULE));
		filter_add(f, "reason", "X", error, sizeof(error));
		assert_null(filter_beyond(f, FILTER_OF_RULE));
		assert_int_equal(filter_add(f, cases[i].key, cases[i].value,
					    error, sizeof(error)),
				 0);
		assert_null(filter_beyond(f, FILTER_OF_EVENT));
		assert_int_equal(!filter_beyond(f, FILTER_OF_FLOW),
				 cases[i].scope >= FILTER_OF_FLOW);
		assert_int_equal(!filter_beyond(f, FILTER_OF_RULE),
				 cases[i].scope >= FILTER_OF_RULE);
		if (cases[i].scope < FILTER_OF_RULE)
			assert_string_equal(filter_key_name(filter_beyond(
						    f, FILTER_OF_RULE)),
					    cases[i].key);
		filter_free(f);
	}
}

#define PORT_FORM "a port or a range, such as 53 or 8000-8999 (0 to 65535)"
#define NAME_FORM "a name or a pattern such as \"web*\""

/* Keys, values that none of them takes, and what they do take. */
static const struct {
	const char *keys, *values, *form;
} wrong[] = {
	{ "reason", ",SKB_DROP_REASON_,SKB_DROP_REASON_!X,SKB_DROP_REASON_!",
	  "a reason's name or a pattern such as \"IP_*\"" },
	{ "subsystem", "", "a subsystem's name" },
	{ "interface,in,out", "", "a device's name, pattern or number" },
	{ "address,source,destination",
	  ",host,10.9.0,10.9.0.256,10.9.0.1.1,/8,10.0.0.0/,10.0.0.0/33,"
	  "10.0.0.0/-1,10.0.0.0/8/8,10.0.0.0/8x,10.0.0.0/264,[::1],::1%lo,"
	  "10.0.0.0/4294967304,fd00::/129,10.0.0.0 /8,!10.9.0.1,"
	  "0000:0000:0000:0000:0000:ffff:255.255.255.2550",
	  "an address or a prefix, such as 10.9.0.2, 10.0.0.0/8 or fd00::/8" },
	{ "port,sport,dport",
	  ",http,65536,-1,1-,1-2-3,1-65536,9-8,-, 53,53 ,+53,0x35,!53,"
	  "4294967349,18446744073709551669",
	  PORT_FORM },
	{ "protocol", ",tpc,tcp*,256,-1,6x,18446744073709551622",
	  "tcp, udp, icmp, icmpv6, sctp, ..., a number from 0 to 255, ipv4, "
	  "ipv6 or arp" },
	{ "netns", ",inum:,inum:0,inum:-1,inum:x,inum:7*,inum:4294967296",
	  "a name, a pattern, an inode number or inum:NUMBER" },
	{ "location", "", "a function's name or a pattern such as \"nft_*\"" },
	{ "table,chain,set", "", NAME_FORM },
	{ "rule", ",0,-1,7*,7-9,x,0x7,18446744073709551616,!7",
	  "a rule's handle, as \"nft -a list ruleset\" has it, or its number "
	  "in an iptables or ebtables chain, from 1" },
	{ "hook", "", "a hook's name, such as input" },
	{ "family", "", "a family's name, such as inet" },
	{ "kind", ",nft,nft-rul,NFT-RULE,nft-*,1",
	  "none, nft-rule, nft-policy, nft-chain, xt-rule, xt-policy, "
	  "xt-table, ebt-rule, ebt-policy, conntrack, defrag, nat, synproxy, "
	  "flowtable, ipvs, queue, bridge, hook, bpf or lsm" },
	{ "attribution", ",Exact,*", "none, inferred, traced or exact" },
	{ "origin", ",hw,0", "software, hardware or sample" },
};

#define BEFORE "{\"port\":[\"53\",\"!80-90\"],\"netns\":[\"!a\"]}"

/* The sentence, also where there is little room, and @f as it was. */
static void check_error(struct filter *f, const char *key, const char *value,
			int expected, const char *sentence)
{
	for (size_t size = 512; size > 0; size /= 2) {
		size_t len = MIN(strlen(sentence), size - 1);
		char *error = malloc(size);

		assert_non_null(error);
		memset(error, 0xa5, size);
		if (filter_add(f, key, value, error, size) != expected)
			fail_msg("accepted %s=%s", key, value);
		assert_int_equal(strnlen(error, size), len);
		assert_memory_equal(error, sentence, len);
		free(error);
	}
	assert_json(f, BEFORE);
}

/* @value and its negation. */
static void check_wrong(struct filter *f, const char *key, const char *value,
			const char *form)
{
	char sentence[512], negated[256];

	snprintf(sentence, sizeof(sentence), "%s: \"%s\" is not %s", key, value,
		 form);
	snprintf(negated, sizeof(negated), "!%s", value);
	check_error(f, key, negated, -EINVAL, sentence);
	if (value[0] != '!')
		check_error(f, key, value, -EINVAL, sentence);
}

static void test_wrong(void **state)
{
	struct filter *f = new_filter("netns=!a,port=53,port=!80-90");
	char names[64], copy[512], *keys, *key, *values, *value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		copy_string(names, sizeof(names), wrong[i].keys, SIZE_MAX);
		for (keys = names; (key = strsep(&keys, ","));) {
			copy_string(copy, sizeof(copy), wrong[i].values,
				    SIZE_MAX);
			for (values = copy; (value = strsep(&values, ","));)
				check_wrong(f, key, value, wrong[i].form);
		}
	}
	filter_free(f);
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
/* With the "!" and the NUL, or two more bytes, as long as can be. */
#define X254 X64 X64 X64 X16 X16 X16 "xxxxxxxxxxxxxx"
#define TOO_LONG                                \
	": the value has more than 255 bytes; " \
	"a pattern such as \"web*\" is shorter"

static void test_hostile(void **state)
{
	static const struct {
		const char *key, *value, *sentence;
	} cases[] = {
		{ "ports", "53", "unknown filter \"ports\"; there are " KEYS },
		{ "Port", "53", "unknown filter \"Port\"; there are " KEYS },
		{ "", "", "unknown filter \"\"; there are " KEYS },
		{ "\x1b[2J\\", X254 "xx",
		  "unknown filter \"\\x1b[2J\\\\\"; there are " KEYS },
		{ X64, "!",
		  "unknown filter \"" X16 X16 X16 "xxxxxxxxxxxx...\"; "
		  "there are " KEYS },
		{ "port", "\x1b]0;x\a\n",
		  "port: \"\\x1b]0;x\\x07\\x0a\" is not " PORT_FORM },
		{ "port", "\xe2\x80\xae\\\xc3\xa9",
		  "port: \"\\xe2\\x80\\xae\\\\\xc3\xa9\" is not " PORT_FORM },
		{ "table", "!\xff\xc3",
		  "table: \"\\xff\\xc3\" is not " NAME_FORM },
		{ "port", "!" X254,
		  "port: \"" X64 X16 "xxxxxxxxxxxx...\" is not " PORT_FORM },
		{ "table", X254 "xx", "table" TOO_LONG },
		{ "port", "!" X254 "x", "port" TOO_LONG },
	};
	struct filter *f = new_filter("netns=!a,port=53,port=!80-90");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_error(f, cases[i].key, cases[i].value,
			    strstr(cases[i].sentence, TOO_LONG) ? -E2BIG
								: -EINVAL,
			    cases[i].sentence);
	filter_free(f);
}

static void test_limits(void **state)
{
	struct filter *f = new_filter("table=" X16);
	char error[512];

	(void)state;
	assert_int_equal(filter_add(f, "table", "!" X254, error, sizeof(error)),
			 0);
	assert_int_equal(filter_add(f, "in", X254 "x", error, sizeof(error)),
			 0);
	assert_json(f, "{\"in\":[\"" X254 "x\"],\"table\":[\"" X16 "\",\"!" X254
		       "\"]}");
	for (int i = 3; i < FILTER_TERMS_MAX; i++)
		assert_int_equal(
			filter_add(f, "port", "80", error, sizeof(error)), 0);
	assert_int_equal(filter_add(f, "port", "80", error, sizeof(error)),
			 -E2BIG);
	assert_string_equal(error, "too many filters: at most 64 values");
	filter_free(f);
}

/* How it is written: keys in the table's order, a key's values as they came. */
static void test_json(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{}", "{}" },
		{ "{\"port\":[],\"reason\":null}", "{}" },
		{ "{\"origin\":[\"software\"],\"in\":null,"
		  "\"port\":[\"9\",\"!1\",\"9\"]}",
		  "{\"port\":[\"9\",\"!1\",\"9\"],\"origin\":[\"software\"]}" },
		{ "{\"chain\":[\"\\u001b\\\"\\\\\xc3\xa9\",\"!!x\"],"
		  "\"address\":[\"10.1.2.3/8\",\"!FD00::1\"],"
		  "\"netns\":[\"inum:007\"]}",
		  "{\"address\":[\"10.1.2.3/8\",\"!FD00::1\"],"
		  "\"netns\":[\"inum:007\"],"
		  "\"chain\":[\"\\u001b\\\"\\\\\xc3\xa9\",\"!!x\"]}" },
		{ "{\"bpf\":null}", "{}" },
		{ "{\"bpf\":\"1,6 0 0 1\",\"port\":[\"9\"]}",
		  "{\"port\":[\"9\"],\"bpf\":\"1,6 0 0 1\"}" },
	};
	char error[512];
	struct filter *f;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (parse(cases[i].text, &f, error, sizeof(error)) < 0)
			fail_msg("%s: %s", cases[i].text, error);
		assert_json(f, cases[i].expected);
		filter_free(f);
	}
}

#define NO_ARRAY ": expected an array of strings, such as {\"port\": [\"53\"]}"

static void test_json_wrong(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "{\"port\":\"53\"}", "port" NO_ARRAY },
		{ "{\"port\":53}", "port" NO_ARRAY },
		{ "{\"port\":false}", "port" NO_ARRAY },
		{ "{\"table\":{\"0\":\"x\"}}", "table" NO_ARRAY },
		{ "{\"port\":[\"53\",53]}", "port" NO_ARRAY },
		{ "{\"port\":[null]}", "port" NO_ARRAY },
		{ "{\"port\":[[\"53\"]]}", "port" NO_ARRAY },
		{ "{\"in\":[\"x\\u0000y\"]}", "in: a value holds a NUL byte" },
		{ "{\"in\":[\"\\u0000\"]}", "in: a value holds a NUL byte" },
		{ "{\"port\":[\"1\",\"\\n\"]}",
		  "port: \"\\x0a\" is not " PORT_FORM },
		{ "{\"bpf\":[\"1,6 0 0 1\"]}", "bpf: expected a string" },
		{ "{\"bpf\":\"1,6 0 0 1\\u0000\"}", "bpf: holds a NUL byte" },
		{ "{\"bpf\":\"1,5 0 0 1\"}",
		  "bpf: instruction 1 of the program jumps backward or past "
		  "the end" },
		{ "{\"port\":[\"1\"],\"\\u007f\":null}",
		  "unknown filter \"\\x7f\"; there are " KEYS },
	};
	struct filter *none = (struct filter *)&none, *f = none;
	struct json_object *array = json_object_new_array();
	char error[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i].text, &f, error, sizeof(error)),
				 -EINVAL);
		assert_string_equal(error, cases[i].sentence);
	}
	assert_int_equal(parse("{\"in\":[\"" X254 "xx\"]}", &f, error,
			       sizeof(error)),
			 -E2BIG);
	assert_int_equal(filter_from_json(NULL, &f, error, sizeof(error)),
			 -EINVAL);
	assert_int_equal(filter_from_json(array, &f, error, sizeof(error)),
			 -EINVAL);
	assert_string_equal(error, "a filter is an object, such as "
				   "{\"port\": [\"53\"]}");
	assert_ptr_equal(f, none);
	json_object_put(array);
}

/* Terms and program must both agree; without bytes it never does. */
static void test_program(void **state)
{
	static const struct {
		const char *terms, *program;
		bool expected;
	} cases[] = {
		{ "port=80", "2,48 0 0 0,22 0 0 0", true },
		{ "port=81", "2,48 0 0 0,22 0 0 0", false },
		{ "port=80", "2,48 0 0 1,22 0 0 0", false },
		{ "", "2,48 0 0 0,22 0 0 0", true },
		{ "", "2,48 0 0 2,6 0 0 1", false },
	};
	static const uint8_t data[] = { 0xaa, 0 };
	const struct packet_bytes bytes = { .data = data, .len = sizeof(data) };
	struct program *program;
	struct filter *f;
	char error[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		f = new_filter(cases[i].terms);
		assert_false(filter_has_program(f));
		/* The last one counts. */
		for (int n = 0; n < 2; n++) {
			assert_int_equal(program_parse(&program,
						       n ? cases[i].program
							 : "1,6 0 0 0",
						       error, sizeof(error)),
					 0);
			filter_set_program(f, program);
		}
		assert_true(filter_has_program(f));
		assert_false(filter_is_empty(f));
		/* Not of those that are over. */
		assert_null(filter_beyond(f, FILTER_OF_PACKET));
		assert_string_equal(
			filter_key_name(filter_beyond(f, FILTER_OF_EVENT)),
			"bpf");
		assert_int_equal(filter_match_packet(f, &events[0], &bytes),
				 cases[i].expected);
		assert_false(filter_match_packet(f, &events[0], NULL));
		assert_false(filter_match(f, &events[0]));
		filter_set_program(f, NULL);
		assert_int_equal(filter_is_empty(f), !cases[i].terms[0]);
		filter_free(f);
	}
}

static void test_text(void **state)
{
	static const char *const no_filter[] = { "x",	 "x=1",	      "rule=x",
					     "rule=7,x", "rule=7,,x", "rule" };
	struct filter *filter = NULL;
	struct drop_event ev;
	char error[256];

	(void)state;
	assert_int_equal(filter_from_text("", &filter, error, sizeof(error)),
			 0);
	assert_null(filter);
	for (size_t i = 0; i < ARRAY_SIZE(no_filter); i++) {
		error[0] = '\0';
		assert_int_equal(filter_from_text(no_filter[i], &filter, error,
						  sizeof(error)),
				 -EINVAL);
		assert_null(filter);
		assert_true(error[0] != '\0');
	}
	assert_int_equal(filter_from_text("rule=7,table=t", &filter, error,
					  sizeof(error)),
			 0);
	drop_event_init(&ev);
	ev.netfilter.rule_handle = 7;
	assert_false(filter_match(filter, &ev));
	strcpy(ev.netfilter.table, "t");
	assert_true(filter_match(filter, &ev));
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_wrong),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("filter", tests, make_events,
					   free_events);
}
