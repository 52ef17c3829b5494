/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nfdrop status: what nfdropd says of itself, for people. */
#include <time.h>

#include "ask.h"
#include "message.h"
#include "output-json.h"
#include "output.h"
#include "proto.h"
#include "status-view.h"
#include "verb.h"

static int print_status(const struct options *options,
			struct json_object *status)
{
	struct output out;
	struct timespec now;
	struct term term;
	int r;

	term_init(&term, STDOUT_FILENO, options->color);
	r = output_init(&out);
	if (r < 0)
		return r;
	clock_gettime(CLOCK_REALTIME, &now);
	if (options->json != JSON_OFF)
		r = output_json(out.f, status, options->json);
	else
		status_view_print(status,
				  (uint64_t)now.tv_sec * 1000000000 +
					  (uint64_t)now.tv_nsec,
				  &term, out.f);
	if (r >= 0)
		r = output_page(&out, &term, options->no_pager);
	output_done(&out);
	return r < 0 ? message_output_failed(r) : STATUS_FINE;
}

static int run_status(const struct options *options, char **arguments)
{
	_cleanup_(answer_done) struct answer answer = { 0 };
	int r;

	(void)arguments;
	r = ask(options->socket, PROTO_MONITOR ".GetStatus", NULL, &answer);
	return r == STATUS_FINE ? print_status(options, answer.parameters) : r;
}

const struct verb verb_status = {
	.name = "status",
	.summary = "Show what nfdropd sees, and what was lost.",
	.run = run_status,
};
