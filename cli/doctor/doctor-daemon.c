/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of nfdropd, and of what it tells. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "escape.h"
#include "paths.h"
#include "proto.h"
#include "util.h"

#define SHOWN_MAX 256

static bool systemd_has_unit(const struct doctor *d)
{
	return doctor_path_exists(d, "/run/systemd/system") &&
	       (doctor_path_exists(d, "/etc/systemd/system/nfdropd.service") ||
		doctor_path_exists(d, "/usr/local/lib/systemd/system/"
				      "nfdropd.service") ||
		doctor_path_exists(d,
				   "/usr/lib/systemd/system/nfdropd.service") ||
		doctor_path_exists(d, "/lib/systemd/system/nfdropd.service"));
}

/* What is asked then is most likely that. */
static bool is_service(const struct doctor *d)
{
	return strcmp(d->socket, NFDROP_SOCKET_PATH) == 0 &&
	       systemd_has_unit(d);
}

static void daemon_is_down(const struct doctor *d, struct finding *ret)
{
	bool is_default = strcmp(d->socket, NFDROP_SOCKET_PATH) == 0;
	char shown[SHOWN_MAX], fix[SHOWN_MAX + 64];

	escape_string(d->socket, shown, sizeof(shown));
	if (is_service(d))
		snprintf(fix, sizeof(fix), "systemctl start nfdropd");
	else if (is_default)
		snprintf(fix, sizeof(fix),
			 "mkdir -p /run/nfdropd && nfdropd &");
	else
		snprintf(fix, sizeof(fix), "nfdropd --socket=%s &", shown);
	if (d->connected == -ENOENT)
		finding_set(ret, FINDING_PROBLEM, fix,
			    "nfdropd is not running: there is no socket at "
			    "%s.",
			    shown);
	else
		finding_set(ret, FINDING_PROBLEM, fix,
			    "nfdropd is not running: it left the socket at %s "
			    "behind.",
			    shown);
}

void check_daemon(const struct doctor *d, struct finding *ret)
{
	char shown[SHOWN_MAX], sentence[768], version[64];

	escape_string(d->socket, shown, sizeof(shown));
	switch (d->connected) {
	case 0:
		escape_string(json_find_string(doctor_status(d), "version"),
			      version, sizeof(version));
		finding_set(ret, FINDING_OK, NULL, "nfdropd%s%s answers at %s.",
			    version[0] ? " " : "", version, shown);
		break;
	case -ENOENT:
	case -ECONNREFUSED:
		daemon_is_down(d, ret);
		break;
	case -EACCES:
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "This user may not connect to %s.", shown);
		break;
	default:
		connection_explain(d->connected, d->socket, sentence,
				   sizeof(sentence));
		finding_set(ret, FINDING_PROBLEM, "journalctl -u nfdropd", "%s",
			    sentence);
	}
}

static void access_is_denied(const struct doctor *d, struct finding *ret)
{
	char group[128], user[128], fix[sizeof(ret->fix)];

	escape_string(d->group, group, sizeof(group));
	escape_string(d->user, user, sizeof(user));
	if (!d->group_exists) {
		snprintf(fix, sizeof(fix),
			 "groupadd --system %s && usermod -aG %s %s", group,
			 group, user);
		finding_set(ret, FINDING_PROBLEM, fix,
			    "Only root may read: there is no group %s. Make "
			    "it, then start nfdropd again.",
			    group);
	} else if (d->group_listed && !d->group_effective) {
		snprintf(fix, sizeof(fix), "newgrp %s", group);
		finding_set(ret, FINDING_PROBLEM, fix,
			    "%s has become a member of the group %s since "
			    "logging in: log in again.",
			    user, group);
	} else {
		snprintf(fix, sizeof(fix), "usermod -aG %s %s", group, user);
		finding_set(ret, FINDING_PROBLEM, fix,
			    "%s may not read: be root, or become a member of "
			    "the group %s and log in again.",
			    user, group);
	}
}

void check_access(const struct doctor *d, struct finding *ret)
{
	char sentence[512];

	if (d->connected == -EACCES ||
	    (d->connected == 0 && d->answer.error &&
	     strcmp(d->answer.error, PROTO_PERMISSION_DENIED) == 0))
		access_is_denied(d, ret);
	else if (d->connected == 0 && d->answer.error)
		finding_set(ret, FINDING_PROBLEM, NULL, "%s",
			    connection_explain_answer(
				    d->answer.error, d->answer.parameters,
				    sentence, sizeof(sentence)));
	else if (d->connected == 0)
		finding_set(ret, FINDING_OK, NULL, "This user may read.");
	else if (d->uid == 0 || d->group_effective)
		finding_set(ret, FINDING_OK, NULL,
			    "This user will be allowed to read.");
	else
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "nfdropd would have to answer first.");
}

/* For checks that need the status: says so when there is none. */
static struct json_object *need_status(const struct doctor *d,
				       struct finding *ret)
{
	struct json_object *status = doctor_status(d);

	if (!status)
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "nfdropd would have to answer first.");
	return status;
}

static bool is_other(struct json_object *status)
{
	return strcmp(json_find_string(status, "monitor/owner"), "other") == 0;
}

static bool is_summary(struct json_object *status)
{
	return strcmp(json_find_string(status, "monitor/mode"), "summary") == 0;
}

void check_monitor(const struct doctor *d, struct finding *ret)
{
	struct json_object *status = need_status(d, ret);
	uint64_t restarts = json_find_uint64(status, "monitor/restarts");
	char message[512];

	if (!status)
		return;
	if (doctor_daemon_samples(d))
		finding_set(ret, FINDING_NOTE, NULL, "%s",
			    escape_string(json_find_string(status, "message"),
					  message, sizeof(message)));
	else if (!doctor_daemon_hears(d))
		finding_set(ret, FINDING_PROBLEM, "journalctl -u nfdropd", "%s",
			    escape_string(json_find_string(status, "message"),
					  message, sizeof(message)));
	else if (is_other(status) && is_summary(status))
		finding_set(ret, FINDING_PROBLEM, "pgrep -a dropwatch",
			    "Another program, such as dropwatch, runs "
			    "drop_monitor in summary mode: no packet and no "
			    "reason is told until it is stopped.");
	else if (is_other(status))
		finding_set(ret, FINDING_NOTE, "pgrep -a dropwatch",
			    "Another program, such as dropwatch, started "
			    "drop_monitor, and its settings hold.");
	else if (restarts > 0)
		finding_set(ret, FINDING_NOTE, "pgrep -a dropwatch",
			    "Another program stopped drop_monitor %" PRIu64
			    " time%s; nfdropd started it again.",
			    restarts, restarts == 1 ? "" : "s");
	else
		finding_set(ret, FINDING_OK, NULL,
			    "nfdropd runs drop_monitor, in packet mode.");
}

void check_traffic(const struct doctor *d, struct finding *ret)
{
	struct json_object *status = need_status(d, ret);
	uint64_t before, after;

	if (!status)
		return;
	before = json_find_uint64(status, "events");
	after = json_find_uint64(d->later, "events");
	if (doctor_daemon_samples(d))
		finding_set(ret, FINDING_OK, NULL,
			    "nfdropd saw %" PRIu64 " drop%s in its samples.",
			    MAX(before, after), after == 1 ? "" : "s");
	else if (!doctor_daemon_hears(d) || !d->later)
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "nfdropd would have to hear the kernel first.");
	else if (after > before)
		finding_set(ret, FINDING_OK, NULL,
			    "nfdropd saw %s; since its start %" PRIu64
			    " drop%s.",
			    d->provoked ? "a packet that was dropped for this "
					  "check"
					: "a drop just now",
			    after, after == 1 ? "" : "s");
	else if (!d->provoked)
		finding_set(ret, FINDING_NOTE, NULL,
			    "No packet was dropped just now, and none could "
			    "be made to be; %" PRIu64 " since nfdropd's start.",
			    after);
	else
		finding_set(ret, FINDING_PROBLEM, "journalctl -u nfdropd",
			    "A packet was dropped for this check, and nfdropd "
			    "did not see it: start nfdropd again.");
}

void check_losses(const struct doctor *d, struct finding *ret)
{
	static const struct {
		const char *path, *where, *option, *section, *setting, *then;
	} causes[] = {
		{ "losses/kernel_queue", "the kernel's queue",
		  "--queue-length=100000", "Monitor", "QueueLength=100000",
		  "restart" },
		{ "losses/socket", "nfdropd's socket",
		  "--receive-buffer=67108864", "Monitor", "ReceiveBuffer=64M",
		  "reload" },
		{ "losses/sessions", "clients that read too slowly",
		  "--session-queue=16384", "Server", "SessionQueue=16384",
		  "reload" },
	};
	struct json_object *status = need_status(d, ret);
	uint64_t most = 0, sum = 0, events;
	size_t worst = 0;
	char fix[512];

	if (!status)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		uint64_t n = json_find_uint64(status, causes[i].path);

		sum += n;
		if (n > most) {
			most = n;
			worst = i;
		}
	}
	if (is_service(d))
		snprintf(fix, sizeof(fix),
			 "printf '[%s]\\n%s\\n' > " NFDROP_CONFDIR
			 "/nfdropd.conf.d/"
			 "losses.conf && systemctl %s nfdropd",
			 causes[worst].section, causes[worst].setting,
			 causes[worst].then);
	else
		snprintf(fix, sizeof(fix), "nfdropd %s", causes[worst].option);
	events = json_find_uint64(status, "events");
	if (sum == 0)
		finding_set(ret, FINDING_OK, NULL, "No drop was lost.");
	else
		/* One in a hundred is a flood that nobody reads anyway. */
		finding_set(ret,
			    sum > events / 100 ? FINDING_PROBLEM : FINDING_NOTE,
			    fix,
			    "%" PRIu64 " drop%s could not be shown, %" PRIu64
			    " were seen; most were lost in %s.",
			    sum, sum == 1 ? "" : "s", events,
			    causes[worst].where);
}

static bool has_feature(struct json_object *status, const char *name)
{
	struct json_object *array = json_find(status, "features");
	size_t n = 0;

	if (json_object_is_type(array, json_type_array))
		n = json_object_array_length(array);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_object_get_string(
			json_object_array_get_idx(array, i));

		if (s && strcmp(s, name) == 0)
			return true;
	}
	return false;
}

void check_reasons(const struct doctor *d, struct finding *ret)
{
	unsigned major = 0, minor = 0;
	struct json_object *status;

	/* NET_DM_ATTR_REASON came with 5.18. */
	if (sscanf(d->release, "%u.%u", &major, &minor) == 2 &&
	    (major < 5 || (major == 5 && minor < 18))) {
		finding_set(ret, FINDING_NOTE, NULL,
			    "Linux %s tells no reasons; 5.18 and newer do.",
			    d->release);
		return;
	}
	status = need_status(d, ret);
	if (!status)
		return;
	if (d->later)
		status = d->later;
	if (has_feature(status, "reasons"))
		finding_set(ret, FINDING_OK, NULL, "The kernel tells reasons.");
	else if (is_summary(status))
		finding_set(ret, FINDING_NOTE, NULL,
			    "Summary mode tells no reasons.");
	else if (doctor_daemon_samples(d))
		finding_set(ret, FINDING_NOTE, NULL,
			    "A trace tells the rule, and no reason.");
	else
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "No drop with a reason was seen yet.");
}

/* How the rule of a drop is known. */
void check_rules(const struct doctor *d, struct finding *ret)
{
	struct json_object *status = need_status(d, ret);
	const char *state = json_find_string(status, "trace/state");
	char message[512];

	if (!status)
		return;
	escape_string(json_find_string(status, "trace/message"), message,
		      sizeof(message));
	if (has_feature(status, "netfilter"))
		finding_set(ret, FINDING_OK, NULL,
			    "The kernel tells which rule drops.");
	else if (strcmp(state, "sampling") == 0)
		finding_set(ret, FINDING_NOTE, NULL,
			    "The rule is known of those drops that are in the "
			    "sample, %" PRIu64 " packets a second.",
			    json_find_uint64(status,
					     "trace/samples_per_second"));
	else if (strcmp(state, "idle") == 0 || strcmp(state, "active") == 0)
		finding_set(ret, FINDING_OK, NULL,
			    "The kernel does not tell which rule drops; it is "
			    "learnt from packets that are traced, after a "
			    "flow's first drop.");
	else if (message[0])
		finding_set(ret, FINDING_NOTE, NULL, "%s", message);
	else
		finding_set(ret, FINDING_UNKNOWN, NULL,
			    "nfdropd does not tell whether it traces packets.");
}

/* What drops are shown with, and inferred by. */
void check_ruleset(const struct doctor *d, struct finding *ret)
{
	struct json_object *status = need_status(d, ret);
	struct json_object *problem;
	char message[512];

	if (!status)
		return;
	escape_string(json_find_string(status, "ruleset/message"), message,
		      sizeof(message));
	problem = json_find(status, "ruleset/problem");
	if (problem && json_object_get_boolean(problem))
		finding_set(ret, FINDING_PROBLEM,
			    "journalctl -u nfdropd -u 'nfdropd-reader@*'", "%s",
			    message);
	else if (strcmp(json_find_string(status, "ruleset/state"), "current") !=
			 0 &&
		 message[0])
		finding_set(ret, FINDING_NOTE, NULL, "%s", message);
	else
		finding_set(ret, FINDING_OK, NULL,
			    "nfdropd follows the ruleset, %" PRIu64 " rule%s.",
			    json_find_uint64(status, "ruleset/rules"),
			    json_find_uint64(status, "ruleset/rules") == 1
				    ? ""
				    : "s");
}

void check_counts(const struct doctor *d, struct finding *ret)
{
	struct json_object *status = need_status(d, ret);
	char message[512];

	if (!status)
		return;
	escape_string(json_find_string(status, "rules/message"), message,
		      sizeof(message));
	if (message[0])
		finding_set(ret, FINDING_PROBLEM, NULL, "%s", message);
	else
		finding_set(ret, FINDING_OK, NULL,
			    "Nothing keeps the counts from being written.");
}
