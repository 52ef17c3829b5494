/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pace.h"

/* With some room for when a report is read. */
#define REPORT_NS 1500000000ULL
#define REPORT_S  1.5

/* What the growth is to be divided by. */
static double span_of(const struct pace *pace, const struct pace_counts *now,
		      double seconds)
{
	double span;

	if (!now->reported || pace->last_ns == 0 ||
	    now->last_ns <= pace->last_ns)
		return seconds;
	span = (double)(now->last_ns - pace->last_ns) / 1e9;
	return span < seconds - REPORT_S || span > seconds + REPORT_S ? seconds
								      : span;
}

static void remember(struct pace *pace, const struct pace_counts *now)
{
	pace->packets = now->packets;
	pace->bytes = now->bytes;
	pace->last_ns = now->last_ns;
}

void pace_update(struct pace *pace, const struct pace_counts *now,
		 double seconds, uint64_t real_ns)
{
	double span = span_of(pace, now, seconds);

	if (now->reported && pace->last_ns != 0 &&
	    now->last_ns == pace->last_ns && now->last_ns + REPORT_NS > real_ns)
		return;
	pace->rate = (float)((double)(now->packets - pace->packets) / span);
	pace->byte_rate = (float)((double)(now->bytes - pace->bytes) / span);
	remember(pace, now);
}

void pace_start(struct pace *pace, const struct pace_counts *now, float rate)
{
	pace->rate = rate;
	pace->byte_rate = 0;
	if (now->packets > 0)
		pace->byte_rate = (float)((double)rate * (double)now->bytes /
					  (double)now->packets);
	remember(pace, now);
}
