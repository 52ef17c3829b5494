/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>

#include "ruleset-dump.h"
#include "ruleset-list.h"
#include "ruleset-text.h"

/*
 * nft's grammar has no way to quote a name: only what needs none. Keywords do
 * not parse, and there the whole ruleset has to be listed.
 */
static bool is_plain_name(const char *s)
{
	if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
	      *s == '_'))
		return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./\\")] ==
	       '\0';
}

static int make_command(char *buf, size_t size, uint8_t family,
			const char *table, const char *chain)
{
	const char *word = nft_family_to_string(family);

	if (chain[0] == '\0') {
		copy_string(buf, size, "list ruleset", SIZE_MAX);
		return 0;
	}
	if (!word || !is_plain_name(table) || !is_plain_name(chain))
		return -EINVAL;
	snprintf(buf, size, "list chain %s %s %s", word, table, chain);
	return 0;
}

#define OUTPUT_SIZE 65536

/*
 * libnftables flushes after each word that it prints (nft_print() in its
 * src/libnftables.c), so each call is one word, which this keeps until there
 * are enough for a write(2). A line ends with a word. What is in the middle of
 * one is part of a string, which can have line breaks and the looks of a rule.
 */
struct output {
	int fd;
	uint32_t generation;
	bool begun;
	int error;
	size_t len;
	char buf[OUTPUT_SIZE];
};

static int output_flush(struct output *o)
{
	size_t at = 0;

	while (o->error == 0 && at < o->len) {
		ssize_t n = write(o->fd, o->buf + at, o->len - at);

		if (n < 0 && errno != EINTR)
			o->error = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	o->len = 0;
	return o->error;
}

/* When nft prints its first word it has read all: is it still what it was? */
static void output_begin(struct output *o)
{
	uint32_t generation;
	int r = ruleset_dump_generation(&generation);

	o->begun = true;
	if (r < 0)
		o->error = r;
	else if (generation != o->generation)
		o->error = -EAGAIN;
}

static ssize_t output_write(void *data, const char *s, size_t len)
{
	struct output *o = data;

	if (!o->begun)
		output_begin(o);
	if (o->error < 0)
		return 0;

	for (size_t at = 0; at < len; at++) {
		bool in_string = s[at] == '\n' && at + 1 < len;

		o->buf[o->len++] = in_string ? RULESET_TEXT_BREAK : s[at];
		if (o->len == sizeof(o->buf) && output_flush(o) < 0)
			return 0;
	}
	return (ssize_t)len;
}

int ruleset_list(int out, uint8_t family, const char *table, const char *chain,
		 uint32_t generation)
{
	static struct output output;
	static char buf[OUTPUT_SIZE];
	char command[600];
	struct nft_ctx *ctx;
	FILE *f;
	int r;

	r = make_command(command, sizeof(command), family, table, chain);
	if (r < 0)
		return r;
	output = (struct output){ .fd = out, .generation = generation };
	f = fopencookie(&output, "w",
			(cookie_io_functions_t){ .write = output_write });
	if (!f)
		return -errno;
	/* No word is longer, so that none comes in parts. */
	(void)setvbuf(f, buf, _IOFBF, sizeof(buf));
	ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!ctx) {
		fclose(f);
		return -ENOMEM;
	}
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_HANDLE |
					      NFT_CTX_OUTPUT_STATELESS |
					      NFT_CTX_OUTPUT_TERSE);
	nft_ctx_set_output(ctx, f);
	/* Its errors are for whoever types; the status is enough here. */
	(void)nft_ctx_buffer_error(ctx);
	r = nft_run_cmd_from_buffer(ctx, command) < 0 ? -ENOENT : 0;
	/* What it holds goes with the process. */
	(void)fclose(f);
	/* Nothing to print is something that it has read, too. */
	if (r == 0 && !output.begun)
		output_begin(&output);
	return output_flush(&output) < 0 ? output.error : r;
}
