/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verb's question to nfdropd: what goes wrong is told to the person here.
 *
 * All return STATUS_FINE and set @ret to the reply; STATUS_FAILURE when the
 * sentence was printed; or -ENOMEM.
 */
#pragma once

#include "connection.h"

/* @parameters is an object, NULL for none; it stays the caller's. */
int ask(const char *socket, const char *method, struct json_object *parameters,
	struct answer *ret);

/*
 * Asks page after page, and adds what is in their array of name @key to @list.
 * @ret is the last page. @parameters gets the member "first".
 */
int ask_pages(const char *socket, const char *method,
	      struct json_object *parameters, const char *key,
	      struct json_object *list, struct answer *ret);

/*
 * All rules of GetRules, as ask_pages(). To ask has the rules' counters read,
 * which takes a moment: asks again then. *@list is NULL or freed.
 */
int ask_rules_fresh(const char *socket, struct json_object *parameters,
		    struct json_object **list, struct answer *ret);
