/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's headers in a few words:
 *
 *	10.9.0.2:40000 > 10.9.0.1:80 tcp S
 *	[2001:db8::2]:53 > [2001:db8::1]:40000 udp
 *	10.9.0.2 > 10.9.0.1 icmp echo-request
 *	fe80::1 > ff02::1 icmpv6 type 200 code 1
 *	10.9.0.2 > 10.9.0.1 udp fragment 1480
 *	10.9.0.2 > 10.9.0.1 arp request
 *	02:00:00:00:00:02 > 01:80:c2:00:00:0e ethertype 0x88cc
 *	- > -
 *
 * Always source, ">" and destination; "-" is unknown. "cut" at the end: the
 * packet ended inside a header.
 */
#pragma once

#include <stddef.h>

#include "packet.h"

#define FLOW_MAX 256

/* Returns @buf. Only ASCII; nothing in it needs to be escaped. */
const char *flow_to_string(const struct packet *p, char buf[FLOW_MAX]);
