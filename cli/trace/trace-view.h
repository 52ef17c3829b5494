/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A traced packet for people: its flow, what it met, and where it ended.
 *
 *	15:04:05.123456  eth0  10.9.0.2:40000 > 10.9.0.1:80 tcp S
 *	  prerouting  inet filter pre    policy    accept
 *	  input       inet filter input  handle 7  jump web  tcp dport 80 jump web
 *	              inet filter web    handle 9  drop      ip saddr 10.9.0.2 drop
 *	  => dropped by inet filter web handle 9, at input
 */
#pragma once

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdio.h>

#include "term.h"

/* @packet is a TracedPacket of nfdrop-protocol(7). */
void trace_view_print(const struct term *term, bool utc, FILE *f,
		      struct json_object *packet);
