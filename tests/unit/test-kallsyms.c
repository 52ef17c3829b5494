/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kallsyms.h"
#include "support.h"
#include "util.h"

static const char sample[] = "ffffffff81000000 T _text\n"
			     "ffffffff81000000 T startup_64\n"
			     "not a line of the file\n"
			     "ffffffff81000100 t ip_rcv\n"
			     "\n"
			     "ffffffffc0000010 t nft_do_chain\t[nf_tables]\n"
			     "ffffffff81000200 T nf_hook_slow\n"
			     "ffffffffc0000090 t nft_end\t[nf_tables]\n";

struct bed {
	struct temp_folder folder;
	char path[108];
	struct kallsyms kallsyms;
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	temp_folder_init(&bed->folder);
	temp_folder_path(&bed->folder, "kallsyms", bed->path);
	write_file(bed->path, sample);
	kallsyms_init(&bed->kallsyms, kallsyms_open(bed->path, -1));
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	kallsyms_done(&bed->kallsyms);
	kallsyms_done(&bed->kallsyms);
	temp_folder_done(&bed->folder);
	free(bed);
	return 0;
}

static int resolve(struct bed *bed, uint64_t pc, char *buf, size_t size)
{
	struct symbols *symbols = &bed->kallsyms.symbols;

	return symbols->resolve(symbols, pc, buf, size);
}

static void test_resolve(void **state)
{
	static const struct {
		uint64_t pc;
		const char *expected; /* NULL: no name */
	} cases[] = {
		{ 0xffffffff81000000, "_text+0x0/0x100" },
		{ 0xffffffff810000ff, "_text+0xff/0x100" },
		{ 0xffffffff81000100, "ip_rcv+0x0/0x100" },
		{ 0xffffffff81000234, "nf_hook_slow+0x34/0x3efffe10" },
		{ 0xffffffffc0000018, "nft_do_chain+0x8/0x80" },
		/* Before the first, and behind the last, whose end nobody
		   knows. */
		{ 0xffffffff80ffffff, NULL },
		{ 0xffffffffc0000090, NULL },
		{ 0, NULL },
		{ UINT64_MAX, NULL },
	};
	struct bed *bed = *state;
	char buf[DROP_LOCATION_MAX];

	/* From the file, then from memory. */
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			int r = resolve(bed, cases[i].pc, buf, sizeof(buf));

			assert_int_equal(r, cases[i].expected ? 0 : -ENOENT);
			if (r == 0)
				assert_string_equal(buf, cases[i].expected);
		}
	assert_int_equal(bed->kallsyms.n_cached, ARRAY_SIZE(cases));
}

/* More addresses than are remembered: the oldest is searched for again. */
static void test_cache(void **state)
{
	struct bed *bed = *state;
	char buf[DROP_LOCATION_MAX], expected[64];

	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < 300; i++) {
			assert_int_equal(resolve(bed, 0xffffffff81000200 + i,
						 buf, sizeof(buf)),
					 0);
			snprintf(expected, sizeof(expected),
				 "nf_hook_slow+0x%x/0x3efffe10", i);
			assert_string_equal(buf, expected);
		}
}

static void test_cut(void **state)
{
	struct bed *bed = *state;
	char buf[8];

	assert_int_equal(resolve(bed, 0xffffffff81000100, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "ip_rcv+");
}

/* The longest name of a symbol has 511 bytes. */
static void test_long_name(void **state)
{
	struct bed *bed = *state;
	char text[2048], x[512], buf[DROP_LOCATION_MAX];

	memset(x, 'x', sizeof(x));
	x[sizeof(x) - 1] = '\0';
	snprintf(text, sizeof(text),
		 "ffffffff81000000 T %s\t[module]\nffffffff81000100 T b\n", x);
	write_file(bed->path, text);
	assert_int_equal(resolve(bed, 0xffffffff81000001, buf, sizeof(buf)), 0);
	assert_true(strncmp(buf, "xxxxxxxx", 8) == 0);
	assert_string_equal(strchr(buf, '+'), "+0x1/0x100");
}

/* kptr_restrict: every address is 0. */
static void test_hidden(void **state)
{
	struct bed *bed = *state;
	char buf[DROP_LOCATION_MAX];

	write_file(bed->path, "0000000000000000 T a\n0000000000000000 T b\n");
	assert_int_equal(resolve(bed, 0xffffffff81000001, buf, sizeof(buf)),
			 -ENOENT);
	write_file(bed->path, "");
	assert_int_equal(resolve(bed, 0xffffffff81000002, buf, sizeof(buf)),
			 -ENOENT);
}

static void test_no_file(void **state)
{
	struct kallsyms k;
	char buf[DROP_LOCATION_MAX];

	(void)state;
	kallsyms_init(&k, kallsyms_open("/nonexistent/kallsyms", -1));
	assert_int_equal(k.symbols.resolve(&k.symbols, 1, buf, sizeof(buf)),
			 -ENOENT);
	kallsyms_done(&k);
}

/* What systemd opened is taken when it is that file, and nothing else. */
static void test_given(void **state)
{
	struct bed *bed = *state;
	int given = open(bed->path, O_RDONLY | O_CLOEXEC), fd;

	assert_true(given >= 0);
	assert_int_equal(lseek(given, 5, SEEK_SET), 5);
	fd = kallsyms_open(bed->path, given);
	assert_true(fd >= 0 && fd != given);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
	close(fd);
	fd = kallsyms_open("/dev/null", given);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
	close(given);
	fd = kallsyms_open(bed->path, given);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(kallsyms_open("/nonexistent", -1), -ENOENT);
}

static void test_descriptors(void **state)
{
	struct bed *bed = *state;
	char buf[DROP_LOCATION_MAX];
	size_t n = count_fds();

	for (uint64_t i = 0; i < 600; i++)
		(void)resolve(bed, i, buf, sizeof(buf));
	assert_int_equal(count_fds(), n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_resolve),
		TEST(test_cache),
		TEST(test_cut),
		TEST(test_long_name),
		TEST(test_hidden),
		TEST(test_descriptors),
		TEST(test_given),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests_name("kallsyms", tests, NULL, NULL);
}
