/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "codec.h"
#include "escape.h"
#include "explain-subject.h"
#include "util.h"

#define TEXT_MAX  16384
#define WORDS_MAX 128

static const char *const families[] = { "inet", "ip",	  "ip6",
					"arp",	"bridge", "netdev" };

static bool is_family(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strcmp(word, families[i]) == 0)
			return true;
	return false;
}

/* A positive number; 0 for anything else. */
static uint64_t handle_of(const char *word)
{
	unsigned long long v;
	char *end;

	if (word[0] < '1' || word[0] > '9')
		return 0;
	errno = 0;
	v = strtoull(word, &end, 10);
	return errno == 0 && *end == '\0' ? v : 0;
}

/* [FAMILY] TABLE CHAIN [[handle|rule] NUMBER | policy] */
static int parse_rule(char *const *words, size_t n, struct subject *ret)
{
	struct drop_netfilter *nf = &ret->event.netfilter;
	size_t at = 0;

	copy_string(nf->family, sizeof(nf->family),
		    n > 0 && is_family(words[0]) ? words[at++] : "ip",
		    SIZE_MAX);
	if (n - at < 2)
		return -EINVAL;
	copy_string(nf->table, sizeof(nf->table), words[at++], SIZE_MAX);
	copy_string(nf->chain, sizeof(nf->chain), words[at++], SIZE_MAX);
	ret->kind = SUBJECT_RULE;
	if (at == n)
		return 0;
	if (strcmp(words[at], "policy") == 0) {
		nf->policy = true;
		ret->event.has |= DROP_HAS_POLICY;
		return at + 1 == n ? 0 : -EINVAL;
	}
	if (strcmp(words[at], "handle") == 0 || strcmp(words[at], "rule") == 0)
		at++;
	if (at + 1 != n)
		return -EINVAL;
	nf->rule_handle = handle_of(words[at]);
	return nf->rule_handle != 0 ? 0 : -EINVAL;
}

static bool is_address(const char *word)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, word, buf) == 1 ||
	       inet_pton(AF_INET6, word, buf) == 1;
}

/* ADDRESS, IPV4:PORT or [IPV6]:PORT. */
static int parse_end(const char *word, char address[64], char port[8])
{
	const char *colon = strrchr(word, ':');
	char buf[64];
	size_t len;

	if (is_address(word)) {
		copy_string(address, 64, word, SIZE_MAX);
		return 0;
	}
	if (!colon || handle_of(colon + 1) > UINT16_MAX ||
	    (handle_of(colon + 1) == 0 && strcmp(colon + 1, "0") != 0))
		return -EINVAL;
	len = (size_t)(colon - word);
	if (len >= sizeof(buf))
		return -EINVAL;
	copy_string(buf, sizeof(buf), word, len);
	if (len > 2 && buf[0] == '[' && buf[len - 1] == ']') {
		buf[len - 1] = '\0';
		memmove(buf, buf + 1, len - 1);
	}
	if (!is_address(buf))
		return -EINVAL;
	copy_string(address, 64, buf, SIZE_MAX);
	copy_string(port, 8, colon + 1, SIZE_MAX);
	return 0;
}

/* The words around a ">"; others are a line's other columns. */
static int parse_flow(char *const *words, size_t n, struct subject *ret)
{
	for (size_t i = 1; i + 1 < n; i++) {
		if (strcmp(words[i], ">") != 0)
			continue;
		ret->kind = SUBJECT_FLOW;
		if (parse_end(words[i - 1], ret->source, ret->sport) == 0 &&
		    parse_end(words[i + 1], ret->destination, ret->dport) == 0)
			return 0;
	}
	return -EINVAL;
}

static int parse_event(const char *text, struct subject *ret, char *error,
		       size_t size)
{
	struct json_object *json = json_tokener_parse(text);
	int r;

	ret->kind = SUBJECT_EVENT;
	r = json ? event_from_json(json, &ret->event) : -EINVAL;
	json_object_put(json);
	if (r == -EINVAL) {
		drop_event_init(&ret->event);
		snprintf(error, size,
			 "that is no drop; give a line of \"nfdrop monitor "
			 "--json=short\"");
	}
	return r;
}

/* All arguments as one text, so that they may be quoted or not. */
static int join(char *const *arguments, char text[TEXT_MAX])
{
	size_t at = 0;

	text[0] = '\0';
	for (; *arguments; arguments++) {
		int n = snprintf(text + at, TEXT_MAX - at, "%s%s",
				 at > 0 ? " " : "", *arguments);

		if ((size_t)n >= TEXT_MAX - at)
			return -EINVAL;
		at += (size_t)n;
	}
	return 0;
}

static size_t split(char *text, char *words[WORDS_MAX])
{
	char *word;
	size_t n = 0;

	while (n < WORDS_MAX && (word = strsep(&text, " \t\n")))
		if (word[0] != '\0')
			words[n++] = word;
	return n;
}

int subject_parse(char *const *arguments, struct subject *ret, char *error,
		  size_t size)
{
	static char text[TEXT_MAX], shown[256];
	char *words[WORDS_MAX];
	size_t n;
	int r;

	*ret = (struct subject){ 0 };
	drop_event_init(&ret->event);
	r = join(arguments, text);
	if (r >= 0 && text[strspn(text, " \t\n")] == '{')
		return parse_event(text, ret, error, size);
	escape_string(text, shown, sizeof(shown));
	n = r >= 0 ? split(text, words) : 0;
	if (n > 0 && parse_flow(words, n, ret) == 0)
		return 0;
	/* A flow with something wrong in it is no rule. */
	if (n > 0 && ret->kind != SUBJECT_FLOW &&
	    parse_rule(words, n, ret) == 0)
		return 0;
	snprintf(error, size,
		 "\"%s\" is no rule (\"inet filter input handle 7\", \"inet "
		 "filter input policy\"), flow (\"10.9.0.2:40000 > "
		 "10.9.0.1:80\", in quotes) or drop (a line of \"nfdrop "
		 "monitor\")",
		 shown);
	return -EINVAL;
}

void subject_done(struct subject *subject)
{
	drop_event_done(&subject->event);
}
