/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which stages a packet can have met, by what is known of it, for infer-way.c;
 * infer_way_stages() is of it, too. Pure.
 */
#pragma once

#include "infer-way.h"

/*
 * The stages before @stage that the packet has passed, for certain; and those
 * that may have been before, and rewrote something. INFER_STAGE_BIT()s.
 */
uint32_t infer_stages_before(const struct infer_way *w, enum infer_stage stage);
uint32_t infer_stages_maybe_before(const struct infer_way *w,
				   enum infer_stage stage);
/*
 * Whether input->way is that of this packet. It was routed by other addresses
 * when rules rewrote them since: all steps have to be there.
 */
bool infer_has_way(const struct infer_way *w);
