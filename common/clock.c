/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

/* Who waits for longer wakes up in between, as with any condition. */
#define WAIT_MAX_MS 3600000

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

int clock_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms(), end;
	struct timespec at;

	if (left <= 0)
		return -ETIMEDOUT;
	if (left > WAIT_MAX_MS)
		left = WAIT_MAX_MS;
	/* What tests have turned is no matter to the kernel. */
	end = read_us(CLOCK_MONOTONIC) + left * 1000;
	at.tv_sec = end / 1000000;
	at.tv_nsec = end % 1000000 * 1000;
	pthread_cond_clockwait(cond, lock, CLOCK_MONOTONIC, &at);
	return 0;
}

void clock_turn_mono_ms(int64_t ms)
{
	mono_turned_us += ms * 1000;
}

void clock_turn_real_ms(int64_t ms)
{
	real_turned_us += ms * 1000;
}
