/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables made from what a service of this machine answers over its unix socket: JSON over HTTP. A
 * table is a list of columns with their places in the JSON and a few words on what to ask for.
 */
#ifndef AGENTD_API_H
#define AGENTD_API_H

#include "agentd/jsonfile.h"
#include "agentd/table.h"

/* Bytes of one answer. */
#define API_ANSWER_MAX (8u << 20)

enum api_how {
	API_TEXT,   /* "" where there is none */
	API_NUMBER, /* 0 where there is none; true is 1 */
	API_ID,	    /* without "sha256:" in front */
	API_LIST,   /* an array, ", " between two */
	API_COMMA,  /* an array, "," between two */
	API_TIME,   /* written as a date; becomes seconds since 1970 */
};

struct api_field {
	unsigned col;
	enum api_how how;
	const char *path; /* as json_at */
};
#define API_END                                                                                    \
	{                                                                                          \
		0, API_TEXT, NULL                                                                  \
	}
#define API_NO_COLUMN ((unsigned)-1)

struct api;

struct api_spec {
	const char *const *sockets; /* where it may be, NULL behind the last one */
	/*
	 * The list of things; NULL when only the one thing that the id names is asked for. With
	 * `filter`, a %s in it being the id, when the id is known and is hexadecimal.
	 */
	const char *list, *filter;
	const char *items;  /* where in the answer the list is; NULL: it is all of it */
	const char *detail; /* of each: asked for, a %s in it being the id, and taken instead */
	const char *answer; /* where in that answer the thing is; NULL: it is all of it */
	bool urls;	    /* the list is of what to ask for to get the things */
	/* Rows are made of each member or element of this; NULL: of the thing itself; "": of it. */
	const char *inner;
	unsigned id;	     /* the column, or API_NO_COLUMN */
	bool prefix;	     /* the beginning of an id will do */
	const char *id_path; /* in the thing of the list; NULL: it is only known when asked for */
	const struct api_field *fields;
	/* Sets what the fields do not (may be NULL); `key`: the member's name, "" in an array. */
	void (*put)(struct api *a, const char *key, const json_t *value);
	bool rows_by_put; /* `put` begins and ends the rows, any number of them */
};

/* Beginning of a spec: Docker's containers, running or not; `column` is that of their id. */
#define API_DOCKER_CONTAINERS(column)                                                              \
	.sockets = api_docker, .list = "/containers/json?all=1",                                   \
	.filter = "/containers/json?all=1&filters=%7B%22id%22%3A%7B%22%s%22%3Atrue%7D%7D",         \
	.id = (column), .id_path = "Id", .prefix = true

struct api {
	struct scan *s;
	const struct api_spec *spec;
	const char *socket; /* NULL: the service is not there */
	const char *asked;  /* `id = …`, or NULL */
	json_t *list;	    /* an answer */
	const json_t *items;
	size_t at;
	bool started;
	json_t *detail; /* of the thing at hand */
	const json_t *thing, *inner;
	size_t inner_at;
	void *iter; /* of inner, where that is an object */
	char id[256];
};

int api_open(struct scan *s);
int api_step(struct scan *s);
void api_close(struct scan *s);
/* End of a table of these: `about` is its struct api_spec. */
#define API_TABLE(about)                                                                           \
	.open = api_open, .step = api_step, .close = api_close, .state_size = sizeof(struct api),  \
	.spec = &(about)

/*
 * Asks for something more: NULL when there is none. What is in the way becomes a warning, unless
 * the service merely says that there is no such thing. The caller's to free.
 */
json_t *api_get(struct api *a, const char *target);
/* Sets columns from one JSON object. */
void api_put(struct scan *s, const struct api_field *fields, const json_t *j);
/* For `put` of tables whose columns are thing, key and value, of objects of texts. */
void api_put_pair(struct api *a, const char *key, const json_t *value);
/* "2024-01-02T03:04:05.678Z", or with an offset. *ret_ns: of the second. */
bool api_time(const char *text, int64_t *ret_s, int64_t *ret_ns);

extern const char *const api_docker[], *const api_lxd[];

#endif
