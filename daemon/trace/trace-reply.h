/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The method Trace: what becomes of a trace on request, to one session. */
#pragma once

#include "methods.h"
#include "trace-requests.h"

/*
 * Begins one for @session, or sends it the error. A negative errno ends the
 * session.
 */
int trace_reply_begin(struct trace_requests *requests, struct session *session,
		      const struct trace_query *query);
