/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "escape.h"
#include "keeper.h"
#include "log.h"
#include "util.h"

_Static_assert(sizeof(sd_id128_t) == COUNTS_BOOT_SIZE, "a boot's id");

struct losses keeper_losses(const struct keeper *k)
{
	const struct losses *now = &k->pipeline->losses, *before = &k->before;

	return (struct losses){
		.kernel_queue = before->kernel_queue + now->kernel_queue,
		.socket = before->socket + now->socket,
		.aggregate_other =
			before->aggregate_other + now->aggregate_other,
		.sessions = before->sessions + now->sessions,
		.rule_packets = before->rule_packets + now->rule_packets,
		.rule_messages = before->rule_messages + now->rule_messages,
	};
}

static int open_error(const char *path, int error)
{
	char shown[256];

	escape_string(path, shown, sizeof(shown));
	if (error == -EWOULDBLOCK)
		log_error("Another nfdropd keeps its counts in %s: stop it, or "
			  "give another --state=DIR.",
			  shown);
	else if (error == -ENOENT)
		log_error("The folder %s does not exist: make it, or give "
			  "another --state=DIR.",
			  shown);
	else
		log_error("Cannot keep counts in %s: %s.", shown,
			  strerror(-error));
	return error;
}

static void set_aside(struct keeper *k, int priority, const char *name,
		      const char *why)
{
	int r = state_set_aside(&k->state, name);

	if (r < 0)
		log_warning("%s, and it cannot be moved to %s (%s): counting "
			    "begins anew.",
			    why, name, strerror(-r));
	else
		log_message(priority,
			    "%s, and is now %s: counting begins anew.", why,
			    name);
}

/* A file that cannot be used is no reason not to start. */
static void load(struct keeper *k)
{
	_cleanup_free_ void *data = NULL;
	size_t len;
	int r;

	r = state_read(&k->state, COUNTS_FILE_MAX, &data, &len);
	if (r == 0)
		r = counts_decode(data, len, k->boot, k->rules, &k->before);
	switch (r) {
	case 0:
		log_info("Counting goes on with what was counted before: %zu "
			 "%s.",
			 k->rules->n_rules,
			 k->rules->n_rules == 1 ? "rule or reason"
						: "rules and reasons");
		return;
	case -ENOENT:
		return;
	case -ESTALE:
		set_aside(k, LOG_NOTICE, STATE_PREVIOUS,
			  "The file " STATE_FILE
			  " is of an earlier boot, whose handles mean other "
			  "rules");
		return;
	case -EPROTONOSUPPORT:
		set_aside(k, LOG_WARNING, STATE_DAMAGED,
			  "The file " STATE_FILE " is of another nfdropd's "
			  "version");
		return;
	case -EBADMSG:
	case -EFBIG:
		set_aside(k, LOG_WARNING, STATE_DAMAGED,
			  "The file " STATE_FILE " is damaged");
		return;
	default:
		log_warning("Cannot read the file " STATE_FILE
			    " (%s): counting begins anew.",
			    strerror(-r));
	}
}

int keeper_init(struct keeper *k, const char *path, uint64_t interval_usec,
		uint64_t now_ns, struct aggregate *rules,
		const struct pipeline *pipeline)
{
	sd_id128_t boot = SD_ID128_NULL;
	int r;

	*k = (struct keeper){
		.state.fd = -1,
		.rules = rules,
		.pipeline = pipeline,
		.interval_ns = interval_usec * 1000,
	};
	rules->since_ns = now_ns;
	if (!path)
		return 0;
	r = state_init(&k->state, path);
	if (r >= 0)
		r = sd_id128_get_boot(&boot);
	if (r < 0)
		return open_error(path, r);
	memcpy(k->boot, &boot, sizeof(k->boot));
	load(k);
	/* What could not be read left nothing. */
	if (rules->since_ns == 0)
		rules->since_ns = now_ns;
	k->written = aggregate_total(rules);
	k->written_losses = keeper_losses(k);
	return 0;
}

void keeper_done(struct keeper *k)
{
	state_done(&k->state);
}

void keeper_set_interval(struct keeper *k, uint64_t interval_usec)
{
	k->interval_ns = interval_usec * 1000;
	k->next_ns = 0;
}

static bool has_changed(const struct keeper *k)
{
	struct aggregate_counts total = aggregate_total(k->rules);
	struct losses losses = keeper_losses(k);

	return k->told || memcmp(&total, &k->written, sizeof(total)) != 0 ||
	       memcmp(&losses, &k->written_losses, sizeof(losses)) != 0;
}

void keeper_flush(struct keeper *k)
{
	struct losses losses = keeper_losses(k);
	_cleanup_free_ void *data = NULL;
	size_t len = 0;
	int r;

	if (k->state.fd < 0 || !has_changed(k))
		return;
	r = counts_encode(k->rules, &losses, k->boot, &data, &len);
	if (r >= 0)
		r = state_write(&k->state, data, len);
	if (r < 0 && k->error == 0)
		log_warning("Cannot write the counts: %s. What was written "
			    "last is kept.",
			    strerror(-r));
	if (r >= 0 && k->error < 0)
		log_info("The counts can be written again.");
	k->error = MIN(r, 0);
	if (r < 0)
		return;
	k->written = aggregate_total(k->rules);
	k->written_losses = losses;
	k->told = false;
}

void keeper_tick(struct keeper *k, uint64_t now_ns)
{
	if (k->next_ns == 0)
		k->next_ns = now_ns + k->interval_ns;
	if (now_ns < k->next_ns)
		return;
	k->next_ns = now_ns + k->interval_ns;
	keeper_flush(k);
}
