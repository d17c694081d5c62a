/* SPDX-License-Identifier: MIT */
/*
 * libvirt has no element for pvshim=, and of a domain's metadata nothing
 * reaches libxl. So a domain asks for the shim with the first words of its
 * kernel's command line: xen-sidecar[=FILE|=off] and the shim's options. They
 * come from the domain's definition: nothing is believed of them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libxl-vnuma-shim.h"
#include "request.h"
#include "printable.h"

#define SHIM_BESIDE "/boot/shim.elf"
#define ELF_MAGIC   "\177ELF"
#define SHOWN_BYTES 200
#define WHY_BYTES   100

typedef void defbool_set_fn(libxl_defbool *db, bool b);
typedef bool defbool_is_default_fn(libxl_defbool db);

/* ---- The command line --------------------------------------------------- */

/* libxl takes the line of a PV guest from either place. */
static char *command_line(libxl_domain_build_info *b)
{
	if (!b->cmdline && b->type == LIBXL_DOMAIN_TYPE_PV)
		return b->u.pv.cmdline;
	return b->cmdline;
}

static void take_words_away(char *line, const struct request *r)
{
	memmove(line, r->linux_line.p, r->linux_line.len);
	line[r->linux_line.len] = 0;
}

/* ---- What is said ------------------------------------------------------- */

/* One line of @s that a terminal does nothing with. */
static const char *shown(const char *s, char *to)
{
	size_t i;

	for (i = 0; s && s[i] && i < SHOWN_BYTES - 1; i++)
		to[i] = printable(s[i]);
	to[i] = 0;
	return to;
}

/* ---- The shim ----------------------------------------------------------- */

/* That of the same PREFIX as this library; NULL if there is no memory. */
static char *path_beside(void)
{
	static const char here;
	const char *slash;
	char *path = NULL;
	Dl_info info;

	if (!dladdr(&here, &info))
		return NULL;
	slash = strrchr(info.dli_fname, '/');
	if (!slash ||
	    asprintf(&path, "%.*s" SHIM_BESIDE, (int)(slash - info.dli_fname),
		     info.dli_fname) < 0)
		return NULL;
	return path;
}

/* To be freed; NULL if there is no memory. */
static char *shim_path(const struct request *r)
{
	const char *from_env = getenv("XEN_SIDECAR_SHIM");

	if (r->path.p)
		return strndup(r->path.p, r->path.len);
	if (from_env && *from_env)
		return strdup(from_env);
	return path_beside();
}

/* NULL if libxl can start it; else why not, in @why if it is not constant. */
static const char *check_file(const char *path, char *why)
{
	char magic[sizeof(ELF_MAGIC) - 1];
	struct stat st;
	ssize_t nr;
	int fd;

	if (path[0] != '/')
		return "not an absolute path";
	if (stat(path, &st))
		return strerror_r(errno, why, WHY_BYTES);
	/* what else there is may not even like to be opened */
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return strerror_r(errno, why, WHY_BYTES);
	nr = read(fd, magic, sizeof(magic));
	close(fd);
	if (nr != sizeof(magic) || memcmp(magic, ELF_MAGIC, sizeof(magic)) != 0)
		return "not an ELF file";
	return NULL;
}

/*
 * NULL if there is no memory. The config's own options come last: a ` -- `
 * among them ends them, and of several the last counts.
 */
static char *join_options(struct text options, const char *extra)
{
	char *joined;

	if (asprintf(&joined, "%.*s%s%s", (int)options.len, options.p,
		     extra ? " " : "", extra ? extra : "") < 0)
		return NULL;
	return joined;
}

/* Both are libxl's then, as it frees the config. */
static bool set_options(libxl_domain_build_info *b, struct text options)
{
	char *joined;

	if (!options.len)
		return true;
	joined = join_options(options, b->u.pvh.pvshim_extra);
	if (!joined)
		return false;
	free(b->u.pvh.pvshim_extra);
	b->u.pvh.pvshim_extra = joined;
	return true;
}

static void warn_file(const libxl_domain_config *config, const char *path,
		      const char *wrong)
{
	char name[SHOWN_BYTES], file[SHOWN_BYTES];

	fprintf(stderr,
		"libxl-vnuma: %s: shim %s: %s: it is booted without the shim\n",
		shown(config->c_info.name, name), shown(path, file), wrong);
}

/* What Linux gets of the line of a guest that has not asked is all of it. */
static bool is_too_long(const libxl_domain_config *config,
			const struct request *r)
{
	char name[SHOWN_BYTES];

	if (r->linux_line.len <= REQUEST_LINE_MAX)
		return false;
	fprintf(stderr,
		"libxl-vnuma: %s: command line of %zu characters (want at most %d with the shim): it is booted without the shim\n",
		shown(config->c_info.name, name), r->linux_line.len,
		REQUEST_LINE_MAX);
	return true;
}

static void use_shim(libxl_domain_config *config, const struct request *r)
{
	defbool_set_fn *set =
		(defbool_set_fn *)dlsym(RTLD_NEXT, "libxl_defbool_set");
	libxl_domain_build_info *b = &config->b_info;
	char *path = shim_path(r);
	const char *wrong;
	char why[WHY_BYTES];

	wrong = path ? check_file(path, why) : "no memory";
	if (!wrong && !set)
		wrong = "not known to this libxl";
	if (!wrong && !set_options(b, r->options))
		wrong = "no memory";
	if (wrong) {
		warn_file(config, path, wrong);
		free(path);
		return;
	}
	free(b->u.pvh.pvshim_path);
	b->u.pvh.pvshim_path = path;
	set(&b->u.pvh.pvshim, true);
}

/* ---- Which guests ------------------------------------------------------- */

/* Those with vnodes need not ask where the administrator says so. */
static bool is_default(const libxl_domain_build_info *b)
{
	const char *domains = getenv("XEN_SIDECAR_DOMAINS");
	char text[SHOWN_BYTES];

	if (b->type != LIBXL_DOMAIN_TYPE_PVH || !domains || !*domains ||
	    strcmp(domains, "asked") == 0)
		return false;
	if (strcmp(domains, "numa") == 0)
		return b->num_vnuma_nodes > 0;
	fprintf(stderr,
		"libxl-vnuma: XEN_SIDECAR_DOMAINS: \"%s\" (want asked or numa)\n",
		shown(domains, text));
	return false;
}

static bool has_pvshim(const libxl_domain_build_info *b)
{
	defbool_is_default_fn *is_default_value =
		(defbool_is_default_fn *)dlsym(RTLD_NEXT,
					       "libxl_defbool_is_default");

	return is_default_value && !is_default_value(b->u.pvh.pvshim);
}

static void warn_unused(const libxl_domain_config *config)
{
	char name[SHOWN_BYTES];

	shown(config->c_info.name, name);
	if (config->b_info.type == LIBXL_DOMAIN_TYPE_PVH)
		fprintf(stderr,
			"libxl-vnuma: %s: pvshim= of its config is used, not xen-sidecar on its command line\n",
			name);
	else
		fprintf(stderr,
			"libxl-vnuma: %s: xen-sidecar on its command line: not a PVH guest, it is booted without the shim\n",
			name);
}

void vnuma_shim_apply(libxl_domain_config *config)
{
	libxl_domain_build_info *b = &config->b_info;
	bool pvh = b->type == LIBXL_DOMAIN_TYPE_PVH;
	char *line = command_line(b);
	struct request r;

	request_read(&r, line);
	if (!r.asked && !is_default(b))
		return;
	if (!pvh || has_pvshim(b)) {
		if (r.asked)
			warn_unused(config);
	} else if (!r.off && !is_too_long(config, &r)) {
		use_shim(config, &r);
	}
	/* last: the request lies in the line */
	if (r.asked)
		take_words_away(line, &r);
}
