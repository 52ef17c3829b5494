/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "net-dm-abi.h"
#include "status-ruleset.h"
#include "status-trace.h"
#include "status.h"
#include "version.h"

const char *status_message(const struct dropmon_status *monitor, char *buf,
			   size_t size)
{
	switch (monitor->state) {
	case DROPMON_ABSENT:
		snprintf(buf, size,
			 "%s A sample of all packets is traced instead, and "
			 "what nf_tables drops of it is shown, without what "
			 "else drops.",
			 monitor->step == DROPMON_NAMESPACE
				 ? "The kernel tells of dropped packets in the "
				   "initial network namespace alone, which "
				   "this is not."
				 : "This kernel does not tell of dropped "
				   "packets: it has no NET_DM.");
		break;
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

static bool is_running(const struct dropmon_status *monitor)
{
	return monitor->state == DROPMON_ACTIVE ||
	       monitor->state == DROPMON_PASSIVE;
}

static struct json_object *features(const struct status *status)
{
	struct json_object *array = json_object_new_array();

	if (is_running(status->monitor) &&
	    status->monitor->config.mode == NET_DM_ALERT_MODE_PACKET)
		json_object_array_add(array, json_object_new_string("packets"));
	if (status->pipeline->saw_reason)
		json_object_array_add(array, json_object_new_string("reasons"));
	if (status->monitor->hardware)
		json_object_array_add(array,
				      json_object_new_string("hardware"));
	if (status->is_sampled)
		json_object_array_add(array, json_object_new_string("samples"));
	for (size_t i = 0; i < ARRAY_SIZE(kernel_features); i++)
		if (status->monitor->config.features & kernel_features[i].bit)
			json_object_array_add(array,
					      json_object_new_string(
						      kernel_features[i].name));
	return array;
}

/* What a kernel tells or does not, as the status says it. */
static const struct ability {
	const char *feature;
	uint32_t bits; /* of the kernel's features, any; 0: a stock kernel's */
	const char *yes;
	const char *no;
} abilities[] = {
	{ "drops", 0, "This kernel tells of dropped packets.",
	  "This kernel does not tell of dropped packets: that takes NET_DM, and "
	  "the initial network namespace." },
	{ "reasons", 0, "This kernel tells why it dropped a packet.",
	  "No drop told its reason yet; kernels since Linux 5.18 do." },
	{ "reason-codes", UINT32_MAX,
	  "This kernel tells the number of the reason.",
	  "This kernel does not tell the number of the reason." },
	{ "netfilter", NET_DM_FEATURE_NF,
	  "This kernel tells which rule, policy, chain and hook of netfilter "
	  "dropped a packet, and in which network namespace.",
	  "This kernel does not tell which rule, policy, chain and hook of "
	  "netfilter dropped a packet, nor in which network namespace." },
	{ "local-output", NET_DM_FEATURE_L3_PAYLOAD,
	  "This kernel tells of packets that this machine sends and netfilter "
	  "drops, and whose they are.",
	  "This kernel does not tell of packets that this machine sends and "
	  "netfilter drops." },
	{ "rule-summary", NET_DM_FEATURE_NF_SUMMARY,
	  "This kernel counts the packets that each rule drops, also while "
	  "events are lost.",
	  "This kernel does not count the packets that each rule drops." },
};

static bool is_told(const struct ability *ability, const struct status *status)
{
	uint32_t features = status->monitor->config.features;

	if (strcmp(ability->feature, "drops") == 0)
		return status->monitor->state != DROPMON_ABSENT;
	if (ability->bits == 0)
		return status->pipeline->saw_reason || features != 0;
	return features & ability->bits;
}

static struct json_object *kernel_tells(const struct status *status)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(abilities); i++) {
		struct json_object *object = json_object_new_object();
		bool told = is_told(&abilities[i], status);

		add_string(object, "feature", abilities[i].feature);
		add(object, "told", json_object_new_boolean(told));
		add_string(object, "message",
			   told ? abilities[i].yes : abilities[i].no);
		json_object_array_add(array, object);
	}
	return array;
}

/* NULL when there is nothing to remedy. */
static const char *kernel_remedy(const struct status *status)
{
	const uint32_t all = NET_DM_FEATURE_NF | NET_DM_FEATURE_L3_PAYLOAD |
			     NET_DM_FEATURE_NF_SUMMARY;
	uint32_t features = status->monitor->config.features & all;

	if (status->monitor->state == DROPMON_ABSENT)
		return status->monitor->step == DROPMON_NAMESPACE
			       ? "Run nfdropd on the host, or with the host's "
				 "network, to see every drop."
			       : "Load the module drop_monitor, or take a "
				 "kernel that has it, and start nfdropd again, "
				 "to see every drop.";
	/* It is not asked while nothing can be heard. */
	if (features == all || !is_running(status->monitor))
		return NULL;
	return features ? "A kernel with the current nfdrop patches tells it "
			  "all: see nfdropd(8), KERNELS."
			: "A kernel with nfdrop's patches tells the rest: see "
			  "nfdropd(8), KERNELS.";
}

static bool is_counting(const struct dropmon_status *monitor)
{
	return is_running(monitor) && monitor->config.rules &&
	       monitor->config.mode == NET_DM_ALERT_MODE_PACKET;
}

/* Why the kernel does not count by rule. Returns @buf. */
static const char *rules_message(const struct dropmon_status *monitor,
				 char *buf, size_t size)
{
	const char *message =
		"Another program started drop_monitor without counts by rule: "
		"stop it (such as dropwatch) to have them. Until then packets "
		"are counted that nfdropd sees.";

	if (monitor->state == DROPMON_ABSENT)
		return status_message(monitor, buf, size);
	if (!is_running(monitor))
		return dropmon_explain(monitor->step, monitor->error, buf,
				       size);
	if (!(monitor->config.features & NET_DM_FEATURE_NF_SUMMARY))
		message = "This kernel does not count drops by rule, so "
			  "packets are counted that nfdropd sees; one with "
			  "nfdrop's patches does: see nfdropd(8), KERNELS.";
	snprintf(buf, size, "%s", message);
	return buf;
}

/* NULL where no rule has one. */
static struct json_object *counters_to_json(const struct counter_status *status)
{
	struct json_object *object;

	if (!status || status->n_counters == 0)
		return NULL;
	object = json_object_new_object();
	add_number(object, "rules", status->n_counters);
	add_number(object, "moved", status->n_moved);
	if (status->read_ns > 0)
		add_number(object, "read", status->read_ns);
	add(object, "reading", json_object_new_boolean(status->is_reading));
	add_number(object, "readings", status->n_readings);
	add_number(object, "interval_usec", status->interval);
	add_number(object, "cpu_msec", status->cpu_msec);
	if (status->error < 0)
		add_string(object, "error", strerror(-status->error));
	return object;
}

struct json_object *status_rules_to_json(const struct status *status,
					 const struct rules_query *query)
{
	struct json_object *root = aggregate_to_json(status->pipeline->rules,
						     query, status->losses);
	struct json_object *counters = counters_to_json(status->counters);
	bool counting = is_counting(status->monitor);
	char message[512];

	if (!root) {
		json_object_put(counters);
		return NULL;
	}
	if (counters)
		add(root, "counters", counters);
	add(root, "counting", json_object_new_boolean(counting));
	if (status->monitor->state != DROPMON_STOPPED)
		add_string(root, "counted",
			   aggregate_counted_to_string(
				   counting ? AGGREGATE_BY_KERNEL
					    : AGGREGATE_BY_EVENTS));
	if (!counting)
		add_string(root, "message",
			   rules_message(status->monitor, message,
					 sizeof(message)));
	return root;
}

/* Flows are ours, counts perhaps older. */
struct json_object *status_stats_to_json(const struct status *status,
					 const struct stats_query *query)
{
	const struct aggregate *rules = status->pipeline->rules;

	if (stats_query_is_sampled(query))
		return stats_to_json(rules, query, &status->pipeline->losses,
				     status->started_ns);
	return stats_to_json(rules, query, status->losses, rules->since_ns);
}

static const char *find_remedy(int error)
{
	switch (error) {
	case -ENOSPC:
	case -EDQUOT:
		return " Make room there.";
	case -EROFS:
	case -EACCES:
	case -EPERM:
		return " It has to be nfdropd's to write to: see Directory= in "
		       "nfdropd.conf(5).";
	default:
		return "";
	}
}

/* How much is counted by rule; the rules themselves are GetRules'. */
static struct json_object *rules_to_json(const struct status *status)
{
	const struct aggregate *rules = status->pipeline->rules;
	struct aggregate_counts total = aggregate_total(rules);
	struct json_object *object = json_object_new_object();
	char message[768], shown[384];

	add(object, "counting",
	    json_object_new_boolean(is_counting(status->monitor)));
	add_number(object, "current", rules->n_rules);
	add_number(object, "max", rules->max);
	add_number(object, "packets", total.packets);
	add_number(object, "bytes", total.bytes);
	add_number(object, "by_events",
		   rules->total[AGGREGATE_BY_EVENTS].packets);
	if (status->keep_error < 0) {
		snprintf(message, sizeof(message),
			 "The counts cannot be written to %s (%s): those since "
			 "the last time are lost when nfdropd is killed.%s",
			 escape_string(status->keep_folder, shown,
				       sizeof(shown)),
			 strerror(-status->keep_error),
			 find_remedy(status->keep_error));
		add_string(object, "message", message);
	}
	return object;
}

/* Packets; NULL where the kernel tells the rules, or nothing is inferred. */
static struct json_object *inference_to_json(const struct inferrer *inferrer)
{
	struct json_object *object;

	if (inferrer->work_max == 0)
		return NULL;
	object = json_object_new_object();
	add_number(object, "inferred", inferrer->n_inferred);
	add_number(object, "several", inferrer->n_several);
	add_number(object, "none", inferrer->n_none);
	add_number(object, "skipped", inferrer->n_skipped);
	return object;
}

static struct json_object *monitor_to_json(const struct dropmon_status *monitor)
{
	struct json_object *object = json_object_new_object();
	bool running = is_running(monitor);

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
	struct json_object *counters = counters_to_json(status->counters);
	struct json_object *inference =
		inference_to_json(&status->pipeline->inferrer);
	char message[512];

	add_string(root, "version", NFDROP_VERSION);
	add_string(root, "kernel", status->kernel);
	add_string(root, "source", status->is_sampled ? "trace" : "net_dm");
	add_string(root, "state",
		   status->is_sampled
			   ? "sampling"
			   : dropmon_state_to_string(status->monitor->state));
	add_string(root, "message",
		   status_message(status->monitor, message, sizeof(message)));
	add_number(root, "started_ns", status->started_ns);
	add(root, "features", features(status));
	add(root, "kernel_tells", kernel_tells(status));
	if (kernel_remedy(status))
		add_string(root, "remedy", kernel_remedy(status));
	add(root, "monitor", monitor_to_json(status->monitor));
	add(root, "ruleset", status_ruleset_to_json(status->ruleset));
	add(root, "namespaces", status_namespaces_to_json(status->namespaces));
	add(root, "trace",
	    status_trace_to_json(status->trace,
				 status->monitor->config.features &
					 NET_DM_FEATURE_NF,
				 status->trace_is_off));
	add_number(root, "events", status->pipeline->n_events);
	add_number(root, "malformed", status->pipeline->n_malformed);
	add(root, "rules", rules_to_json(status));
	if (counters)
		add(root, "counters", counters);
	if (inference)
		add(root, "inference", inference);

	object = json_object_new_object();
	add_number(object, "kernel_queue", losses->kernel_queue);
	add_number(object, "socket", losses->socket);
	add_number(object, "aggregate_other", losses->aggregate_other);
	add_number(object, "sessions", status->clients.missed);
	add_number(object, "rule_packets", losses->rule_packets);
	add_number(object, "rule_messages", losses->rule_messages);
	add(root, "losses", object);

	object = json_object_new_object();
	add_number(object, "current", status->clients.current);
	add_number(object, "max", status->max_clients);
	add(root, "sessions", object);
	return root;
}
