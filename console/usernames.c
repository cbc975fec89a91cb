/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/usernames.h"

#include "common/map.h"
#include "common/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	uint32_t id;
	uint32_t text;	/* its place among the texts */
	uint32_t order; /* in which the host told them */
	bool group;
};

struct host {
	struct entry *of;
	size_t n, cap;
	bool settled;
};

struct usernames {
	struct map *texts; /* name -> its place + 1 */
	struct host *hosts;
	size_t n_hosts, n;
	pthread_mutex_t lock; /* of all of it */
};

struct usernames *usernames_new(size_t n_hosts)
{
	struct usernames *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	pthread_mutex_init(&u->lock, NULL);
	u->n_hosts = n_hosts;
	u->hosts = calloc(n_hosts + 1, sizeof(*u->hosts));
	u->texts = map_new(USERNAMES_TEXTS);
	if (u->hosts && u->texts)
		return u;
	usernames_free(u);
	return NULL;
}

void usernames_free(struct usernames *u)
{
	if (!u)
		return;
	for (size_t i = 0; u->hosts && i < u->n_hosts; i++)
		free(u->hosts[i].of);
	free(u->hosts);
	map_free(u->texts, NULL);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

/* The place of the name among the texts. 0 or -errno. */
static int text_of(struct usernames *u, const char *name, size_t n, uint32_t *ret)
{
	uintptr_t at = (uintptr_t)map_get_n(u->texts, name, n);
	char text[USERNAMES_LEN_MAX + 1];
	int r;

	if (at == 0) {
		at = map_len(u->texts) + 1;
		memcpy(text, name, n);
		text[n] = '\0';
		r = map_put(u->texts, text, (void *)at, NULL);
		if (r < 0)
			return r;
	}
	*ret = (uint32_t)(at - 1);
	return 0;
}

static int add(
	struct usernames *u, struct host *h, bool group, uint32_t id, const char *name, size_t n)
{
	uint32_t text;
	int r;

	if (u->n == USERNAMES_MAX)
		return -E2BIG;
	r = text_of(u, name, n, &text);
	if (r == 0)
		r = array_grow(&h->of, &h->cap, h->n + 1, sizeof(*h->of), USERNAMES_HOST_MAX);
	if (r < 0)
		return r;
	h->of[h->n] = (struct entry){id, text, (uint32_t)h->n, group};
	h->n++;
	h->settled = false;
	u->n++;
	return 0;
}

int usernames_add(
	struct usernames *u, uint32_t host, bool group, int64_t id, const char *name, size_t n)
{
	int r;

	if (host >= u->n_hosts || id < 0 || id > UINT32_MAX || n == 0 || n > USERNAMES_LEN_MAX ||
		memchr(name, '\0', n))
		return -EINVAL;
	pthread_mutex_lock(&u->lock);
	r = add(u, &u->hosts[host], group, (uint32_t)id, name, n);
	pthread_mutex_unlock(&u->lock);
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int compare_all(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = compare(a, b);

	return c ? c : x->order < y->order ? -1 : 1;
}

/* Of several names for one id the first told stays: in passwd it is the one that counts. */
static void keep_first(struct host *h)
{
	size_t to = 0;

	if (h->n)
		qsort(h->of, h->n, sizeof(*h->of), compare_all);
	for (size_t i = 0; i < h->n; i++)
		if (i == 0 || compare(&h->of[to - 1], &h->of[i]) != 0)
			h->of[to++] = h->of[i];
	h->n = to;
}

void usernames_settle(struct usernames *u, uint32_t host)
{
	if (host >= u->n_hosts)
		return;
	pthread_mutex_lock(&u->lock);
	keep_first(&u->hosts[host]);
	u->hosts[host].settled = true;
	pthread_mutex_unlock(&u->lock);
}

const char *usernames_find(struct usernames *u, uint32_t host, bool group, int64_t id)
{
	const struct entry key = {.id = (uint32_t)id, .group = group}, *e = NULL;
	const char *name;

	if (!u || host >= u->n_hosts || id < 0 || id > UINT32_MAX)
		return NULL;
	pthread_mutex_lock(&u->lock);
	if (u->hosts[host].settled && u->hosts[host].n)
		e = bsearch(&key, u->hosts[host].of, u->hosts[host].n, sizeof(*e), compare);
	name = e ? map_key(u->texts, e->text) : NULL;
	pthread_mutex_unlock(&u->lock);
	return name;
}
