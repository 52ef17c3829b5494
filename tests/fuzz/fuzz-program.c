/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs from a client that a server cannot trust, on packets from anybody:
 * the bytes as a program's text, and as instructions with a packet behind. What
 * the check takes ends, reads nothing that is not there, is the same again
 * after it was sent on, and does what libpcap's own interpreter does.
 */
#include <errno.h>

#include "fuzz-config.h"
#include "fuzz.h"
#include "program.h"
#include "support.h"
#include "utf8.h"
#include "util.h"

#if HAVE_PCAP
#include <pcap/pcap.h>
#endif

#define ERROR_MAX  128
#define PACKET_MAX 64

static void check_error(int r, const char *error)
{
	check(r == -EINVAL || r == -E2BIG);
	check(memchr(error, '\0', ERROR_MAX));
	check(error[0] != '\0');
	check(utf8_is_valid(error));
}

/* To text and back: the same text. */
static struct program *send_on(const struct program *program)
{
	char *text = program_format(program), *again, error[ERROR_MAX];
	struct program *heard;

	check(text);
	check(program_parse(&heard, text, error, sizeof(error)) == 0);
	again = program_format(heard);
	check(again && strcmp(text, again) == 0);
	free(again);
	free(text);
	return heard;
}

#if HAVE_PCAP
/* libpcap leaves scratch memory as it finds it. */
static bool loads_memory(const struct bpf_insn *code, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((BPF_CLASS(code[i].code) == BPF_LD ||
		     BPF_CLASS(code[i].code) == BPF_LDX) &&
		    BPF_MODE(code[i].code) == BPF_MEM)
			return true;
	return false;
}

static void check_libpcap(const struct instruction *in, size_t n,
			  const void *packet, size_t len, uint32_t result)
{
	struct bpf_insn *code = calloc(n, sizeof(*code));

	check(code);
	for (size_t i = 0; i < n; i++)
		code[i] = (struct bpf_insn){ in[i].code, in[i].jt, in[i].jf,
					     in[i].k };
	check(bpf_validate(code, (int)n));
	if (!loads_memory(code, n))
		check(bpf_filter(code, packet, (u_int)len + 9, (u_int)len) ==
		      result);
	free(code);
}
#else
static void check_libpcap(const struct instruction *in, size_t n,
			  const void *packet, size_t len, uint32_t result)
{
	(void)in, (void)n, (void)packet, (void)len, (void)result;
}
#endif

static void check_run(const struct program *program,
		      const struct instruction *code, size_t n,
		      const uint8_t *data, size_t len)
{
	struct program *heard = send_on(program);
	void *packet = copy_bytes(data, len);
	struct packet_bytes bytes = { .data = packet, .len = len };
	uint32_t result;

	result = program_run(program, packet, len, (uint32_t)len + 9);
	check(program_run(heard, packet, len, (uint32_t)len + 9) == result);
	if (code)
		check_libpcap(code, n, packet, len, result);
	for (int start = 0; start < 2; start++) {
		bytes.start = start ? PACKET_START_NETWORK : PACKET_START_MAC;
		check(program_match(program, &bytes) ==
		      program_match(heard, &bytes));
	}
	free(packet);
	program_free(heard);
}

static void check_text(const uint8_t *data, size_t size)
{
	struct program *none = (struct program *)&none, *program = none;
	char *text = strndup((const char *)data, size), error[ERROR_MAX];
	size_t len = strlen(text);
	int r;

	check(text);
	r = program_parse(&program, text, error, sizeof(error));
	if (r == 0) {
		check_run(program, NULL, 0, data + len,
			  MIN(size - len, PACKET_MAX));
		program_free(program);
	} else {
		check_error(r, error);
		check(program == none);
	}
	free(text);
}

/* The first half are instructions, 8 bytes each, the rest is the packet. */
static void check_code(const uint8_t *data, size_t size)
{
	size_t n = MIN(size / 2 / sizeof(struct instruction), 64);
	struct instruction *code;
	struct program *program;
	char error[ERROR_MAX];
	int r;

	code = copy_bytes(data, n * sizeof(*code));
	r = program_new(&program, code, n, error, sizeof(error));
	if (r == 0) {
		data += n * sizeof(*code);
		size -= n * sizeof(*code);
		check_run(program, code, n, data, MIN(size, PACKET_MAX));
		program_free(program);
	} else {
		check_error(r, error);
	}
	free(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text(data, size);
	check_code(data, size);
	return 0;
}
