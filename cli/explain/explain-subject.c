/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "codec.h"
#include "escape.h"
#include "explain-subject.h"
#include "proto.h"
#include "reason.h"
#include "utf8.h"
#include "util.h"

#define WORDS_MAX 128

static const char *const families[] = { "inet", "ip",	  "ip6",
					"arp",	"bridge", "netdev" };

static void forget(struct subject *subject)
{
	*subject = (struct subject){ 0 };
	drop_event_init(&subject->event);
}

static bool is_family(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strcmp(word, families[i]) == 0)
			return true;
	return false;
}

/* A positive number; 0 for anything else. */
static uint64_t number_of(const char *word)
{
	unsigned long long v;
	char *end;

	if (word[0] < '1' || word[0] > '9')
		return 0;
	errno = 0;
	v = strtoull(word, &end, 10);
	return errno == 0 && *end == '\0' ? v : 0;
}

/* A name as JSON has it, in @name of DROP_NAME_MAX; -EINVAL: it is too long. */
static int take_name(char *name, const char *word)
{
	if (word[0] == '\0' || strlen(word) >= DROP_NAME_MAX)
		return -EINVAL;
	utf8_repair(word, name, DROP_NAME_MAX);
	return 0;
}

/* "netns=blue", "netns=inum:17"; false for another word. */
static bool take_netns(const char *word, struct drop_netns *ret)
{
	static const char key[] = "netns=", inum[] = "inum:";
	uint64_t v;

	if (strncmp(word, key, sizeof(key) - 1) != 0)
		return false;
	word += sizeof(key) - 1;
	/* As in a filter, it is a number then and no name. */
	if (strncmp(word, inum, sizeof(inum) - 1) == 0) {
		v = number_of(word + sizeof(inum) - 1);
		if (v > UINT32_MAX)
			v = 0;
		ret->inum = (uint32_t)v;
		return v != 0;
	}
	return take_name(ret->name, word) == 0;
}

/* What follows in a line of nfdrop rules. Is it to be there, or harmless? */
static int take_rest(char *const *words, size_t n, bool any,
		     struct subject *ret)
{
	size_t at = 0;

	if (at < n && strncmp(words[at], "attribution=", 12) == 0)
		at++;
	if (at < n && take_netns(words[at], &ret->event.netns))
		at++;
	return at == n || any ? 0 : -EINVAL;
}

/* [handle|rule] NUMBER | policy, and the rest. */
static int take_place(char *const *words, size_t n, struct subject *ret)
{
	struct drop_netfilter *nf = &ret->event.netfilter;
	bool handle, number;

	if (n == 0 || strncmp(words[0], "netns=", 6) == 0)
		return take_rest(words, n, false, ret);
	if (strcmp(words[0], "policy") == 0) {
		nf->policy = true;
		ret->event.has |= DROP_HAS_POLICY;
		return take_rest(words + 1, n - 1, true, ret);
	}
	handle = strcmp(words[0], "handle") == 0;
	number = strcmp(words[0], "rule") == 0;
	if (handle || number) {
		words++;
		n--;
	}
	if (n == 0)
		return -EINVAL;
	nf->rule_handle = number_of(words[0]);
	if (nf->rule_handle == 0)
		return -EINVAL;
	if (handle)
		nf->kind = DROP_KIND_NFT_RULE;
	else if (number)
		nf->kind = strcmp(nf->family, "bridge") == 0
				   ? DROP_KIND_EBT_RULE
				   : DROP_KIND_XT_RULE;
	return take_rest(words + 1, n - 1, handle || number, ret);
}

/* [FAMILY] TABLE CHAIN ... */
static int parse_rule(char *const *words, size_t n, struct subject *ret)
{
	struct drop_netfilter *nf = &ret->event.netfilter;
	size_t at = 0;

	ret->any_family = n > 0 && !is_family(words[0]);
	copy_string(nf->family, sizeof(nf->family),
		    n > 0 && is_family(words[0]) ? words[at++] : "ip",
		    SIZE_MAX);
	/* A flow with something wrong in it is no rule. */
	if (n - at < 2 || strcmp(words[at], ">") == 0 ||
	    strcmp(words[at + 1], ">") == 0 ||
	    take_name(nf->table, words[at]) < 0 ||
	    take_name(nf->chain, words[at + 1]) < 0)
		return -EINVAL;
	ret->kind = SUBJECT_RULE;
	return take_place(words + at + 2, n - at - 2, ret);
}

static bool is_address(const char *word)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, word, buf) == 1 ||
	       inet_pton(AF_INET6, word, buf) == 1;
}

/* ADDRESS, [IPV6], IPV4:PORT or [IPV6]:PORT. */
static int parse_end(const char *word, char address[64], char port[8])
{
	const char *colon = strrchr(word, ':');
	size_t len = strlen(word);
	char buf[64];

	if (is_address(word)) {
		copy_string(address, 64, word, SIZE_MAX);
		return 0;
	}
	if (len > 0 && word[len - 1] == ']')
		colon = NULL;
	else if (!colon || number_of(colon + 1) > UINT16_MAX ||
		 (number_of(colon + 1) == 0 && strcmp(colon + 1, "0") != 0))
		return -EINVAL;
	len = colon ? (size_t)(colon - word) : len;
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
	copy_string(port, 8, colon ? colon + 1 : "", SIZE_MAX);
	return 0;
}

/* A pattern has other characters than these, and so does what is in quotes. */
static bool is_plain(const char *word)
{
	return word[0] != '\0' &&
	       word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-.:/@%+,")] == '\0';
}

/* A line's reason stands before the flow, KEY=VALUE behind it. */
static void take_context(char *const *words, size_t n, size_t at,
			 struct subject *ret)
{
	struct drop_event *ev = &ret->event;

	for (size_t i = 0; i < at; i++)
		if (reason_find(words[i]))
			copy_string(ev->reason, sizeof(ev->reason), words[i],
				    SIZE_MAX);
	for (size_t i = at; i < n; i++) {
		const char *value = strchr(words[i], '=');

		if (!value || !is_plain(value + 1))
			continue;
		if (strncmp(words[i], "table=", 6) == 0)
			(void)take_name(ev->netfilter.table, value + 1);
		else if (strncmp(words[i], "chain=", 6) == 0)
			(void)take_name(ev->netfilter.chain, value + 1);
		else
			(void)take_netns(words[i], &ev->netns);
	}
}

/* The words around a ">"; others are a line's other columns. */
static int parse_flow(char *const *words, size_t n, struct subject *ret)
{
	for (size_t i = 1; i + 1 < n; i++) {
		if (strcmp(words[i], ">") != 0)
			continue;
		ret->kind = SUBJECT_FLOW;
		if (parse_end(words[i - 1], ret->source, ret->sport) == 0 &&
		    parse_end(words[i + 1], ret->destination, ret->dport) ==
			    0) {
			take_context(words, n, i, ret);
			return 0;
		}
	}
	forget(ret);
	return -EINVAL;
}

static int parse_event(const char *text, struct subject *ret, char *error,
		       size_t size)
{
	struct json_object *json;
	size_t len;
	int r;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	ret->kind = SUBJECT_EVENT;
	r = json_parse_object(text, len, &json);
	if (r == 0) {
		/* Every drop has it. */
		r = json_object_object_get_ex(json, "origin", NULL)
			    ? event_from_json(json, &ret->event)
			    : -EINVAL;
		json_object_put(json);
	}
	if (r == 0 || r == -ENOMEM)
		return r;
	drop_event_init(&ret->event);
	snprintf(error, size,
		 "that is no drop; give a line of \"nfdrop monitor "
		 "--json=short\"");
	return -EINVAL;
}

/* All arguments as one text, so that they may be quoted or not. */
static int join(char *const *arguments, char text[SUBJECT_TEXT_MAX])
{
	size_t at = 0;

	text[0] = '\0';
	for (; *arguments; arguments++) {
		int n = snprintf(text + at, SUBJECT_TEXT_MAX - at, "%s%s",
				 at > 0 ? " " : "", *arguments);

		if (n < 0 || (size_t)n >= SUBJECT_TEXT_MAX - at)
			return -E2BIG;
		at += (size_t)n;
	}
	return 0;
}

static size_t split(char *text, char *words[WORDS_MAX])
{
	char *word;
	size_t n = 0;

	while (n < WORDS_MAX && (word = strsep(&text, " \t\r\n")))
		if (word[0] != '\0')
			words[n++] = word;
	return n;
}

/* Arguments as they are: names may have spaces in them. */
static int parse_quoted(char *const *arguments, struct subject *ret)
{
	size_t n = 0;
	int r;

	while (arguments[n])
		n++;
	r = n > 2 ? parse_rule(arguments, n, ret) : -EINVAL;
	if (r < 0)
		forget(ret);
	return r;
}

static void explain(const char *text, const char *word, char *error,
		    size_t size)
{
	char shown[256], address[64], port[8];

	escape_string(text, shown, sizeof(shown));
	if (word && parse_end(word, address, port) == 0)
		snprintf(error, size,
			 "\"%s\" is one end of a flow; put the flow in quotes, "
			 "such as \"10.9.0.2:40000 > 10.9.0.1:80\", or use "
			 "--address=%s",
			 shown, address);
	else
		snprintf(error, size,
			 "\"%s\" is no rule (such as \"inet filter input "
			 "handle 7\" or \"inet filter input policy\"), no flow "
			 "(\"10.9.0.2:40000 > 10.9.0.1:80\", in quotes) and no "
			 "drop (a line of \"nfdrop monitor --json=short\")",
			 shown);
}

int subject_parse(char *const *arguments, struct subject *ret, char *error,
		  size_t size)
{
	static char text[SUBJECT_TEXT_MAX], copy[SUBJECT_TEXT_MAX];
	char *words[WORDS_MAX];
	size_t n;

	forget(ret);
	if (join(arguments, text) < 0) {
		snprintf(error, size, "that is too long, more than %d bytes",
			 SUBJECT_TEXT_MAX - 1);
		return -EINVAL;
	}
	if (text[strspn(text, " \t\r\n")] == '{')
		return parse_event(text, ret, error, size);
	strcpy(copy, text);
	n = split(copy, words);
	if (parse_flow(words, n, ret) == 0 ||
	    parse_quoted(arguments, ret) == 0 || parse_rule(words, n, ret) == 0)
		return 0;
	forget(ret);
	explain(text, n == 1 ? words[0] : NULL, error, size);
	return -EINVAL;
}

void subject_done(struct subject *subject)
{
	drop_event_done(&subject->event);
}

bool subject_is_none(const char *line)
{
	line += strspn(line, " \t\r\n");
	return line[0] == '\0' || strncmp(line, "-- ", 3) == 0 ||
	       strncmp(line, "{\"lost\"", 7) == 0 ||
	       (strncmp(line, "TIME ", 5) == 0 && strstr(line, " FLOW "));
}

bool subject_is_begun(const char *text)
{
	struct json_tokener *tokener;
	enum json_tokener_error error;

	text += strspn(text, " \t\r\n");
	if (text[0] != '{')
		return false;
	tokener = json_tokener_new_ex(PROTO_DEPTH_MAX);
	if (!tokener)
		return false;
	json_object_put(
		json_tokener_parse_ex(tokener, text, (int)strlen(text)));
	error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	return error == json_tokener_continue;
}
