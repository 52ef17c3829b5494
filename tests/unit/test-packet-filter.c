/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli-config.h"
#include "packet-filter.h"
#include "util.h"

#define ERROR_MAX 512
#define FORM                                                                 \
	"; the form is that of pcap-filter(7), such as \"host 10.9.0.2 and " \
	"tcp port 443\""

static void check(const char *const *words, int expected, const char *text)
{
	char error[ERROR_MAX] = "";
	struct json_object *json, *bpf = NULL;
	struct filter *f;
	int r;

	assert_int_equal(filter_new(&f), 0);
	r = packet_filter_compile(words, f, error, sizeof(error));
	if (r != expected)
		fail_msg("%s: %d, %s", words[0], r, error);
	json = filter_to_json(f);
	json_object_object_get_ex(json, "bpf", &bpf);
	if (r < 0)
		assert_string_equal(error, text);
	else if (text)
		assert_string_equal(json_object_get_string(bpf), text);
	assert_true(filter_has_program(f) == (r == 0 && text));
	json_object_put(json);
	filter_free(f);
}

#define CHECK(expected, text, ...) \
	check((const char *const[]){ __VA_ARGS__, NULL }, expected, text)

#define ARP "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0"

#if HAVE_PCAP
static void test_compile(void **state)
{
	(void)state;
	check((const char *const[]){ NULL }, 0, NULL);
	CHECK(0, ARP, "arp");
	/* In one argument or in several. */
	CHECK(0, "4,48 0 0 14,21 0 1 69,6 0 0 262144,6 0 0 0",
	      "ether[14] = 0x45");
	CHECK(0, "4,48 0 0 14,21 0 1 69,6 0 0 262144,6 0 0 0", "ether[14]", "=",
	      "0x45");
}

static void test_wrong(void **state)
{
	(void)state;
	CHECK(-EINVAL, "packet expression \"\": nothing is in it" FORM, "");
	CHECK(-EINVAL, "packet expression \"   \": nothing is in it" FORM, " ",
	      " ");
	CHECK(-EINVAL,
	      "packet expression \"tcp prt 4\": can't parse filter expression: "
	      "syntax error" FORM,
	      "tcp prt", "4");
	CHECK(-EINVAL,
	      "packet expression \"\\x1b[2J\": can't parse filter expression: "
	      "syntax error" FORM,
	      "\x1b[2J");
	CHECK(-EINVAL,
	      "packet expression \"tcp and udp\": expression rejects all "
	      "packets" FORM,
	      "tcp", "and", "udp");
	/* libpcap takes these, nfdropd would not. */
	CHECK(-EINVAL,
	      "packet expression \"ip6 protochain 6\": instruction 19 of the "
	      "program jumps backward or past the end" FORM,
	      "ip6 protochain 6");
}

/* More than nfdropd takes: said here, and not by it. */
static void test_long(void **state)
{
	static char text[1 << 16], error[ERROR_MAX];
	const char *const words[] = { text, NULL };
	struct filter *f;
	size_t len = 0;

	(void)state;
	for (unsigned int i = 0; i < 600; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%shost 10.%u.%u.%u", i ? " or " : "",
					i * 7 % 251, i % 253, i % 256);
	assert_int_equal(filter_new(&f), 0);
	assert_int_equal(packet_filter_compile(words, f, error, sizeof(error)),
			 -EINVAL);
	if (!strstr(error, " instructions, which will not become 2048; "))
		fail_msg("%s", error);
	assert_false(filter_has_program(f));
	filter_free(f);
}
#else
static void test_without(void **state)
{
	(void)state;
	check((const char *const[]){ NULL }, 0, NULL);
	CHECK(-EOPNOTSUPP,
	      "packet expression \"arp\": this nfdrop was built without "
	      "libpcap" FORM,
	      "arp");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#if HAVE_PCAP
		cmocka_unit_test(test_compile),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_long),
#else
		cmocka_unit_test(test_without),
#endif
	};

	return cmocka_run_group_tests_name("packet-filter", tests, NULL, NULL);
}
