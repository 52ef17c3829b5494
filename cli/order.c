/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>

#include "connection.h"
#include "order.h"
#include "util.h"

static const char *const names[] = {
	"packets",    "bytes",	    "rate",	 "rate_1min",
	"rate_15min", "first_seen", "last_seen", NULL,
};

/* What json_object_array_sort() cannot pass on. */
static const char *order;

const char *order_name_at(size_t i)
{
	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

static int compare_at(struct json_object *a, struct json_object *b,
		      const char *key)
{
	double x, y;

	/* Exact where it can be. */
	if (json_object_is_type(json_find(a, key), json_type_int) &&
	    json_object_is_type(json_find(b, key), json_type_int)) {
		uint64_t p = json_find_uint64(a, key);
		uint64_t q = json_find_uint64(b, key);

		return (p < q) - (p > q);
	}
	x = json_find_double(a, key);
	y = json_find_double(b, key);
	return (x < y) - (x > y);
}

static int compare(const void *a, const void *b)
{
	struct json_object *x = *(struct json_object *const *)a;
	struct json_object *y = *(struct json_object *const *)b;
	int r = compare_at(x, y, order);

	if (r == 0)
		r = compare_at(x, y, "packets");
	return r != 0 ? r : compare_at(y, x, "first_seen");
}

void order_sort(struct json_object *array, const char *name)
{
	order = name;
	json_object_array_sort(array, compare);
}
