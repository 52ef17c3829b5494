/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <net/ethernet.h>

#include "candidate.h"
#include "codec.h"
#include "event-fields.h"
#include "utf8.h"
#include "util.h"

static uint64_t load_number(const struct field *f, const void *p)
{
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (f->size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		memcpy(&v16, p, sizeof(v16));
		return v16;
	case 4:
		memcpy(&v32, p, sizeof(v32));
		return v32;
	default:
		memcpy(&v64, p, sizeof(v64));
		return v64;
	}
}

static int store_number(const struct field *f, void *p, uint64_t v)
{
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	if (f->size < 8 && v >> (8 * f->size))
		return -EINVAL;
	switch (f->size) {
	case 1:
		*(uint8_t *)p = (uint8_t)v;
		break;
	case 2:
		memcpy(p, &v16, sizeof(v16));
		break;
	case 4:
		memcpy(p, &v32, sizeof(v32));
		break;
	default:
		memcpy(p, &v, sizeof(v));
	}
	return 0;
}

static bool field_is_known(const struct field *f, const struct drop_event *ev,
			   uint64_t value)
{
	switch (f->known) {
	case KNOWN_EVENT:
		return ev->has & f->bit;
	case KNOWN_PACKET:
		return ev->packet.has & f->bit;
	case KNOWN_NOT_ONE:
		return value != 1;
	default:
		return value != 0;
	}
}

static void field_set_known(const struct field *f, struct drop_event *ev)
{
	if (f->known == KNOWN_EVENT)
		ev->has |= f->bit;
	else if (f->known == KNOWN_PACKET)
		ev->packet.has |= (uint16_t)f->bit;
}

struct json_object *json_new_text(const char *s, size_t size)
{
	char buf[4096];

	if (utf8_is_valid(s))
		return json_object_new_string(s);
	utf8_repair(s, buf, MIN(size, sizeof(buf)));
	return json_object_new_string(buf);
}

/* *@ret is NULL when the event does not know the field. */
static int field_to_json(const struct field *f, const struct drop_event *ev,
			 struct json_object **ret)
{
	const void *p = (const char *)ev + f->offset;
	char buf[PACKET_STRING_MAX];
	const char *s = NULL;
	uint64_t v;

	*ret = NULL;
	switch (f->type) {
	case FIELD_NUMBER:
		v = load_number(f, p);
		if (!field_is_known(f, ev, v))
			return 0;
		*ret = json_object_new_uint64(v);
		break;
	case FIELD_BOOL:
		if (!field_is_known(f, ev, 0))
			return 0;
		*ret = json_object_new_boolean(*(const bool *)p);
		break;
	case FIELD_FLAG:
		if (!(ev->packet.has & f->bit))
			return 0;
		*ret = json_object_new_boolean(true);
		break;
	case FIELD_STRING:
		s = p;
		break;
	case FIELD_OWNED:
		memcpy(&s, p, sizeof(s));
		break;
	case FIELD_FORMATTED:
		s = f->format(ev, buf);
		break;
	case FIELD_VLANS:
		if (ev->packet.n_vlans == 0)
			return 0;
		*ret = json_object_new_array_ext(PACKET_VLANS_MAX);
		for (int i = 0; *ret && i < ev->packet.n_vlans; i++)
			json_object_array_add(
				*ret, json_object_new_int(ev->packet.vlans[i]));
		break;
	}
	if (s) {
		if (s[0] == '\0')
			return 0;
		*ret = json_new_text(s, f->type == FIELD_STRING ? f->size
								: SIZE_MAX);
	} else if (f->type == FIELD_STRING || f->type == FIELD_OWNED ||
		   f->type == FIELD_FORMATTED) {
		return 0;
	}
	return *ret ? 0 : -ENOMEM;
}

#define ADD_FLAGS \
	(JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY)

static int add_candidates(struct json_object *root,
			  const struct drop_candidates *c)
{
	struct json_object *array = candidates_to_json(c), *partial;

	if (!array || json_object_object_add(root, "candidates", array) < 0) {
		json_object_put(array);
		return -ENOMEM;
	}
	if (!c->is_partial)
		return 0;
	partial = json_object_new_boolean(true);
	if (partial && json_object_object_add(root, "candidates_partial",
					      partial) == 0)
		return 0;
	json_object_put(partial);
	return -ENOMEM;
}

struct json_object *event_to_json(const struct drop_event *ev)
{
	struct json_object *root = json_object_new_object();
	struct json_object *value, *object = NULL;
	const char *name = NULL;
	const struct field *f;

	if (!root)
		return NULL;
	for (f = event_fields; f->key; f++) {
		if (field_to_json(f, ev, &value) < 0)
			goto nomem;
		if (!value)
			continue;
		if (!f->object) {
			if (json_object_object_add_ex(root, f->key, value,
						      ADD_FLAGS) < 0)
				goto nomem_value;
			continue;
		}
		if (name != f->object) {
			object = json_object_new_object();
			if (!object)
				goto nomem_value;
			if (json_object_object_add_ex(root, f->object, object,
						      ADD_FLAGS) < 0) {
				json_object_put(object);
				goto nomem_value;
			}
			name = f->object;
		}
		if (json_object_object_add_ex(object, f->key, value,
					      ADD_FLAGS) < 0)
			goto nomem_value;
	}
	if (ev->candidates && add_candidates(root, ev->candidates) < 0)
		goto nomem;
	return root;

nomem_value:
	json_object_put(value);
nomem:
	json_object_put(root);
	return NULL;
}

/* A string of JSON without a NUL inside; NULL when it is none. */
static const char *json_get_text(struct json_object *json, size_t *len)
{
	const char *s;

	if (!json_object_is_type(json, json_type_string))
		return NULL;
	s = json_object_get_string(json);
	*len = (size_t)json_object_get_string_len(json);
	return strlen(s) == *len ? s : NULL;
}

static int vlans_from_json(struct json_object *json, struct packet *packet)
{
	size_t n;

	if (!json_object_is_type(json, json_type_array))
		return -EINVAL;
	n = json_object_array_length(json);
	if (n > PACKET_VLANS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(json, i);

		if (!json_object_is_type(v, json_type_int) ||
		    json_object_get_int64(v) < 0 ||
		    json_object_get_int64(v) > 4095)
			return -EINVAL;
		packet->vlans[i] = (uint16_t)json_object_get_int(v);
	}
	packet->n_vlans = (uint8_t)n;
	return 0;
}

static int field_from_json(const struct field *f, struct json_object *json,
			   struct drop_event *ev)
{
	void *p = (char *)ev + f->offset;
	const char *s;
	char *copy;
	size_t len;

	switch (f->type) {
	case FIELD_NUMBER:
		if (!json_object_is_type(json, json_type_int) ||
		    json_object_get_int64(json) < 0)
			return -EINVAL;
		field_set_known(f, ev);
		return store_number(f, p, json_object_get_uint64(json));
	case FIELD_BOOL:
		if (!json_object_is_type(json, json_type_boolean))
			return -EINVAL;
		field_set_known(f, ev);
		*(bool *)p = json_object_get_boolean(json);
		return 0;
	case FIELD_FLAG:
		if (!json_object_is_type(json, json_type_boolean))
			return -EINVAL;
		if (json_object_get_boolean(json))
			ev->packet.has |= (uint16_t)f->bit;
		return 0;
	case FIELD_VLANS:
		return vlans_from_json(json, &ev->packet);
	default:
		break;
	}

	s = json_get_text(json, &len);
	if (!s)
		return -EINVAL;
	switch (f->type) {
	case FIELD_STRING:
		if (len >= f->size)
			return -EINVAL;
		memcpy(p, s, len + 1);
		return 0;
	case FIELD_OWNED:
		if (len == 0)
			return 0; /* unknown, which is NULL here */
		copy = strdup(s);
		if (!copy)
			return -ENOMEM;
		memcpy(p, &copy, sizeof(copy));
		return 0;
	default:
		return f->parse(ev, s);
	}
}

static int take_candidates(struct json_object *json, struct drop_event *ev)
{
	struct json_object *value;
	int r;

	if (!json_object_object_get_ex(json, "candidates", &value) || !value)
		return 0;
	r = candidates_from_json(value, &ev->candidates);
	if (r < 0 ||
	    !json_object_object_get_ex(json, "candidates_partial", &value) ||
	    !value)
		return r;
	if (!json_object_is_type(value, json_type_boolean))
		return -EINVAL;
	ev->candidates->is_partial = json_object_get_boolean(value);
	return 0;
}

/* Of a network with a name: when that is absent, the packet was too short. */
static bool is_network_ethertype(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_IP || ethertype == ETHERTYPE_IPV6 ||
	       ethertype == ETHERTYPE_ARP;
}

int event_from_json(struct json_object *json, struct drop_event *ret)
{
	struct json_object *object = NULL, *value;
	const char *name = NULL;
	const struct field *f;
	int r;

	drop_event_init(ret);
	if (!json_object_is_type(json, json_type_object))
		return -EINVAL;
	for (f = event_fields; f->key; f++) {
		if (f->object && name != f->object) {
			name = f->object;
			if (!json_object_object_get_ex(json, name, &object))
				object = NULL;
			if (object &&
			    !json_object_is_type(object, json_type_object))
				goto invalid;
		}
		if (f->object && !object)
			continue;
		if (!json_object_object_get_ex(f->object ? object : json,
					       f->key, &value) ||
		    !value)
			continue;
		r = field_from_json(f, value, ret);
		if (r < 0)
			goto fail;
	}
	r = take_candidates(json, ret);
	if (r < 0)
		goto fail;
	if (ret->packet.network == PACKET_NETWORK_NONE &&
	    (ret->packet.has & PACKET_HAS_ETHERTYPE) &&
	    !is_network_ethertype(ret->packet.ethertype))
		ret->packet.network = PACKET_NETWORK_OTHER;
	return 0;

invalid:
	r = -EINVAL;
fail:
	drop_event_done(ret);
	drop_event_init(ret);
	return r;
}

struct event_encoder {
	struct json_object *last;
};

int event_encoder_new(struct event_encoder **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void event_encoder_free(struct event_encoder *enc)
{
	if (!enc)
		return;
	json_object_put(enc->last);
	free(enc);
}

int event_encoder_encode(struct event_encoder *enc, const struct drop_event *ev,
			 const char **ret, size_t *len)
{
	struct json_object *json = event_to_json(ev);

	if (!json)
		return -ENOMEM;
	json_object_put(enc->last);
	enc->last = json;
	*ret = json_object_to_json_string_length(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		len);
	return *ret ? 0 : -ENOMEM;
}
