/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A traced packet as JSON, in the type TracedPacket. Pure. */
#pragma once

#include <json-c/json_types.h>

#include "links.h"
#include "trace-packet.h"

/* NULL without memory. */
struct json_object *trace_packet_to_json(const struct trace_packet *packet,
					 const struct links *links);
