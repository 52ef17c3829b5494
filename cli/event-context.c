/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "candidate.h"
#include "event-context.h"
#include "util.h"

/* Of a value, escaped: rules can be long. */
#define VALUE_MAX 2048

static const char *get_count(const struct drop_event *ev, char *buf,
			     size_t size)
{
	if (ev->count <= 1)
		return NULL;
	snprintf(buf, size, "%" PRIu64, ev->count);
	return buf;
}

static const char *get_kind(const struct drop_event *ev, char *buf, size_t size)
{
	(void)buf, (void)size;
	if (ev->netfilter.kind == DROP_KIND_NONE)
		return NULL;
	return drop_kind_to_string(ev->netfilter.kind);
}

static const char *get_attribution(const struct drop_event *ev, char *buf,
				   size_t size)
{
	(void)buf, (void)size;
	if (ev->attribution == DROP_ATTRIBUTION_NONE ||
	    ev->attribution == DROP_ATTRIBUTION_EXACT)
		return NULL;
	return drop_attribution_to_string(ev->attribution);
}

/* What is of hardware has a trap. */
static const char *get_origin(const struct drop_event *ev, char *buf,
			      size_t size)
{
	(void)buf, (void)size;
	return ev->origin == DROP_ORIGIN_SAMPLE
		       ? drop_origin_to_string((int)ev->origin)
		       : NULL;
}

static const char *get_handle(const struct drop_event *ev, char *buf,
			      size_t size)
{
	if (ev->netfilter.rule_handle == 0)
		return NULL;
	snprintf(buf, size, "%" PRIu64, ev->netfilter.rule_handle);
	return buf;
}

static const char *get_policy(const struct drop_event *ev, char *buf,
			      size_t size)
{
	(void)buf, (void)size;
	return ev->netfilter.policy ? "drop" : NULL;
}

static const char *get_errno(const struct drop_event *ev, char *buf,
			     size_t size)
{
	uint32_t n = ev->netfilter.errnum;
	const char *name = n <= INT32_MAX ? strerrorname_np((int)n) : NULL;

	if (n == 0 || name)
		return n == 0 ? NULL : name;
	snprintf(buf, size, "%" PRIu32, n);
	return buf;
}

static const char *get_queue(const struct drop_event *ev, char *buf,
			     size_t size)
{
	if (!(ev->has & DROP_HAS_QUEUE))
		return NULL;
	snprintf(buf, size, "%" PRIu32, ev->netfilter.queue);
	return buf;
}

static const char *get_mark(const struct drop_event *ev, char *buf, size_t size)
{
	if (!(ev->has & DROP_HAS_MARK))
		return NULL;
	snprintf(buf, size, "0x%" PRIx32, ev->netfilter.mark);
	return buf;
}

static const char *get_netns(const struct drop_event *ev, char *buf,
			     size_t size)
{
	/* Where nearly everything is, and what no name means to a person. */
	if (strcmp(ev->netns.name, "init") == 0)
		return NULL;
	if (ev->netns.name[0])
		return ev->netns.name;
	if (ev->netns.inum == 0)
		return NULL;
	snprintf(buf, size, "inum:%" PRIu32, ev->netns.inum);
	return buf;
}

static const char *get_uid(const struct drop_event *ev, char *buf, size_t size)
{
	if (!(ev->has & DROP_HAS_UID))
		return NULL;
	snprintf(buf, size, "%" PRIu32, ev->process.uid);
	return buf;
}

static const char *get_vlan(const struct drop_event *ev, char *buf, size_t size)
{
	size_t n = MIN(ev->packet.n_vlans, PACKET_VLANS_MAX), len = 0;

	if (n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%u",
					i > 0 ? "," : "", ev->packet.vlans[i]);
	return buf;
}

/* nf_tables' "immediate" is a plain verdict, which the rule says. */
static const char *get_by(const struct drop_event *ev, char *buf, size_t size)
{
	(void)buf, (void)size;
	return strcmp(ev->netfilter.by, "immediate") == 0 ? NULL
							  : ev->netfilter.by;
}

/* An owned string, which may be NULL. */
static const char *get_rule(const struct drop_event *ev, char *buf, size_t size)
{
	(void)buf, (void)size;
	return ev->netfilter.rule;
}

static const char *get_unit(const struct drop_event *ev, char *buf, size_t size)
{
	(void)buf, (void)size;
	return ev->process.unit;
}

#define TEXT(member)  .offset = offsetof(struct drop_event, member)
#define GET(function) .get = function

/* It is part of the rule's text, where that is known. */
static const char *get_comment(const struct drop_event *ev, char *buf,
			       size_t size)
{
	(void)buf;
	(void)size;
	return ev->netfilter.rule ? NULL : ev->netfilter.comment;
}

static const char *get_candidates(const struct drop_event *ev, char *buf,
				  size_t size)
{
	return candidates_to_string(ev->candidates, buf, size);
}

static const struct context {
	const char *key;
	/* NULL or "" for unknown; NULL: the text at @offset. */
	const char *(*get)(const struct drop_event *ev, char *buf, size_t size);
	size_t offset;
} contexts[] = {
	{ "count", GET(get_count) },
	{ "kind", GET(get_kind) },
	{ "attribution", GET(get_attribution) },
	{ "origin", GET(get_origin) },
	{ "hook", TEXT(netfilter.hook) },
	{ "family", TEXT(netfilter.family) },
	{ "table", TEXT(netfilter.table) },
	{ "chain", TEXT(netfilter.chain) },
	{ "handle", GET(get_handle) },
	{ "policy", GET(get_policy) },
	{ "rule", GET(get_rule) },
	{ "comment", GET(get_comment) },
	{ "by", GET(get_by) },
	{ "set", TEXT(netfilter.set) },
	{ "element", TEXT(netfilter.element) },
	{ "errno", GET(get_errno) },
	{ "queue", GET(get_queue) },
	{ "mark", GET(get_mark) },
	{ "ct", TEXT(netfilter.ct_state) },
	{ "netns", GET(get_netns) },
	{ "uid", GET(get_uid) },
	{ "unit", GET(get_unit) },
	{ "candidates", GET(get_candidates) },
	{ "trap", TEXT(trap) },
	{ "group", TEXT(trap_group) },
	{ "vlan", GET(get_vlan) },
};

static bool is_plain(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.:/@%+,";

	return s[strspn(s, plain)] == '\0';
}

static void print_value(const struct term *term, const char *value, FILE *f)
{
	char shown[VALUE_MAX];

	if (is_plain(value)) {
		fputs(value, f);
		return;
	}
	fputc('"', f);
	for (const char *s = term_escape(term, value, shown, sizeof(shown)); *s;
	     s++) {
		if (*s == '"')
			fputc('\\', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

void event_context_print(const struct drop_event *ev, const struct term *term,
			 FILE *f, bool with_count)
{
	bool first = true;

	/* It is the first of them. */
	for (size_t i = with_count ? 0 : 1; i < ARRAY_SIZE(contexts); i++) {
		const struct context *context = &contexts[i];
		char buf[VALUE_MAX / 4];
		const char *value;

		value = context->get ? context->get(ev, buf, sizeof(buf))
				     : (const char *)ev + context->offset;
		if (!value || !value[0])
			continue;
		fprintf(f, "%s%s%s%s=", first ? "  " : " ",
			term_style(term, STYLE_KEY), context->key,
			term_reset(term, STYLE_KEY));
		print_value(term, value, f);
		first = false;
	}
}
