/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "codec.h"
#include "entry.h"
#include "escape.h"
#include "utf8.h"
#include "util.h"

void entry_init(struct entry *entry, enum journal_type type, int priority)
{
	*entry = (struct entry){ 0 };
	entry_add(entry, "MESSAGE_ID", journal_type_to_id(type));
	entry_add_number(entry, "PRIORITY", (uint64_t)priority);
	entry_add(entry, "SYSLOG_IDENTIFIER", "nfdropd");
}

void entry_done(struct entry *entry)
{
	for (size_t i = 0; i < entry->n_fields; i++)
		free(entry->fields[i].text);
	*entry = (struct entry){ 0 };
}

/* Before the character that would not fit. */
static size_t cut(const char *value)
{
	size_t len = strlen(value), at = 0;
	uint32_t c;

	if (len < ENTRY_VALUE_MAX)
		return len;
	for (;;) {
		size_t n = utf8_decode(value + at, &c);

		n = n == 0 ? 1 : n;
		if (at + n + 3 >= ENTRY_VALUE_MAX)
			return at;
		at += n;
	}
}

void entry_add(struct entry *entry, const char *name, const char *value)
{
	struct entry_field *field = &entry->fields[entry->n_fields];
	size_t len;
	int r;

	if (!value || value[0] == '\0')
		return;
	if (entry->n_fields == ENTRY_FIELDS_MAX) {
		entry->failed = true;
		return;
	}
	len = cut(value);
	r = asprintf(&field->text, "%s=%.*s%s", name, (int)len, value,
		     value[len] ? "..." : "");
	if (r < 0) {
		entry->failed = true;
		return;
	}
	field->len = (size_t)r;
	entry->n_fields++;
}

void entry_add_number(struct entry *entry, const char *name, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	entry_add(entry, name, text);
}

void entry_add_message(struct entry *entry, const char *message)
{
	char shown[ENTRY_VALUE_MAX];

	entry_add(entry, "MESSAGE",
		  escape_string(message, shown, sizeof(shown)));
}

void entry_add_event(struct entry *entry, const struct drop_event *ev)
{
	struct json_object *json = event_to_json(ev), *value;
	const struct journal_field *field;

	if (!json) {
		entry->failed = true;
		return;
	}
	for (size_t i = 0; (field = journal_field_at(i)); i++) {
		value = journal_field_get(field, json);
		if (value)
			entry_add(entry, field->name,
				  json_object_get_string(value));
	}
	json_object_put(json);
}
