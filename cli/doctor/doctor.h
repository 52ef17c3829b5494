/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why nfdrop could show nothing: a table of checks, each a function of what
 * was found out beforehand (doctor-probe.c) and of files below a root folder,
 * so that a test needs neither a kernel nor privileges.
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "connection.h"

struct doctor {
	const char *root; /* "" is the real one; /proc, /boot, ... are below */
	const char *socket;
	char release[128]; /* uname -r */
	char user[64];
	uid_t uid; /* effective */

	uint64_t netns_cookie; /* of our own namespace; 0: unknown */
	int family;	       /* resolving NET_DM: 0 or a negative errno */
	int connected;	       /* connection_ask(): 0 or a negative errno */
	struct answer answer;  /* to GetStatus, when connected */

	/* After a drop was made: */
	bool provoked;		   /* it was possible to make one */
	struct json_object *later; /* status again; NULL: not asked */

	char group[64]; /* whose members may read */
	bool group_exists;
	bool group_listed;    /* the user is named as its member */
	bool group_effective; /* this process is in it */
};

enum finding_state {
	FINDING_OK,
	FINDING_PROBLEM, /* nothing, or not all, is shown because of it */
	FINDING_NOTE,	 /* worth to know */
	FINDING_UNKNOWN, /* cannot be told from here */
	_FINDING_STATE_MAX,
};

struct finding {
	enum finding_state state;
	char text[768]; /* a sentence; nothing hostile in it */
	char fix[512];	/* a command, or "" */
};

struct doctor_check {
	const char *name; /* one word */
	void (*run)(const struct doctor *d, struct finding *ret);
};

/* In the order in which they are told; NULL past the last. */
const struct doctor_check *doctor_check_at(size_t i);

/* "ok", "problem", "note", "unknown". */
const char *finding_state_to_string(enum finding_state state);

/* Sets all of @ret; @fix NULL: none. @text is a format. */
void finding_set(struct finding *ret, enum finding_state state, const char *fix,
		 const char *text, ...) _printf_(4, 5);

/* nfdropd answered with its status, here or there. */
struct json_object *doctor_status(const struct doctor *d);
/* ... and hears the kernel. */
bool doctor_daemon_hears(const struct doctor *d);
/* ... or, where that tells of no drop, traces a sample of all packets. */
bool doctor_daemon_samples(const struct doctor *d);

/* Whether @path, a format, is there below the root. */
bool doctor_path_exists(const struct doctor *d, const char *path, ...)
	_printf_(2, 3);

/*
 * Looks at the machine: fills what comes after @root and @socket. Makes one
 * drop, a UDP packet to a closed port of 127.0.0.1, when nfdropd can see it.
 * Takes two seconds at most, unless nfdropd hangs.
 */
void doctor_probe(struct doctor *d);
void doctor_done(struct doctor *d);

/* The checks, by file. */
void check_kernel(const struct doctor *d, struct finding *ret);
void check_module(const struct doctor *d, struct finding *ret);
void check_namespace(const struct doctor *d, struct finding *ret);
void check_privileges(const struct doctor *d, struct finding *ret);
void check_daemon(const struct doctor *d, struct finding *ret);
void check_access(const struct doctor *d, struct finding *ret);
void check_monitor(const struct doctor *d, struct finding *ret);
void check_traffic(const struct doctor *d, struct finding *ret);
void check_losses(const struct doctor *d, struct finding *ret);
void check_reasons(const struct doctor *d, struct finding *ret);
void check_rules(const struct doctor *d, struct finding *ret);
void check_ruleset(const struct doctor *d, struct finding *ret);
void check_counts(const struct doctor *d, struct finding *ret);
