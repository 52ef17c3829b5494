/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config-text.h"
#include "utf8.h"
#include "util.h"

#define BLANKS " \t\r"

void config_text_init(struct config_text *t, const char *data, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";

	*t = (struct config_text){ .at = data, .end = data + len };
	if (len >= strlen(bom) && memcmp(data, bom, strlen(bom)) == 0)
		t->at += strlen(bom);
}

/* The next line, without its end and the blanks around it. */
static bool take_line(struct config_text *t, const char **ret, size_t *ret_len)
{
	const char *begin = t->at, *end;

	if (t->at == t->end)
		return false;
	end = memchr(begin, '\n', (size_t)(t->end - begin));
	t->at = end ? end + 1 : t->end;
	if (!end)
		end = t->end;
	t->line++;
	while (begin < end && *begin != '\0' && strchr(BLANKS, *begin))
		begin++;
	while (begin < end && end[-1] != '\0' && strchr(BLANKS, end[-1]))
		end--;
	*ret = begin;
	*ret_len = (size_t)(end - begin);
	return true;
}

static bool is_comment(const char *line, size_t len)
{
	return len > 0 && (line[0] == '#' || line[0] == ';');
}

/*
 * The next line that is no comment, with those that it goes on in: of these,
 * comments are left out. Returns false at the end; *@ret_problem is what is
 * wrong with it.
 */
static bool take_joined(struct config_text *t, unsigned int *ret_line,
			const char **ret_problem)
{
	bool more = false, first = true;
	size_t n = 0, len;
	const char *line;

	*ret_problem = NULL;
	while ((first || more) && take_line(t, &line, &len)) {
		if (is_comment(line, len) || (first && len == 0))
			continue;
		if (first)
			*ret_line = t->line;
		first = false;
		more = len > 0 && line[len - 1] == '\\';
		len -= more;
		if (memchr(line, '\0', len))
			*ret_problem = "has a NUL byte";
		if (len + 2 > sizeof(t->buf) - n) {
			*ret_problem = "is too long";
			continue;
		}
		memcpy(t->buf + n, line, len);
		n += len;
		if (more)
			t->buf[n++] = ' ';
	}
	while (n > 0 && strchr(BLANKS, t->buf[n - 1]))
		n--;
	t->buf[n] = '\0';
	/* Where the first line was nothing but a backslash. */
	n = strspn(t->buf, BLANKS);
	memmove(t->buf, t->buf + n, strlen(t->buf + n) + 1);
	if (!*ret_problem && !utf8_is_valid(t->buf))
		*ret_problem = "is not UTF-8";
	return !first;
}

/* NULL: that is a section; else what is wrong. */
static const char *enter_section(struct config_text *t)
{
	size_t len = strlen(t->buf);

	/* What follows a section that nobody knows is not of the one before. */
	t->in_section = false;
	if (t->buf[len - 1] != ']')
		return "begins a section and has no \"]\" at its end";
	if (len - 2 >= sizeof(t->section))
		return "has too long a section's name";
	copy_string(t->section, sizeof(t->section), t->buf + 1, len - 2);
	t->in_section = true;
	return NULL;
}

static const char *split(struct config_text *t, struct config_assignment *ret)
{
	char *equals = strchr(t->buf, '='), *end;

	if (!equals)
		return "is neither KEY=VALUE nor [SECTION]";
	if (equals == t->buf)
		return "has no key before \"=\"";
	if (!t->in_section)
		return "is in no section";
	for (end = equals; end > t->buf && strchr(BLANKS, end[-1]); end--)
		;
	*end = '\0';
	ret->section = t->section;
	ret->key = t->buf;
	ret->value = equals + 1 + strspn(equals + 1, BLANKS);
	return NULL;
}

enum config_kind config_text_next(struct config_text *t,
				  struct config_assignment *ret)
{
	*ret = (struct config_assignment){ 0 };
	while (take_joined(t, &ret->line, &ret->problem)) {
		if (ret->problem)
			return CONFIG_BAD;
		if (t->buf[0] == '\0')
			continue;
		if (t->buf[0] != '[')
			ret->problem = split(t, ret);
		else if (!(ret->problem = enter_section(t)))
			continue;
		return ret->problem ? CONFIG_BAD : CONFIG_ASSIGNMENT;
	}
	return CONFIG_END;
}
