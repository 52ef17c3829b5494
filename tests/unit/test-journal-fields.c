/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "journal-fields.h"

static void test_names(void **state)
{
	const struct journal_field *field;
	size_t n = 0;

	(void)state;
	for (; (field = journal_field_at(n)); n++) {
		size_t len = strlen(field->name);
		char longer[64];

		assert_int_equal(strncmp(field->name, "NFDROP_", 7), 0);
		assert_ptr_equal(journal_field_find(field->name, len), field);
		assert_ptr_not_equal(journal_field_find(field->name, len - 1),
				     field);
		snprintf(longer, sizeof(longer), "%s_", field->name);
		assert_ptr_not_equal(journal_field_find(longer, len + 1),
				     field);
		/* systemd-journald takes no longer ones. */
		assert_true(len <= 64);
	}
	assert_true(n > 40);
	assert_null(journal_field_find("", 0));
	assert_null(journal_field_find("NFDROP_PACKETS", 14));
	assert_null(journal_field_find("_NFDROP_TABLE", 13));
	assert_null(journal_field_find("NFDROP_TABLE\0\0\0\0\0\0\0\0", 20));
}

static void test_types(void **state)
{
	(void)state;
	for (int i = 0; i < _JOURNAL_TYPE_MAX; i++) {
		const char *id = journal_type_to_id((enum journal_type)i);

		assert_int_equal(strlen(id), 32);
		assert_int_equal(journal_type_from_id(id, 32), i);
		assert_int_equal(journal_type_from_id(id, 31), -EINVAL);
		assert_non_null(journal_type_to_string((enum journal_type)i));
	}
}

/* Each member is one that an event has, of that type. */
static void test_events(void **state)
{
	const struct journal_field *field;

	(void)state;
	for (size_t i = 0; (field = journal_field_at(i)); i++) {
		struct json_object *json = json_object_new_object(), *again;
		struct json_object *value;
		struct drop_event ev;
		const char *text = field->number ? "1" : "x";

		if (strcmp(field->key, "saddr") == 0 ||
		    strcmp(field->key, "daddr") == 0) {
			assert_int_equal(
				journal_field_set(journal_field_find(
							  "NFDROP_NETWORK", 14),
						  json, "ipv6", 4),
				0);
			text = "fd00::1";
		} else if (strcmp(field->key, "network") == 0) {
			text = "arp";
		} else if (strcmp(field->key, "transport") == 0) {
			text = "udp";
		} else if (strcmp(field->key, "tcp_flags") == 0) {
			text = "SA";
		} else if (strlen(field->key) == 4 &&
			   strcmp(field->key + 1, "mac") == 0) {
			text = "02:00:00:00:00:01";
		} else if (strcmp(field->key, "kind") == 0) {
			text = "nft-rule";
		} else if (strcmp(field->key, "origin") == 0) {
			text = "hardware";
		} else if (strcmp(field->key, "attribution") == 0) {
			text = "exact";
		}
		assert_int_equal(
			journal_field_set(field, json, text, strlen(text)), 0);
		assert_int_equal(event_from_json(json, &ev), 0);
		again = event_to_json(&ev);
		value = journal_field_get(field, again);
		assert_non_null(value);
		assert_string_equal(json_object_get_string(value), text);
		assert_int_equal(json_object_is_type(value, json_type_int),
				 field->number);
		drop_event_done(&ev);
		json_object_put(again);
		json_object_put(json);
	}
}

static void test_refused(void **state)
{
	const struct journal_field *number =
		journal_field_find("NFDROP_SPORT", 12);
	const struct journal_field *text =
		journal_field_find("NFDROP_TABLE", 12);
	struct json_object *json = json_object_new_object();

	(void)state;
	assert_int_equal(journal_field_set(number, json, "", 0), -EINVAL);
	assert_int_equal(journal_field_set(number, json, "-1", 2), -EINVAL);
	assert_int_equal(journal_field_set(number, json, "1 ", 2), -EINVAL);
	assert_int_equal(journal_field_set(number, json, "18446744073709551616",
					   20),
			 -EINVAL);
	assert_int_equal(journal_field_set(text, json, "a\0b", 3), -EINVAL);
	assert_int_equal(journal_field_set(text, json, "\xff", 1), -EINVAL);
	assert_int_equal(json_object_object_length(json), 0);
	assert_int_equal(journal_field_set(text, json, "abc", 2), 0);
	assert_string_equal(
		json_object_get_string(journal_field_get(text, json)), "ab");
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
