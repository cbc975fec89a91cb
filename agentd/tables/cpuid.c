/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define LEAF_NAME_FIRST 0x80000002u
#define LEAF_HYPERVISOR 0x40000000u
#define LEAF_SGX	0x12u
#define FAMILY_MASK	0xf00u
#define HYPERVISOR_BIT	31

enum { FEATURE, VALUE, OUTPUT_REGISTER, OUTPUT_BIT, INPUT_EAX };

static const struct column columns[] = {
	{"feature", COL_TEXT, 0, "Name of the feature or fact"},
	{"value", COL_TEXT, 0, "1 or 0: the processor has it or not; or the fact itself"},
	{"output_register", COL_TEXT, 0, "Register that tells it"},
	{"output_bit", COL_INTEGER, 0, "Bit of that register"},
	{"input_eax", COL_TEXT, 0, "What the instruction was asked"},
	COL_END,
};

enum { EAX, EBX, ECX, EDX, REGISTERS };
static const char *const register_names[] = {"eax", "ebx", "ecx", "edx"};

struct feature {
	const char *name; /* NULL behind the last one */
	unsigned reg, bit;
};

static const struct feature basic[] = {{"pae", EDX, 6}, {"msr", EDX, 5}, {"sep", EDX, 11},
	{"mtrr", EDX, 12}, {"pge", EDX, 13}, {"mca", EDX, 14}, {"pat", EDX, 16}, {"clfsh", EDX, 19},
	{"acpi", EDX, 22}, {"mmx", EDX, 23}, {"sse", EDX, 25}, {"sse2", EDX, 26}, {"ss", EDX, 27},
	{"htt", EDX, 28}, {"ia64", EDX, 30}, {"sse3", ECX, 0}, {"vmx", ECX, 5}, {"smx", ECX, 6},
	{"ssse3", ECX, 9}, {"sdbg", ECX, 11}, {"pdcm", ECX, 15}, {"pcid", ECX, 17},
	{"dca", ECX, 18}, {"sse4.1", ECX, 19}, {"sse4.2", ECX, 20}, {"aes", ECX, 25},
	{"avx", ECX, 28}, {"hypervisor", ECX, HYPERVISOR_BIT}, {NULL, 0, 0}};
static const struct feature extended[] = {{"sgx", EBX, 2}, {"hle", EBX, 4}, {"avx2", EBX, 5},
	{"smep", EBX, 7}, {"bmi2", EBX, 8}, {"erms", EBX, 9}, {"invpcid", EBX, 10},
	{"rtm", EBX, 11}, {"pqm", EBX, 12}, {"mpx", EBX, 14}, {"pqe", EBX, 15},
	{"avx512f", EBX, 16}, {"avx512dq", EBX, 17}, {"rdseed", EBX, 18}, {"adx", EBX, 19},
	{"smap", EBX, 20}, {"intel_pt", EBX, 25}, {"sha", EBX, 29}, {"umip", ECX, 2},
	{"pku", ECX, 3}, {"ospke", ECX, 4}, {"gfni", ECX, 8}, {"vaes", ECX, 9}, {"sgx_lc", ECX, 30},
	{"spec_ctrl", EDX, 26}, {NULL, 0, 0}};
static const struct feature amd[] = {
	{"svm", ECX, 2}, {"ibs", ECX, 10}, {"skinit", ECX, 12}, {"lwp", ECX, 15}, {NULL, 0, 0}};

static const struct {
	unsigned leaf;
	const struct feature *features;
} leaves[] = {{1, basic}, {7, extended}, {0x80000001, amd}};

/* False where the processor does not know the leaf, or is of another kind. */
static bool ask(unsigned leaf, unsigned subleaf, unsigned regs[REGISTERS])
{
#if defined(__x86_64__) || defined(__i386__)
	if (leaf == LEAF_HYPERVISOR) {
		__cpuid(leaf, regs[EAX], regs[EBX], regs[ECX], regs[EDX]);
		return true;
	}
	return __get_cpuid_count(leaf, subleaf, &regs[EAX], &regs[EBX], &regs[ECX], &regs[EDX]);
#else
	(void)leaf;
	(void)subleaf;
	(void)regs;
	return false;
#endif
}

static void put(struct scan *s, const char *feature, const char *value, const char *reg,
	unsigned bit, const char *input)
{
	row_begin(s);
	row_text(s, FEATURE, feature);
	row_text(s, VALUE, value);
	row_text(s, OUTPUT_REGISTER, reg);
	row_int(s, OUTPUT_BIT, bit);
	row_text(s, INPUT_EAX, input);
	row_end(s);
}

static void put_names(struct scan *s)
{
	unsigned regs[REGISTERS], name[3 * REGISTERS];
	char text[sizeof(name) + 1] = "";

	if (!ask(0, 0, regs))
		return;
	memcpy(text, (unsigned[]){regs[EBX], regs[EDX], regs[ECX]}, 3 * sizeof(regs[0]));
	put(s, "vendor", text, "ebx,edx,ecx", 0, "0");
	for (unsigned i = 0; i < 3; i++)
		if (!ask(LEAF_NAME_FIRST + i, 0, name + i * REGISTERS))
			return;
	memcpy(text, name, sizeof(name));
	text[sizeof(name)] = '\0';
	put(s, "product_name", text, "eax,ebx,ecx,edx", 0, "0x80000002");
}

static void put_hypervisor(struct scan *s)
{
	unsigned regs[REGISTERS];
	char text[64];

	if (!ask(1, 0, regs) || !(regs[ECX] >> HYPERVISOR_BIT & 1) ||
		!ask(LEAF_HYPERVISOR, 0, regs))
		return;
	snprintf(text, sizeof(text), "%08x%08x%08x", regs[EBX], regs[ECX], regs[EDX]);
	put(s, "hypervisor_id", text, "ebx,ecx,edx", 0, "0x40000000");
}

static void put_numbers(struct scan *s)
{
	unsigned first[REGISTERS], regs[REGISTERS] = {0};
	char text[64];

	if (!ask(1, 0, first))
		return;
	/* Only the Pentium III had one. */
	ask(3, 0, regs);
	snprintf(text, sizeof(text), "%08x%08x%08x", first[EAX], regs[EAX], regs[EDX]);
	put(s, "serial", text, "eax,eax,ecx", 0, "1,3");
	snprintf(text, sizeof(text), "%04x", first[EAX] & FAMILY_MASK);
	put(s, "family", text, "eax", 0, "1");
}

static void put_features(struct scan *s, unsigned leaf, const struct feature *f)
{
	unsigned regs[REGISTERS] = {0};
	char input[16];

	if (!ask(leaf, 0, regs))
		memset(regs, 0, sizeof(regs));
	snprintf(input, sizeof(input), "%u", leaf);
	for (; f->name; f++)
		put(s, f->name, regs[f->reg] >> f->bit & 1 ? "1" : "0", register_names[f->reg],
			f->bit, input);
}

static void put_sgx(struct scan *s, unsigned subleaf)
{
	unsigned regs[REGISTERS];
	char text[64];

	if (!ask(LEAF_SGX, subleaf, regs))
		return;
	snprintf(
		text, sizeof(text), "%08x%08x%08x%08x", regs[EAX], regs[EBX], regs[ECX], regs[EDX]);
	put(s, subleaf ? "sgx1" : "sgx0", text, "eax,ebx,ecx,edx", 0, subleaf ? "18,1" : "18");
}

static int cpuid_step(struct scan *s)
{
	unsigned regs[REGISTERS];

	if (!root_is_live(scan_root(s)) || !ask(0, 0, regs))
		return 0;
	put_names(s);
	put_hypervisor(s);
	put_numbers(s);
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
		put_features(s, leaves[i].leaf, leaves[i].features);
	put_sgx(s, 0);
	put_sgx(s, 1);
	return 0;
}

const struct table table_cpuid = {
	.name = "cpuid",
	.doc = "What an x86 processor says of itself (the instruction CPUID); no rows on others.",
	.columns = columns,
	.step = cpuid_step,
};
