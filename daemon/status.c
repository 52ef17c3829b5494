/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdio.h>

#include "net-dm-abi.h"
#include "status.h"
#include "version.h"

const char *status_message(const struct dropmon_status *monitor, char *buf,
			   size_t size)
{
	switch (monitor->state) {
	case DROPMON_ACTIVE:
		snprintf(buf, size, "Every dropped packet is reported%s.",
			 monitor->resumed
				 ? " (still on from an nfdropd that was killed)"
				 : "");
		break;
	case DROPMON_PASSIVE:
		if (monitor->config.mode == NET_DM_ALERT_MODE_PACKET)
			snprintf(buf, size,
				 "Another program started drop_monitor: its "
				 "packets are shown too, with its truncation "
				 "and queue length.");
		else
			snprintf(buf, size,
				 "Another program started drop_monitor in "
				 "summary mode: only counts per location are "
				 "known. Stop it (such as dropwatch) to see "
				 "packets.");
		break;
	default:
		return dropmon_explain(monitor->step, monitor->error, buf,
				       size);
	}
	return buf;
}

static void add(struct json_object *object, const char *key,
		struct json_object *value)
{
	json_object_object_add_ex(object, key, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW |
					  JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static void add_number(struct json_object *object, const char *key, uint64_t v)
{
	add(object, key, json_object_new_uint64(v));
}

static void add_string(struct json_object *object, const char *key,
		       const char *s)
{
	add(object, key, json_object_new_string(s));
}

/* Of a kernel with nfdrop's patches. */
static const struct {
	uint32_t bit;
	const char *name;
} kernel_features[] = {
	{ NET_DM_FEATURE_NF, "netfilter" },
	{ NET_DM_FEATURE_L3_PAYLOAD, "local-output" },
	{ NET_DM_FEATURE_NF_SUMMARY, "rule-summary" },
};

static struct json_object *features(const struct status *status)
{
	struct json_object *array = json_object_new_array();

	if (status->monitor->state != DROPMON_STOPPED &&
	    status->monitor->config.mode == NET_DM_ALERT_MODE_PACKET)
		json_object_array_add(array, json_object_new_string("packets"));
	if (status->pipeline->saw_reason)
		json_object_array_add(array, json_object_new_string("reasons"));
	if (status->monitor->hardware)
		json_object_array_add(array,
				      json_object_new_string("hardware"));
	for (size_t i = 0; i < ARRAY_SIZE(kernel_features); i++)
		if (status->monitor->config.features & kernel_features[i].bit)
			json_object_array_add(array,
					      json_object_new_string(
						      kernel_features[i].name));
	return array;
}

static struct json_object *monitor_to_json(const struct dropmon_status *monitor)
{
	struct json_object *object = json_object_new_object();
	bool running = monitor->state != DROPMON_STOPPED;

	add(object, "running", json_object_new_boolean(running));
	if (running) {
		add_string(object, "owner",
			   monitor->state == DROPMON_ACTIVE ? "nfdropd"
							    : "other");
		add_string(object, "mode",
			   monitor->config.mode == NET_DM_ALERT_MODE_PACKET
				   ? "packet"
				   : "summary");
		add_number(object, "truncation", monitor->config.truncation);
		add_number(object, "queue_length",
			   monitor->config.queue_length);
	}
	add(object, "hardware", json_object_new_boolean(monitor->hardware));
	add_number(object, "restarts", monitor->n_restarts);
	return object;
}

struct json_object *status_to_json(const struct status *status)
{
	const struct losses *losses = &status->pipeline->losses;
	struct json_object *root = json_object_new_object(), *object;
	char message[512];

	add_string(root, "version", NFDROP_VERSION);
	add_string(root, "kernel", status->kernel);
	add_string(root, "source", "net_dm");
	add_string(root, "state",
		   dropmon_state_to_string(status->monitor->state));
	add_string(root, "message",
		   status_message(status->monitor, message, sizeof(message)));
	add_number(root, "started_ns", status->started_ns);
	add(root, "features", features(status));
	add(root, "monitor", monitor_to_json(status->monitor));
	add(root, "ruleset", json_object_new_object());
	add_number(root, "events", status->pipeline->n_events);
	add_number(root, "malformed", status->pipeline->n_malformed);

	object = json_object_new_object();
	add_number(object, "kernel_queue", losses->kernel_queue);
	add_number(object, "socket", losses->socket);
	add_number(object, "aggregate_other", losses->aggregate_other);
	add_number(object, "sessions", status->clients->missed);
	add(root, "losses", object);

	object = json_object_new_object();
	add_number(object, "current", status->clients->current);
	add_number(object, "max", status->max_clients);
	add(root, "sessions", object);
	return root;
}
