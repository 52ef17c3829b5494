/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic netlink family NET_DM (net/core/drop_monitor.c), as a client.
 *
 * drop_monitor is one for the whole machine and has no owner: START fails
 * with EAGAIN when somebody started it, STOP always works and stops everyone,
 * CONFIG works only while it is off, and nobody is told of any of it. So:
 *
 * - When it is off we configure it, start it, and own it: at the end we stop
 *   it again, and only then. A kernel that can count by rule is asked to, and
 *   told not to any more after our stop.
 * - When somebody else started it we join: their mode, their settings, and
 *   their business when it ends.
 * - Each tick tries START. EAGAIN means that it is on; success means that
 *   somebody stopped it, and that it is ours from now on. Who stops, configures
 *   and starts it in the moment before we look at the settings is taken for
 *   somebody who only left settings, and is stopped: no command can tell.
 *
 * A marker file says that we are the owner, with the boot it was in, so that
 * the next nfdropd after a kill -9 knows its own work.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "decode.h"
#include "pipeline.h"

struct dropmon_config {
	uint32_t truncation;	 /* bytes of each packet that we want */
	uint32_t queue_length;	 /* packets per CPU in the kernel */
	uint32_t receive_buffer; /* bytes, SO_RCVBUFFORCE */
	bool hardware;		 /* devlink traps too, where there are any */
	const char *marker;	 /* path, or NULL for none */
	bool may_be_absent;	 /* a kernel or namespace without it is fine */
};

enum dropmon_state {
	DROPMON_STOPPED, /* nothing arrives: see error */
	DROPMON_ACTIVE,	 /* started by us */
	DROPMON_PASSIVE, /* started by another program */
	DROPMON_ABSENT,	 /* there is none to be had here: see error */
	_DROPMON_STATE_MAX,
};

/* What was tried when an error came. */
enum dropmon_step {
	DROPMON_OPEN,	   /* the netlink sockets */
	DROPMON_NAMESPACE, /* being in the initial network namespace */
	DROPMON_RESOLVE,   /* the family: kernel option, module */
	DROPMON_JOIN,	   /* the multicast group "events" */
	DROPMON_CONFIGURE, /* CONFIG, CONFIG_GET */
	DROPMON_START,	   /* START */
	DROPMON_RECEIVE,   /* reading alerts */
	_DROPMON_STEP_MAX,
};

struct dropmon_status {
	enum dropmon_state state;
	bool hardware;		     /* devlink traps are reported */
	struct decode_config config; /* as the kernel says */
	uint32_t n_restarts;	     /* stopped by others, started again */
	bool resumed;		     /* left on by an nfdropd that was killed */
	enum dropmon_step step;	     /* of the last error */
	int error;		     /* negative errno, 0 when none */
};

/* What a tick found, to be told to people. */
enum dropmon_change {
	DROPMON_UNCHANGED,
	DROPMON_RESTARTED,  /* somebody had stopped it; it is ours now */
	DROPMON_TAKEN_OVER, /* the other's monitoring ended; it is ours now */
	DROPMON_LOST_IT,    /* somebody stopped and started it: passive now */
};

struct dropmon;

/*
 * Resolves, joins, configures and starts. Borrows @config and @pipeline.
 * On an error *@step says what was tried. -ENOENT at DROPMON_RESOLVE: no such
 * family; -EPERM at JOIN (CAP_SYS_ADMIN), CONFIGURE and START (CAP_NET_ADMIN);
 * -EXDEV at NAMESPACE. If it may be absent, RESOLVE and NAMESPACE do not fail,
 * but leave it DROPMON_ABSENT, for ever: nothing is received.
 */
int dropmon_new(struct dropmon **ret, const struct dropmon_config *config,
		struct pipeline *pipeline, enum dropmon_step *step);
/*
 * Stops the monitoring if it is ours, and takes what waits: the kernel's last
 * counts come with the stop. Nothing is to be dispatched after it.
 */
void dropmon_end(struct dropmon *m);
/* Stops the monitoring if it is ours. NULL allowed. */
void dropmon_free(struct dropmon *m);

/* config->receive_buffer is another one. */
void dropmon_resize_buffer(struct dropmon *m);

/* -1: it is absent, and there is nothing to dispatch. */
int dropmon_get_fd(const struct dropmon *m);
/*
 * Drains alerts into the pipeline, a bounded number at once. Returns 1 when
 * more may wait, 0 when the socket is empty, or a negative errno.
 */
int dropmon_dispatch(struct dropmon *m);
/*
 * The same for counts by rule, where they come on a socket of their own;
 * otherwise the descriptor is -1, and there is nothing to dispatch.
 */
int dropmon_get_rules_fd(const struct dropmon *m);
bool dropmon_is_absent(const struct dropmon *m);
/* Is this a kernel that tells which rule dropped a packet? */
bool dropmon_tells_rules(const struct dropmon *m);
int dropmon_dispatch_rules(struct dropmon *m);
/*
 * To be called every second or so: is it still on, and what was lost. Returns
 * an enum dropmon_change, or a negative errno, after which the status is
 * DROPMON_STOPPED and the next tick tries again.
 */
int dropmon_tick(struct dropmon *m);

const struct dropmon_status *dropmon_get_status(const struct dropmon *m);
const char *dropmon_state_to_string(enum dropmon_state state);

/*
 * One sentence with the remedy for @error at @step, and the exit status of
 * sysexits.h(3head) that goes with it. Never NULL.
 */
const char *dropmon_explain(enum dropmon_step step, int error, char *buf,
			    size_t size);
int dropmon_exit_status(enum dropmon_step step, int error);
