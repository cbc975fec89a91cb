/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time, in one place so that tests can turn it. Milliseconds and microseconds are 64-bit signed.
 * Thread-safe.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <pthread.h>
#include <stdint.h>

/* Since an arbitrary start, never going back (CLOCK_MONOTONIC). */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* clock_mono_ms as of the last tick, up to 10 ms ago; cheap enough for each row. */
int64_t clock_tick_ms(void);
/* The same, going on while the machine is suspended (CLOCK_BOOTTIME). */
int64_t clock_boot_ms(void);
/* Since 1970-01-01 UTC (CLOCK_REALTIME). */
int64_t clock_real_us(void);

/*
 * As pthread_cond_wait, until that time of clock_mono_ms at the latest. 0, for whatever reason it
 * woke up, or -ETIMEDOUT at once when that time is over.
 */
int clock_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms);

/* For tests: adds to what the functions above tell from now on, for every thread. */
void clock_turn_mono_ms(int64_t ms);
void clock_turn_real_ms(int64_t ms);

#endif
