/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's drop reasons are and mean, for an administrator.
 *
 * A reason is known by its name, which drop_monitor sends. Its number is no
 * kernel ABI: it differs by release, so each one here is of one release and
 * no function guesses across them.
 *
 * The table is lib/reasons.tsv, which tests/kernel/check-reasons compares
 * with the kernels' headers. All that is returned is static and lives as long
 * as the program; nothing allocates, and every function is thread-safe.
 *
 * Source: include/net/dropreason.h and dropreason-core.h, net/mac80211/drop.h,
 * net/openvswitch/drop.h, include/net/dropreason-qdisc.h (7.3 only), and of
 * the kernel patches include/net/dropreason-netfilter.h. drop_monitor: names
 * in net_dm_packet_report_fill() of net/core/drop_monitor.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* "No such reason in that release". 0 is a code: NOT_DROPPED_YET's. */
#define REASON_CODE_NONE UINT32_MAX

/* The releases whose numbers are known. */
enum reason_release {
	REASON_RELEASE_UNKNOWN,
	REASON_RELEASE_6_12,
	REASON_RELEASE_7_3,
	_REASON_RELEASE_MAX,
};

struct reason {
	/*
	 * As drop_monitor sends it: upper case, at most 50 characters. The
	 * names of qdisc are the kernel's enumerators; drop_monitor says
	 * QDISC_DROP instead, and the tracepoint qdisc:qdisc_drop leaves out
	 * the prefix QDISC_DROP_.
	 */
	const char *name;
	/* "core", "netfilter", "qdisc", "openvswitch", "mac80211_..." */
	const char *subsystem;
	/*
	 * The whole number, subsystem in the high 16 bits, or
	 * REASON_CODE_NONE. Those of netfilter are of the patched kernel.
	 */
	uint32_t code_6_12;
	uint32_t code_7_3;
	/* One sentence with a period, plain ASCII, at most 160 characters. */
	const char *explanation;
};

/*
 * The reason of that name, or NULL. Upper and lower case are the same; the
 * prefix SKB_DROP_REASON_ of a core reason and NETFILTER_DROP_ of a netfilter
 * one may be there. @name may hold anything, and NULL is no reason's name.
 * Takes O(log n) comparisons: it is called for each drop.
 */
const struct reason *reason_find(const char *name);

/*
 * The reason that @name was perhaps meant to be, for "did you mean", or NULL
 * when none is near: in this order, the shortest name that begins with @name,
 * the one with the fewest typing errors (a third of the letters, at most 3),
 * the shortest that contains @name, the longest that @name contains. Case and
 * prefixes are as in reason_find(), and a name that it finds is its own
 * suggestion. NULL for fewer than 3 or more than 64 characters.
 */
const struct reason *reason_suggest(const char *name);

/*
 * All reasons, for a listing: core first, then netfilter, qdisc, openvswitch
 * and mac80211, each by name. NULL from reason_count() on.
 */
const struct reason *reason_at(size_t i);
size_t reason_count(void);

/*
 * The subsystem of @code by its high 16 bits, or NULL when @release has no
 * such one. For REASON_RELEASE_UNKNOWN, only what all known releases agree
 * on, since 3, say, is openvswitch in 6.12 and qdisc in 7.3; that is likely
 * but not certain. Where the name is known, reason_find() is better.
 */
const char *reason_subsystem(uint32_t code, enum reason_release release);

/*
 * The release that a kernel's uname(2) release ("6.12.57+deb13-amd64") means:
 * the first two numbers decide. REASON_RELEASE_UNKNOWN for any other, an
 * invalid one, or NULL.
 */
enum reason_release reason_release_from_string(const char *uname_release);
