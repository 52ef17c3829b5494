/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GetStatus's reply as text, in the manner of systemctl status. */
#pragma once

#include <json-c/json_types.h>
#include <stdint.h>
#include <stdio.h>

#include "term.h"

/* @now_ns is CLOCK_REALTIME. What @status lacks is left out. */
void status_view_print(struct json_object *status, uint64_t now_ns,
		       const struct term *term, FILE *f);
