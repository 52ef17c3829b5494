/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives counted rules their texts and their namespaces' names, which come after
 * the counts, or were known and will be forgotten. Pure.
 */
#pragma once

#include "aggregate.h"
#include "correlate.h"

/*
 * To be called every second or so, and before counts are told: a rule that it
 * finds stays known as long as its count.
 */
void name_rules(struct aggregate *a, struct correlate *correlate);
