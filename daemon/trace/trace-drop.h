/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A drop of which nothing is known but a packet's trace: where the kernel has
 * no NET_DM. Pure.
 */
#pragma once

#include "event.h"
#include "trace-way.h"

/*
 * Fills @ret and @ret_bytes, which are the packet's headers in @way, with the
 * drop that ended the way with @m, of that ruleset's @generation and seen at
 * @now_ns (CLOCK_REALTIME). It has no reason and no place in the kernel, and
 * its length is that of the network layer. drop_event_done() is the caller's.
 */
void trace_drop_init(const struct trace_way *way, const struct trace_message *m,
		     uint32_t generation, uint64_t now_ns,
		     struct drop_event *ret, struct packet_bytes *ret_bytes);
