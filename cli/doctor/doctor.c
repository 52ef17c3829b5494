/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

static const struct doctor_check checks[] = {
	{ "kernel", check_kernel },	  { "module", check_module },
	{ "namespace", check_namespace }, { "privileges", check_privileges },
	{ "daemon", check_daemon },	  { "access", check_access },
	{ "monitor", check_monitor },	  { "traffic", check_traffic },
	{ "losses", check_losses },	  { "reasons", check_reasons },
	{ "rules", check_rules },	  { "ruleset", check_ruleset },
	{ "counts", check_counts },
};

const struct doctor_check *doctor_check_at(size_t i)
{
	return i < ARRAY_SIZE(checks) ? &checks[i] : NULL;
}

const char *finding_state_to_string(enum finding_state state)
{
	static const char *const names[_FINDING_STATE_MAX] = {
		[FINDING_OK] = "ok",
		[FINDING_PROBLEM] = "problem",
		[FINDING_NOTE] = "note",
		[FINDING_UNKNOWN] = "unknown",
	};

	return names[state];
}

void finding_set(struct finding *ret, enum finding_state state, const char *fix,
		 const char *text, ...)
{
	va_list ap;

	ret->state = state;
	snprintf(ret->fix, sizeof(ret->fix), "%s", fix ? fix : "");
	va_start(ap, text);
	vsnprintf(ret->text, sizeof(ret->text), text, ap);
	va_end(ap);
}

struct json_object *doctor_status(const struct doctor *d)
{
	return d->connected == 0 && !d->answer.error ? d->answer.parameters
						     : NULL;
}

bool doctor_daemon_hears(const struct doctor *d)
{
	const char *state = json_find_string(doctor_status(d), "state");

	return strcmp(state, "active") == 0 || strcmp(state, "passive") == 0;
}

bool doctor_daemon_samples(const struct doctor *d)
{
	return strcmp(json_find_string(doctor_status(d), "state"),
		      "sampling") == 0;
}

bool doctor_path_exists(const struct doctor *d, const char *path, ...)
{
	char below[512], whole[1024];
	va_list ap;

	va_start(ap, path);
	vsnprintf(below, sizeof(below), path, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s%s", d->root, below);
	return access(whole, F_OK) == 0;
}

void doctor_done(struct doctor *d)
{
	answer_done(&d->answer);
	json_object_put(TAKE_PTR(d->later));
}
