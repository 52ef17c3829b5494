/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "aggregate.h"
#include "config-value.h"
#include "config.h"
#include "correlate.h"
#include "entry-drops.h"
#include "filter.h"
#include "nfdrop.h"
#include "trace-packet.h"
#include "tracer.h"
#include "util.h"

#define AT(member)   .offset = offsetof(struct config, member)
#define TEXT(member) AT(member), .max = sizeof(((struct config *)0)->member)
#define SEC	     UINT64_C(1000000)

const struct setting config_settings[CONFIG_SETTINGS] = {
	{ "Server", "Socket", "socket", SETTING_PATH, SETTING_START, "PATH",
	  NFDROP_SOCKET_PATH, "Listen here", TEXT(socket) },
	{ "Server", "Group", "group", SETTING_WORD, SETTING_RELOAD, "NAME",
	  "nfdrop", "Members may read, beside root", TEXT(group) },
	{ "Server", "MaxClients", "max-clients", SETTING_NUMBER, SETTING_RELOAD,
	  "N", "256", "Clients at the same time", 1, 512, AT(max_clients) },
	{ "Server", "MaxClientsPerUser", "max-clients-per-uid", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "64", "The same of one user", 1, 512,
	  AT(max_clients_per_uid) },
	{ "Server", "SessionQueue", "session-queue", SETTING_NUMBER,
	  SETTING_RELOAD, "EVENTS", "1024", "That wait for a slow client", 16,
	  65536, AT(session_queue) },
	{ "Server", "SessionMemory", "session-memory", SETTING_SIZE,
	  SETTING_RELOAD, "BYTES", "1M", "That they may take", 128 << 10,
	  64 << 20, AT(session_memory) },
	{ "Monitor", "Truncation", "truncation", SETTING_SIZE, SETTING_START,
	  "BYTES", "256", "Of each packet, for its headers", 64, 65527,
	  AT(truncation) },
	{ "Monitor", "QueueLength", "queue-length", SETTING_NUMBER,
	  SETTING_START, "PACKETS", "10000", "The kernel's queue on each CPU",
	  1, 10000000, AT(queue_length) },
	{ "Monitor", "ReceiveBuffer", "receive-buffer", SETTING_SIZE,
	  SETTING_RELOAD, "BYTES", "8M", "The netlink socket's buffer",
	  64 << 10, 1 << 30, AT(receive_buffer) },
	{ "Monitor", "Hardware", "no-hardware", SETTING_BOOL, SETTING_START,
	  NULL, "yes", "Leave out what devices report (devlink traps)", 0, 0,
	  AT(hardware) },
	{ "Monitor", "Recent", "recent", SETTING_NUMBER, SETTING_START, "DROPS",
	  "1024", "Remembered for nfdrop explain", 16, 65536, AT(recent) },
	{ "Rules", "Memory", "ruleset-memory", SETTING_SIZE, SETTING_ZERO,
	  "BYTES", "128M", "For rules and their texts, or 0", 0, UINT32_MAX,
	  AT(ruleset_memory) },
	{ "Rules", "Namespaces", "no-namespaces", SETTING_BOOL, SETTING_START,
	  NULL, "yes", "Do not look into other network namespaces", 0, 0,
	  AT(namespaces) },
	{ "Rules", "MaxNamespaces", "max-namespaces", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "2048", "Other namespaces that are known", 16,
	  CORRELATE_NETNS_MAX, AT(max_namespaces) },
	{ "Rules", "CounterInterval", "counter-interval", SETTING_SPAN,
	  SETTING_RELOAD, "SPAN", "30s", "Between readings of counters", SEC,
	  86400 * SEC, AT(counter_interval) },
	{ "Rules", "Infer", "infer", SETTING_NUMBER, SETTING_ZERO, "N",
	  "2000000", "Steps a second to infer rules", 0, 1000000000,
	  AT(infer_work) },
	{ "Rules", "Reader", "reader", SETTING_PATH, SETTING_START, "PATH", "",
	  "The socket of a process that reads rules", TEXT(reader) },
	{ "Trace", "Enabled", "no-trace", SETTING_BOOL, SETTING_START, NULL,
	  "yes", "Have no packets traced to learn which rule drops", 0, 0,
	  AT(trace) },
	{ "Trace", "MaxFlows", "trace-flows", SETTING_NUMBER, SETTING_RELOAD,
	  "N", "1024", "Flows that are traced at a time", 1, TRACER_FLOWS_MAX,
	  AT(trace_flows) },
	{ "Trace", "FlowsPerSecond", "trace-flow-rate", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "100", "Flows that are begun", 1, 300,
	  AT(trace_flow_rate) },
	{ "Trace", "PacketsPerSecond", "trace-packet-rate", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "200", "Packets traced, of a family", 1, 100000,
	  AT(trace_packet_rate) },
	{ "Trace", "Timeout", "trace-timeout", SETTING_SPAN, SETTING_RELOAD,
	  "SPAN", "10s", "Until a flow is traced no more", SEC, 3600 * SEC,
	  AT(trace_timeout) },
	{ "Trace", "SamplesPerSecond", "trace-sample-rate", SETTING_NUMBER,
	  SETTING_ZERO, "N", "200", "Samples where NET_DM is not, or 0", 0,
	  100000, AT(trace_samples) },
	{ "Trace", "MaxRequests", "trace-requests", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "4", "Of nfdrop trace, at a time; or 0", 0,
	  TRACE_REQUESTS_MAX, AT(trace_requests) },
	{ "Trace", "RequestPacketsPerSecond", "trace-request-rate",
	  SETTING_NUMBER, SETTING_RELOAD, "N", "50",
	  "Packets that each of these traces", 1, 200, AT(trace_request_rate) },
	{ "Trace", "RequestTimeout", "trace-request-time", SETTING_SPAN,
	  SETTING_RELOAD, "SPAN", "1h", "Until each of these ends", SEC,
	  86400 * SEC, AT(trace_request_timeout) },
	{ "Counts", "Directory", "state", SETTING_PATH, SETTING_START, "DIR",
	  "", "Keep counts here (default $STATE_DIRECTORY)", TEXT(state) },
	{ "Counts", "FlushInterval", "flush-interval", SETTING_SPAN,
	  SETTING_RELOAD, "SPAN", "30s", "Between writes of the counts", SEC,
	  86400 * SEC, AT(flush_interval) },
	{ "Counts", "MaxRules", "max-rules", SETTING_NUMBER, SETTING_RELOAD,
	  "N", "16384", "Rules and reasons counted", 64, AGGREGATE_MAX,
	  AT(max_rules) },
	{ "Counts", "MaxFlows", "max-flows", SETTING_NUMBER, SETTING_START, "N",
	  "16384", "Flows that are kept", 64, 2 * FLOWS_MAX, AT(max_flows) },
	{ "Journal", "Interval", "journal-interval", SETTING_SPAN, SETTING_ZERO,
	  "SPAN", "1min", "Between journal entries, or 0", SEC, 86400 * SEC,
	  AT(journal_interval) },
	{ "Journal", "MaxEntries", "journal-entries", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "200", "In each interval", 10, 10000,
	  AT(journal_entries) },
	{ "Journal", "TopSources", "journal-sources", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "5", "Heaviest senders in an entry", 0,
	  ENTRY_SOURCES_MAX, AT(journal_sources) },
	{ "Journal", "Packets", "journal-packets", SETTING_FILTER,
	  SETTING_START, "FILTER", "",
	  "Also each packet such as table=t,rule=7", TEXT(journal_packets) },
	{ "Journal", "PacketsPerSecond", "journal-packet-rate", SETTING_NUMBER,
	  SETTING_RELOAD, "N", "10", "Of these, at most", 1, 1000,
	  AT(journal_packet_rate) },
};

/* Of bytes, as short as it is exact. */
static void print_size(uint64_t bytes, char buf[32])
{
	static const char suffixes[] = "\0KMGT";
	size_t i = 0;

	while (bytes > 0 && bytes % 1024 == 0 && suffixes[i + 1] != '\0' &&
	       i < 4) {
		bytes /= 1024;
		i++;
	}
	snprintf(buf, 32, "%" PRIu64 "%.1s", bytes, suffixes + i);
}

static void print_bound(const struct setting *s, uint64_t bound, char buf[32])
{
	if (s->type == SETTING_SIZE)
		print_size(bound, buf);
	else if (s->type == SETTING_SPAN)
		snprintf(buf, 32, "%" PRIu64 "s", bound / SEC);
	else
		snprintf(buf, 32, "%" PRIu64, bound);
}

static bool may_be_zero(const struct setting *s)
{
	return s->when == SETTING_ZERO || s->min == 0;
}

static bool is_within(const struct setting *s, uint64_t number)
{
	if (number == 0)
		return may_be_zero(s);
	return number >= s->min && number <= s->max;
}

static int wrong(const struct setting *s, char *expected, size_t size)
{
	static const char *const forms[] = {
		[SETTING_WORD] = "a name",     [SETTING_PATH] = "a path",
		[SETTING_FILTER] = "a filter", [SETTING_NUMBER] = "a number",
		[SETTING_SIZE] = "a size",     [SETTING_SPAN] = "a time span",
		[SETTING_BOOL] = "yes or no",
	};
	char min[32], max[32];

	switch (s->type) {
	case SETTING_BOOL:
		snprintf(expected, size, "expected %s", forms[s->type]);
		break;
	case SETTING_WORD:
		snprintf(expected, size,
			 "expected a name of at most %" PRIu64
			 " bytes without blanks",
			 s->max - 1);
		break;
	case SETTING_PATH:
	case SETTING_FILTER:
		snprintf(expected, size,
			 "expected %s of at most %" PRIu64 " bytes",
			 forms[s->type], s->max - 1);
		break;
	default:
		print_bound(s, s->min, min);
		print_bound(s, s->max, max);
		snprintf(expected, size, "expected %s from %s to %s%s",
			 forms[s->type], min, max,
			 may_be_zero(s) && s->min > 0 ? ", or 0" : "");
	}
	return -EINVAL;
}

static bool is_text(const struct setting *s, const char *value)
{
	if (strlen(value) >= s->max)
		return false;
	return s->type != SETTING_WORD ||
	       value[strcspn(value, " \t\n:/")] == '\0';
}

static int check_filter(const struct setting *s, const char *value,
			char *expected, size_t size)
{
	struct filter *filter = NULL;
	int r;

	if (strlen(value) >= s->max)
		return wrong(s, expected, size);
	r = filter_from_text(value, &filter, expected, size);
	filter_free(filter);
	return r < 0 ? -EINVAL : 0;
}

static int parse_integer(const struct setting *s, const char *value,
			 uint64_t *ret)
{
	switch (s->type) {
	case SETTING_NUMBER:
		return config_parse_number(value, ret);
	case SETTING_SIZE:
		return config_parse_size(value, ret);
	default:
		return config_parse_span(value, ret);
	}
}

int config_set(struct config *config, const struct setting *s,
	       const char *value, char *expected, size_t size)
{
	void *p = (char *)config + s->offset;
	uint64_t number;
	uint32_t small;
	bool on;

	if (value[0] == '\0')
		value = s->initial;
	switch (s->type) {
	case SETTING_FILTER:
		if (check_filter(s, value, expected, size) < 0)
			return -EINVAL;
		copy_string(p, s->max, value, SIZE_MAX);
		return 0;
	case SETTING_WORD:
	case SETTING_PATH:
		if (!is_text(s, value))
			return wrong(s, expected, size);
		copy_string(p, s->max, value, SIZE_MAX);
		return 0;
	case SETTING_BOOL:
		if (config_parse_bool(value, &on) < 0)
			return wrong(s, expected, size);
		memcpy(p, &on, sizeof(on));
		return 0;
	default:
		if (parse_integer(s, value, &number) < 0 ||
		    !is_within(s, number))
			return wrong(s, expected, size);
		small = (uint32_t)number;
		if (s->type == SETTING_SPAN)
			memcpy(p, &number, sizeof(number));
		else
			memcpy(p, &small, sizeof(small));
		return 0;
	}
}

void config_init(struct config *config)
{
	*config = (struct config){ 0 };
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		(void)config_set(config, &config_settings[i], "", NULL, 0);
}

const struct setting *config_find(const char *section, const char *key)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (strcmp(config_settings[i].section, section) == 0 &&
		    strcmp(config_settings[i].key, key) == 0)
			return &config_settings[i];
	return NULL;
}

bool config_has_section(const char *section)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (strcmp(config_settings[i].section, section) == 0)
			return true;
	return false;
}

static size_t setting_size(const struct setting *s)
{
	switch (s->type) {
	case SETTING_WORD:
	case SETTING_PATH:
	case SETTING_FILTER:
		return s->max;
	case SETTING_BOOL:
		return sizeof(bool);
	case SETTING_SPAN:
		return sizeof(uint64_t);
	default:
		return sizeof(uint32_t);
	}
}

static bool is_zero(const char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static bool must_wait(const struct setting *s, const void *now, const void *new)
{
	size_t size = setting_size(s);

	if (s->when == SETTING_ZERO)
		return is_zero(now, size) != is_zero(new, size);
	return s->when == SETTING_START;
}

static bool is_same(const struct setting *s, const void *a, const void *b)
{
	if (s->type == SETTING_WORD || s->type == SETTING_PATH ||
	    s->type == SETTING_FILTER)
		return strcmp(a, b) == 0;
	return memcmp(a, b, setting_size(s)) == 0;
}

size_t config_update(struct config *config, const struct config *new,
		     const struct setting *waits[CONFIG_SETTINGS])
{
	size_t n = 0;

	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct setting *s = &config_settings[i];
		void *to = (char *)config + s->offset;
		const void *from = (const char *)new + s->offset;

		if (is_same(s, to, from))
			continue;
		if (must_wait(s, to, from))
			waits[n++] = s;
		else
			memcpy(to, from, setting_size(s));
	}
	return n;
}
