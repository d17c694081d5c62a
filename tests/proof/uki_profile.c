/* SPDX-License-Identifier: MIT */
/*
 * Which sections of a UKI are taken: any 3 section headers, which is enough for
 * one before all profiles, one's own, and one of the next. Where they are read
 * is proof_uki_sections()'s; here they are any, and only the header before them
 * is in the file, at a fixed place. The file's size is any. Of 2 profiles it is
 * told where they are.
 */
#include "bytes.h"
#include "pvh/read/uki.h"

#undef UKI_MAX_PROFILES
#define UKI_MAX_PROFILES 2u

struct sections;
struct pe_section;
static struct pe_section any_section(const struct sections *s, uint32_t i);

/* These calls go to stand-ins, as proof.h says. */
#define SECTION_const	  uki_section_itself(const
#define SECTION_s	  any_section(s
#define uki_section(s, i) SECTION_##s, i)
#include SOURCE
#undef uki_section

#define NR    3u
#define PE_AT 64u

static uint8_t file[PE_AT + sizeof(struct pe_header)];
static struct pe_section section[NR];
static uint32_t nr;

static struct pe_section any_section(const struct sections *s, uint32_t i)
{
	prove(s->nr == nr && i < nr);
	return section[i];
}

/* Zeros follow a name that is shorter. */
static bool is_named(const struct pe_section *h, const char *name)
{
	bool is = true;

	for (uint32_t i = 0; i < PE_NAME_BYTES; i++) {
		is &= h->name[i] == (uint8_t)*name;
		name += *name != '\0';
	}
	return is;
}

static uint32_t bytes_of(const struct pe_section *h)
{
	return h->size < h->file_size ? h->size : h->file_size;
}

/*
 * The first profile's own one if it has bytes, else the one before all
 * profiles; of each the first. NULL if there is none.
 */
static const struct pe_section *wanted(const char *name)
{
	const struct pe_section *found[2] = {NULL, NULL};
	uint32_t profile = 0;

	for (uint32_t i = 0; i < nr; i++) {
		const struct pe_section *h = &section[i];

		profile += is_named(h, ".profile");
		if (profile < 2 && !found[profile] && is_named(h, name))
			found[profile] = h;
	}
	return found[1] && bytes_of(found[1]) ? found[1] : found[0];
}

static bool is_taken(struct uki_part p, const char *name)
{
	const struct pe_section *h = wanted(name);

	if (!h)
		return !p.size;
	return p.offset == h->file_offset && p.size == bytes_of(h);
}

static void check_profiles(const struct uki *u)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < nr; i++) {
		const struct pe_section *h = &section[i];

		if (!is_named(h, ".profile"))
			continue;
		prove(k >= UKI_MAX_PROFILES ||
		      (u->profile[k].offset == h->file_offset &&
		       u->profile[k].size == bytes_of(h)));
		k++;
	}
	prove(u->nr_profiles == k);
}

/* "MZ", where the next one is; "PE", the machine, how many sections. */
static void file_begins(void)
{
	static const uint8_t pe[] = {'P', 'E', 0, 0, 0x64, 0x86};

	file[0] = 'M';
	file[1] = 'Z';
	file[PE_OFFSET_AT] = PE_AT;
	for (uint32_t i = 0; i < sizeof(pe); i++)
		file[PE_AT + i] = pe[i];
	file[PE_AT + sizeof(pe)] = (uint8_t)nr;
}

void proof_uki_profile(void)
{
	uint64_t size = nondet_u64();
	struct uki u;

	__CPROVER_havoc_object(section);
	nr = any_up_to(NR);
	file_begins();
	assume(size >= sizeof(file) + NR * sizeof(section[0]));
	if (uki_parse(&u, file, size).code)
		return;
	prove(u.linux_image.size && u.linux_image.offset <= size &&
	      u.linux_image.size <= size - u.linux_image.offset);
	prove(is_taken(u.linux_image, ".linux"));
	prove(is_taken(u.initrd, ".initrd"));
	prove(is_taken(u.cmdline, ".cmdline"));
	prove(is_taken(u.osrel, ".osrel"));
	check_profiles(&u);
}
