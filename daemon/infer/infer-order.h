/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the rules that can have dropped a packet is likely to have done it:
 * the rules' own counters say which of them drop anything. Pure.
 *
 * They were read before this packet was dropped, so they prove nothing of it:
 * none is left out.
 */
#pragma once

#include "infer.h"

/*
 * First those whose counter grew at the last reading, then those where it did
 * since the rule is known, then those without one that was read, then those
 * where it did not, and at last those that never counted a packet. Where that
 * is the same, the order stays.
 */
void infer_order(struct infer_result *result);
