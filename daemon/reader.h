/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another process that reads rulesets for nfdropd, with the privileges that
 * nfdropd gives up: CAP_NET_ADMIN in whatever network namespace, CAP_SYS_ADMIN
 * to enter it, CAP_SYS_PTRACE to find it.
 *
 * Each request is one child of that process, with bounds for its memory and
 * time. So a ruleset that somebody made to be too much, or one that libnftables
 * cannot cope with, ends that child and nothing else; nfdropd goes on with
 * its events meanwhile, and what a listing takes is given back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

enum reader_what {
	READER_RULESET, /* messages of nf_tables, as the kernel dumps them */
	READER_TEXT,	/* a listing of nft: of a chain, or of everything */
};

struct reader_request {
	enum reader_what what;
	uint32_t netns; /* inode number; 0: ours */
	uint8_t family; /* of the chain, NFPROTO_* */
	char table[256];
	char chain[256]; /* "": everything */
};

struct reader;

/* Starts the process. Before threads, and before capabilities are given up. */
int reader_new(struct reader **ret);
void reader_free(struct reader *reader); /* NULL allowed; ends the process */

DEFINE_CLEANUP(struct reader *, reader_free)

/*
 * Asks. *@ret is a pipe that does not block, which has the answer and ends with
 * a struct reader_end; the caller closes it. -ENOTCONN: the process is gone.
 */
int reader_ask(struct reader *reader, const struct reader_request *request,
	       int *ret);

/* Behind the last byte of an answer; without it the child did not come far. */
struct reader_end {
	char magic[8];
	int32_t error; /* 0, or a negative errno */
	uint32_t interrupted; /* the ruleset changed while it was read */
	uint32_t generation;  /* of all of it, if not interrupted */
	uint32_t cpu_msec;    /* processor time that it took */
	/* Of a chain's listing: the table it is in, all the time. */
	uint64_t table_handle;
};

#define READER_END_MAGIC "nfdread"

/*
 * Takes the end off an answer of @len bytes. Returns its error, or -EPIPE when
 * there is no end.
 */
int reader_take_end(const char *answer, size_t *len, struct reader_end *ret);
