/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the wire: words to numbers, and members that messages of both directions have. */
#ifndef COMMON_WIRE_MEMBER_H
#define COMMON_WIRE_MEMBER_H

#include "common/wire.h"

enum wire_op wire_op_of(const char *name);
enum wire_reply_op wire_reply_of(const char *name);
/* An unknown one is WIRE_CODE_INTERNAL. */
enum wire_code wire_code_of(const char *name);

/* The id in this member, or -1 when there is none that can be used. */
int64_t wire_id(const json_t *tree, const char *name);
/* 0, or -EPROTO with words. */
int wire_need_id(const json_t *tree, const char *name, int64_t *ret, struct err *err);
/* The string belongs to the tree. */
int wire_need_op(const json_t *tree, const char **ret, struct err *err);

/* The members of one op, once the op and the id are read. Allocations are the message's. */
int wire_read_action(struct wire_request *q, struct err *err);
int wire_read_get(struct wire_request *q, struct err *err);
int wire_read_outcome(struct wire_reply *p, struct err *err);
int wire_read_chunk(struct wire_reply *p, struct err *err);

#endif
