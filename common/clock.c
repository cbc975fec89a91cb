/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t mono_turned_us, real_turned_us;

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC) + mono_turned_us;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

int64_t clock_tick_ms(void)
{
	return (read_us(CLOCK_MONOTONIC_COARSE) + mono_turned_us) / 1000;
}

int64_t clock_boot_ms(void)
{
	return (read_us(CLOCK_BOOTTIME) + mono_turned_us) / 1000;
}

int64_t clock_real_us(void)
{
	return read_us(CLOCK_REALTIME) + real_turned_us;
}

void clock_turn_mono_ms(int64_t ms)
{
	mono_turned_us += ms * 1000;
}

void clock_turn_real_ms(int64_t ms)
{
	real_turned_us += ms * 1000;
}
