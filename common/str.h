/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bounded strings, strict numbers, growing arrays. */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A view of bytes that belong to somebody else; not NUL-terminated. */
struct span {
	const char *p;
	size_t n;
};

struct span span_str(const char *s);
bool span_eq(struct span a, const char *s);
/* Without the blanks (space, tab, CR, LF, VT, FF) at both ends. */
struct span span_trim(struct span s);
/*
 * Takes the part before the first `sep` off `*rest` into `*ret`; false when `*rest` is used up
 * (its p is then NULL). "a,,b" gives "a", "", "b"; "" gives one empty part.
 */
bool span_split(struct span *rest, char sep, struct span *ret);
/*
 * Takes the next word (what stands between blanks) off `*rest` into `*ret`; false when there is
 * none. What is left begins at the blank behind the word.
 */
bool span_word(struct span *rest, struct span *ret);
/* Takes `prefix` off the beginning of `*s`; false and `*s` as it was when it is not there. */
bool span_skip(struct span *s, const char *prefix);
/* A heap copy with a NUL after it; NULL when out of memory. */
char *span_dup(struct span s);

bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Copies with the NUL; -ENAMETOOLONG (and dst is "") when `size` bytes do not hold it. */
int str_copy(char *dst, size_t size, const char *src);
/* Heap-made printf; NULL when out of memory. */
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Strict numbers: the whole of the text, decimal, an optional '-' for the signed one, no blanks,
 * no '+'. 0, -EINVAL for other text, -ERANGE outside [min, max].
 */
int parse_uint(const char *s, uint64_t min, uint64_t max, uint64_t *ret);
int parse_int(const char *s, int64_t min, int64_t max, int64_t *ret);
/* As parse_uint over a span, base 8, 10 or 16 (no prefix). */
int parse_span(struct span s, int base, uint64_t max, uint64_t *ret);
/* Finite decimal numbers such as 1, 0.5, 1e3. */
int parse_real(const char *s, double min, double max, double *ret);

/*
 * Makes room in a heap array of `size`-byte elements for at least `need` of them, growing by half.
 * 0, -ENOMEM, or -E2BIG when `need` > `max`. `*p` and `*cap` are untouched on failure.
 */
int array_grow(void *p, size_t *cap, size_t need, size_t size, size_t max);

/*
 * The name in `names` (NULL-ended) that `s` was meant to be: one letter is wrong, or `s` is the
 * beginning of it, or a third of the letters are wrong at most. NULL: none.
 */
const char *str_nearest(const char *s, const char *const *names);

#endif
