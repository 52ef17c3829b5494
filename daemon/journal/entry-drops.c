/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "aggregate-json.h"
#include "entry-drops.h"
#include "place.h"
#include "recall.h"
#include "util.h"

/* Before it is escaped. */
#define MESSAGE_MAX 4096

/*
 * The kernel counts later than a packet is seen, so the last one may be from
 * before the first count; but not from long before.
 */
#define REPORT_NS 2000000000ULL

/* What does not fit is cut. */
struct message {
	char text[MESSAGE_MAX];
	size_t len;
};

static void say(struct message *m, const char *format, ...) _printf_(2, 3);

static void say(struct message *m, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(m->text + m->len, sizeof(m->text) - m->len, format, args);
	va_end(args);
	if (n > 0)
		m->len = MIN(m->len + (size_t)n, sizeof(m->text) - 1);
}

/* As nfdrop rules has it: "inet filter input handle 7". */
static void say_place(struct message *m, const struct drop_event *ev)
{
	const struct drop_netfilter *nf = &ev->netfilter;
	const struct place place = {
		.inum = ev->netns.inum,
		.cookie = ev->netns.cookie,
		.netns = ev->netns.name,
		.kind = nf->kind != DROP_KIND_NONE
				? drop_kind_to_string((int)nf->kind)
				: "",
		.family = nf->family,
		.table = nf->table,
		.chain = nf->chain,
		.by = nf->table[0] == '\0' ? nf->by : "",
		.location = nf->kind == DROP_KIND_NONE ? ev->location : "",
		.trap = ev->trap,
		.attribution = drop_attribution_to_string((int)ev->attribution),
		.origin = drop_origin_to_string((int)ev->origin),
		.handle = nf->rule_handle,
		.queue = nf->queue,
		.has_queue = ev->has & DROP_HAS_QUEUE,
	};
	char name[PLACE_NAME_MAX];

	place_to_name(&place, true, name, sizeof(name));
	say(m, " %s", strcmp(name, "-") == 0 ? "an unknown place" : name);
}

static void say_reason(struct message *m, const struct drop_event *ev)
{
	if (ev->reason[0])
		say(m, " (%s)", ev->reason);
	if (ev->netfilter.rule)
		say(m, ": %s", ev->netfilter.rule);
}

static void say_number(struct message *m, uint64_t n, const char *what)
{
	say(m, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

static void add_rate(struct entry *entry, uint64_t packets, uint64_t usec)
{
	uint64_t milli =
		(uint64_t)((double)packets * 1e9 / (double)MAX(usec, 1));
	char text[32];

	/* No printf() of floats: the locale's point may be a comma. */
	snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64, milli / 1000,
		 milli % 1000);
	entry_add(entry, JOURNAL_RATE, text);
}

static void add_counts(struct entry *entry,
		       const struct aggregate_counts *counts, uint64_t usec)
{
	entry->packets = counts->packets;
	entry->bytes = counts->bytes;
	entry_add_number(entry, JOURNAL_PACKETS, counts->packets);
	entry_add_number(entry, JOURNAL_BYTES, counts->bytes);
	entry_add_number(entry, JOURNAL_INTERVAL, usec);
	add_rate(entry, counts->packets, usec);
}

/* Together in one field, and each alone, to be looked for. */
static void add_sources(struct entry *entry, const struct heaviest *h,
			uint32_t max)
{
	uint32_t found[ENTRY_SOURCES_MAX];
	char all[ENTRY_SOURCES_MAX * (PACKET_STRING_MAX + 24)] = "";
	uint32_t n = h && max > 0
			     ? sketch_heaviest_since(
				       &h->sources, found,
				       MIN(max, (uint32_t)ENTRY_SOURCES_MAX))
			     : 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct heaviest_addr *addr =
			sketch_key(&h->sources, found[i]);
		char text[PACKET_STRING_MAX];
		size_t len = strlen(all);

		if (!packet_addr_to_string((enum packet_network)addr->network,
					   &addr->addr, text))
			continue;
		snprintf(all + len, sizeof(all) - len, "%s%s %" PRIu64,
			 len > 0 ? ", " : "", text,
			 sketch_since_mark(&h->sources, found[i]));
		entry_add(entry, JOURNAL_SOURCE, text);
	}
	entry_add(entry, JOURNAL_SOURCES, all);
}

/* What the kernel's counter of the rule shows. */
static void add_counter(struct entry *entry, const struct aggregate_rule *rule)
{
	const struct rule_counter *c = rule->rule ? rule->rule->counter : NULL;

	if (!rule_counter_is_known(c))
		return;
	entry_add_number(entry, JOURNAL_COUNTER_PACKETS, c->now.packets);
	entry_add_number(entry, JOURNAL_COUNTER_BYTES, c->now.bytes);
	if (c->read_ns > 0)
		entry_add_number(entry, JOURNAL_COUNTER_READ,
				 c->read_ns / 1000);
}

/* It is in no sum: so these are other fields than those of drops. */
static void entry_of_counter(struct entry *ret,
			     const struct aggregate_rule *rule, uint64_t usec)
{
	struct aggregate_counts counts = interval_counts(rule);
	struct message m = { .len = 0 };
	struct drop_event ev;

	entry_init(ret, JOURNAL_COUNTER, ENTRY_INFO);
	recall_rule(rule, &ev);
	say_number(&m, counts.packets, "packet");
	say(&m, " counted by the counter of");
	say_place(&m, &ev);
	say_reason(&m, &ev);
	entry_add_message(ret, m.text);
	entry_add_number(ret, JOURNAL_ADDED_PACKETS, counts.packets);
	entry_add_number(ret, JOURNAL_ADDED_BYTES, counts.bytes);
	entry_add_number(ret, JOURNAL_INTERVAL, usec);
	add_rate(ret, counts.packets, usec);
	entry_add(ret, JOURNAL_COUNTED,
		  aggregate_counted_to_string(rule->counted));
	entry_add_number(ret, JOURNAL_LAST, rule->last_ns / 1000);
	add_counter(ret, rule);
	entry_add_event(ret, &ev);
}

void entry_of_rule(struct entry *ret, const struct aggregate_rule *rule,
		   uint32_t n_sources, uint64_t usec)
{
	struct aggregate_counts counts = interval_counts(rule);
	uint64_t first = rule->told.fresh_ns ? rule->told.fresh_ns
					     : rule->last_ns;
	struct message m = { .len = 0 };
	struct drop_event ev;

	if (rule->counted == AGGREGATE_BY_COUNTER) {
		entry_of_counter(ret, rule, usec);
		return;
	}
	entry_init(ret, JOURNAL_DROPS, ENTRY_INFO);
	recall_rule(rule, &ev);
	say_number(&m, counts.packets, "packet");
	say(&m, " dropped by");
	say_place(&m, &ev);
	say_reason(&m, &ev);
	entry_add_message(ret, m.text);
	add_counts(ret, &counts, usec);
	entry_add(ret, JOURNAL_COUNTED,
		  aggregate_counted_to_string(rule->counted));
	entry_add_number(ret, JOURNAL_FIRST, first / 1000);
	entry_add_number(ret, JOURNAL_LAST, rule->last_ns / 1000);
	entry_add_number(ret, JOURNAL_SAMPLES,
			 rule->samples - rule->told.samples);
	add_counter(ret, rule);
	add_sources(ret, rule->heaviest, n_sources);
	if (rule->sample && rule->sample->timestamp_ns + REPORT_NS >= first)
		sample_recall(rule->sample, &ev);
	entry_add_event(ret, &ev);
}

void entry_of_rest(struct entry *ret, const struct interval_rest *rest,
		   size_t max, uint64_t usec)
{
	struct message m = { .len = 0 };

	entry_init(ret, JOURNAL_REST, ENTRY_NOTICE);
	say_number(&m, rest->counts.packets, "packet");
	say(&m, " more dropped");
	if (rest->n_rules > 0)
		say(&m,
		    " by %zu rules and reasons past the bound of %zu entries "
		    "in an interval",
		    rest->n_rules, max);
	if (rest->other.packets > 0)
		say(&m,
		    ", %" PRIu64
		    " of them by rules that nfdropd had no room for",
		    rest->other.packets);
	entry_add_message(ret, m.text);
	add_counts(ret, &rest->counts, usec);
	entry_add_number(ret, JOURNAL_RULES, rest->n_rules);
}

void entry_of_losses(struct entry *ret, const struct losses *lost,
		     uint64_t usec)
{
	struct message m = { .len = 0 };

	entry_init(ret, JOURNAL_LOSSES, ENTRY_WARNING);
	say(&m,
	    "Lost on the way to nfdropd: %" PRIu64 " packets in the kernel's "
	    "queue, %" PRIu64 " in the socket's buffer; of counts by rule "
	    "%" PRIu64 " packets and %" PRIu64 " messages",
	    lost->kernel_queue, lost->socket, lost->rule_packets,
	    lost->rule_messages);
	entry_add_message(ret, m.text);
	entry_add_number(ret, JOURNAL_INTERVAL, usec);
	entry_add_number(ret, JOURNAL_LOST_QUEUE, lost->kernel_queue);
	entry_add_number(ret, JOURNAL_LOST_SOCKET, lost->socket);
	entry_add_number(ret, JOURNAL_LOST_PACKETS, lost->rule_packets);
	entry_add_number(ret, JOURNAL_LOST_MESSAGES, lost->rule_messages);
}

void entry_of_packet(struct entry *ret, const struct drop_event *ev,
		     uint64_t n_skipped)
{
	struct message m = { .len = 0 };

	entry_init(ret, JOURNAL_PACKET, ENTRY_INFO);
	say(&m, "Packet dropped by");
	say_place(&m, ev);
	say_reason(&m, ev);
	entry_add_message(ret, m.text);
	entry_add_number(ret, JOURNAL_FIRST, ev->timestamp_ns / 1000);
	entry_add_number(ret, "NFDROP_SKIPPED", n_skipped);
	entry_add_event(ret, ev);
}
