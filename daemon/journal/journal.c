/* SPDX-License-Identifier: GPL-2.0-or-later */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-journal.h>

#include "entry-drops.h"
#include "filter.h"
#include "journal.h"
#include "log.h"
#include "util.h"
#include "version.h"

/* Of sd_journal_sendv(3), which waits for it without a bound. */
#define SOCKET_PATH "/run/systemd/journal/socket"
/* For the journal to read, in a tick; and at the end. */
#define WAIT_MSEC 50
#define STOP_MSEC 5000
/* A tick and a half. */
#define NEAR_NS 1500000000ULL
/* Changes of the monitor, of which there can be one each second. */
#define MONITOR_MAX 8
/* Entries of single packets that wait. */
#define PACKETS_MAX 1024

static void journal_emit(struct sink *sink, const struct drop_event *ev,
			 const struct packet_bytes *bytes);

static void journal_lost(struct sink *sink, const struct losses *delta)
{
	(void)sink;
	(void)delta;
}

void journal_init(struct journal *j, const struct journal_config *config,
		  struct aggregate *rules, struct keeper *keeper,
		  const struct rulesets *rulesets)
{
	static const struct sink_ops ops = { journal_emit, journal_lost };
	struct losses losses = keeper_losses(keeper);

	*j = (struct journal){
		.sink.ops = &ops,
		.config = *config,
		.rules = rules,
		.keeper = keeper,
		.rulesets = rulesets,
		.path = SOCKET_PATH,
		.send = sd_journal_sendv,
		.fd = -1,
	};
	/* What was counted while there was none is no news. */
	if (config->interval > 0 && !rules->is_told)
		interval_mark(rules, &losses);
	rules->is_told = config->interval > 0;
}

void journal_set_config(struct journal *j, const struct journal_config *config)
{
	bool is_on = j->config.interval > 0;

	if (is_on == (config->interval > 0))
		j->config = *config;
}

void journal_done(struct journal *j)
{
	for (size_t i = 0; i < j->n_pending; i++) {
		entry_done(j->pending[i]);
		free(j->pending[i]);
	}
	free(j->pending);
	if (j->path && j->fd >= 0)
		close(j->fd);
	j->pending = NULL;
	j->n_pending = 0;
	j->fd = -1;
}

static int connect_journal(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if (copy_string(address.sun_path, sizeof(address.sun_path), path,
			SIZE_MAX) != strlen(path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Anew each time: there may be another journal now. */
static bool open_journal(struct journal *j)
{
	int fd = connect_journal(j->path);

	if (j->fd >= 0)
		close(j->fd);
	j->fd = MAX(fd, -1);
	if (fd < 0 && !j->failed)
		log_warning("Cannot write to the journal: %s. What was dropped "
			    "is written when there is one.",
			    strerror(-fd));
	if (fd >= 0 && j->failed)
		log_info("The journal can be written to again.");
	j->failed = fd < 0;
	return fd >= 0;
}

/* Whoever has a connected socket is told whether the other's queue is full. */
static bool can_send(const struct journal *j, int timeout_ms)
{
	struct pollfd pfd = { .fd = j->fd, .events = POLLOUT };

	return poll(&pfd, 1, timeout_ms) == 1 && (pfd.revents & POLLOUT);
}

static int send_entry(const struct journal *j, const struct entry *entry)
{
	struct iovec iov[ENTRY_FIELDS_MAX];

	for (size_t i = 0; i < entry->n_fields; i++)
		iov[i] = (struct iovec){ entry->fields[i].text,
					 entry->fields[i].len };
	return j->send(iov, (int)entry->n_fields);
}

/* It is told with what is left out of the next interval. */
static void keep_counts(struct journal *j, const struct entry *entry)
{
	j->unsent.counts.packets += entry->packets;
	j->unsent.counts.bytes += entry->bytes;
	j->unsent.n_rules += entry->packets > 0;
}

static void forget_sent(struct journal *j, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		entry_done(j->pending[i]);
		free(j->pending[i]);
	}
	j->n_pending -= n;
	memmove(j->pending, j->pending + n,
		j->n_pending * sizeof(struct entry *));
}

/* What is not read in time waits on. */
static void send_pending(struct journal *j, int timeout_ms)
{
	size_t n = 0;
	int r;

	if (j->n_pending == 0 || (j->fd < 0 && !open_journal(j)))
		return;
	while (n < j->n_pending && can_send(j, timeout_ms)) {
		r = send_entry(j, j->pending[n]);
		if (r < 0) {
			keep_counts(j, j->pending[n]);
			log_warning("The journal did not take an entry: %s.",
				    strerror(-r));
		}
		n++;
	}
	forget_sent(j, n);
}

/* Takes what @entry owns. False without memory; its counts are kept. */
static bool queue(struct journal *j, struct entry *entry)
{
	struct entry *copy = NULL;

	if (!entry->failed &&
	    array_grow(&j->pending, j->n_pending, &j->n_allocated) == 0)
		copy = malloc(sizeof(*copy));
	if (!copy) {
		keep_counts(j, entry);
		entry_done(entry);
		return false;
	}
	*copy = *entry;
	j->pending[j->n_pending++] = copy;
	return true;
}

static struct losses losses_since(const struct losses *now,
				  const struct losses *told)
{
	return (struct losses){
		.kernel_queue = now->kernel_queue - told->kernel_queue,
		.socket = now->socket - told->socket,
		.rule_packets = now->rule_packets - told->rule_packets,
		.rule_messages = now->rule_messages - told->rule_messages,
	};
}

static void tell_losses(struct journal *j, const struct losses *now,
			uint64_t usec)
{
	struct losses lost = losses_since(now, &j->rules->told_losses);
	struct entry entry;

	if (lost.kernel_queue + lost.socket + lost.rule_packets +
		    lost.rule_messages ==
	    0)
		return;
	entry_of_losses(&entry, &lost, usec);
	queue(j, &entry);
}

/* What was the ruleset at the start is no change. */
static void tell_ruleset(struct journal *j)
{
	const struct ruleset_diff *now = &j->rulesets->changed,
				  *told = &j->told_changes;
	const struct ruleset *rs = j->rulesets->current;
	uint32_t generation = rs ? rs->generation : 0;
	struct ruleset_diff changed = {
		.added = now->added - told->added,
		.removed = now->removed - told->removed,
		.replaced = now->replaced - told->replaced,
	};
	uint64_t n = changed.added + changed.removed + changed.replaced;
	struct entry entry;
	char text[256];

	if (rs && n > 0) {
		snprintf(text, sizeof(text),
			 "The nftables ruleset changed: %" PRIu64
			 " rules added, %" PRIu64 " removed, %" PRIu64
			 " replaced; it has %zu now",
			 changed.added, changed.removed, changed.replaced,
			 rs->n_rules);
		entry_init(&entry, JOURNAL_RULESET, ENTRY_INFO);
		entry_add_message(&entry, text);
		entry_add_number(&entry, "NFDROP_GENERATION", generation);
		entry_add_number(&entry, "NFDROP_GENERATION_BEFORE",
				 j->told_generation ?
					 j->told_generation :
					 j->rulesets->first_generation);
		entry_add_number(&entry, "NFDROP_RULES_CHANGED", n);
		entry_add_number(&entry, "NFDROP_RULES_ADDED", changed.added);
		entry_add_number(&entry, "NFDROP_RULES_REMOVED",
				 changed.removed);
		entry_add_number(&entry, "NFDROP_RULES_REPLACED",
				 changed.replaced);
		queue(j, &entry);
	}
	j->told_changes = *now;
	j->told_generation = generation;
}

static void tell_rest(struct journal *j, struct interval_rest *rest,
		      uint64_t usec)
{
	struct entry entry;

	rest->counts.packets += j->unsent.counts.packets;
	rest->counts.bytes += j->unsent.counts.bytes;
	rest->n_rules += j->unsent.n_rules;
	j->unsent = (struct interval_rest){ 0 };
	if (rest->counts.packets == 0)
		return;
	entry_of_rest(&entry, rest, j->config.max_entries, usec);
	queue(j, &entry);
}

static void tell_rules(struct journal *j, size_t max, uint64_t usec)
{
	struct interval interval;
	struct entry entry;

	/* Without memory all of it is in the rest. */
	(void)interval_init(&interval, j->rules, max);
	for (size_t i = 0; i < interval.n_rules; i++) {
		entry_of_rule(&entry, interval.rules[i], j->config.n_sources,
			      usec);
		queue(j, &entry);
	}
	tell_rest(j, &interval.rest, usec);
	interval_done(&interval);
}

static void end_interval(struct journal *j, uint64_t now_ns)
{
	struct losses losses = keeper_losses(j->keeper);
	uint64_t usec = (now_ns - j->begin_ns) / 1000;
	size_t n, max = j->config.max_entries;

	/* Nothing is told, and so nothing lost, where nobody listens. */
	if (!open_journal(j))
		return;
	tell_losses(j, &losses, usec);
	tell_ruleset(j);
	/* One is for the rest. */
	n = j->n_pending + j->n_monitor + 1;
	tell_rules(j, max > n ? max - n : 0, usec);
	j->begin_ns = now_ns;
	j->n_monitor = 0;
	if (j->n_pending == 0 && j->unsent.counts.packets == 0)
		return;
	interval_mark(j->rules, &losses);
	/* Before they are sent: see the head. */
	j->keeper->told = true;
	keeper_flush(j->keeper);
}

void journal_start(struct journal *j, uint64_t now_ns)
{
	struct entry entry;
	char text[128];

	if (j->config.interval == 0)
		return;
	j->begin_ns = now_ns;
	snprintf(text, sizeof(text),
		 "nfdropd started: what was dropped is written here every "
		 "%" PRIu64 " s",
		 j->config.interval / 1000000);
	entry_init(&entry, JOURNAL_STARTED, ENTRY_INFO);
	entry_add_message(&entry, text);
	entry_add(&entry, "NFDROP_VERSION", NFDROP_VERSION);
	entry_add_number(&entry, JOURNAL_INTERVAL, j->config.interval);
	queue(j, &entry);
	send_pending(j, WAIT_MSEC);
}

bool journal_is_near(const struct journal *j, uint64_t now_ns)
{
	return j->config.interval > 0 &&
	       now_ns + NEAR_NS >= j->begin_ns + j->config.interval * 1000;
}

void journal_tick(struct journal *j, uint64_t now_ns)
{
	uint64_t interval_ns = j->config.interval * 1000;

	if (j->config.interval == 0)
		return;
	j->n_second = 0;
	/* Packets' entries may wait. */
	send_pending(j, WAIT_MSEC);
	if (now_ns < j->begin_ns + interval_ns || j->n_pending > 0)
		return;
	end_interval(j, now_ns);
	send_pending(j, WAIT_MSEC);
}

void journal_stop(struct journal *j, uint64_t now_ns)
{
	struct entry entry;

	if (j->config.interval == 0)
		return;
	/* What waits since long would be told after what it is part of. */
	send_pending(j, STOP_MSEC);
	end_interval(j, now_ns);
	entry_init(&entry, JOURNAL_STOPPED, ENTRY_INFO);
	entry_add_message(&entry, "nfdropd stopped: what is dropped from now "
				  "on is not written here");
	entry_add(&entry, "NFDROP_VERSION", NFDROP_VERSION);
	queue(j, &entry);
	send_pending(j, STOP_MSEC);
	if (j->n_pending > 0)
		log_warning("The journal does not read: %zu entries were not "
			    "written.",
			    j->n_pending);
}

void journal_tell_monitor(struct journal *j, enum dropmon_state state,
			  const char *message)
{
	struct entry entry;

	if (j->config.interval == 0 || j->n_monitor == MONITOR_MAX)
		return;
	j->n_monitor++;
	entry_init(&entry, JOURNAL_MONITOR, ENTRY_WARNING);
	entry_add_message(&entry, message);
	entry_add(&entry, "NFDROP_MONITOR_STATE",
		  dropmon_state_to_string(state));
	queue(j, &entry);
	send_pending(j, WAIT_MSEC);
}

static void journal_emit(struct sink *sink, const struct drop_event *ev,
			 const struct packet_bytes *bytes)
{
	struct journal *j = (struct journal *)sink;
	struct entry entry;

	if (j->config.interval == 0 || !j->config.packets ||
	    !filter_match_packet(j->config.packets, ev, bytes))
		return;
	if (j->n_second >= j->config.packets_max ||
	    j->n_pending >= PACKETS_MAX) {
		j->n_skipped++;
		return;
	}
	j->n_second++;
	entry_of_packet(&entry, ev, j->n_skipped);
	if (queue(j, &entry))
		j->n_skipped = 0;
}
