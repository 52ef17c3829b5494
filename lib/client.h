/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nfdrop, the command, needs of the client beyond the public nfdrop.h.
 * Not exported by the shared library.
 */
#pragma once

#include <json-c/json_types.h>

#include "event.h"
#include "nfdrop.h"

/* The drop of an NFDROP_EVENT_DROP, owned by @event; otherwise NULL. */
const struct drop_event *
nfdrop_event_peek_drop(const struct nfdrop_event *event);

/*
 * The object behind nfdrop_event_get_json(), owned by @event; NULL only when
 * memory is out.
 */
struct json_object *nfdrop_event_peek_json(struct nfdrop_event *event);
