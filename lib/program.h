/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A classic BPF program that looks at a packet's bytes: what
 * pcap_compile(3PCAP) makes of a pcap-filter(7) expression, for DLT_EN10MB.
 * Functions of bytes.
 *
 * It comes from a client that nobody trusts, so it is checked once, and runs
 * on what an attacker sent. A program that passed the check ends: it only jumps
 * forward. What is not there to be loaded, and a division by zero, ends it with
 * "no". Scratch memory begins as zeros.
 *
 * Check and interpreter are ours, though libpcap has both, for what libpcap's
 * allow (1.10): jumps backward ("protochain"), so that a program may run for
 * ever, and loads of scratch memory that was never stored to, so that the
 * daemon's stack shows in the answer. And nfdropd needs no libpcap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "util.h"

/* Instructions; those of "host A and tcp port B" are about 20. */
#define PROGRAM_MAX 2048

/* As struct sock_filter of linux/filter.h and struct bpf_insn of pcap/bpf.h. */
struct instruction {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

struct program;

/*
 * Copies and checks @n instructions. -EINVAL, -E2BIG: not sound or too long,
 * and @error (size @size) says what; -ENOMEM.
 */
int program_new(struct program **ret, const struct instruction *code, size_t n,
		char *error, size_t size);
void program_free(struct program *program); /* NULL allowed */
DEFINE_CLEANUP(struct program *, program_free)

/*
 * The text form, that of iptables' bpf match, nfbpf_compile(8) and, with line
 * ends instead of commas, "tcpdump -ddd": the number of instructions, then
 * for each a comma and code, jt, jf and k in decimal with a space in between:
 * "2,40 0 0 12,6 0 0 1". Errors as program_new(), also for another form.
 */
int program_parse(struct program **ret, const char *text, char *error,
		  size_t size);
/* To be freed by the caller; NULL when memory is out. */
char *program_format(const struct program *program);

/*
 * Runs it on @len bytes at @data of a packet that has @orig_len. Returns what
 * the program does: 0 is no.
 */
uint32_t program_run(const struct program *program, const void *data,
		     size_t len, uint32_t orig_len);

/*
 * The same for a packet as the kernel gave it. The program sees an Ethernet
 * header in every packet: before one that has none stands one of zeros with
 * the packet's type, as loopback has it. No bytes, no match.
 */
bool program_match(const struct program *program,
		   const struct packet_bytes *bytes);
