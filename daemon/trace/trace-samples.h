/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that mark packets whatever their flow, in the tables of trace-marks.h.
 */
#pragma once

#include "trace-marks.h"

/*
 * Limits, and rules in each chain: marks->samples packets a second of each
 * family, a third of them that begin a TCP connection, a third of other TCP and
 * a third of what is not TCP, as what is dropped is mostly not of what there is
 * most.
 */
void trace_samples_add(const struct trace_marks *marks,
		       const struct trace_places *places, struct nft_batch *b);
