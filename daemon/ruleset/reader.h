/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another process that reads rulesets for nfdropd, with the privileges that
 * nfdropd gives up: CAP_NET_ADMIN in whatever network namespace, CAP_SYS_ADMIN
 * to enter it, CAP_SYS_PTRACE to find it, CAP_NET_RAW, without which iptables
 * lists nothing; and for a user other than root CAP_DAC_READ_SEARCH, without
 * which it cannot read which tables of iptables there are.
 *
 * Each request is one child of that process, with bounds for its memory and
 * time; what is in another namespace it reads without the latter two. So a
 * ruleset that somebody made to be too much, or one that libnftables cannot
 * cope with, ends that child and nothing else; nfdropd goes on with its events
 * meanwhile, and what a listing takes is given back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

enum reader_what {
	READER_RULESET,	 /* messages of nf_tables, as the kernel dumps them */
	READER_TEXT,	 /* a listing of nft: of a chain, or of everything */
	READER_NAME,	 /* what people call the namespace */
	READER_XT,	 /* a table of x_tables, see xt-list.h */
	READER_XT_NAMES, /* which there are */
	READER_XT_NFT,	 /* a table of nf_tables, as iptables-nft has it */
	READER_COUNTERS, /* of rules, see rule-counter.h */
};

struct reader_request {
	enum reader_what what;
	uint32_t netns;	   /* inode number; 0: ours */
	uint64_t cookie;   /* SO_NETNS_COOKIE of that; 0: any */
	char name[256];	   /* its name in "ip netns", if known; a hint */
	uint32_t cpu_msec; /* that it may take; 0: as much as any */
	bool elements;	   /* of a ruleset, those of its sets, too */
	uint8_t family;	   /* of the table, NFPROTO_* */
	char table[256];
	char chain[256]; /* "": everything */
};

struct reader;

/* Starts the process. Before threads, and before capabilities are given up. */
int reader_new(struct reader **ret);
/*
 * Connects to one that listens at @path, a unit of its own with the privileges
 * that a service of nfdropd need not have then. What connect(2) says.
 */
int reader_connect(struct reader **ret, const char *path);
/*
 * The same once more, after its process is gone; reader_get_fd() is another one
 * then. -ENOTSUP: it was none that listens.
 */
int reader_connect_again(struct reader *reader);
/* Whether it is such a one. */
bool reader_can_connect(const struct reader *reader);
void reader_free(struct reader *reader); /* NULL allowed; ends the process */

/* Is that one: answers what comes from @socket, until nobody asks more. */
_Noreturn void reader_serve(int socket);

DEFINE_CLEANUP(struct reader *, reader_free)

/* Hangs up (EPOLLRDHUP) when the process is gone; for nothing else. */
int reader_get_fd(const struct reader *reader);

/* An answer as far as it came. */
struct answer {
	int fd; /* a pipe that does not block, to be waited for; -1: none */
	char *data;
	size_t len;
	size_t allocated;
	uint64_t asked;		 /* CLOCK_MONOTONIC, microseconds */
	unsigned int connection; /* which of the reader's it was */
};

void answer_init(struct answer *a);
/* Whoever answers is ended by it. */
void answer_done(struct answer *a);

/*
 * Asks; the answer ends with a struct reader_end. -ENOTCONN: the process is
 * gone; -EAGAIN: too much was asked.
 */
int reader_ask(struct reader *reader, const struct reader_request *request,
	       struct answer *ret);

/*
 * Reads some more of the answer, so that no more than @max bytes are kept.
 * Returns 1 at its end, 0 when nothing more is there yet, -EAGAIN when there
 * may be, -EFBIG when it is longer, or another negative errno.
 */
int answer_read(struct answer *a, size_t max);

/*
 * Nothing more is to be expected: who answers would have ended by itself
 * before, so that the process hangs.
 */
bool answer_is_late(const struct answer *a);
/*
 * Has done with the process that owes @a: to ask is -ENOTCONN, until there is
 * another one, and reader_get_fd() has hung up. Nothing is done where there is
 * another one already, or can be none.
 */
void reader_leave(struct reader *reader, const struct answer *a);

/* Behind the last byte of an answer; without it the child did not come far. */
struct reader_end {
	char magic[8];
	int32_t error;	      /* 0, or a negative errno */
	uint32_t interrupted; /* the ruleset changed while it was read */
	uint32_t generation;  /* of all of it, if not interrupted */
	uint32_t cpu_msec;    /* processor time that it took */
	/* Of a chain's listing: the table it is in, all the time. */
	uint64_t table_handle;
};

#define READER_END_MAGIC "nfdread"

/*
 * Takes the end off the answer. Returns its error, or -EPIPE when there is
 * none.
 */
int answer_take_end(struct answer *a, struct reader_end *ret);
