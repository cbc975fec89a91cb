/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/base64.h"
#include "common/str.h"

#include <errno.h>

static const struct {
	const char *bytes, *text;
} vectors[] = {/* RFC 4648 section 10 */
	{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

TEST(vectors_both_ways)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		size_t n = strlen(vectors[i].bytes);
		struct buf b;
		char out[16];

		buf_init(&b, 100);
		CHECK_INT(base64_encode(&b, vectors[i].bytes, n), 0);
		CHECK_STR(buf_str(&b), vectors[i].text);
		CHECK_INT(base64_decode(out, vectors[i].text, b.len), (ssize_t)n);
		CHECK(memcmp(out, vectors[i].bytes, n) == 0);
		buf_done(&b);
	}
}

TEST(every_byte_in_place)
{
	unsigned char all[259];
	struct buf b;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)(i * 7);
	buf_init(&b, 1000);
	CHECK_INT(base64_encode(&b, all, sizeof(all)), 0);
	CHECK(strchr(b.p, '+') && strchr(b.p, '/'));
	CHECK_INT(base64_decode(b.p, b.p, b.len), (ssize_t)sizeof(all));
	CHECK(memcmp(b.p, all, sizeof(all)) == 0);
	buf_done(&b);
}

TEST(strictness)
{
	static const char *const bad[] = {"Z", "Zg",
		"Zg=", "Zg==Zg==", "Zh==", "Zm9=", "====", "Z===", "=Zg=", "Zm=v", "Zm8\n",
		" Zm8=", "Zm9-", "Zm9_", "Zm\xc3\xa4", "Zg==\n"};
	char out[16];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (base64_decode(out, bad[i], strlen(bad[i])) != -EBADMSG)
			FAIL("\"%s\" was taken", bad[i]);
	CHECK_INT(base64_decode(out, "Zm\0v", 4), -EBADMSG);
}

TEST(bounds)
{
	struct buf b;

	buf_init(&b, 7);
	CHECK_INT(base64_encode(&b, "foob", 4), -EMSGSIZE);
	CHECK_INT(b.len, 0);
	CHECK_INT(base64_encode(&b, "foo", 3), 0);
	buf_done(&b);
	buf_init(&b, 100);
	failalloc_countdown = 1;
	CHECK_INT(base64_encode(&b, "foo", 3), -ENOMEM);
	CHECK_INT(b.len, 0);
	buf_done(&b);
}

TEST(appended)
{
	struct buf b;

	buf_init(&b, 7);
	CHECK_INT(base64_decode_add(&b, "Zm9v", 4), 0);
	CHECK_INT(base64_decode_add(&b, "Zg=", 3), -EBADMSG);
	CHECK_INT(base64_decode_add(&b, "Zg=v", 4), -EBADMSG);
	CHECK_INT(base64_decode_add(&b, "Zm9vYmE=", 8), -EMSGSIZE);
	CHECK_STR(buf_str(&b), "foo");
	CHECK_INT(base64_decode_add(&b, "Zm9vYg==", 8), 0);
	CHECK_STR(buf_str(&b), "foofoob");
	buf_done(&b);
}

TEST_MAIN(&vectors_both_ways, &every_byte_in_place, &strictness, &bounds, &appended)
