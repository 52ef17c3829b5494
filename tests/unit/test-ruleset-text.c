/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <linux/netfilter.h>

#include "ruleset-edit.h"
#include "ruleset-text.h"
#include "support.h"

#define INET NFPROTO_INET

static void put(struct ruleset *rs, const char *table, uint64_t handle,
		const char *chain, uint64_t rule)
{
	assert_int_equal(ruleset_put_table(rs, INET, table, handle), 0);
	assert_int_equal(
		ruleset_put_chain(rs, INET, table, chain_new(chain, 1)), 0);
	assert_int_equal(ruleset_put_rule(rs, INET, table, chain,
					  rule_new(rule), RULE_LAST),
			 0);
}

/* Tables t (1) and u (2), each with a chain c (1) and the rules 2 and 3. */
static int setup(void **state)
{
	struct ruleset *rs = ruleset_new();

	put(rs, "t", 1, "c", 2);
	put(rs, "t", 1, "c", 3);
	put(rs, "u", 2, "c", 2);
	put(rs, "u", 2, "c", 3);
	*state = rs;
	return 0;
}

static int teardown(void **state)
{
	ruleset_unref(*state);
	return 0;
}

/* From the heap, so that a checker sees what is read behind it. */
static size_t apply_some(struct ruleset *rs, const char *text, size_t len,
			 uint64_t table_handle, size_t room)
{
	char *copy = copy_bytes(text, len);
	size_t r = ruleset_text_apply(rs, copy, len, table_handle, room);

	free(copy);
	return r;
}

static size_t apply(struct ruleset *rs, const char *text)
{
	return apply_some(rs, text, strlen(text), 0, SIZE_MAX);
}

static const char *text_of(const struct ruleset *rs, const char *table,
			   const char *chain, uint64_t rule)
{
	const char *text =
		chain_find_rule(
			table_find_chain(ruleset_find_table(rs, INET, table, 0),
					 chain),
			rule)
			->text;

	return text ? text : "";
}

#define T(rule) text_of(rs, "t", "c", rule)
#define U(rule) text_of(rs, "u", "c", rule)

static void test_listing(void **state)
{
	struct ruleset *rs = *state;
	struct ruleset_texts texts;

	assert_int_equal(
		apply(rs,
		      "table inet t { # handle 1\n"
		      "\tset s { # handle 9\n"
		      "\t\ttype ipv4_addr\n"
		      "\t}\n"
		      "\n"
		      "\tchain c { # handle 1\n"
		      "\t\tcomment \"of the chain\"\n"
		      "\t\ttype filter hook input priority 0; policy drop;\n"
		      "\t\tip saddr { 1.2.3.4, 5.6.7.8 } drop # handle 2\n"
		      "\t\tdrop comment \"the # handle 2\" # handle 3\n"
		      "\t}\n"
		      "}\n"
		      "table inet u { # handle 2\n"
		      "\tchain c { # handle 1\n"
		      "\t\taccept # handle 3\n"
		      "\t}\n"
		      "}\n"),
		sizeof("ip saddr { 1.2.3.4, 5.6.7.8 } drop") +
			sizeof("drop comment \"the # handle 2\"") +
			sizeof("accept"));
	assert_string_equal(T(2), "ip saddr { 1.2.3.4, 5.6.7.8 } drop");
	assert_string_equal(T(3), "drop comment \"the # handle 2\"");
	assert_string_equal(U(2), "");
	assert_string_equal(U(3), "accept");
	ruleset_text_count(rs, &texts);
	assert_int_equal(texts.known, 3);
	assert_int_equal(texts.missing, 1);
	assert_int_equal(texts.bytes,
			 sizeof("accept") + strlen(T(2)) + strlen(T(3)) + 2);
	assert_string_equal(texts.table->name, "u");
	assert_string_equal(texts.chain->name, "c");
	/* A text is told once; it stays. */
	assert_int_equal(apply(rs, "table inet t { # handle 1\n"
				   "\tchain c { # handle 1\n"
				   "\t\tother # handle 2\n\t}\n}\n"),
			 0);
	assert_string_equal(T(2), "ip saddr { 1.2.3.4, 5.6.7.8 } drop");
}

static void test_missing_in_many(void **state)
{
	struct ruleset *rs = *state;
	struct ruleset_texts texts;

	ruleset_text_count(rs, &texts);
	assert_int_equal(texts.missing, 4);
	assert_null(texts.chain);
	apply(rs, "table inet t { # handle 1\n\tchain c { # handle 1\n"
		  "\t\ta # handle 2\n\t\tb # handle 3\n\t}\n}\n");
	ruleset_text_count(rs, &texts);
	assert_int_equal(texts.missing, 2);
	assert_ptr_equal(texts.table, rs->tables[1]);
	assert_ptr_equal(texts.chain, rs->tables[1]->chains[0]);
}

/* Of one chain: no handle of a table, but that which was asked for. */
static void test_chain_listing(void **state)
{
	static const char listing[] = "table inet t {\n"
				      "\tchain c { # handle 1\n"
				      "\t\tdrop # handle 2\n"
				      "\t}\n"
				      "}\n";
	struct ruleset *rs = *state;

	assert_int_equal(apply(rs, listing), 0);
	assert_int_equal(apply_some(rs, listing, strlen(listing), 2, 99), 0);
	assert_int_equal(apply_some(rs, listing, strlen(listing), 7, 99), 0);
	assert_int_equal(apply_some(rs, listing, strlen(listing), 1, 99), 5);
	assert_string_equal(T(2), "drop");
	assert_string_equal(U(2), "");
}

/* Another table or chain of that name is another. */
static void test_wrong_places(void **state)
{
	static const char *const listings[] = {
		"table inet t { # handle 2\n\tchain c { # handle 1\n",
		"table ip t { # handle 1\n\tchain c { # handle 1\n",
		"table inet t { # handle 1\n\tchain c { # handle 4\n",
		"table inet t { # handle 1\n\tchain d { # handle 1\n",
		"table inet t { # handle 1\n\tchain c {\n",
		"table inet t { # handle 1\n\tset c { # handle 1\n",
		"table inet t # handle 1\n\tchain c { # handle 1\n",
		"table inet tt { # handle 1\n\tchain c { # handle 1\n",
		"table inet t { # handle 11\n\tchain c { # handle 1\n",
		"table inet t { # handle 1x\n\tchain c { # handle 1\n",
		"table inet  { # handle 1\n\tchain c { # handle 1\n",
		"table  t { # handle 1\n\tchain c { # handle 1\n",
		"table inet t { # handle 1\n\tchain  c { # handle 1\n",
		"table inet t { # handle 1\n\tchain { # handle 1\n",
		"table inet t { # handle 1\n\tchain c# handle 1\n",
		"table inet t { # handle 1\n\tchain c { # handle 1\n\t}\n",
		"table inet t { # handle 1\n\tchain c { # handle 1\ntable x {\n",
		"",
	};
	struct ruleset *rs = *state;
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(listings); i++) {
		snprintf(text, sizeof(text), "%s%s", listings[i],
			 "\t\tdrop # handle 2\n\t\tdrop # handle 3\n");
		if (apply(rs, text) != 0)
			fail_msg("line %zu", i);
	}
}

static void test_handles(void **state)
{
	static const char *const lines[] = {
		"\t\tdrop # handle",
		"\t\tdrop # handle ",
		"\t\tdrop # handle 2x",
		"\t\tdrop # handle x2",
		"\t\tdrop# handle 2",
		"\t\tdrop # handle -2",
		"\t\tdrop # handle 2 ",
		"\tdrop # handle 2",
		"drop # handle 2",
		" # handle 2",
		"\t\tdrop # handle 0x2",
		"\t\tdrop #  handle 2",
		/* 2^64 + 2 */
		"\t\tdrop # handle 18446744073709551618",
		"\t\tdrop # handle 99999999999999999999999999999999",
	};
	struct ruleset *rs = *state;
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(text, sizeof(text),
			 "table inet t { # handle 1\n\tchain c { # handle 1\n"
			 "%s\n\t}\n}\n",
			 lines[i]);
		if (apply(rs, text) != 0)
			fail_msg("line %zu", i);
	}
}

/* nft has no quotes for names, and says so by printing them all the same. */
static void test_names(void **state)
{
	static const char *const names[] = {
		"a b",	    "x { # handle 1",
		"\n",	    "t {\n\tchain c {",
		"table",    "{",
		" ",	    "t # handle 1",
		"\"",	    "\xff\xfe",
		"progname", "t { # handle 1 progname x",
	};
	char name[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct ruleset *rs = ruleset_new();
		char text[512];
		size_t len;

		put(rs, "t", 1, "c", 2);
		put(rs, names[i], 2, "c", 2);
		assert_int_equal(ruleset_put_chain(rs, INET, names[i],
						   chain_new(names[i], 4)),
				 0);
		assert_int_equal(ruleset_put_rule(rs, INET, names[i], names[i],
						  rule_new(5), RULE_LAST),
				 0);
		/* As ruleset_list() writes them. */
		snprintf(name, sizeof(name), "%s", names[i]);
		len = (size_t)snprintf(text, sizeof(text),
				       "table inet %s { # handle 2\n"
				       "\tchain %s { # handle 4\n"
				       "\t\tdrop # handle 5\n"
				       "\t}\n"
				       "}\n"
				       "table inet t { # handle 1\n"
				       "\tchain c { # handle 1\n"
				       "\t\taccept # handle 2\n"
				       "\t}\n"
				       "}\n",
				       name, name);
		/* The names' own line breaks. */
		for (const char *p = names[i]; *p; p++) {
			size_t at = (size_t)(p - names[i]);

			if (*p != '\n')
				continue;
			text[strlen("table inet ") + at] = RULESET_TEXT_BREAK;
			text[strlen("table inet  { # handle 2\n\tchain ") +
			     strlen(names[i]) + at] = RULESET_TEXT_BREAK;
		}
		assert_int_equal(apply_some(rs, text, len, 0, SIZE_MAX),
				 sizeof("drop") + sizeof("accept"));
		assert_string_equal(text_of(rs, names[i], names[i], 5), "drop");
		assert_string_equal(T(2), "accept");
		assert_string_equal(text_of(rs, names[i], "c", 2), "");
		ruleset_unref(rs);
	}
}

/* A process owns the table: nft prints its name too. */
static void test_owner(void **state)
{
	struct ruleset *rs = *state;

	assert_int_equal(apply(rs, "table inet t { # handle 1 progname x {\n"
				   "\tflags owner\n"
				   "\n"
				   "\tchain c { # handle 1\n"
				   "\t\tdrop # handle 2\n"
				   "\t}\n"
				   "}\n"
				   "table inet u { # handle 2 progname\n"
				   "\tchain c { # handle 1\n"
				   "\t\tdrop # handle 2\n"
				   "\t}\n"
				   "}\n"),
			 sizeof("drop"));
	assert_string_equal(T(2), "drop");
	assert_string_equal(U(2), "");
}

/* A string with line breaks cannot say another rule's text, nor end a chain. */
static void test_line_breaks(void **state)
{
	static const char listing[] =
		"table inet t { # handle 1\n"
		"\tchain c { # handle 1\n"
		"\t\tdrop comment \"a\0\t\tfake # handle 3\0\t}\0}\0"
		"table inet u { # handle 2\0\tchain c { # handle 1\0"
		"\t\tfake # handle 2\0\" # handle 2\n"
		"\t\tright # handle 3\n"
		"\t}\n"
		"}\n";
	struct ruleset *rs = *state;

	apply_some(rs, listing, sizeof(listing) - 1, 0, SIZE_MAX);
	assert_string_equal(
		T(2), "drop comment \"a\n\t\tfake # handle 3\n\t}\n}\n"
		      "table inet u { # handle 2\n\tchain c { # handle 1\n"
		      "\t\tfake # handle 2\n\"");
	assert_string_equal(T(3), "right");
	assert_string_equal(U(2), "");
	assert_string_equal(U(3), "");
}

/* The last byte of a word is a line's end, also where it belongs to a name. */
static void test_line_break_at_end(void **state)
{
	struct ruleset *rs = *state;

	apply(rs, "table inet t { # handle 1\n"
		  "\tchain c { # handle 1\n"
		  "\t\tip saddr @s\n drop # handle 2\n"
		  "\t\tjump a\n # handle 3\n"
		  "\t}\n"
		  "}\n");
	assert_string_equal(T(2), "ip saddr @s\n drop");
	assert_string_equal(T(3), "jump a\n");
}

static void test_lengths(void **state)
{
	static const char head[] =
		"table inet t { # handle 1\n\tchain c { # handle 1\n\t\t";
	struct ruleset *rs = *state;
	size_t len = sizeof(head) - 1 + RULE_TEXT_MAX + 1 +
		     strlen(" # handle 2\n\t\ta # handle 3\n");
	char *text = malloc(len + 1);

	assert_non_null(text);
	memcpy(text, head, sizeof(head) - 1);
	memset(text + sizeof(head) - 1, 'x', RULE_TEXT_MAX + 1);
	strcpy(text + sizeof(head) - 1 + RULE_TEXT_MAX + 1,
	       " # handle 2\n\t\ta # handle 3\n");
	/* No room for it, but for the next one. */
	assert_int_equal(apply_some(rs, text, len, 0, RULE_TEXT_MAX), 2);
	assert_string_equal(T(3), "a");
	assert_string_equal(T(2), "");
	assert_int_equal(apply_some(rs, text, len, 0, RULE_TEXT_MAX + 1),
			 RULE_TEXT_MAX + 1);
	assert_int_equal(strlen(T(2)), RULE_TEXT_MAX);
	assert_string_equal(T(2) + RULE_TEXT_MAX - 4, "x...");
	assert_int_equal(T(2)[0], 'x');
	free(text);
}

/* Wherever it ends: nothing wrong is told. */
static void test_truncated(void **state)
{
	static const char listing[] = "table inet t { # handle 1\n"
				      "\tchain c { # handle 1\n"
				      "\t\tdrop # handle 2\n"
				      "\t\tdrop # handle 34\n";

	(void)state;
	for (size_t len = 0; len < sizeof(listing); len++) {
		struct ruleset *rs;

		setup((void **)&rs);
		apply_some(rs, listing, len, 0, SIZE_MAX);
		assert_true(T(2)[0] == '\0' || strcmp(T(2), "drop") == 0);
		ruleset_unref(rs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_listing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_in_many, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_chain_listing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_wrong_places, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_handles, setup, teardown),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_line_breaks, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_line_break_at_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
