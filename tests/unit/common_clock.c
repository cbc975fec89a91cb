/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/clock.h"

#include <errno.h>
#include <time.h>

TEST(clocks_go_on)
{
	int64_t a = clock_mono_us(), b = clock_mono_us();

	CHECK(b >= a);
	CHECK(clock_mono_ms() >= a / 1000);
	CHECK(clock_tick_ms() <= clock_mono_ms() && clock_tick_ms() >= a / 1000 - 1000);
	/* Within a minute of what everybody else thinks. */
	CHECK(clock_real_us() / 1000000 - time(NULL) < 60);
	CHECK(time(NULL) - clock_real_us() / 1000000 < 60);
}

TEST(clocks_can_be_turned)
{
	int64_t mono = clock_mono_ms(), real = clock_real_us();

	clock_turn_mono_ms(3600000);
	CHECK(clock_mono_ms() - mono >= 3600000 && clock_mono_ms() - mono < 3660000);
	CHECK(clock_tick_ms() - mono >= 3600000 - 1000);
	CHECK(clock_real_us() - real < 60000000);
	clock_turn_real_ms(-86400000);
	CHECK(clock_real_us() < real - 86300000000);
	clock_turn_mono_ms(-3600000);
	clock_turn_real_ms(86400000);
	CHECK(clock_mono_ms() - mono < 60000);
}

TEST(a_wait_ends)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	int64_t begin, until;

	/* Whatever tests made of the clock. */
	clock_turn_mono_ms(3600000);
	begin = clock_mono_ms();
	until = begin + 30;
	pthread_mutex_lock(&lock);
	CHECK_INT(clock_wait(&never, &lock, begin), -ETIMEDOUT);
	CHECK_INT(clock_wait(&never, &lock, INT64_MIN / 2), -ETIMEDOUT);
	while (clock_wait(&never, &lock, until) == 0)
		;
	pthread_mutex_unlock(&lock);
	CHECK(clock_mono_ms() >= until);
	clock_turn_mono_ms(-3600000);
}

TEST_MAIN(&clocks_go_on, &clocks_can_be_turned, &a_wait_ends)
