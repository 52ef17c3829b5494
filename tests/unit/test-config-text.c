/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config-text.h"
#include "support.h"
#include "util.h"

static char shown[8192];

/* Everything that the text says: "LINE SECTION.KEY=VALUE;" or "LINE problem;"
 */
static const char *show(const char *text, size_t len)
{
	char *copy = copy_bytes(text, len);
	struct config_assignment a;
	struct config_text t;
	enum config_kind kind;
	size_t n = 0;

	config_text_init(&t, copy, len);
	shown[0] = '\0';
	while ((kind = config_text_next(&t, &a)) != CONFIG_END) {
		if (kind == CONFIG_BAD)
			n += (size_t)snprintf(shown + n, sizeof(shown) - n,
					      "%u %s;", a.line, a.problem);
		else
			n += (size_t)snprintf(shown + n, sizeof(shown) - n,
					      "%u %s.%s=%s;", a.line, a.section,
					      a.key, a.value);
		assert_true(n < sizeof(shown));
	}
	free(copy);
	return shown;
}

static void test_texts(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "[A]\nk=v\n", "2 A.k=v;" },
		{ "[A]\nk=v", "2 A.k=v;" },
		{ "\xef\xbb\xbf[A]\r\n k \t=  v w \r\n", "2 A.k=v w;" },
		{ "[A]\nk=\n", "2 A.k=;" },
		{ "[A]\nk=a=b\n", "2 A.k=a=b;" },
		{ "[A]\nk=v # no comment\n", "2 A.k=v # no comment;" },
		{ "# c\n; c\n  # c\n[A]\n#k=v\nk=w", "6 A.k=w;" },
		{ "[A]\nk=a \\\n  b \\\n\n l=c", "2 A.k=a  b;5 A.l=c;" },
		{ "[A]\nk=a\\\n# between\n; also\nb", "2 A.k=a b;" },
		{ "[A]\nk=a\\", "2 A.k=a;" },
		{ "# c \\\n[A]\nk=v", "3 A.k=v;" },
		{ "[A]\n[B]\nk=v\n[A]\nl=w", "3 B.k=v;5 A.l=w;" },
		{ "[A B-c.d]\nk=v", "2 A B-c.d.k=v;" },
		{ "[]\nk=v", "2 .k=v;" },
		{ "k=v\n[A]\nl=w", "1 is in no section;3 A.l=w;" },
		{ "[A]\n=v\nk=w", "2 has no key before \"=\";3 A.k=w;" },
		{ "[A]\njunk\nk=w",
		  "2 is neither KEY=VALUE nor [SECTION];3 A.k=w;" },
		/* What follows is not of the section before. */
		{ "[A]\nk=v\n[B\nk=w",
		  "2 A.k=v;3 begins a section and has no \"]\" at its end;"
		  "4 is in no section;" },
		{ "[A]\nk=\xff\nl=w", "2 is not UTF-8;3 A.l=w;" },
		{ "[", "1 begins a section and has no \"]\" at its end;" },
		{ "\\", "" },
		{ "\\\n\\\n[A]\nk=v", "4 A.k=v;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(show(cases[i].text, strlen(cases[i].text)),
				    cases[i].expected);
}

static void test_nul(void **state)
{
	static const char text[] = "[A]\nk=v\0w\nl=x\n\0\nm=y";

	(void)state;
	assert_string_equal(
		show(text, sizeof(text) - 1),
		"2 has a NUL byte;3 A.l=x;4 has a NUL byte;5 A.m=y;");
}

/* What is too long for us is one bad line, whatever it goes on in. */
static void test_long(void **state)
{
	static char text[3 * CONFIG_LINE_MAX];
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), "[A]\nk=");
	memset(text + n, 'x', CONFIG_LINE_MAX);
	n += CONFIG_LINE_MAX;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\\\nmore\nl=w\n");
	assert_string_equal(show(text, n), "2 is too long;4 A.l=w;");

	n = (size_t)snprintf(text, sizeof(text), "[");
	memset(text + n, 'x', CONFIG_SECTION_MAX);
	n += CONFIG_SECTION_MAX;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "]\nk=v\n");
	assert_string_equal(
		show(text, n),
		"1 has too long a section's name;2 is in no section;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("config-text", tests, NULL, NULL);
}
