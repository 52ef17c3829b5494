/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the running nfdropd knows, as candidates: of the rules and policies that
 * dropped. Nothing, without a word, when it does not answer soon or refuses.
 */
#pragma once

#include "complete-values.h"

void live_list_tables(const struct candidates *c);
void live_list_chains(const struct candidates *c);
/* Handles, with family, table and chain as help. */
void live_list_rules(const struct candidates *c);
void live_list_namespaces(const struct candidates *c);
