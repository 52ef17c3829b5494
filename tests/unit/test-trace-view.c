/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "output.h"
#include "trace-view.h"
#include "util.h"

static struct output out;

static int setup(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	return output_init(&out);
}

static int teardown(void **state)
{
	(void)state;
	output_done(&out);
	return 0;
}

static void assert_printed_in(bool color, const char *json, const char *text)
{
	struct json_object *packet = json_tokener_parse(json);
	struct term term = { .utf8 = true, .color = color };

	assert_non_null(packet);
	trace_view_print(&term, true, out.f, packet);
	assert_int_equal(fflush(out.f), 0);
	assert_string_equal(out.text, text);
	json_object_put(packet);
}

static void assert_printed(const char *json, const char *text)
{
	assert_printed_in(false, json, text);
}

#define FLOW(port)                                                       \
	"\"packet\":{\"network\":\"ipv4\",\"transport\":\"tcp\","        \
	"\"saddr\":\"10.9.0.2\",\"daddr\":\"10.9.0.1\",\"sport\":40000," \
	"\"dport\":" port ",\"tcp_flags\":\"S\"},"
#define IN "\"in\":{\"ifindex\":3,\"name\":\"eth0\"},"
#define HEAD(end)                                              \
	"{\"timestamp_ns\":1763930000123456789,\"end\":\"" end \
	"\"," FLOW("80") IN "\"hooks\":["
#define HOOK(name, steps)                       \
	"{\"family\":\"inet\",\"hook\":\"" name \
	"\"," FLOW("80") "\"passed\":true,\"steps\":[" steps "]}"
#define STEP(chain, type, verdict, more)                                      \
	"{\"type\":\"" type "\",\"family\":\"inet\",\"table\":"               \
	"\"filter\",\"chain\":\"" chain "\",\"verdict\":\"" verdict "\"" more \
	"}"

static void test_drop(void **state)
{
	(void)state;
	assert_printed(
		HEAD("drop") HOOK("prerouting", STEP("pre", "policy", "accept", "")) "," HOOK(
			"input",
			STEP("input", "rule", "jump",
			     ",\"rule_handle\":7,\"to\":\"services\","
			     "\"rule\":\"meta l4proto tcp jump services\"") "," STEP("services",
										     "return",
										     "return",
										     "") "," STEP("input",
												  "rule",
												  "drop",
												  ",\"rule_handle\":9,\"rule\":\"ip saddr "
												  "10.9.0.2 drop\"")) "]}",
		"20:33:20.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 tcp S\n"
		"  prerouting  inet filter pre       policy    accept\n"
		"  input       inet filter input     handle 7  jump services  "
		"meta l4proto tcp jump services\n"
		"              inet filter services  end       return\n"
		"              inet filter input     handle 9  drop           "
		"ip saddr 10.9.0.2 drop\n"
		"  => dropped by inet filter input handle 9, at input\n");
}

static void test_ends(void **state)
{
	(void)state;
	assert_printed(HEAD("delivered") HOOK("prerouting",
					      "") "," HOOK("input", "") "]}",
		       "20:33:20.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 "
		       "tcp S\n"
		       "  prerouting  no chains\n"
		       "  input       no chains\n"
		       "  => accepted, and delivered to this machine\n");
}

static void test_lost_sight(void **state)
{
	(void)state;
	assert_printed(HEAD("unknown") HOOK("prerouting", "") "]}",
		       "20:33:20.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 "
		       "tcp S\n"
		       "  prerouting  no chains\n"
		       "  => not seen again after prerouting: something other "
		       "than nf_tables dropped or took it; see nfdrop "
		       "monitor\n");
}

static void test_elsewhere(void **state)
{
	(void)state;
	assert_printed(
		HEAD("elsewhere") HOOK(
			"prerouting",
			"") "],"
			    "\"drop\":{\"reason\":\"NO_SOCKET\",\"location\":"
			    "\"__udp4_lib_rcv+0x1/0x2\"}}",
		"20:33:20.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 tcp S\n"
		"  prerouting  no chains\n"
		"  => let through by nftables, dropped elsewhere: NO_SOCKET, "
		"__udp4_lib_rcv+0x1/0x2\n"
		"     No program has a socket for this address and port, so "
		"check with ss -lntup that the service runs and listens "
		"there.\n");
}

/* A rule of iptables, and a reason that nobody knows. */
static void test_elsewhere_rule(void **state)
{
	(void)state;
	assert_printed(
		HEAD("elsewhere") HOOK(
			"prerouting",
			"") "],"
			    "\"drop\":{\"reason\":\"X\\n\",\"location\":\"y\","
			    "\"netfilter\":{\"family\":\"ip\",\"table\":"
			    "\"filter\",\"chain\":\"INPUT\",\"rule\":"
			    "\"-j DROP\\u001b\"}}}",
		"20:33:20.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 tcp S\n"
		"  prerouting  no chains\n"
		"  => let through by nftables, dropped elsewhere: X\\x0a, "
		"ip filter INPUT: -j DROP\\x1b\n");
}

static void test_queue(void **state)
{
	(void)state;
	assert_printed(
		HEAD("unknown") HOOK(
			"input", STEP("input", "rule", "queue",
				      ",\"rule_handle\":7,\"queue\":3")) "]}",
		"20:33:20.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 tcp S\n"
		"  before this it did not match, or was one too many\n"
		"  input  inet filter input  handle 7  queue 3\n"
		"  => queued to a program, and not seen again for a second\n");
}

static void test_translated(void **state)
{
	(void)state;
	assert_printed(
		HEAD("sent") HOOK(
			"output",
			"") ","
			    "{\"family\":\"bridge\",\"hook\":\"postrouting\"," FLOW(
				    "8080") "\"steps\":[" STEP("c", "policy",
							       "accept",
							       "") "]}],\"out\":"
								   "{\"name\":\"b\\u001b["
								   "31m\"}}",
		"20:33:20.123456  eth0>b\\x1b[31m  10.9.0.2:40000 > "
		"10.9.0.1:80 tcp S\n"
		"  inet output         no chains\n"
		"  bridge postrouting  now 10.9.0.2:40000 > 10.9.0.1:8080 tcp "
		"S\n"
		"                      inet filter c  policy  accept\n"
		"  => accepted, and sent out of b\\x1b[31m\n");
}

/* Names are hostile, and so is what is missing or of another type. */
static void test_hostile(void **state)
{
	(void)state;
	assert_printed(
		"{\"end\":\"drop\",\"cut\":true,\"hooks\":[{\"steps\":["
		"{\"table\":\"a\\nb\",\"chain\":\"\\u202ec\",\"verdict\":"
		"\"drop\\u0007\",\"rule_handle\":1,\"rule\":\"x\\u001b[0m\"},"
		"1]}]}",
		"00:00:00.000000  -  - > -\n"
		"  ?   a\\x0ab \\xe2\\x80\\xaec  handle 1  drop\\x07  "
		"x\\x1b[0m\n"
		"                            end\n"
		"  ... more than is shown here\n"
		"  => dropped by    end, at \n");
}

static void test_colors(void **state)
{
	(void)state;
	assert_printed_in(
		true, HEAD("delivered") HOOK("input", "") "]}",
		"\033[2m20:33:20.123456\033[0m  eth0  \033[1m10.9.0.2:40000 > "
		"10.9.0.1:80 tcp S\033[0m\n"
		"  \033[2mbefore this it did not match, or was one too "
		"many\033[0m\n"
		"  \033[36minput\033[0m  \033[2mno chains\033[0m\n"
		"  \033[32m=> accepted, and delivered to this machine\033[0m\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_drop),	   TEST(test_ends),
		TEST(test_lost_sight),	   TEST(test_elsewhere),
		TEST(test_elsewhere_rule), TEST(test_queue),
		TEST(test_translated),	   TEST(test_hostile),
		TEST(test_colors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
