/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mathematics. Defined even where SQLite has functions of the same name, since some builds lack
 * them and since log(x) is the natural logarithm here, and ceil and floor give integers.
 * A result that is no number is NULL.
 */
#include "agentd/functions.h"

#include <math.h>

static double cot(double x)
{
	return 1 / tan(x);
}

static double radians(double x)
{
	return x * M_PI / 180;
}

static double degrees(double x)
{
	return x * 180 / M_PI;
}

#define REAL_FUNCTION(name, call)                                                                  \
	static void name(sqlite3_context *ctx, int argc, sqlite3_value **argv)                     \
	{                                                                                          \
		if (!function_null(argc, argv))                                                    \
			sqlite3_result_double(ctx, call(sqlite3_value_double(argv[0])));           \
	}

REAL_FUNCTION(sql_sqrt, sqrt)
REAL_FUNCTION(sql_exp, exp)
REAL_FUNCTION(sql_log, log)
REAL_FUNCTION(sql_log10, log10)
REAL_FUNCTION(sql_sin, sin)
REAL_FUNCTION(sql_cos, cos)
REAL_FUNCTION(sql_tan, tan)
REAL_FUNCTION(sql_cot, cot)
REAL_FUNCTION(sql_asin, asin)
REAL_FUNCTION(sql_acos, acos)
REAL_FUNCTION(sql_atan, atan)
REAL_FUNCTION(sql_radians, radians)
REAL_FUNCTION(sql_degrees, degrees)

static void sql_power(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (!function_null(argc, argv))
		sqlite3_result_double(
			ctx, pow(sqlite3_value_double(argv[0]), sqlite3_value_double(argv[1])));
}

static void sql_pi(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc, (void)argv;
	sqlite3_result_double(ctx, M_PI);
}

static void whole(sqlite3_context *ctx, sqlite3_value *v, double (*round_to)(double))
{
	double r;

	if (sqlite3_value_numeric_type(v) == SQLITE_INTEGER) {
		sqlite3_result_value(ctx, v);
		return;
	}
	r = round_to(sqlite3_value_double(v));
	/* What no 64-bit integer holds stays as it is. */
	if (r >= -0x1p63 && r < 0x1p63)
		sqlite3_result_int64(ctx, (sqlite3_int64)r);
	else
		sqlite3_result_double(ctx, r);
}

static void sql_ceil(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (!function_null(argc, argv))
		whole(ctx, argv[0], ceil);
}

static void sql_floor(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (!function_null(argc, argv))
		whole(ctx, argv[0], floor);
}

const struct function functions_math[] = {
	{"sqrt", 1, sql_sqrt},
	{"exp", 1, sql_exp},
	{"log", 1, sql_log},
	{"log10", 1, sql_log10},
	{"power", 2, sql_power},
	{"pow", 2, sql_power},
	{"pi", 0, sql_pi},
	{"ceil", 1, sql_ceil},
	{"floor", 1, sql_floor},
	{"sin", 1, sql_sin},
	{"cos", 1, sql_cos},
	{"tan", 1, sql_tan},
	{"cot", 1, sql_cot},
	{"asin", 1, sql_asin},
	{"acos", 1, sql_acos},
	{"atan", 1, sql_atan},
	{"radians", 1, sql_radians},
	{"degrees", 1, sql_degrees},
	{0},
};
