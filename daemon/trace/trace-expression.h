/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a trace on request may ask for: matches of nft, such as
 * "ip saddr 10.0.0.0/8 tcp dport 443", and nothing else. Pure.
 *
 * It becomes part of a command that libnftables reads, so it must not end that
 * command or a block: that is checked before. What libnftables has made of it
 * is checked after, in its own words (libnftables-json(5)): each statement of
 * the rule must be a match. Only then are packets led there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_EXPRESSION_MAX 4096

/* The chain that the expression's rule jumps to. */
#define TRACE_MARKING_CHAIN "marking"

/* Why not, and where in the expression. Names in it are hostile. */
struct trace_expression_error {
	char message[512];
	uint32_t at;	 /* bytes */
	uint32_t length; /* 0: no place */
};

/* Before libnftables sees it. 0; -EINVAL with @ret. */
int trace_expression_check(const char *expression,
			   struct trace_expression_error *ret);

/*
 * @json is a list of the one chain whose one rule it is: what came of it.
 * *@ret_ct is whether it asks for what conntrack knows. 0; -EINVAL with @ret;
 * -EBADMSG: there is no such rule.
 */
int trace_expression_check_rule(const char *json, bool *ret_ct,
				struct trace_expression_error *ret);

/*
 * @text is libnftables' own error, of a command of one line in which
 * @expression begins at byte @begin.
 */
void trace_expression_explain(const char *text, const char *expression,
			      size_t begin, struct trace_expression_error *ret);
