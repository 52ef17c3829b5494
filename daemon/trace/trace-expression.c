/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "trace-expression.h"
#include "util.h"

#define MATCHES_ONLY                                               \
	"trace takes matches only, such as \"tcp dport 443\": no " \
	"verdict, and nothing that counts, logs or changes"

static int refuse(struct trace_expression_error *ret, size_t at, size_t length,
		  const char *format, ...) _printf_(4, 5);

static int refuse(struct trace_expression_error *ret, size_t at, size_t length,
		  const char *format, ...)
{
	va_list ap;

	ret->at = (uint32_t)at;
	ret->length = (uint32_t)length;
	va_start(ap, format);
	vsnprintf(ret->message, sizeof(ret->message), format, ap);
	va_end(ap);
	return -EINVAL;
}

/* --- before --------------------------------------------------------------- */

static int check_byte(const char *expression, size_t i,
		      struct trace_expression_error *ret)
{
	unsigned char c = (unsigned char)expression[i];

	if (c < ' ' || c == 0x7f)
		return refuse(ret, i, 1,
			      "line breaks and control characters are not "
			      "allowed");
	if (c == ';' || c == '#' || c == '\\' || c == '$')
		return refuse(ret, i, 1, "\"%c\" is not allowed", c);
	return 0;
}

int trace_expression_check(const char *expression,
			   struct trace_expression_error *ret)
{
	size_t len = strlen(expression), depth = 0, quote = 0, brace = 0;
	bool quoted = false;
	int r;

	if (len > TRACE_EXPRESSION_MAX)
		return refuse(ret, 0, 0,
			      "too long: %zu bytes, and %d are allowed", len,
			      TRACE_EXPRESSION_MAX);
	if (expression[strspn(expression, " ")] == '\0')
		return refuse(ret, 0, 0,
			      "empty: say which packets, such as "
			      "\"tcp dport 443\"");
	for (size_t i = 0; i < len; i++) {
		r = check_byte(expression, i, ret);
		if (r < 0)
			return r;
		if (expression[i] == '"') {
			quoted = !quoted;
			quote = i;
		} else if (!quoted && expression[i] == '{') {
			if (depth++ == 0)
				brace = i;
		} else if (!quoted && expression[i] == '}') {
			if (depth-- == 0)
				return refuse(ret, i, 1,
					      "\"}\" without a \"{\"");
		}
	}
	if (quoted)
		return refuse(ret, quote, 1,
			      "the quotation mark is not closed");
	if (depth > 0)
		return refuse(ret, brace, 1, "\"{\" is not closed");
	return 0;
}

/* --- after ---------------------------------------------------------------- */

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		(void)json_object_object_get_ex(object, key, &value);
	return value;
}

/* The only rule's statements; NULL: there is none, or more. */
static struct json_object *find_statements(struct json_object *root)
{
	struct json_object *list = member(root, "nftables");
	struct json_object *statements = NULL;
	size_t n;

	if (!json_object_is_type(list, json_type_array))
		return NULL;
	n = json_object_array_length(list);
	for (size_t i = 0; i < n; i++) {
		struct json_object *rule =
			member(json_object_array_get_idx(list, i), "rule");

		if (!rule)
			continue;
		if (statements)
			return NULL;
		statements = member(rule, "expr");
	}
	return json_object_is_type(statements, json_type_array) ? statements
								: NULL;
}

/* Is there a key "ct" anywhere in it? Its depth was bounded by the parser. */
static bool has_ct(struct json_object *json)
{
	if (json_object_is_type(json, json_type_array)) {
		size_t n = json_object_array_length(json);

		for (size_t i = 0; i < n; i++)
			if (has_ct(json_object_array_get_idx(json, i)))
				return true;
		return false;
	}
	if (!json_object_is_type(json, json_type_object))
		return false;
	json_object_object_foreach(json, key, value)
		if (strcmp(key, "ct") == 0 || has_ct(value))
			return true;
	return false;
}

/* "accept" of {"accept": null}; NULL: it is of another form. */
static const char *statement_name(struct json_object *statement)
{
	struct json_object_iterator it;

	if (!json_object_is_type(statement, json_type_object) ||
	    json_object_object_length(statement) != 1)
		return NULL;
	it = json_object_iter_begin(statement);
	return json_object_iter_peek_name(&it);
}

static int check_statement(struct json_object *statement,
			   struct trace_expression_error *ret)
{
	const char *name = statement_name(statement);

	if (name && strcmp(name, "match") == 0)
		return 0;
	return refuse(ret, 0, 0, "\"%.64s\" is no match: " MATCHES_ONLY,
		      name ? name : "?");
}

static int check_statements(struct json_object *statements, bool *ret_ct,
			    struct trace_expression_error *ret)
{
	size_t n = json_object_array_length(statements);
	struct json_object *jump;
	const char *target;
	int r;

	if (n == 0)
		return -EBADMSG;
	/* The last one is ours. */
	jump = member(json_object_array_get_idx(statements, n - 1), "jump");
	target = json_object_get_string(member(jump, "target"));
	if (!target || strcmp(target, TRACE_MARKING_CHAIN) != 0)
		return -EBADMSG;
	*ret_ct = false;
	for (size_t i = 0; i + 1 < n; i++) {
		struct json_object *statement =
			json_object_array_get_idx(statements, i);

		r = check_statement(statement, ret);
		if (r < 0)
			return r;
		*ret_ct |= has_ct(statement);
	}
	return n > 1 ? 0
		     : refuse(ret, 0, 0, "it matches nothing in particular");
}

int trace_expression_check_rule(const char *json, bool *ret_ct,
				struct trace_expression_error *ret)
{
	struct json_object *root = json_tokener_parse(json);
	struct json_object *statements = find_statements(root);
	int r = statements ? check_statements(statements, ret_ct, ret)
			   : -EBADMSG;

	json_object_put(root);
	return r;
}

/* --- libnftables' errors -------------------------------------------------- */

/* The line of marks under the command, the third one: "~~~~ ^^^^". */
static void find_place(const char *text, char mark, size_t begin, size_t len,
		       struct trace_expression_error *ret)
{
	const char all[] = { mark, '\n', '\0' }, one[] = { mark, '\0' };
	const char *line = strchr(text, '\n'), *marks;
	size_t at, n;

	line = line ? strchr(line + 1, '\n') : NULL;
	if (!line)
		return;
	line++;
	marks = line + strcspn(line, all);
	if (*marks != mark || (size_t)(marks - line) < begin)
		return;
	at = (size_t)(marks - line) - begin;
	n = strspn(marks, one);
	/* What is behind it is ours. */
	ret->at = (uint32_t)MIN(at, len);
	ret->length = at < len ? (uint32_t)MIN(n, len - at) : 1;
}

/* Errors whose words do not fit what was asked. */
static const struct {
	const char *begin; /* of libnftables' message */
	const char *has;   /* that the expression has; NULL: anything */
	char mark;	   /* at what it points */
	const char *message;
} others[] = {
	{ "Statement after terminal statement", NULL, '~', MATCHES_ONLY },
	{ "No such file or directory", "@", '^',
	  "there is no such set here: those of other tables cannot be used; "
	  "write the elements, as in \"tcp dport { 80, 443 }\"" },
};

void trace_expression_explain(const char *text, const char *expression,
			      size_t begin, struct trace_expression_error *ret)
{
	size_t len = strlen(expression);
	const char *line = text;

	if (strncmp(line, "Error: ", 7) == 0)
		line += 7;
	*ret = (struct trace_expression_error){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strncmp(line, others[i].begin, strlen(others[i].begin)) ==
			    0 &&
		    (!others[i].has || strstr(expression, others[i].has))) {
			find_place(text, others[i].mark, begin, len, ret);
			copy_string(ret->message, sizeof(ret->message),
				    others[i].message, SIZE_MAX);
			return;
		}
	find_place(text, '^', begin, len, ret);
	if (ret->length > 0 && ret->at == len)
		copy_string(ret->message, sizeof(ret->message),
			    "it ends too early", SIZE_MAX);
	else
		copy_string(ret->message, sizeof(ret->message), line,
			    strcspn(line, "\n"));
	if (ret->message[0] == '\0')
		copy_string(ret->message, sizeof(ret->message),
			    "libnftables does not say why", SIZE_MAX);
}
