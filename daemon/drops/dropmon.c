/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "alerts.h"
#include "dropmon.h"
#include "genl.h"
#include "marker.h"
#include "net-dm-abi.h"
#include "netns-find.h"
#include "netns.h"
#include "util.h"

#define FAMILY "NET_DM"
#define GROUP  "events"
/*
 * Counts by rule on a group, and so a socket, of their own: a flood of packets
 * must not cost any. Where there is no such group they come with the packets.
 */
#define GROUP_RULES "nf_summary"
/* At least; a CPU's counts of a second can be five messages of 16 KiB. */
#define RULES_BUFFER (4U << 20)
/* Of alerts_dispatch() at the end, hundreds of messages each. */
#define END_ROUNDS 64

struct dropmon {
	const struct dropmon_config *config;
	struct pipeline *pipeline;
	struct genl control;
	struct alerts *alerts;
	struct alerts *rules; /* NULL: none, or on the same socket */
	struct dropmon_status status;
	uint64_t kernel_dropped; /* at our last look */
};

DEFINE_CLEANUP(struct nl_msg *, nlmsg_free)
DEFINE_CLEANUP(struct dropmon *, dropmon_free)

static int on_config(const struct nlmsghdr *nlh, size_t len, void *data)
{
	return decode_config(nlh, len, data);
}

static int on_stats(const struct nlmsghdr *nlh, size_t len, void *data)
{
	return decode_stats(nlh, len, data);
}

static int call_simple(struct dropmon *m, uint8_t cmd,
		       int (*reply)(const struct nlmsghdr *, size_t, void *),
		       void *data)
{
	_cleanup_(cleanup_nlmsg_free) struct nl_msg *msg = NULL;

	msg = genl_request(&m->control, cmd);
	if (!msg)
		return -ENOMEM;
	return genl_call(&m->control, msg, reply, data);
}

/* START or STOP of software or hardware drops. */
static int call_trace(struct dropmon *m, uint8_t cmd, uint16_t flag)
{
	_cleanup_(cleanup_nlmsg_free) struct nl_msg *msg = NULL;

	msg = genl_request(&m->control, cmd);
	if (!msg || nla_put_flag(msg, flag) < 0)
		return -ENOMEM;
	return genl_call(&m->control, msg, NULL, NULL);
}

bool dropmon_tells_rules(const struct dropmon *m)
{
	return m->status.config.features & NET_DM_FEATURE_NF;
}

static bool can_count_rules(const struct dropmon *m)
{
	return m->status.config.features & NET_DM_FEATURE_NF_SUMMARY;
}

static int call_configure(struct dropmon *m)
{
	_cleanup_(cleanup_nlmsg_free) struct nl_msg *msg = NULL;

	msg = genl_request(&m->control, NET_DM_CMD_CONFIG);
	if (!msg ||
	    nla_put_u8(msg, NET_DM_ATTR_ALERT_MODE, NET_DM_ALERT_MODE_PACKET) <
		    0 ||
	    nla_put_u32(msg, NET_DM_ATTR_TRUNC_LEN, m->config->truncation) <
		    0 ||
	    nla_put_u32(msg, NET_DM_ATTR_QUEUE_LEN, m->config->queue_length) <
		    0 ||
	    (can_count_rules(m) &&
	     nla_put_u8(msg, NET_DM_ATTR_NF_SUMMARY, 1) < 0))
		return -ENOMEM;
	return genl_call(&m->control, msg, NULL, NULL);
}

/*
 * Settings outlive a stop, and the next program, such as dropwatch, neither
 * knows of this one nor wants its messages.
 */
static void call_stop_rules(struct dropmon *m)
{
	_cleanup_(cleanup_nlmsg_free) struct nl_msg *msg = NULL;

	msg = genl_request(&m->control, NET_DM_CMD_CONFIG);
	if (msg && nla_put_u8(msg, NET_DM_ATTR_NF_SUMMARY, 0) >= 0)
		(void)genl_call(&m->control, msg, NULL, NULL);
}

static int dropmon_read_config(struct dropmon *m)
{
	int r = call_simple(m, NET_DM_CMD_CONFIG_GET, on_config,
			    &m->status.config);

	m->pipeline->kernel_counts = r >= 0 && m->status.config.rules;
	return r;
}

static bool config_is_ours(const struct dropmon *m)
{
	const struct decode_config *now = &m->status.config;

	return now->mode == NET_DM_ALERT_MODE_PACKET &&
	       now->truncation == m->config->truncation &&
	       now->queue_length == m->config->queue_length &&
	       (!can_count_rules(m) || now->rules);
}

static int dropmon_failed(struct dropmon *m, enum dropmon_step step, int error)
{
	m->status.state = DROPMON_STOPPED;
	m->status.step = step;
	m->status.error = error;
	return error;
}

static void dropmon_stop(struct dropmon *m)
{
	(void)call_trace(m, NET_DM_CMD_STOP, NET_DM_ATTR_SW_DROPS);
	if (m->status.hardware)
		(void)call_trace(m, NET_DM_CMD_STOP, NET_DM_ATTR_HW_DROPS);
	if (m->status.config.rules)
		call_stop_rules(m);
	m->status.hardware = false;
	marker_remove(m->config->marker);
}

/* It is on, and it is we who turned it on. */
static int dropmon_own(struct dropmon *m)
{
	int r;

	m->status.state = DROPMON_ACTIVE;
	m->status.error = 0;
	if (m->config->hardware) {
		/* EOPNOTSUPP: a kernel without devlink has no traps. */
		r = call_trace(m, NET_DM_CMD_START, NET_DM_ATTR_HW_DROPS);
		m->status.hardware = r == 0 || r == -EAGAIN;
	}
	r = dropmon_read_config(m);
	if (r < 0)
		return dropmon_failed(m, DROPMON_CONFIGURE, r);
	marker_write(m->config->marker, &m->status.config);
	return 0;
}

static int dropmon_join(struct dropmon *m)
{
	int r;

	r = dropmon_read_config(m);
	if (r < 0)
		return dropmon_failed(m, DROPMON_CONFIGURE, r);
	m->status.state = DROPMON_PASSIVE;
	m->status.hardware = false;
	m->status.error = 0;
	return 0;
}

/* Turns it on with our settings, or joins. */
static int dropmon_start(struct dropmon *m)
{
	int r;

	r = call_configure(m);
	if (r < 0 && r != -EBUSY)
		return dropmon_failed(m, DROPMON_CONFIGURE, r);
	r = call_trace(m, NET_DM_CMD_START, NET_DM_ATTR_SW_DROPS);
	if (r == -EAGAIN)
		return dropmon_join(m);
	if (r < 0)
		return dropmon_failed(m, DROPMON_START, r);
	return dropmon_own(m);
}

/* Found on at our start: is it the work of an nfdropd that was killed? */
static int dropmon_resume(struct dropmon *m)
{
	if (m->status.state != DROPMON_PASSIVE ||
	    !marker_matches(m->config->marker, &m->status.config))
		return 0;
	m->status.resumed = true;
	if (config_is_ours(m))
		return dropmon_own(m);
	m->status.hardware = m->config->hardware;
	dropmon_stop(m);
	return dropmon_start(m);
}

static int check_namespace(void)
{
	uint64_t cookie;
	uint32_t inum;

	/* Kernels before 5.14 cannot tell; RESOLVE then says ENOENT. */
	netns_find_own(&inum, &cookie);
	return netns_is_initial(cookie, inum) ? 0 : -EXDEV;
}

/* Also when the module came back, with other numbers. */
static int dropmon_join_groups(struct dropmon *m)
{
	int r = alerts_join(m->alerts, m->control.group);

	if (r < 0 || !m->rules)
		return r;
	r = genl_resolve_group(&m->control, FAMILY, GROUP_RULES);
	return r < 0 ? r : alerts_join(m->rules, (uint32_t)r);
}

/* After the features are known. */
static int dropmon_open_alerts(struct dropmon *m)
{
	uint32_t size = m->config->receive_buffer, content = ALERTS_DROPS;
	int r;

	if (can_count_rules(m)) {
		r = genl_resolve_group(&m->control, FAMILY, GROUP_RULES);
		if (r == -ENODATA)
			content |= ALERTS_RULES;
		else if (r >= 0)
			r = alerts_new(&m->rules, ALERTS_RULES,
				       MAX(size, RULES_BUFFER), m->pipeline);
		if (r < 0 && r != -ENODATA)
			return r;
	}
	return alerts_new(&m->alerts, content, size, m->pipeline);
}

static int dropmon_setup(struct dropmon *m, enum dropmon_step *step)
{
	int r;

	*step = DROPMON_OPEN;
	r = genl_open(&m->control);
	if (r < 0)
		return r;
	*step = DROPMON_NAMESPACE;
	r = check_namespace();
	if (r < 0)
		return r;
	*step = DROPMON_RESOLVE;
	r = genl_resolve(&m->control, FAMILY, GROUP);
	if (r < 0)
		return r;
	*step = DROPMON_CONFIGURE;
	r = dropmon_read_config(m);
	if (r < 0)
		return r;
	*step = DROPMON_OPEN;
	r = dropmon_open_alerts(m);
	if (r < 0)
		return r;
	*step = DROPMON_JOIN;
	r = dropmon_join_groups(m);
	if (r < 0)
		return r;
	/* What was lost before us is not ours to tell. */
	(void)call_simple(m, NET_DM_CMD_STATS_GET, on_stats,
			  &m->kernel_dropped);
	r = dropmon_start(m);
	if (r >= 0)
		r = dropmon_resume(m);
	*step = m->status.step;
	return r;
}

int dropmon_new(struct dropmon **ret, const struct dropmon_config *config,
		struct pipeline *pipeline, enum dropmon_step *step)
{
	_cleanup_(cleanup_dropmon_free) struct dropmon *m = NULL;
	int r;

	m = calloc(1, sizeof(*m));
	if (!m) {
		*step = DROPMON_OPEN;
		return -ENOMEM;
	}
	m->config = config;
	m->pipeline = pipeline;
	r = dropmon_setup(m, step);
	if (r < 0 && config->may_be_absent &&
	    (*step == DROPMON_RESOLVE || *step == DROPMON_NAMESPACE)) {
		m->status.state = DROPMON_ABSENT;
		m->status.step = *step;
		m->status.error = r;
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(m);
	return 0;
}

static int dropmon_count_losses(struct dropmon *m)
{
	struct losses delta = { 0 };
	uint64_t dropped = 0;
	int r;

	r = call_simple(m, NET_DM_CMD_STATS_GET, on_stats, &dropped);
	if (r < 0)
		return r;
	/* Less than before: the module was loaded anew. */
	if (dropped >= m->kernel_dropped)
		delta.kernel_queue = dropped - m->kernel_dropped;
	m->kernel_dropped = dropped;
	if (delta.kernel_queue > 0)
		pipeline_lost(m->pipeline, &delta);
	alerts_count_losses(m->alerts);
	if (m->rules)
		alerts_count_losses(m->rules);
	return 0;
}

void dropmon_end(struct dropmon *m)
{
	if (dropmon_is_absent(m))
		return;
	if (m->status.state == DROPMON_ACTIVE)
		dropmon_stop(m);
	m->status.state = DROPMON_STOPPED;
	/* A full buffer is less than that; another's monitoring goes on. */
	for (int i = 0; i < END_ROUNDS && alerts_dispatch(m->alerts) > 0; i++)
		;
	for (int i = 0;
	     m->rules && i < END_ROUNDS && alerts_dispatch(m->rules) > 0; i++)
		;
	(void)dropmon_count_losses(m);
}

void dropmon_free(struct dropmon *m)
{
	if (!m)
		return;
	if (m->status.state == DROPMON_ACTIVE)
		dropmon_stop(m);
	alerts_free(m->alerts);
	alerts_free(m->rules);
	genl_close(&m->control);
	free(m);
}

void dropmon_resize_buffer(struct dropmon *m)
{
	uint32_t size = m->config->receive_buffer;

	if (dropmon_is_absent(m))
		return;
	alerts_set_buffer(m->alerts, size);
	if (m->rules)
		alerts_set_buffer(m->rules, MAX(size, RULES_BUFFER));
}

bool dropmon_is_absent(const struct dropmon *m)
{
	return m->status.state == DROPMON_ABSENT;
}

int dropmon_get_fd(const struct dropmon *m)
{
	return m->alerts ? alerts_get_fd(m->alerts) : -1;
}

int dropmon_get_rules_fd(const struct dropmon *m)
{
	return m->rules ? alerts_get_fd(m->rules) : -1;
}

static int dispatch(struct dropmon *m, struct alerts *alerts)
{
	int r = alerts_dispatch(alerts);

	return r < 0 ? dropmon_failed(m, DROPMON_RECEIVE, r) : r;
}

int dropmon_dispatch(struct dropmon *m)
{
	return dispatch(m, m->alerts);
}

int dropmon_dispatch_rules(struct dropmon *m)
{
	return dispatch(m, m->rules);
}

/*
 * START went through: it was off. Settings outlive a stop, and whoever stopped
 * it may have changed them, so set ours, which needs it off once more.
 */
static int dropmon_restart(struct dropmon *m)
{
	int r;

	r = dropmon_own(m);
	if (r < 0 || config_is_ours(m))
		return r;
	dropmon_stop(m);
	return dropmon_start(m);
}

/* The module went away and may be back, with other numbers. */
static int dropmon_find_again(struct dropmon *m)
{
	int r;

	r = genl_resolve(&m->control, FAMILY, GROUP);
	if (r < 0)
		return dropmon_failed(m, DROPMON_RESOLVE, r);
	r = dropmon_join_groups(m);
	if (r < 0)
		return dropmon_failed(m, DROPMON_JOIN, r);
	m->kernel_dropped = 0;
	r = dropmon_start(m);
	return r < 0 ? r : DROPMON_RESTARTED;
}

int dropmon_tick(struct dropmon *m)
{
	enum dropmon_state before = m->status.state;
	int r;

	if (dropmon_is_absent(m))
		return DROPMON_UNCHANGED;
	r = call_trace(m, NET_DM_CMD_START, NET_DM_ATTR_SW_DROPS);
	if (r == -ENOENT)
		return dropmon_find_again(m);
	if (r == 0) {
		r = dropmon_restart(m);
		if (r < 0)
			return r;
		m->status.n_restarts++;
		r = before == DROPMON_PASSIVE ? DROPMON_TAKEN_OVER
					      : DROPMON_RESTARTED;
		if (m->status.state == DROPMON_PASSIVE)
			r = DROPMON_LOST_IT;
	} else if (r == -EAGAIN) {
		struct decode_config was = m->status.config;

		/* On, but ours? Settings that changed say: stopped between. */
		r = dropmon_read_config(m);
		if (r < 0)
			return dropmon_failed(m, DROPMON_CONFIGURE, r);
		r = DROPMON_UNCHANGED;
		if (before == DROPMON_STOPPED) {
			m->status.state = DROPMON_PASSIVE;
			m->status.error = 0;
			r = DROPMON_LOST_IT;
		} else if (before == DROPMON_ACTIVE &&
			   (was.mode != m->status.config.mode ||
			    was.truncation != m->status.config.truncation ||
			    was.queue_length != m->status.config.queue_length ||
			    was.rules != m->status.config.rules)) {
			m->status.state = DROPMON_PASSIVE;
			marker_remove(m->config->marker);
			r = DROPMON_LOST_IT;
		}
	} else {
		return dropmon_failed(m, DROPMON_START, r);
	}
	(void)dropmon_count_losses(m);
	return r;
}

const struct dropmon_status *dropmon_get_status(const struct dropmon *m)
{
	return &m->status;
}
