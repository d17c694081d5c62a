/* SPDX-License-Identifier: MIT */
/*
 * A part of stage start_info: module 0 may be a unified kernel image. Linux in
 * it becomes module 0, its initrd module 1 unless there is one, its command
 * line that of Linux unless there is one: what the host says counts.
 */
#include "report.h"

static const char *line_text(const struct boot_uki *u)
{
	if (u->given_line)
		return u->parts.cmdline.size
			       ? "the given command line instead of its own"
			       : "the given command line";
	return u->parts.cmdline.size ? "its command line" : "no command line";
}

static const char *initrd_text(struct report_text *to, const struct boot_uki *u)
{
	uint64_t size = u->parts.initrd.size;
	struct textbuf t;

	if (u->given_initrd)
		return size ? "the given initrd instead of its own"
			    : "the given initrd";
	if (!size)
		return "no initrd";
	textbuf_init(&t, to->s, sizeof(to->s));
	textbuf_printf(&t, "initrd %lu KiB", size >> 10);
	return to->s;
}

static struct text profile_name(const struct boot_uki *u, uint32_t i)
{
	struct text name = uki_value(u->file, u->parts.profile[i], TEXT("ID="));

	return name.len ? name
			: uki_value(u->file, u->parts.profile[i],
				    TEXT("TITLE="));
}

static void report_profiles(const struct boot_uki *u)
{
	static char text[LIST_BYTES];
	struct textbuf t;

	if (u->parts.nr_profiles < 2)
		return;
	textbuf_init(&t, text, sizeof(text));
	report_quote(&t, profile_name(u, 0));
	textbuf_printf(&t, " is used, not ");
	for (uint32_t i = 1; i < u->parts.nr_profiles && i < UKI_MAX_PROFILES;
	     i++) {
		textbuf_printf(&t, i > 1 ? ", " : "");
		report_quote(&t, profile_name(u, i));
	}
	log_line(
		"start_info: warning: unified kernel image with %u profiles: %s",
		u->parts.nr_profiles, text);
}

void report_uki(const struct boot *b)
{
	const struct boot_uki *u = &b->uki;
	struct report_text initrd, name;
	struct textbuf t;

	if (!u->file)
		return;
	textbuf_init(&t, name.s, sizeof(name.s));
	report_quote(&t,
		     uki_value(u->file, u->parts.osrel, TEXT("PRETTY_NAME=")));
	log_line("start_info: unified kernel image %s: kernel %lu KiB, %s, %s",
		 name.s, u->parts.linux_image.size >> 10,
		 initrd_text(&initrd, u), line_text(u));
	report_profiles(u);
}

static void uki_take_parts(struct startinfo *si, struct boot_uki *u)
{
	struct startinfo_module *m = si->module;
	uint64_t pa = m[0].pa;

	u->given_line = m[0].cmdline.len;
	u->given_initrd = si->nr_modules > 1;
	if (!u->given_line)
		m[0].cmdline = uki_line(u->file, u->parts.cmdline);
	if (!u->given_initrd && u->parts.initrd.size) {
		m[1] = (struct startinfo_module){
			.pa = pa + u->parts.initrd.offset,
			.size = u->parts.initrd.size,
		};
		si->nr_modules = 2;
	}
	m[0].pa = pa + u->parts.linux_image.offset;
	m[0].size = u->parts.linux_image.size;
}

void uki_unpack(struct boot *b)
{
	const struct startinfo_module *m = &b->si.module[0];
	uint8_t *file = paging_map(m->pa, m->size);
	struct report_text text;
	struct error e;

	if (!file)
		log_die("start_info: kernel file cannot be mapped: %#lx, beyond what the shim can address",
			m->pa);
	if (!uki_is(file, m->size))
		return;
	e = uki_parse(&b->uki.parts, file, m->size);
	if (e.code)
		log_die("start_info: kernel image: %s", report_error(&text, e));
	b->uki.file = file;
	uki_take_parts(&b->si, &b->uki);
}
