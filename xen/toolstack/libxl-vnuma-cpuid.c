/* SPDX-License-Identifier: MIT */
/*
 * Xen gives a guest the package sizes of the host, which knows no vnodes. The
 * list that libxl applies to that is opaque, but libxl shows it as JSON: that
 * tells which of our fields the user's cpuid= (or we, before a reboot) has set.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxl-vnuma-cpuid.h"
#include "lib/packages.h"
#include "lib/text.h"

/* libxl_cpuid_parse_config(), and _xend() for the form of whole registers */
typedef int parse_fn(libxl_cpuid_policy_list *policy, const char *word);
typedef char *to_json_fn(libxl_ctx *ctx, libxl_domain_build_info *b);

#define WORDS_BYTES 64
#define REG_BITS    32
#define NO_SUBLEAF  (-1)

enum reg {
	EAX,
	EBX,
	ECX,
	EDX,
	NR_REGS
};

/* An entry of the list; of a register that is not set, all is 'x'. */
struct entry {
	long long leaf, subleaf;
	char reg[NR_REGS][REG_BITS + 1]; /* bit 31 first */
};

/*
 * What cpuid= of xl.cfg(5) has names for (libxl_cpuid.c, cpuid_flags[]), and
 * how many share Intel's first cache, which has none.
 */
enum field_id {
	PROCCOUNT,
	NC,
	APICIDSIZE,
	PROCPKG,
	SHARING,
	NR_FIELDS
};

static const struct field {
	const char *name;
	long long leaf, subleaf;
	enum reg reg;
	unsigned int shift, width;
} fields[NR_FIELDS] = {
	[PROCCOUNT] = {"proccount", 0x1, NO_SUBLEAF, EBX, 16, 8},
	[NC] = {"nc", 0x80000008, NO_SUBLEAF, ECX, 0, 8},
	[APICIDSIZE] = {"apicidsize", 0x80000008, NO_SUBLEAF, ECX, 12, 4},
	[PROCPKG] = {"procpkg", 0x4, 0, EAX, 26, 6},
	[SHARING] = {NULL, 0x4, 0, EAX, 14, 12},
};

/* The fields of a list. */
struct found {
	bool set[NR_FIELDS];
	bool known[NR_FIELDS]; /* and not taken from the host ('k', 's') */
	uint32_t value[NR_FIELDS];
	char leaf4_eax[REG_BITS + 1];
};

/* ---- The list ----------------------------------------------------------- */

static void clear_entry(struct entry *e)
{
	e->leaf = e->subleaf = NO_SUBLEAF;
	for (int i = 0; i < NR_REGS; i++) {
		memset(e->reg[i], 'x', REG_BITS);
		e->reg[i][REG_BITS] = 0;
	}
}

static void find_field(struct found *f, const struct entry *e, int id)
{
	const struct field *d = &fields[id];
	const char *bits = e->reg[d->reg] + REG_BITS - d->shift - d->width;

	if (e->leaf != d->leaf || e->subleaf != d->subleaf)
		return;
	if (id == PROCPKG)
		strcpy(f->leaf4_eax, e->reg[EAX]);
	f->known[id] = true;
	f->value[id] = 0;
	for (unsigned int i = 0; i < d->width; i++) {
		f->set[id] |= bits[i] != 'x';
		f->known[id] &= bits[i] == '0' || bits[i] == '1';
		f->value[id] = f->value[id] << 1 | (bits[i] == '1');
	}
}

/* The text between quotes, cut to @size; returns what follows it. */
static const char *read_string(const char *p, char *to, size_t size)
{
	size_t len = 0;

	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		if (len + 1 < size)
			to[len++] = *p;
	}
	to[len] = 0;
	return *p ? p + 1 : p;
}

static void set_string(struct entry *e, const char *key, const char *value)
{
	static const char *const names[NR_REGS] = {"eax", "ebx", "ecx", "edx"};

	for (int i = 0; i < NR_REGS; i++)
		if (strcmp(key, names[i]) == 0 && strlen(value) == REG_BITS)
			strcpy(e->reg[i], value);
}

/* One that is too large is none. */
static const char *set_number(struct entry *e, const char *key, const char *p)
{
	size_t len = strspn(p, "0123456789");
	uint64_t value;

	if (text_is_number((struct text){p, len}, INT64_MAX, &value)) {
		if (strcmp(key, "leaf") == 0)
			e->leaf = (long long)value;
		if (strcmp(key, "subleaf") == 0)
			e->subleaf = (long long)value;
	}
	return p + len;
}

/*
 * Of libxl's JSON all that counts here are the innermost objects that have a
 * leaf: {"leaf": 1, "ebx": "xxxxxxxx00001000xxxxxxxxxxxxxxxx"}.
 */
static void read_json(struct found *f, const char *p)
{
	char key[REG_BITS + 2] = "", text[REG_BITS + 2];
	struct entry e;

	clear_entry(&e);
	while (*p) {
		if (*p == '"') {
			p = read_string(p, text, sizeof(text));
			p += strspn(p, " \n");
			if (*p == ':')
				strcpy(key, text);
			else
				set_string(&e, key, text);
		} else if (isdigit((unsigned char)*p)) {
			p = set_number(&e, key, p);
		} else {
			if (*p == '}')
				for (int i = 0; i < NR_FIELDS; i++)
					find_field(f, &e, i);
			if (*p == '{' || *p == '}')
				clear_entry(&e);
			p++;
		}
	}
}

/* False if libxl does not show its list. */
static bool read_list(struct found *f, libxl_ctx *ctx,
		      libxl_domain_build_info *b)
{
	to_json_fn *to_json;
	char *json = NULL;

	if (!b->cpuid)
		return true;
	to_json = (to_json_fn *)dlsym(RTLD_NEXT,
				      "libxl_domain_build_info_to_json");
	if (to_json)
		json = to_json(ctx, b);
	if (!json)
		return false;
	read_json(f, json);
	free(json);
	return true;
}

/* ---- The vnodes --------------------------------------------------------- */

static bool has_vcpu(const libxl_bitmap *map, uint32_t id)
{
	return id / 8 < map->size && map->map[id / 8] >> id % 8 & 1;
}

/* libxl's MADT has APIC ids of twice the vCPU id (libxl_x86_acpi.c). */
static uint32_t list_vcpus(struct topology_vcpu *v,
			   const libxl_domain_build_info *b)
{
	uint32_t nr = 0;

	for (uint32_t id = 0; id < TOPOLOGY_MAX_VCPUS; id++) {
		v[id] = (struct topology_vcpu){.apic_id = 2 * id};
		for (int k = 0; k < b->num_vnuma_nodes; k++) {
			if (!has_vcpu(&b->vnuma_nodes[k].vcpus, id))
				continue;
			v[id].vnode = (uint32_t)k;
			v[id].present = true;
			nr = id + 1;
		}
	}
	return nr;
}

/* ---- The policy --------------------------------------------------------- */

static bool spans(const struct topology_vcpu *v, uint32_t nr,
		  const struct found *f, uint32_t *first, uint32_t *second)
{
	const struct packages_values values = {
		.proccount = f->value[PROCCOUNT],
		.procpkg = f->value[PROCPKG],
		.nc = f->value[NC],
		.apicidsize = f->value[APICIDSIZE],
	};

	for (int amd = 0; amd < 2; amd++) {
		struct packages_cpuid c = packages_cpuid_of(values, amd);

		c.cache_a[0] |= f->value[SHARING] << fields[SHARING].shift;
		if (packages_find_shared(v, nr, packages_bits(&c), first,
					 second) ||
		    packages_find_shared(v, nr, packages_cache_bits(&c), first,
					 second))
			return true;
	}
	return false;
}

static void fill_in(struct found *f, struct packages_values v)
{
	const uint32_t value[NR_FIELDS] = {
		[PROCCOUNT] = v.proccount,
		[NC] = v.nc,
		[APICIDSIZE] = v.apicidsize,
		[PROCPKG] = v.procpkg,
		[SHARING] = 0,
	};

	for (int i = 0; i < NR_FIELDS; i++)
		if (!f->set[i]) {
			f->value[i] = value[i];
			f->known[i] = true;
		}
}

static bool set_named(libxl_cpuid_policy_list *list, const struct found *f)
{
	parse_fn *parse =
		(parse_fn *)dlsym(RTLD_NEXT, "libxl_cpuid_parse_config");
	char word[WORDS_BYTES];

	for (int i = 0; i < PROCPKG; i++) {
		if (f->set[i])
			continue;
		snprintf(word, sizeof(word), "%s=%u", fields[i].name,
			 f->value[i]);
		if (!parse || parse(list, word))
			return false;
	}
	return true;
}

/*
 * The word procpkg would take all other bits from the host, the sharing too,
 * which libxc zeroes elsewhere. AMD's guests have no leaf 4: Xen zeroes it.
 */
static bool set_leaf4(libxl_cpuid_policy_list *list, const struct found *f)
{
	parse_fn *parse =
		(parse_fn *)dlsym(RTLD_NEXT, "libxl_cpuid_parse_config_xend");
	char word[WORDS_BYTES] = "4,0:eax=";
	char *eax = word + strlen(word);

	if (f->set[PROCPKG] && f->set[SHARING])
		return true;
	strcpy(eax, f->leaf4_eax);
	for (int i = PROCPKG; i <= SHARING; i++) {
		const struct field *d = &fields[i];

		for (unsigned int k = 0; !f->set[i] && k < d->width; k++)
			eax[REG_BITS - 1 - d->shift - k] =
				"01"[f->value[i] >> k & 1];
	}
	return parse && !parse(list, word);
}

/* The host's values are not known here; the shim checks them. */
static void warn_spans(const struct topology_vcpu *v, uint32_t nr,
		       const struct found *f, struct packages_values want)
{
	char text[WORDS_BYTES];
	uint32_t first = 0, second = 0;
	struct textbuf words;

	for (int i = 0; i < NR_FIELDS; i++)
		if (!f->known[i])
			return;
	if (!spans(v, nr, f, &first, &second))
		return;
	textbuf_init(&words, text, sizeof(text));
	packages_words(&words, want);
	fprintf(stderr,
		"libxl-vnuma: cpuid= lets vCPUs %u and %u of vnodes %u and %u share a package or cache (want %s, or none of these)\n",
		first, second, v[first].vnode, v[second].vnode, text);
}

void vnuma_cpuid_apply(libxl_ctx *ctx, libxl_domain_build_info *b)
{
	struct topology_vcpu v[TOPOLOGY_MAX_VCPUS];
	uint32_t nr = list_vcpus(v, b);
	uint32_t bits = packages_fit(v, nr);
	struct packages_values want = packages_values(bits);
	struct found f = {0};

	memset(f.leaf4_eax, 'x', REG_BITS);
	if (bits == PACKAGES_ALL_BITS)
		return;
	if (!read_list(&f, ctx, b)) {
		fprintf(stderr,
			"libxl-vnuma: libxl does not show what cpuid= has set: left as it is, vnodes may share packages\n");
		return;
	}
	fill_in(&f, want);
	if (!set_named(&b->cpuid, &f) || !set_leaf4(&b->cpuid, &f))
		fprintf(stderr,
			"libxl-vnuma: libxl refuses cpuid= for packages: vnodes may share them\n");
	warn_spans(v, nr, &f, want);
}
