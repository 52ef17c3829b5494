/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "rates.h"

/* Less than this is nothing: an average never ends to fall by itself. */
#define NOTHING 0.0005F

struct rates_decay rates_decay(uint64_t ns)
{
	double seconds = (double)ns / 1e9;

	return (struct rates_decay){
		.seconds = (float)seconds,
		.one = (float)exp(-seconds / 60),
		.fifteen = (float)exp(-seconds / 900),
	};
}

static float average(float before, float now, float decay)
{
	float v = before * decay + now * (1 - decay);

	return v < NOTHING ? 0 : v;
}

void rates_update(struct rates *rates, const struct rates_decay *decay,
		  uint64_t count)
{
	rates_update_at(rates, decay, count,
			(float)(count - rates->before) / decay->seconds);
}

void rates_update_at(struct rates *rates, const struct rates_decay *decay,
		     uint64_t count, float now)
{
	rates->before = count;
	rates->last = now;
	rates->one = average(rates->one, now, decay->one);
	rates->fifteen = average(rates->fifteen, now, decay->fifteen);
}

void rates_start(struct rates *rates, uint64_t count)
{
	*rates = (struct rates){ .before = count };
}
