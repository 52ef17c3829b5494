/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that mark packets whatever their flow, in the tables of trace-marks.h.
 */
#pragma once

#include "trace-marks.h"

/*
 * Limits, and rules in each chain: marks->samples packets a second of each
 * family, a quarter of them that begin a TCP connection, a quarter of other TCP
 * and a quarter of what is not TCP, as what is dropped is mostly not of what
 * there is most; and of what these had no room for, an eighth by source and an
 * eighth by port, whose turn it is (trace-turns.h).
 */
void trace_samples_add(const struct trace_marks *marks,
		       const struct trace_places *places, struct nft_batch *b);
