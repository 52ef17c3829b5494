/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "candidate.h"
#include "codec.h"
#include "util.h"

static char **texts_of(struct drop_candidate *c, size_t i)
{
	char **const texts[] = { &c->table, &c->chain, &c->rule, &c->unknown };

	return i < ARRAY_SIZE(texts) ? texts[i] : NULL;
}

void candidates_free(struct drop_candidates *c)
{
	char **text;

	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; (text = texts_of(&c->list[i], k)); k++)
			free(*text);
	free(c);
}

struct drop_candidates *candidates_copy(const struct drop_candidates *c)
{
	struct drop_candidates *copy = malloc(sizeof(*copy));
	bool failed = false;
	char **text;

	if (!copy)
		return NULL;
	*copy = *c;
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; (text = texts_of(&copy->list[i], k)); k++)
			if (*text) {
				*text = strdup(*text);
				failed |= !*text;
			}
	if (failed) {
		candidates_free(copy);
		return NULL;
	}
	return copy;
}

const char *candidates_to_string(const struct drop_candidates *c, char *buf,
				 size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; c && i < c->n && len < size; i++) {
		const struct drop_candidate *it = &c->list[i];
		char handle[32] = " policy";

		if (it->rule_handle)
			snprintf(handle, sizeof(handle), " handle %" PRIu64,
				 it->rule_handle);
		len += (size_t)snprintf(buf + len, size - len, "%s%s %s %s%s",
					i > 0 ? " | " : "", it->family,
					it->table ? it->table : "",
					it->chain ? it->chain : "", handle);
	}
	if (c && c->is_partial && len < size)
		snprintf(buf + len, size - len, " | ...");
	return buf;
}

/* --- JSON ----------------------------------------------------------------- */

/* NULL and "" are left out. */
static int add_text(struct json_object *object, const char *key, const char *s)
{
	struct json_object *value;

	if (!s || s[0] == '\0')
		return 0;
	value = json_new_text(s, SIZE_MAX);
	if (value && json_object_object_add(object, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int fill_object(struct json_object *object,
		       const struct drop_candidate *c)
{
	struct json_object *handle;
	int r = 0;

	r |= add_text(object, "kind", drop_kind_to_string((int)c->kind));
	r |= add_text(object, "hook", c->hook);
	r |= add_text(object, "family", c->family);
	r |= add_text(object, "table", c->table);
	r |= add_text(object, "chain", c->chain);
	if (c->rule_handle != 0) {
		handle = json_object_new_uint64(c->rule_handle);
		if (!handle ||
		    json_object_object_add(object, "rule_handle", handle) < 0) {
			json_object_put(handle);
			return -ENOMEM;
		}
	}
	r |= add_text(object, "rule", c->rule);
	r |= add_text(object, "unknown", c->unknown);
	return r < 0 ? -ENOMEM : 0;
}

struct json_object *candidates_to_json(const struct drop_candidates *c)
{
	struct json_object *array = json_object_new_array_ext((int)c->n);

	for (size_t i = 0; array && i < c->n; i++) {
		struct json_object *object = json_object_new_object();

		if (!object || fill_object(object, &c->list[i]) < 0 ||
		    json_object_array_add(array, object) < 0) {
			json_object_put(object);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

/* A string without a NUL inside; *@ret is NULL for none. */
static int find_text(struct json_object *object, const char *key,
		     const char **ret)
{
	struct json_object *value;

	*ret = NULL;
	if (!json_object_object_get_ex(object, key, &value) || !value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	*ret = json_object_get_string(value);
	return strlen(*ret) == (size_t)json_object_get_string_len(value)
		       ? 0
		       : -EINVAL;
}

static int take_array(struct json_object *object, const char *key, char *to,
		      size_t size)
{
	const char *s;
	int r = find_text(object, key, &s);

	if (r < 0 || !s)
		return r;
	return copy_string(to, size, s, SIZE_MAX) == strlen(s) ? 0 : -EINVAL;
}

static int take_text(struct json_object *object, const char *key, char **to)
{
	const char *s;
	int r = find_text(object, key, &s);

	if (r < 0 || !s)
		return r;
	*to = strdup(s);
	return *to ? 0 : -ENOMEM;
}

static int from_object(struct json_object *object, struct drop_candidate *c)
{
	struct json_object *value;
	const char *kind;
	int r;

	if (!json_object_is_type(object, json_type_object))
		return -EINVAL;
	r = find_text(object, "kind", &kind);
	if (r < 0)
		return r;
	r = kind ? drop_kind_from_string(kind) : 0;
	if (r < 0)
		return r;
	c->kind = (enum drop_kind)r;
	if (json_object_object_get_ex(object, "rule_handle", &value) && value) {
		if (!json_object_is_type(value, json_type_int) ||
		    json_object_get_int64(value) < 0)
			return -EINVAL;
		c->rule_handle = json_object_get_uint64(value);
	}
	r = take_array(object, "hook", c->hook, sizeof(c->hook));
	if (r == 0)
		r = take_array(object, "family", c->family, sizeof(c->family));
	if (r == 0)
		r = take_text(object, "table", &c->table);
	if (r == 0)
		r = take_text(object, "chain", &c->chain);
	if (r == 0)
		r = take_text(object, "rule", &c->rule);
	if (r == 0)
		r = take_text(object, "unknown", &c->unknown);
	return r;
}

int candidates_from_json(struct json_object *json, struct drop_candidates **ret)
{
	struct drop_candidates *c;
	int r = 0;

	if (!json_object_is_type(json, json_type_array) ||
	    json_object_array_length(json) > DROP_CANDIDATES_MAX)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	while (r == 0 && c->n < json_object_array_length(json)) {
		struct json_object *object =
			json_object_array_get_idx(json, c->n);

		r = from_object(object, &c->list[c->n++]);
	}
	if (r < 0) {
		candidates_free(c);
		return r;
	}
	*ret = c;
	return 0;
}
