/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/pool.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* Resolvers want some stack. */
#define STACK_BYTES (256u << 10)
/* Helpers with nothing to do are gone long before. */
#define END_MS 500

void inbox_init(struct inbox *in, struct loop *loop)
{
	*in = (struct inbox){.last = &in->first, .loop = loop};
	pthread_mutex_init(&in->lock, NULL);
}

static struct task *take_all(struct inbox *in)
{
	struct task *list;

	pthread_mutex_lock(&in->lock);
	list = in->first;
	in->first = NULL;
	in->last = &in->first;
	pthread_mutex_unlock(&in->lock);
	return list;
}

void inbox_done(struct inbox *in)
{
	struct task *next;

	for (struct task *t = take_all(in); t; t = next) {
		next = t->next;
		t->drop(t);
	}
	pthread_mutex_destroy(&in->lock);
}

void inbox_post(struct inbox *in, struct task *task)
{
	bool wake;

	task->next = NULL;
	pthread_mutex_lock(&in->lock);
	wake = !in->first;
	*in->last = task;
	in->last = &task->next;
	pthread_mutex_unlock(&in->lock);
	if (wake)
		loop_wake(in->loop);
}

void inbox_run(struct inbox *in)
{
	struct task *next;

	for (struct task *t = take_all(in); t; t = next) {
		next = t->next;
		t->fn(t);
	}
}

/* ---- Helper threads ---- */

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, idle_gone;
	struct job *first, **last;
	unsigned max_threads, n_threads, n_idle;
	bool closed;
	unsigned refs; /* the owner and each thread */
};

struct pool *pool_new(unsigned max_threads)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->idle_gone, NULL);
	p->last = &p->first;
	p->max_threads = max_threads;
	p->refs = 1;
	return p;
}

/* Called with the lock held; it is gone afterwards. */
static void unref(struct pool *p)
{
	bool last = --p->refs == 0;

	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->idle_gone);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* With the lock held. A helper that works on something is not waited for. */
static void wait_for_idle(struct pool *p)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += END_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (p->n_idle > 0 && pthread_cond_timedwait(&p->idle_gone, &p->lock, &until) == 0)
		;
}

void pool_free(struct pool *p)
{
	struct job *list, *next;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->closed = true;
	list = p->first;
	p->first = NULL;
	p->last = &p->first;
	pthread_cond_broadcast(&p->work);
	wait_for_idle(p);
	unref(p);
	for (; list; list = next) {
		next = list->next;
		list->task.drop(&list->task);
	}
}

/* With the lock held: the next job, or NULL when the pool was closed. */
static struct job *next_job(struct pool *p)
{
	struct job *job;

	p->n_idle++;
	while (!p->first && !p->closed)
		pthread_cond_wait(&p->work, &p->lock);
	/* libcrypto's memory of this thread must be gone before the program cleans up. */
	if (p->closed)
		OPENSSL_thread_stop();
	p->n_idle--;
	pthread_cond_signal(&p->idle_gone);
	job = p->first;
	if (job) {
		p->first = job->next;
		if (!p->first)
			p->last = &p->first;
	}
	return job;
}

static void *helper(void *arg)
{
	struct pool *p = arg;
	struct job *job;

	pthread_mutex_lock(&p->lock);
	while ((job = next_job(p))) {
		pthread_mutex_unlock(&p->lock);
		job->work(job);
		pthread_mutex_lock(&p->lock);
		/* Under the lock, so that pool_free's return means that nothing is posted any more.
		 */
		if (!p->closed) {
			inbox_post(job->to, &job->task);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		job->task.drop(&job->task);
		pthread_mutex_lock(&p->lock);
	}
	unref(p);
	return NULL;
}

/* Detached: a helper that hangs in a resolver must not keep the program from ending. */
static int start_thread(struct pool *p)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attr, helper, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (r)
		return -r;
	p->n_threads++;
	p->refs++;
	return 0;
}

int pool_start(struct pool *p, struct job *job)
{
	int r = 0;

	pthread_mutex_lock(&p->lock);
	if (p->n_idle == 0 && p->n_threads < p->max_threads)
		r = start_thread(p);
	/* One thread is enough to get on with. */
	if (r == 0 || p->n_threads > 0) {
		r = 0;
		job->next = NULL;
		*p->last = job;
		p->last = &job->next;
		pthread_cond_signal(&p->work);
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}
