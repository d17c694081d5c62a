/* SPDX-License-Identifier: MIT */
/*
 * The shim and its modules: kernel and ramdisk, from their files or, if they
 * are not on this machine, assumed.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "abi/bootparam.h"
#include "file.h"
#include "guest_builder.h"
#include "pvh/read/image.h"

/* xc_dom_check_gzip() of 4.17 to 4.19 adds this to what gunzip makes of a
 * module. */
#define GUNZIP_SLACK 16u

/*
 * Stands in for files that are not here: the size of distributions' kernels,
 * but no more than this part of the guest's memory, so that it can boot.
 */
#define ASSUMED_KERNEL_BYTES (16 * MIB)
#define ASSUMED_INIT_BYTES   (64 * MIB)
#define ASSUMED_INITRD_BYTES (64 * MIB)
#define ASSUMED_LOAD_PA	     (16 * MIB)
#define ASSUMED_FILE_PART    16u
#define ASSUMED_LOAD_PART    4u
#define ASSUMED_ALIGN	     (2 * MIB)
#define ASSUMED_LINE	     2047u

/* Every shim has the names of its options in it, no other kernel has. */
static const char shim_mark[] = "sidecar.node_max=";

/* How it is told from a kernel if the file is not here. */
#define SHIM_NAME "shim.elf"

/* The shim that was built together with this. */
extern const uint8_t plan_shim[];
extern const uint64_t plan_shim_size;

/* A missing file is assumed; any other error is one that libxl would report. */
static bool read_file(struct builder *b, struct file *f, const char *key,
		      const char *path, bool all, bool *missing)
{
	int e = file_read(f, b->h->root, path, FILE_MAX_BYTES, all);

	*missing = e == ENOENT || e == EACCES || e == ENOTDIR;
	if (*missing)
		lines_printf(&b->g->missing, "%s=%s", key, path);
	if (!e || *missing)
		return true;
	return guest_refuse(b, key, path, file_error(e));
}

static bool place_shim(struct builder *b, const char *key, const char *path,
		       const uint8_t *bytes, uint64_t size)
{
	struct image im;
	struct error e = image_parse(&im, bytes, size);

	if (e.code)
		return guest_refuse(b, key, path, error_text(e.code));
	if (im.kind != IMAGE_ELF)
		return guest_refuse(b, key, path, "is no ELF file");
	if (im.load_size > b->low_end || im.load_pa > b->low_end - im.load_size)
		return guest_refuse(b, key, path,
				    "does not fit the guest's memory");
	b->g->shim = (struct range){im.load_pa, im.load_pa + im.load_size};
	b->next = page_up(b->g->shim.end);
	return true;
}

static enum guest_error missing_shim(struct builder *b, const char *key,
				     const char *path)
{
	if (!b->c->pvshim && strcmp(basename(path), SHIM_NAME) != 0) {
		lines_printf(
			b->why,
			"kernel: %s: not on this machine, so maybe not the shim (want pvshim=1 or --root)",
			path);
		return GUEST_NO_SHIM;
	}
	lines_printf(
		b->notes,
		"%s=%s is not on this machine: assumes the shim of this build",
		key, path);
	return place_shim(b, key, path, plan_shim, plan_shim_size)
		       ? GUEST_OK
		       : GUEST_REFUSED;
}

/* GRUB and its like: what they boot is on the guest's disk, maybe the shim. */
static bool is_loader(const struct file *f)
{
	struct image im;

	return !image_parse(&im, f->bytes, f->size).code && !im.is_linux;
}

static enum guest_error found_shim(struct builder *b, const char *key,
				   const char *path, const struct file *f)
{
	if (!memmem(f->bytes, f->size, shim_mark, sizeof(shim_mark) - 1)) {
		lines_printf(
			b->why,
			is_loader(f)
				? "%s: %s: is not this shim, and no Linux: what it boots from the guest's disk is not looked at"
				: "%s: %s: is not this shim (want its shim.elf)",
			key, path);
		return GUEST_NO_SHIM;
	}
	if (f->size != plan_shim_size ||
	    memcmp(f->bytes, plan_shim, f->size) != 0)
		lines_printf(
			b->notes,
			"%s=%s is another build: assumes that it decides as this one does",
			key, path);
	return place_shim(b, key, path, f->bytes, f->size) ? GUEST_OK
							   : GUEST_REFUSED;
}

static enum guest_error load_shim(struct builder *b, const char *key,
				  const char *path)
{
	struct file f = {0};
	enum guest_error e;
	bool missing;

	if (!read_file(b, &f, key, path, true, &missing))
		return GUEST_REFUSED;
	e = missing ? missing_shim(b, key, path) : found_shim(b, key, path, &f);
	file_free(&f);
	return e;
}

static uint64_t assumed(const struct builder *b, uint64_t usual, uint32_t part)
{
	uint64_t most = b->low_end / part & ~(ASSUMED_ALIGN - 1);

	if (usual <= most)
		return usual;
	return most ? most : ASSUMED_ALIGN;
}

/* A bzImage's headers with nothing after them. */
static uint8_t *assumed_kernel(const struct builder *b, uint64_t size)
{
	uint64_t load_pa = assumed(b, ASSUMED_LOAD_PA, ASSUMED_LOAD_PART);
	uint64_t init = assumed(b, ASSUMED_INIT_BYTES, ASSUMED_LOAD_PART);
	struct setup_header h = {
		.setup_sects = SETUP_SECTS_DEFAULT,
		.boot_flag = SETUP_BOOT_FLAG,
		.jump = SETUP_JUMP,
		.jump_offset =
			SETUP_HEADER_OFFSET + sizeof(h) - SETUP_JUMP_BASE,
		.header = SETUP_HEADER_MAGIC,
		.version = SETUP_VERSION_2_12,
		.loadflags = LOADED_HIGH,
		.kernel_alignment = ASSUMED_ALIGN,
		.relocatable_kernel = 1,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = ASSUMED_LINE,
		.pref_address = load_pa,
		.init_size = (uint32_t)(init > size ? init : size),
	};
	/* a file may be smaller than the headers */
	uint8_t *p = lines_alloc(size + SETUP_HEADER_OFFSET + sizeof(h));

	h.syssize = (uint32_t)(size / SETUP_PARAGRAPH) -
		    (SETUP_SECTS_DEFAULT + 1) * SETUP_SECTOR / SETUP_PARAGRAPH;
	memcpy(p + SETUP_HEADER_OFFSET, &h, sizeof(h));
	return p;
}

static uint64_t module_bytes(const struct builder *b, const struct file *f)
{
	uint64_t unzipped = f->unzipped_size + GUNZIP_SLACK;

	/* 4.20 and later pass modules as they are */
	if (b->h->xen_minor > 19 || !f->unzipped_size || unzipped < f->size ||
	    unzipped > FILE_MAX_BYTES)
		return f->size;
	return unzipped;
}

static bool add_module(struct builder *b, const char *key, const char *path,
		       uint64_t size, const char *line)
{
	uint32_t i = b->nr_modules++;

	b->module_line[i] = line;
	b->module[i].size = size;
	return guest_take(b, key, path, size, &b->module[i].paddr);
}

static bool has_line(const struct file *f, const char *line)
{
	const uint8_t *p = f->bytes, *end = p + f->size;
	size_t len = strlen(line);

	while (p && (size_t)(end - p) >= len) {
		if (!memcmp(p, line, len) && (p + len == end || p[len] == '\n'))
			return true;
		p = memchr(p, '\n', (size_t)(end - p));
		p += p != NULL;
	}
	return false;
}

/* Distributions have a kernel's options beside it: config-VERSION. */
static void note_options(struct builder *b, const char *path)
{
	const char *name = basename(path), *version = strchr(name, '-');
	char file[PATH_MAX];
	struct file f;

	if (!version ||
	    snprintf(file, sizeof(file), "%.*sconfig%s", (int)(name - path),
		     path, version) >= (int)sizeof(file) ||
	    file_read(&f, b->h->root, file, MIB, true))
		return;
	if (!has_line(&f, "CONFIG_XEN_PVH=y"))
		lines_printf(
			b->notes,
			"%s has no CONFIG_XEN_PVH=y: this Linux cannot run as a PVH guest",
			file);
	file_free(&f);
}

/* Module 0: the shim reads it, so its bytes are needed. */
static bool load_kernel(struct builder *b, const char *key, const char *path,
			const char *line)
{
	uint64_t size = assumed(b, ASSUMED_KERNEL_BYTES, ASSUMED_FILE_PART);
	struct file f = {0};
	bool missing, packed;
	uint8_t *bytes;

	if (!read_file(b, &f, key, path, true, &missing))
		return false;
	if (!missing)
		note_options(b, path);
	packed = !missing && module_bytes(b, &f) != f.size;
	if (!missing)
		size = module_bytes(b, &f);
	if (missing || packed)
		lines_printf(
			b->notes,
			"%s=%s is %s: assumes a bzImage of %lu MiB that wants %lu MiB at %#lx",
			key, path, packed ? "gzipped" : "not on this machine",
			size / MIB,
			assumed(b, ASSUMED_INIT_BYTES, ASSUMED_LOAD_PART) / MIB,
			assumed(b, ASSUMED_LOAD_PA, ASSUMED_LOAD_PART));
	if (!add_module(b, key, path, size, line)) {
		file_free(&f);
		return false;
	}
	bytes = missing || packed ? assumed_kernel(b, size) : f.bytes;
	if (packed)
		file_free(&f);
	return guest_add(b->g, b->module[0].paddr, size, bytes);
}

static bool load_ramdisk(struct builder *b)
{
	const char *path = b->c->ramdisk;
	uint64_t size = assumed(b, ASSUMED_INITRD_BYTES, ASSUMED_FILE_PART);
	struct file f = {0};
	bool missing;

	if (!path || !*path)
		return true;
	if (!read_file(b, &f, "ramdisk", path, false, &missing))
		return false;
	if (missing)
		lines_printf(
			b->notes,
			"ramdisk=%s is not on this machine: assumes %lu MiB",
			path, size / MIB);
	else
		size = module_bytes(b, &f);
	return add_module(b, "ramdisk", path, size, NULL);
}

/* With pvshim=1 the shim is its own file; else it is kernel= itself. */
enum guest_error guest_load(struct builder *b)
{
	const struct config *c = b->c;
	enum guest_error e;
	bool ok;

	if (!c->kernel) {
		lines_printf(b->why, "kernel: missing (libxl wants one)");
		return GUEST_REFUSED;
	}
	if (c->pvshim && !c->pvshim_path) {
		lines_printf(
			b->why,
			"pvshim_path: missing: Xen's own shim is started (want the path of shim.elf)");
		return GUEST_NO_SHIM;
	}
	e = load_shim(b, c->pvshim ? "pvshim_path" : "kernel",
		      c->pvshim ? c->pvshim_path : c->kernel);
	if (e)
		return e;
	if (c->pvshim)
		ok = load_kernel(b, "kernel", c->kernel, c->linux_line) &&
		     load_ramdisk(b);
	else
		ok = !c->ramdisk || load_kernel(b, "ramdisk", c->ramdisk, NULL);
	return ok ? GUEST_OK : GUEST_REFUSED;
}
