/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "program.h"
#include "support.h"

#define ERROR_MAX 128

/* "tcp dst port 80" as libpcap compiles it for DLT_EN10MB. */
#define TCP_80                                                         \
	"16,40 0 0 12,21 0 4 34525,48 0 0 20,21 0 11 6,40 0 0 56,"     \
	"21 8 9 80,21 0 8 2048,48 0 0 23,21 0 6 6,40 0 0 20,"          \
	"69 4 0 8191,177 0 0 14,72 0 0 16,21 0 1 80,6 0 0 262144,6 0 " \
	"0 0"
/* "ether src 02:00:00:00:00:02" */
#define ETHER_2 "6,32 0 0 8,21 0 3 2,40 0 0 6,21 0 1 512,6 0 0 262144,6 0 0 0"
/* "len = 54" */
#define LENGTH_54 "4,128 0 0 0,21 0 1 54,6 0 0 262144,6 0 0 0"

static const uint8_t syn[] = {
	0x02, 0, 0,  0,	 0,    1,    0x02, 0,	 0,  0,	 0, 2, 0x08, 0,
	0x45, 0, 0,  40, 0,    1,    0,	   0,	 64, 6,	 0, 0, 10,   9,
	0,    2, 10, 9,	 0,    1,    0x9c, 0x40, 0,  80, 0, 0, 0,    1,
	0,    0, 0,  0,	 0x50, 0x02, 0xff, 0xff, 0,  0,	 0, 0,
};

static struct program *parse(const char *text)
{
	struct program *program;
	char error[ERROR_MAX];

	if (program_parse(&program, text, error, sizeof(error)) < 0)
		fail_msg("%s: %s", text, error);
	return program;
}

/* What @text returns, of @len bytes of @data in a buffer of that size. */
static uint32_t answer(const char *text, const void *data, size_t len)
{
	_cleanup_(cleanup_program_free) struct program *program = parse(text);
	_cleanup_free_ void *copy = copy_bytes(data, len);

	return program_run(program, copy, len, 1000);
}

/* Each instruction once, and where it ends the program. */
static void test_run(void **state)
{
	static const struct {
		const char *text;
		uint32_t expected;
	} cases[] = {
		{ "1,6 0 0 7", 7 },
		{ "1,22 0 0 0", 0 }, /* A is 0 at first */
		/* Loads: of 1 2 3 4 5 6. */
		{ "2,32 0 0 0,22 0 0 0", 0x01020304 },
		{ "2,32 0 0 2,22 0 0 0", 0x03040506 },
		{ "2,32 0 0 3,6 0 0 9", 0 },
		{ "2,32 0 0 4294967293,6 0 0 9", 0 },
		{ "2,40 0 0 4,22 0 0 0", 0x0506 },
		{ "2,40 0 0 5,6 0 0 9", 0 },
		{ "2,48 0 0 5,22 0 0 0", 6 },
		{ "2,48 0 0 6,6 0 0 9", 0 },
		/* Behind X; the sum does not begin anew. */
		{ "3,1 0 0 1,64 0 0 1,22 0 0 0", 0x03040506 },
		{ "3,1 0 0 2,72 0 0 1,22 0 0 0", 0x0405 },
		{ "3,1 0 0 2,80 0 0 3,22 0 0 0", 6 },
		{ "3,1 0 0 2,80 0 0 4,6 0 0 9", 0 },
		{ "3,1 0 0 4294967295,80 0 0 1,6 0 0 9", 0 },
		{ "3,1 0 0 4294967295,64 0 0 4294967295,6 0 0 9", 0 },
		/* Length, constants, the length of an IPv4 header, memory. */
		{ "2,128 0 0 0,22 0 0 0", 1000 },
		{ "3,129 0 0 0,135 0 0 0,22 0 0 0", 1000 },
		{ "2,0 0 0 4294967295,22 0 0 0", 4294967295 },
		{ "3,177 0 0 2,135 0 0 0,22 0 0 0", 12 },
		{ "2,177 0 0 6,6 0 0 9", 0 },
		{ "2,96 0 0 15,22 0 0 0", 0 },
		{ "5,0 0 0 5,2 0 0 15,97 0 0 15,135 0 0 0,22 0 0 0", 5 },
		{ "4,1 0 0 8,3 0 0 0,96 0 0 0,22 0 0 0", 8 },
		{ "5,0 0 0 3,7 0 0 0,0 0 0 0,135 0 0 0,22 0 0 0", 3 },
		/* Arithmetic with 6 and 4. */
		{ "3,0 0 0 6,4 0 0 4,22 0 0 0", 10 },
		{ "3,0 0 0 4,20 0 0 6,22 0 0 0", 4294967294 },
		{ "3,0 0 0 6,36 0 0 4,22 0 0 0", 24 },
		{ "3,0 0 0 6,52 0 0 4,22 0 0 0", 1 },
		{ "3,0 0 0 6,148 0 0 4,22 0 0 0", 2 },
		{ "3,0 0 0 6,84 0 0 4,22 0 0 0", 4 },
		{ "3,0 0 0 6,68 0 0 1,22 0 0 0", 7 },
		{ "3,0 0 0 6,164 0 0 4,22 0 0 0", 2 },
		{ "3,0 0 0 6,100 0 0 31,22 0 0 0", 0 },
		{ "3,0 0 0 6,116 0 0 1,22 0 0 0", 3 },
		{ "3,0 0 0 6,132 0 0 0,22 0 0 0", 4294967290 },
		{ "4,0 0 0 6,1 0 0 4,12 0 0 0,22 0 0 0", 10 },
		{ "4,0 0 0 6,1 0 0 4,28 0 0 0,22 0 0 0", 2 },
		{ "4,0 0 0 6,1 0 0 4,44 0 0 0,22 0 0 0", 24 },
		{ "4,0 0 0 6,1 0 0 4,60 0 0 0,22 0 0 0", 1 },
		{ "4,0 0 0 6,1 0 0 4,156 0 0 0,22 0 0 0", 2 },
		{ "4,0 0 0 6,1 0 0 4,92 0 0 0,22 0 0 0", 4 },
		{ "4,0 0 0 6,1 0 0 4,76 0 0 0,22 0 0 0", 6 },
		{ "4,0 0 0 6,1 0 0 4,172 0 0 0,22 0 0 0", 2 },
		{ "4,0 0 0 6,1 0 0 4,108 0 0 0,22 0 0 0", 96 },
		{ "4,0 0 0 6,1 0 0 1,124 0 0 0,22 0 0 0", 3 },
		/* What only shows when it runs. */
		{ "3,0 0 0 6,60 0 0 0,6 0 0 9", 0 },
		{ "3,0 0 0 6,156 0 0 0,6 0 0 9", 0 },
		{ "4,0 0 0 6,1 0 0 32,108 0 0 0,22 0 0 0", 0 },
		{ "4,0 0 0 6,1 0 0 32,124 0 0 0,22 0 0 0", 0 },
		/* Jumps: 8 is yes, 9 no. */
		{ "4,5 0 0 1,6 0 0 9,6 0 0 8,6 0 0 9", 8 },
		{ "4,0 0 0 6,21 0 1 6,6 0 0 8,6 0 0 9", 8 },
		{ "4,0 0 0 6,21 0 1 5,6 0 0 8,6 0 0 9", 9 },
		{ "4,0 0 0 6,37 0 1 6,6 0 0 8,6 0 0 9", 9 },
		{ "4,0 0 0 6,37 0 1 5,6 0 0 8,6 0 0 9", 8 },
		{ "4,0 0 0 6,53 0 1 6,6 0 0 8,6 0 0 9", 8 },
		{ "4,0 0 0 6,53 0 1 7,6 0 0 8,6 0 0 9", 9 },
		{ "4,0 0 0 6,69 0 1 4,6 0 0 8,6 0 0 9", 8 },
		{ "4,0 0 0 6,69 0 1 9,6 0 0 8,6 0 0 9", 9 },
		{ "5,0 0 0 6,1 0 0 6,29 0 1 0,6 0 0 8,6 0 0 9", 8 },
		{ "5,0 0 0 6,1 0 0 6,45 0 1 0,6 0 0 8,6 0 0 9", 9 },
		{ "5,0 0 0 6,1 0 0 7,61 0 1 0,6 0 0 8,6 0 0 9", 9 },
		{ "5,0 0 0 6,1 0 0 2,77 0 1 0,6 0 0 8,6 0 0 9", 8 },
	};
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t got = answer(cases[i].text, data, sizeof(data));

		if (got != cases[i].expected)
			fail_msg("%s: %u, not %u", cases[i].text, got,
				 cases[i].expected);
	}
	assert_int_equal(answer("2,48 0 0 0,6 0 0 9", data, 0), 0);
}

static void test_wrong(void **state)
{
#define FORM  "a program is text such as \"2,40 0 0 12,6 0 0 1\""
#define AT(n) "instruction " n " of the program "
#define NOT(n, all) \
	AT(n)       \
	"is not \"CODE JT JF K\", or more or less of them follow than " all
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "", FORM },
		{ "x", FORM },
		{ "-1,6 0 0 1", FORM },
		{ " 1,6 0 0 1", FORM },
		{ "1 ,6 0 0 1", FORM },
		{ "99999999999999999999,6 0 0 1", FORM },
		{ "0", "the program has no instructions" },
		{ "0,", "the program has no instructions" },
		{ "1", NOT("1", "1") },
		{ "1,", NOT("1", "1") },
		{ "1,6 0 0 1,", NOT("1", "1") },
		{ "1,6 0 0 1,6 0 0 1", NOT("1", "1") },
		{ "2,6 0 0 1", NOT("1", "2") },
		{ "2,6 0 0 1,", NOT("2", "2") },
		{ "1,6 0 0", NOT("1", "1") },
		{ "1,6 0 0 1 ", NOT("1", "1") },
		{ "1,6  0 0 1", NOT("1", "1") },
		{ "1,65536 0 0 1", NOT("1", "1") },
		{ "1,6 256 0 1", NOT("1", "1") },
		{ "1,6 0 256 1", NOT("1", "1") },
		{ "1,6 0 0 4294967296", NOT("1", "1") },
		{ "1,6 0 0 -1", NOT("1", "1") },
		{ "1,6 0 0 0x1", NOT("1", "1") },
		/* None of classic BPF, or of more than a byte. */
		{ "1,14 0 0 0", AT("1") "is none of classic BPF" },
		{ "2,8 0 0 0,6 0 0 1", AT("1") "is none of classic BPF" },
		{ "2,262 0 0 0,6 0 0 1", AT("1") "is none of classic BPF" },
		{ "2,65535 0 0 0,6 0 0 1", AT("1") "is none of classic BPF" },
		{ "2,6 0 0 1,96 0 0 16", AT("2") "is past scratch memory" },
		{ "2,97 0 0 16,6 0 0 1", AT("1") "is past scratch memory" },
		{ "2,2 0 0 16,6 0 0 1", AT("1") "is past scratch memory" },
		{ "2,3 0 0 4294967295,6 0 0 1",
		  AT("1") "is past scratch memory" },
		{ "2,52 0 0 0,6 0 0 1", AT("1") "divides by zero" },
		{ "2,148 0 0 0,6 0 0 1", AT("1") "divides by zero" },
		{ "2,100 0 0 32,6 0 0 1",
		  AT("1") "shifts by more than 31 bits" },
		{ "2,116 0 0 4294967295,6 0 0 1",
		  AT("1") "shifts by more than 31 bits" },
		{ "2,5 0 0 1,6 0 0 1",
		  AT("1") "jumps backward or past the end" },
		{ "2,5 0 0 4294967295,6 0 0 1",
		  AT("1") "jumps backward or past the end" },
		{ "2,6 0 0 1,5 0 0 0",
		  AT("2") "jumps backward or past the end" },
		{ "2,21 1 0 0,6 0 0 1", AT("1") "jumps past the end" },
		{ "2,21 0 1 0,6 0 0 1", AT("1") "jumps past the end" },
		{ "2,29 255 0 0,6 0 0 1", AT("1") "jumps past the end" },
		{ "2,6 0 0 1,0 0 0 0",
		  AT("2") "is the last and does not return" },
		{ "1,135 0 0 0", AT("1") "is the last and does not return" },
	};
	struct program *none = (struct program *)&none, *program = none;
	char error[ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(program_parse(&program, cases[i].text, error,
					       sizeof(error)),
				 -EINVAL);
		assert_string_equal(error, cases[i].sentence);
	}
	assert_ptr_equal(program, none);
}

static void test_limits(void **state)
{
	static struct instruction code[PROGRAM_MAX + 1];
	_cleanup_free_ char *text = NULL;
	struct program *program;
	char error[ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(code); i++)
		code[i] = (struct instruction){ 6, 255, 255, UINT32_MAX };
	assert_int_equal(program_new(&program, code, PROGRAM_MAX + 1, error,
				     sizeof(error)),
			 -E2BIG);
	assert_string_equal(error, "the program has 2049 instructions, more "
				   "than 2048");
	assert_int_equal(program_parse(&program, "18446744073709551615,6",
				       error, sizeof(error)),
			 -E2BIG);
	assert_int_equal(program_new(&program, code, 0, error, sizeof(error)),
			 -EINVAL);
	assert_int_equal(program_new(&program, code, PROGRAM_MAX, error,
				     sizeof(error)),
			 0);
	text = program_format(program);
	assert_non_null(text);
	program_free(program);
	program = parse(text);
	assert_int_equal(program_run(program, "", 0, 0), UINT32_MAX);
	program_free(program);
	program_free(NULL);
}

static void test_text(void **state)
{
	static const char *const texts[] = { "1,6 0 0 0", TCP_80, ETHER_2,
					     LENGTH_54 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct program *program = parse(texts[i]);
		_cleanup_free_ char *text = program_format(program);

		assert_string_equal(text, texts[i]);
		program_free(program);
	}
}

static bool match(const char *text, const void *data, size_t len,
		  enum packet_start start, uint16_t type, uint32_t orig_len)
{
	struct program *program = parse(text);
	void *copy = copy_bytes(data, len);
	struct packet_bytes bytes = { copy, len, start, type, orig_len };
	bool agrees = program_match(program, &bytes);

	assert_false(program_match(program, NULL));
	free(copy);
	program_free(program);
	return agrees;
}

/* The same program, whatever the packet begins with. */
static void test_match(void **state)
{
	const size_t ip_len = sizeof(syn) - 14;
	uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	(void)state;
	/* An Ethernet header, and how much must be there. */
	assert_true(
		match(TCP_80, syn, sizeof(syn), PACKET_START_MAC, 0x800, 54));
	assert_true(match(TCP_80, syn, 38, PACKET_START_MAC, 0x800, 54));
	assert_false(match(TCP_80, syn, 37, PACKET_START_MAC, 0x800, 54));
	assert_false(match("1,6 0 0 1", syn, 0, PACKET_START_MAC, 0x800, 54));
	/* The patched kernel's local output, and a device without a header. */
	assert_true(match(TCP_80, syn + 14, ip_len, PACKET_START_NETWORK, 0x800,
			  40));
	assert_true(
		match(TCP_80, syn + 14, ip_len, PACKET_START_NETWORK, 0, 40));
	assert_true(
		match(TCP_80, syn + 14, ip_len, PACKET_START_MAC, 0x800, 40));
	assert_false(
		match(TCP_80, syn + 14, 23, PACKET_START_NETWORK, 0x800, 40));
	/* Addresses of Ethernet are none there, the length is one of it. */
	assert_true(
		match(ETHER_2, syn, sizeof(syn), PACKET_START_MAC, 0x800, 54));
	assert_false(match(ETHER_2, syn + 14, ip_len, PACKET_START_NETWORK,
			   0x800, 40));
	assert_true(match(LENGTH_54, syn, 20, PACKET_START_MAC, 0x800, 54));
	assert_true(
		match(LENGTH_54, syn, sizeof(syn), PACKET_START_MAC, 0x800, 0));
	assert_true(match(LENGTH_54, syn + 14, 20, PACKET_START_NETWORK, 0x800,
			  40));
	/* Any other type is in the header, too: "arp". */
	assert_true(match("4,40 0 0 12,21 0 1 2054,6 0 0 1,6 0 0 0", arp,
			  sizeof(arp), PACKET_START_NETWORK, 0x806, 28));
	/* With a type that nobody knows. */
	assert_true(match("4,40 0 0 12,21 0 1 0,6 0 0 1,6 0 0 0", arp,
			  sizeof(arp), PACKET_START_NETWORK, 0, 28));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),    cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_text),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
