/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/denial.h"

#include "common/str.h"
#include "tests/unit/test.h"

TEST(reasons)
{
	static const struct {
		const char *error, *words;
		enum bridge_end how;
	} all[] = {
		{"1 error (1) open failed", "administratively prohibited", BRIDGE_FORBIDDEN},
		{"1 error (2) Connection refused", "connection refused", BRIDGE_REFUSED},
		{"1 error (2) ", "connection failed", BRIDGE_REFUSED},
		{"1 error (2) No route to host", "no route to host", BRIDGE_FORBIDDEN},
		{"1 error (2) open failed", "open failed", BRIDGE_SHORTAGE},
		{"1 error (2) Too many open files", "too many open files", BRIDGE_SHORTAGE},
		{"1 error (4) resource shortage", "resource shortage", BRIDGE_SHORTAGE},
		{"1 error (99) x", "x", BRIDGE_SHORTAGE},
	};
	struct denial d;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char *error = str_printf("Channel opening failure: channel 4%s", all[i].error);

		CHECK(denial_read(error, &d));
		CHECK_INT(d.channel, 41);
		CHECK_STR(d.words, all[i].words);
		CHECK_INT(d.how, all[i].how);
		free(error);
	}
}

TEST(other_errors)
{
	struct denial d;
	char text[1000];

	CHECK(!denial_read("", &d));
	CHECK(!denial_read("Channel opening failure: ", &d));
	CHECK(!denial_read("Channel opening failure: channel  error (2) x", &d));
	CHECK(!denial_read("Channel opening failure: channel 99999999999 error (2) x", &d));
	CHECK(!denial_read("Channel opening failure: channel 4 error (2", &d));
	snprintf(text, sizeof(text), "Channel opening failure: channel 4 error (2) %0900d", 0);
	CHECK(denial_read(text, &d));
	CHECK_INT(strlen(d.words), DENIAL_WORDS_MAX - 1);
}

TEST(new_channels)
{
	unsigned n = 0;

	CHECK(denial_new_channel("channel_open: Creating a channel 43 with 64000 window", &n));
	CHECK_INT(n, 43);
	CHECK(!denial_new_channel("Creating a channel x", &n));
	CHECK(!denial_new_channel("", &n));
}

TEST_MAIN(&reasons, &other_errors, &new_channels)
