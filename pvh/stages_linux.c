/* SPDX-License-Identifier: MIT */
/*
 * Places Linux and its initrd, hands over what it needs to know, waits for
 * the parked vCPUs, and jumps. boot_params or start_info and the command line
 * stay in the shim's own memory: Linux copies them before it uses that.
 */
#include "boot.h"
#include "leave.h"
#include "pvh/write/boot_params.h"
#include "pvh/write/start_info.h"
#include "cpu.h"

static struct boot_params boot_params __attribute__((aligned(4096)));
static uint8_t start_info[PAGE_SIZE] __attribute__((aligned(4096)));
static uint8_t ext[BOOTPARAMS_EXT_MAX] __attribute__((aligned(16)));

static uint64_t pa_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static uint64_t initrd_size(const struct boot *b)
{
	return b->request.initrd.end - b->request.initrd.start;
}

static void *map_or_die(uint64_t pa, uint64_t size)
{
	void *p = paging_map(pa, size);

	if (!p)
		log_die("linux: cannot map %#lx, %lu bytes, beyond what the shim can address",
			pa, size);
	return p;
}

static void move_bytes(uint64_t to, uint64_t from, uint64_t size)
{
	if (to != from && size)
		__builtin_memmove(map_or_die(to, size), map_or_die(from, size),
				  size);
}

/* ---- bzImage ----------------------------------------------------------- */

static void fill_boot_params(const struct boot *b)
{
	const struct decision *d = &b->decision;
	struct bootparams_request rq = {
		.image = &b->image,
		.file = map_or_die(b->si.module[0].pa, b->si.module[0].size),
		.map = &d->linux_map,
		.kernel_pa = d->kernel_pa,
		.cmdline_pa = pa_of(d->line.p),
		.initrd_pa = d->initrd_pa,
		.initrd_size = initrd_size(b),
		.rsdp_pa = b->rsdp_pa,
		.page_pa = pa_of(&boot_params),
		.ext = ext,
		.ext_pa = pa_of(ext),
		.ext_size = sizeof(ext),
	};
	struct error e = bootparams_fill(&boot_params, &rq);
	struct report_text text;

	if (e.code)
		log_die("linux: boot_params: %s", report_error(&text, e));
}

/* ---- ELF --------------------------------------------------------------- */

static void load_segments(const struct boot *b)
{
	for (uint32_t i = 0; i < b->image.nr_segments; i++) {
		const struct image_segment *s = &b->image.segment[i];
		uint8_t *to = map_or_die(s->pa, s->memsz);

		move_bytes(s->pa, b->decision.file_pa + s->offset, s->filesz);
		__builtin_memset(to + s->filesz, 0, s->memsz - s->filesz);
	}
}

/* A kernel at the shim's place: all that it reads is put elsewhere. */
static uint8_t *leave_page(const struct boot *b, uint32_t i)
{
	return map_or_die(b->decision.leave_pa + i * PAGE_SIZE, PAGE_SIZE);
}

static uint64_t start_info_pa(const struct boot *b)
{
	return b->decision.leave_pa ? pa_of(leave_page(b, 1))
				    : pa_of(start_info);
}

static uint64_t line_pa(const struct boot *b)
{
	const struct text *line = &b->decision.line;
	uint8_t *to;

	if (!b->decision.leave_pa)
		return pa_of(line->p);
	to = map_or_die(b->decision.leave_pa + 2 * PAGE_SIZE,
			DECIDE_LINE_BYTES);
	__builtin_memcpy(to, line->p, line->len + 1);
	return pa_of(to);
}

/* The code, and behind it which bytes go where. */
static void fill_leave(const struct boot *b)
{
	const struct image *im = &b->image;
	uint8_t *to = leave_page(b, 0);
	struct leave *l = (void *)(to + LEAVE_CODE_BYTES);

	_Static_assert(LEAVE_CODE_BYTES + sizeof(*l) <= PAGE_SIZE,
		       "one page is enough");
	__builtin_memcpy(to, leave_code, LEAVE_CODE_BYTES);
	l->entry = (uint32_t)im->entry;
	l->nr = im->nr_segments;
	for (uint32_t i = 0; i < im->nr_segments; i++) {
		const struct image_segment *s = &im->segment[i];

		l->copy[i] = (struct leave_copy){
			.to = (uint32_t)s->pa,
			.from = (uint32_t)(b->decision.file_pa + s->offset),
			.size = (uint32_t)s->filesz,
			.zeros = (uint32_t)(s->memsz - s->filesz),
		};
	}
}

static void fill_start_info(const struct boot *b)
{
	const struct decision *d = &b->decision;
	struct startinfo_build w = {
		.map = &d->linux_map,
		.cmdline_pa = line_pa(b),
		.initrd_pa = d->initrd_pa,
		.initrd_size = initrd_size(b),
		.rsdp_pa = b->rsdp_pa,
		.out = map_or_die(start_info_pa(b), PAGE_SIZE),
		.out_pa = start_info_pa(b),
		.out_size = PAGE_SIZE,
	};
	struct error e = startinfo_write(&w);
	struct report_text text;

	if (e.code)
		log_die("linux: start_info: %s", report_error(&text, e));
}

static void move_initrd(const struct boot *b)
{
	move_bytes(b->decision.initrd_pa, b->request.initrd.start,
		   initrd_size(b));
}

void stage_linux(struct boot *b)
{
	const struct decision *d = &b->decision;
	bool elf = b->image.kind == IMAGE_ELF;

	/* the headers are read before the kernel may overwrite its file */
	if (elf)
		fill_start_info(b);
	else
		fill_boot_params(b);
	if (!d->initrd_last)
		move_initrd(b);
	move_bytes(d->file_pa, b->si.module[0].pa, b->si.module[0].size);
	if (d->leave_pa)
		fill_leave(b);
	else if (elf)
		load_segments(b);
	else
		move_bytes(d->kernel_pa, d->file_pa + b->image.payload_offset,
			   b->image.payload_size);
	if (d->initrd_last)
		move_initrd(b);
	report_linux(b);
}

void stage_wait(struct boot *b)
{
	if (b->decision.plan.status != PLAN_ON)
		return;
	start_wait(&b->start);
	report_parked(b);
}

void stage_jump(struct boot *b)
{
	const struct decision *d = &b->decision;

	log_finish();
	if (b->kept)
		__builtin_memcpy(b->kept + DECIDE_ACPI_BYTES, log_text(),
				 LOG_BYTES);
	if (d->leave_pa)
		jump_32(d->leave_pa, start_info_pa(b));
	if (b->image.kind == IMAGE_ELF)
		jump_32(b->image.entry, pa_of(start_info));
	jump_64(d->kernel_pa + b->image.entry, pa_of(&boot_params));
}
_Static_assert(LOG_BYTES == DECIDE_LOG_BYTES, "the log fits what is kept");
