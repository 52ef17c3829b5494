/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buffer.h"

static void test_share(void **state)
{
	struct buffer *b = buffer_new(3);

	(void)state;
	assert_non_null(b);
	assert_int_equal(b->len, 3);
	memcpy(b->data, "ab", 3);
	for (int i = 0; i < 1000; i++)
		assert_ptr_equal(buffer_ref(b), b);
	for (int i = 0; i < 1000; i++)
		buffer_unref(b);
	/* The first reference still holds it. */
	assert_string_equal(b->data, "ab");
	assert_int_equal(b->n_refs, 1);
	buffer_unref(b);
}

static void test_cleanup(void **state)
{
	_cleanup_(cleanup_buffer_unref) struct buffer *b = buffer_new(1);
	_cleanup_(cleanup_buffer_unref) struct buffer *none = NULL;

	(void)state;
	assert_non_null(b);
	assert_null(none);
	b->data[0] = '\0';
}

static void test_sizes(void **state)
{
	struct buffer *b = buffer_new(0);

	(void)state;
	assert_non_null(b);
	assert_int_equal(b->len, 0);
	buffer_unref(b);
	buffer_unref(NULL);
	/* The header must not make the sum wrap. */
	for (size_t i = 0; i < 2 * sizeof(struct buffer); i++)
		if (SIZE_MAX - i > SIZE_MAX - sizeof(struct buffer))
			assert_null(buffer_new(SIZE_MAX - i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_cleanup),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
