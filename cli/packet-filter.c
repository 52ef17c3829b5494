/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "cli-config.h"
#include "escape.h"
#include "packet-filter.h"
#include "util.h"

#if HAVE_PCAP
#include <pcap/pcap.h>
#endif

#define SHOWN_MAX 128

/* As tcpdump(8) does; NULL when memory is out. */
static char *join(const char *const *words)
{
	size_t len = 1;
	char *text;

	for (const char *const *word = words; *word; word++)
		len += strlen(*word) + 1;
	text = calloc(1, len);
	for (const char *const *word = words; text && *word; word++) {
		if (word != words)
			strcat(text, " ");
		strcat(text, *word);
	}
	return text;
}

static int explain(const char *text, const char *reason, char *error,
		   size_t size)
{
	char shown[SHOWN_MAX], why[2 * SHOWN_MAX];

	snprintf(error, size,
		 "packet expression \"%s\": %s; the form is that of "
		 "pcap-filter(7), such as \"host 10.9.0.2 and tcp port 443\"",
		 escape_string(text, shown, sizeof(shown)),
		 escape_string(reason, why, sizeof(why)));
	return -EINVAL;
}

#if HAVE_PCAP
/* What is compiled for is what program_match() shows of a packet. */
#define SNAPLEN 262144
/*
 * Instructions that libpcap is let to optimise, which takes it seconds for as
 * many, minutes for a few times more, and leaves about a sixth.
 */
#define PLAIN_MAX (8 * PROGRAM_MAX)

static int set_program(const char *text, const struct bpf_program *compiled,
		       struct filter *filter, char *error, size_t size)
{
	_cleanup_free_ struct instruction *code = NULL;
	struct program *program;
	char reason[SHOWN_MAX];
	size_t n = compiled->bf_len;
	int r;

	code = calloc(MAX(n, 1), sizeof(*code));
	if (!code)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct bpf_insn *in = &compiled->bf_insns[i];

		code[i] =
			(struct instruction){ in->code, in->jt, in->jf, in->k };
	}
	r = program_new(&program, code, n, reason, sizeof(reason));
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return explain(text, reason, error, size);
	filter_set_program(filter, program);
	return 0;
}

/* Whether it is short enough for that. */
static int compile_plain(pcap_t *pcap, const char *text, char *reason,
			 size_t size)
{
	struct bpf_program compiled;
	unsigned int n;

	if (pcap_compile(pcap, &compiled, text, 0, PCAP_NETMASK_UNKNOWN) < 0) {
		snprintf(reason, size, "%s", pcap_geterr(pcap));
		return -EINVAL;
	}
	n = compiled.bf_len;
	pcap_freecode(&compiled);
	if (n <= PLAIN_MAX)
		return 0;
	snprintf(reason, size,
		 "libpcap needs %u instructions, which will not become %d", n,
		 PROGRAM_MAX);
	return -E2BIG;
}

static int compile_optimised(pcap_t *pcap, const char *text,
			     struct filter *filter, char *error, size_t size)
{
	struct bpf_program compiled;
	int r;

	if (pcap_compile(pcap, &compiled, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return explain(text, pcap_geterr(pcap), error, size);
	r = set_program(text, &compiled, filter, error, size);
	pcap_freecode(&compiled);
	return r;
}

static int compile(const char *text, struct filter *filter, char *error,
		   size_t size)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	char reason[SHOWN_MAX];
	int r;

	if (!pcap)
		return -ENOMEM;
	r = compile_plain(pcap, text, reason, sizeof(reason));
	if (r < 0)
		r = explain(text, reason, error, size);
	else
		r = compile_optimised(pcap, text, filter, error, size);
	pcap_close(pcap);
	return r;
}
#else
static int compile(const char *text, struct filter *filter, char *error,
		   size_t size)
{
	(void)filter;
	(void)explain(text, "this nfdrop was built without libpcap", error,
		      size);
	return -EOPNOTSUPP;
}
#endif

int packet_filter_compile(const char *const *words, struct filter *filter,
			  char *error, size_t size)
{
	_cleanup_free_ char *text = NULL;

	if (!*words)
		return 0;
	text = join(words);
	if (!text)
		return -ENOMEM;
	/* To libpcap, nothing is everything. */
	if (text[strspn(text, " \t\n")] == '\0')
		return explain(text, "nothing is in it", error, size);
	return compile(text, filter, error, size);
}
