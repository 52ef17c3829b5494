/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An expression of any bytes, what libnftables may say that it is, and what it
 * may say against it: three strings, each with its NUL. What is accepted cannot
 * end the command that it becomes a part of, and errors point into the
 * expression.
 */
#include <errno.h>

#include "fuzz.h"
#include "support.h"
#include "trace-expression.h"
#include "util.h"

#define BEGIN 40

static void check_error(const struct trace_expression_error *error, size_t len)
{
	check(error->message[0] != '\0');
	check(memchr(error->message, '\0', sizeof(error->message)));
	check(error->at <= len);
	/* One behind the end: it ends too early. */
	check(error->length <= len - error->at ||
	      (error->at == len && error->length == 1));
}

/* Braces that are not in quotation marks, as libnftables counts them. */
static void check_accepted(const char *expression)
{
	long depth = 0;
	bool quoted = false;

	for (const char *c = expression; *c; c++) {
		check((unsigned char)*c >= ' ' && *c != ';' && *c != '\\');
		quoted ^= *c == '"';
		if (!quoted)
			depth += (*c == '{') - (*c == '}');
		check(depth >= 0);
	}
	check(!quoted && depth == 0);
}

/* A string of its own, so that what is read past one is noticed. */
static char *take_string(const uint8_t **data, size_t *size)
{
	size_t len = strnlen((const char *)*data, *size);
	char *copy = malloc(len + 1);

	check(copy);
	memcpy(copy, *data, len);
	copy[len] = '\0';
	len = MIN(len + 1, *size);
	*data += len;
	*size -= len;
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *expression = take_string(&data, &size);
	char *json = take_string(&data, &size);
	char *text = take_string(&data, &size);
	struct trace_expression_error error = { 0 };
	size_t len = strlen(expression);
	bool ct = false;
	int r;

	r = trace_expression_check(expression, &error);
	check(r == 0 || r == -EINVAL);
	if (r == 0)
		check_accepted(expression);
	else
		check_error(&error, len);
	error = (struct trace_expression_error){ 0 };
	r = trace_expression_check_rule(json, &ct, &error);
	check(r == 0 || r == -EINVAL || r == -EBADMSG);
	if (r == -EINVAL)
		check_error(&error, len);
	check(r != 0 || strstr(json, "match"));
	trace_expression_explain(text, expression, BEGIN, &error);
	check_error(&error, len);
	free(expression);
	free(json);
	free(text);
	return 0;
}
