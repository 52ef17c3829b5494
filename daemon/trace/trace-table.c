/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* After netinet/in.h, which it then agrees with. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "own-table.h"
#include "trace-marks.h"
#include "trace-samples.h"
#include "trace-table.h"
#include "util.h"

/* Somebody may have our name, in another PID namespace. */
#define NAMES_MAX 8
#define LEFT_MAX  16

struct trace_table {
	struct trace_table_config config;
	struct mnl_socket *nl;
	struct nft_batch batch;
	char name[48];
	unsigned int n_names;
	bool no_owner;
	bool looked; /* for what others left */
	bool is_there;
	uint32_t kinds; /* of flows, that have sets there */
	struct trace_places places;
};

DEFINE_CLEANUP(struct trace_table *, trace_table_free)

static struct trace_marks marks_of(const struct trace_table *t)
{
	return (struct trace_marks){
		.table = t->name,
		.owner = !t->no_owner,
		.flows = t->config.flows,
		.seconds = t->config.seconds,
		.rate = t->config.rate,
		.samples = t->config.samples,
	};
}

static void set_name(struct trace_table *t)
{
	int n = snprintf(t->name, sizeof(t->name), OWN_TABLE_PREFIX "%ld",
			 (long)getpid());

	if (t->n_names > 0)
		snprintf(t->name + n, sizeof(t->name) - (size_t)n, "-%u",
			 t->n_names);
}

int trace_table_new(struct trace_table **ret,
		    const struct trace_table_config *config)
{
	_cleanup_(cleanup_trace_table_free) struct trace_table *t =
		calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->config = *config;
	t->no_owner = config->no_owner;
	set_name(t);
	if (nft_batch_init(&t->batch) < 0)
		return -ENOMEM;
	t->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!t->nl || mnl_socket_bind(t->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*ret = TAKE_PTR(t);
	return 0;
}

void trace_table_free(struct trace_table *t)
{
	if (!t)
		return;
	if (t->is_there)
		(void)trace_table_rest(t);
	if (t->nl)
		mnl_socket_close(t->nl);
	nft_batch_done(&t->batch);
	free(t);
}

void trace_table_configure(struct trace_table *t,
			   const struct trace_table_config *config)
{
	t->config = *config;
}

bool trace_table_takes(const struct packet *packet)
{
	struct trace_mark mark;

	return trace_mark_init(&mark, packet);
}

/* --- what a killed nfdropd left, of an old kernel ------------------------- */

struct left {
	char name[48];
	uint8_t nfproto;
};

struct left_tables {
	struct left tables[LEFT_MAX];
	size_t n;
};

static int on_table(const struct nlmsghdr *nlh, void *data)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct left_tables *left = data;
	const char *name = NULL;
	const struct nlattr *attr;
	uint32_t flags = 0;
	long pid;

	mnl_attr_for_each(attr, nlh, sizeof(*nfg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == NFTA_TABLE_FLAGS &&
		    mnl_attr_get_payload_len(attr) == sizeof(flags))
			flags = be32toh(mnl_attr_get_u32(attr));
	}
	if (!name || !own_table_is_name(name) || left->n == LEFT_MAX ||
	    strlen(name) >= sizeof(left->tables[0].name) ||
	    (flags & NFT_TABLE_F_OWNER))
		return MNL_CB_OK;
	pid = strtol(name + strlen(OWN_TABLE_PREFIX), NULL, 10);
	if (pid <= 0 || pid > INT32_MAX || kill((pid_t)pid, 0) == 0 ||
	    errno != ESRCH)
		return MNL_CB_OK;
	left->tables[left->n].nfproto = nfg->nfgen_family;
	copy_string(left->tables[left->n++].name, sizeof(left->tables[0].name),
		    name, SIZE_MAX);
	return MNL_CB_OK;
}

static void list_left(struct trace_table *t, struct left_tables *left)
{
	_Alignas(struct nlmsghdr) char buf[16384];
	ssize_t n;

	(void)nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETTABLE, NFPROTO_UNSPEC,
				    NLM_F_DUMP, 1);
	if (mnl_socket_sendto(t->nl, buf,
			      ((struct nlmsghdr *)(void *)buf)->nlmsg_len) < 0)
		return;
	while ((n = mnl_socket_recvfrom(t->nl, buf, sizeof(buf))) > 0)
		if (mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(t->nl),
			       on_table, left) <= MNL_CB_STOP)
			break;
}

static void remove_left(struct trace_table *t)
{
	struct left_tables left = { .n = 0 };

	list_left(t, &left);
	for (size_t i = 0; i < left.n; i++) {
		const struct trace_marks marks = {
			.table = left.tables[i].name
		};
		struct trace_places places = { 0 };

		for (int f = 0; f < _TRACE_FAMILY_MAX; f++)
			if (trace_family_to_nfproto(f) ==
			    left.tables[i].nfproto)
				places.hooks[f] = 1;
		nft_batch_begin(&t->batch);
		trace_marks_remove(&marks, &places, &t->batch);
		(void)nft_batch_send(&t->batch, t->nl);
	}
}

/* --- the tables ----------------------------------------------------------- */

static void change_flows(struct trace_table *t,
			 const struct trace_places *places, uint16_t type,
			 const struct packet *packets, size_t n)
{
	const struct trace_marks marks = marks_of(t);
	struct trace_mark mark;

	for (size_t i = 0; i < n; i++)
		if (trace_mark_init(&mark, &packets[i]))
			trace_marks_change(&marks, places, type, &mark,
					   &t->batch);
}

static uint32_t kinds_of(const struct packet *packets, size_t n)
{
	struct trace_mark mark;
	uint32_t kinds = 0;

	for (size_t i = 0; i < n; i++)
		if (trace_mark_init(&mark, &packets[i]))
			kinds |= trace_mark_kind(&mark);
	return kinds;
}

static int send_all(struct trace_table *t, const struct trace_places *places,
		    const struct trace_change *change)
{
	bool anew = !t->is_there || !trace_places_are_same(&t->places, places);
	uint32_t kinds = kinds_of(change->add, change->n_add);
	const struct trace_marks marks = marks_of(t);
	int r;

	nft_batch_begin(&t->batch);
	if (anew && t->is_there)
		trace_marks_remove(&marks, &t->places, &t->batch);
	if (anew)
		trace_marks_add(&marks, places, &t->batch);
	if (anew && marks.samples > 0)
		trace_samples_add(&marks, places, &t->batch);
	trace_marks_add_kinds(&marks, places, anew ? kinds : kinds & ~t->kinds,
			      &t->batch);
	if (!anew)
		change_flows(t, places, NFT_MSG_DELSETELEM, change->remove,
			     change->n_remove);
	change_flows(t, places, NFT_MSG_NEWSETELEM, change->add, change->n_add);
	r = nft_batch_send(&t->batch, t->nl);
	if (r < 0)
		return r;
	t->kinds = anew ? kinds : kinds | t->kinds;
	t->places = *places;
	t->is_there = true;
	return 0;
}

static int remove_family(struct trace_table *t, enum trace_family family)
{
	const struct trace_marks marks = marks_of(t);
	struct trace_places places = { 0 };

	places.hooks[family] = t->places.hooks[family];
	nft_batch_begin(&t->batch);
	trace_marks_remove(&marks, &places, &t->batch);
	return nft_batch_send(&t->batch, t->nl);
}

int trace_table_rest(struct trace_table *t)
{
	int r = 0;

	if (!t->is_there)
		return 0;
	/* One by one: some may be gone. */
	for (int f = 0; f < _TRACE_FAMILY_MAX; f++) {
		int removed = trace_places_has(&t->places, f)
				      ? remove_family(t, f)
				      : 0;

		if (removed < 0 && removed != -ENOENT && r == 0)
			r = removed;
	}
	if (r == 0)
		t->is_there = false;
	return r;
}

/* What can be done about an error; false: nothing. */
static bool find_remedy(struct trace_table *t, int error,
			struct trace_places *places,
			struct trace_change *change)
{
	/* One is gone, as they do after a while. */
	if (error == -ENOENT && change->n_remove > 0) {
		change->n_remove = 0;
		return true;
	}
	/* Somebody removed them, which takes an old kernel; or see below. */
	if (error == -ENOENT && t->is_there)
		return trace_table_rest(t) == 0;
	/* A device is gone, of which we shall be told. */
	if (error == -ENOENT && trace_places_has(places, TRACE_NETDEV)) {
		places->hooks[TRACE_NETDEV] = 0;
		return true;
	}
	if (t->is_there)
		return false;
	/* -EPERM: it is another socket's. */
	if ((error == -EEXIST || error == -EPERM) && ++t->n_names < NAMES_MAX) {
		set_name(t);
		return true;
	}
	if ((error == -EOPNOTSUPP || error == -EINVAL) && !t->no_owner) {
		t->no_owner = true;
		return true;
	}
	return false;
}

int trace_table_change(struct trace_table *t, const struct trace_places *places,
		       const struct trace_change *change)
{
	struct trace_places at = *places;
	struct trace_change now = *change;
	int r;

	if (change->n_add > TRACE_TABLE_AT_ONCE ||
	    change->n_remove > TRACE_TABLE_AT_ONCE)
		return -E2BIG;
	for (size_t i = 0; i < change->n_add; i++)
		if (!trace_table_takes(&change->add[i]))
			return -EINVAL;
	do {
		if (t->no_owner && !t->looked) {
			t->looked = true;
			remove_left(t);
		}
		r = send_all(t, &at, &now);
	} while (r < 0 && find_remedy(t, r, &at, &now));
	return r == -ENFILE ? -ENOSPC : r;
}

bool trace_table_is_there(const struct trace_table *t)
{
	return t->is_there;
}

bool trace_table_is_owned(const struct trace_table *t)
{
	return !t->no_owner;
}

const char *trace_table_name(const struct trace_table *t)
{
	return t->name;
}

int trace_table_ask_generation(struct trace_table *t, uint32_t *ret)
{
	return nft_ask_generation(t->nl, ret);
}
