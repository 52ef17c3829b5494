/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "escape.h"
#include "filter-key.h"
#include "utf8.h"
#include "util.h"

/* The program's, among the keys of the wire form. */
#define PROGRAM_KEY "bpf"

struct filter {
	struct program *program; /* NULL: none */
	size_t n_terms;
	/* In their keys' order, then as added. */
	struct term terms[FILTER_TERMS_MAX];
};

int filter_new(struct filter **ret)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*ret = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_terms; i++)
		free(f->terms[i].text);
	program_free(f->program);
	free(f);
}

static int add_text(struct filter *f, const char *text, size_t len, char *error,
		    size_t size)
{
	_cleanup_free_ char *term = strndup(text, len);
	char *value = term ? strchr(term, '=') : NULL;
	char shown[128];

	if (!term)
		return -ENOMEM;
	if (value) {
		*value++ = '\0';
		return filter_add(f, term, value, error, size);
	}
	snprintf(error, size, "\"%s\" is not KEY=VALUE",
		 escape_string(term, shown, sizeof(shown)));
	return -EINVAL;
}

int filter_from_text(const char *text, struct filter **ret, char *error,
		     size_t size)
{
	struct filter *f = NULL;
	int r = 0;

	if (text[0] != '\0')
		r = filter_new(&f);
	while (r == 0 && *text) {
		size_t len = strcspn(text, ",");

		r = add_text(f, text, len, error, size);
		text += len + (text[len] == ',');
	}
	if (r < 0) {
		filter_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void filter_set_program(struct filter *f, struct program *program)
{
	program_free(f->program);
	f->program = program;
}

bool filter_has_program(const struct filter *f)
{
	return f->program;
}

static int unknown_key(const char *key, char *error, size_t size)
{
	const struct filter_key *known;
	char shown[64];
	size_t n;

	n = (size_t)snprintf(error, size, "unknown filter \"%s\"; there are",
			     escape_string(key, shown, sizeof(shown)));
	for (size_t i = 0; (known = filter_key_at(i)) && n < size; i++)
		n += (size_t)snprintf(error + n, size - n, "%s %s",
				      i == 0 ? "" : ",", known->name);
	return -EINVAL;
}

static void insert_term(struct filter *f, const struct term *term)
{
	size_t i = f->n_terms++;

	for (; i > 0 && f->terms[i - 1].key > term->key; i--)
		f->terms[i] = f->terms[i - 1];
	f->terms[i] = *term;
}

int filter_add(struct filter *f, const char *key, const char *value,
	       char *error, size_t size)
{
	struct term term = { .key = filter_key_find(key),
			     .negated = value[0] == '!' };
	_cleanup_free_ char *text = NULL;
	const char *bare = value + term.negated;
	char shown[96];

	if (!term.key)
		return unknown_key(key, error, size);
	if (f->n_terms >= FILTER_TERMS_MAX) {
		snprintf(error, size, "too many filters: at most %d values",
			 FILTER_TERMS_MAX);
		return -E2BIG;
	}
	if (strlen(value) >= FILTER_VALUE_MAX) {
		snprintf(error, size,
			 "%s: the value has more than %d bytes; a pattern such "
			 "as \"web*\" is shorter",
			 key, FILTER_VALUE_MAX - 1);
		return -E2BIG;
	}
	text = strdup(bare);
	if (!text) {
		snprintf(error, size, "%s: out of memory", key);
		return -ENOMEM;
	}
	term.text = text;
	/* Nothing in an event or in JSON is anything else. */
	if (!utf8_is_valid(bare) || term.key->parse(&term) < 0) {
		snprintf(error, size, "%s: \"%s\" is not %s", key,
			 escape_string(bare, shown, sizeof(shown)),
			 term.key->form);
		return -EINVAL;
	}
	insert_term(f, &term);
	TAKE_PTR(text);
	return 0;
}

bool filter_is_empty(const struct filter *f)
{
	return f->n_terms == 0 && !f->program;
}

const struct filter_key *filter_beyond(const struct filter *f,
				       enum filter_scope scope)
{
	static const struct filter_key program_key = {
		.name = PROGRAM_KEY, .scope = FILTER_OF_PACKET
	};

	if (f->program && scope > FILTER_OF_PACKET)
		return &program_key;
	for (size_t i = 0; i < f->n_terms; i++)
		if (f->terms[i].key->scope < scope)
			return f->terms[i].key;
	return NULL;
}

static bool match_terms(const struct filter *f, const struct drop_event *ev)
{
	const struct term *term = f->terms, *end = term + f->n_terms;

	while (term < end) {
		const struct filter_key *key = term->key;
		bool asked = false, agreed = false;

		for (; term < end && term->key == key; term++) {
			if (term->negated) {
				if (key->match(term, ev))
					return false;
			} else if (!agreed) {
				asked = true;
				agreed = key->match(term, ev);
			}
		}
		if (asked && !agreed)
			return false;
	}
	return true;
}

/* The cheaper first. */
bool filter_match_packet(const struct filter *f, const struct drop_event *ev,
			 const struct packet_bytes *bytes)
{
	return match_terms(f, ev) &&
	       (!f->program || program_match(f->program, bytes));
}

bool filter_match(const struct filter *f, const struct drop_event *ev)
{
	return filter_match_packet(f, ev, NULL);
}

static int add_json_program(struct filter *f, struct json_object *value,
			    char *error, size_t size)
{
	struct program *program;
	char reason[128];
	const char *text;
	int r;

	if (!json_object_is_type(value, json_type_string)) {
		snprintf(error, size, PROGRAM_KEY ": expected a string");
		return -EINVAL;
	}
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value)) {
		snprintf(error, size, PROGRAM_KEY ": holds a NUL byte");
		return -EINVAL;
	}
	r = program_parse(&program, text, reason, sizeof(reason));
	if (r < 0)
		snprintf(error, size, PROGRAM_KEY ": %s", reason);
	else
		filter_set_program(f, program);
	return r;
}

static int add_json_values(struct filter *f, const char *key,
			   struct json_object *values, char *error, size_t size)
{
	int r;

	if (!json_object_is_type(values, json_type_array))
		goto malformed;
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		struct json_object *v = json_object_array_get_idx(values, i);
		const char *text;

		if (!json_object_is_type(v, json_type_string))
			goto malformed;
		text = json_object_get_string(v);
		if (strlen(text) != (size_t)json_object_get_string_len(v)) {
			snprintf(error, size, "%s: a value holds a NUL byte",
				 key);
			return -EINVAL;
		}
		r = filter_add(f, key, text, error, size);
		if (r < 0)
			return r;
	}
	return 0;

malformed:
	snprintf(error, size,
		 "%s: expected an array of strings, such as {\"port\": "
		 "[\"53\"]}",
		 key);
	return -EINVAL;
}

int filter_from_json(struct json_object *json, struct filter **ret, char *error,
		     size_t size)
{
	struct filter *f;
	int r;

	if (!json_object_is_type(json, json_type_object)) {
		snprintf(error, size,
			 "a filter is an object, such as {\"port\": [\"53\"]}");
		return -EINVAL;
	}
	r = filter_new(&f);
	if (r < 0) {
		snprintf(error, size, "out of memory");
		return r;
	}
	json_object_object_foreach(json, key, values) {
		if (strcmp(key, PROGRAM_KEY) == 0)
			r = values ? add_json_program(f, values, error, size)
				   : 0;
		else if (!filter_key_find(key))
			r = unknown_key(key, error, size);
		else if (values) /* null: Varlink's way of leaving it out */
			r = add_json_values(f, key, values, error, size);
		if (r < 0) {
			filter_free(f);
			return r;
		}
	}
	*ret = f;
	return 0;
}

static int add_to_array(struct json_object *array, const struct term *term)
{
	char text[FILTER_VALUE_MAX + 1];
	struct json_object *v;

	snprintf(text, sizeof(text), "%s%s", term->negated ? "!" : "",
		 term->text);
	v = json_object_new_string(text);
	if (!v || json_object_array_add(array, v) < 0) {
		json_object_put(v);
		return -ENOMEM;
	}
	return 0;
}

static int put_program(struct json_object *root, const struct filter *f)
{
	_cleanup_free_ char *text = NULL;
	struct json_object *value;

	if (!f->program)
		return 0;
	text = program_format(f->program);
	value = text ? json_object_new_string(text) : NULL;
	if (!value || json_object_object_add(root, PROGRAM_KEY, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

struct json_object *filter_to_json(const struct filter *f)
{
	struct json_object *root = json_object_new_object(), *values = NULL;

	for (size_t i = 0; root && i < f->n_terms; i++) {
		const struct term *term = &f->terms[i];

		if (i == 0 || term->key != term[-1].key) {
			values = json_object_new_array();
			if (!values ||
			    json_object_object_add(root, term->key->name,
						   values) < 0) {
				json_object_put(values);
				goto nomem;
			}
		}
		if (add_to_array(values, term) < 0)
			goto nomem;
	}
	if (root && put_program(root, f) < 0)
		goto nomem;
	return root;

nomem:
	json_object_put(root);
	return NULL;
}
