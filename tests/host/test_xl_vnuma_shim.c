/* SPDX-License-Identifier: MIT */
/*
 * Creates guests that ask for the shim, with libxl-vnuma preloaded by
 * test_xl_vnuma.sh, on the stub libraries; that looks at what is said of them.
 * Usage: ... FOLDER, with the files shim.elf, text, empty and a FIFO in it
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl.h>

#include "test_xl_vnuma.h"

#define PVH LIBXL_DOMAIN_TYPE_PVH
#define PV  LIBXL_DOMAIN_TYPE_PV
#define HVM LIBXL_DOMAIN_TYPE_HVM

/* '@' stands for the folder in lines and paths. */
struct shim_case {
	const char *name;
	libxl_domain_type type;
	const char *line, *line_after;
	const char *path_after; /* NULL: no shim */
	const char *extra_after;
	const char *extra;
	const char *env_shim, *env_domains;
	int nr_vnodes;
	int pvshim; /* of the config */
};

static const struct shim_case cases[] = {
	{.name = "not asked",
	 PVH,
	 "root=/dev/xvda1",
	 "root=/dev/xvda1",
	 NULL,
	 NULL},
	{.name = "no line", PVH, NULL, NULL, NULL, NULL},
	{.name = "empty line", PVH, "", "", NULL, NULL},
	{.name = "word alone", PVH, "xen-sidecar", "", "@/boot/shim.elf", NULL},
	{.name = "word and line",
	 PVH,
	 "xen-sidecar root=/dev/xvda1 quiet",
	 "root=/dev/xvda1 quiet",
	 "@/boot/shim.elf",
	 NULL},
	{.name = "blanks",
	 PVH,
	 "\n\t xen-sidecar \n root=/dev/xvda1  quiet ",
	 "root=/dev/xvda1  quiet ",
	 "@/boot/shim.elf",
	 NULL},
	{.name = "not the first word",
	 PVH,
	 "quiet xen-sidecar",
	 "quiet xen-sidecar",
	 NULL,
	 NULL},
	{.name = "a longer word",
	 PVH,
	 "xen-sidecars quiet",
	 "xen-sidecars quiet",
	 NULL,
	 NULL},
	{.name = "a shorter word",
	 PVH,
	 "xen-sideca quiet",
	 "xen-sideca quiet",
	 NULL,
	 NULL},
	{.name = "path",
	 PVH,
	 "xen-sidecar=@/shim.elf quiet",
	 "quiet",
	 "@/shim.elf",
	 NULL},
	{.name = "path in quotes",
	 PVH,
	 "xen-sidecar=\"@/a shim.elf\" quiet",
	 "quiet",
	 "@/a shim.elf",
	 NULL},
	{.name = "path of the environment",
	 PVH,
	 "xen-sidecar quiet",
	 "quiet",
	 "@/shim.elf",
	 NULL,
	 .env_shim = "@/shim.elf"},
	{.name = "path wins over the environment",
	 PVH,
	 "xen-sidecar=@/shim.elf quiet",
	 "quiet",
	 "@/shim.elf",
	 NULL,
	 .env_shim = "@/text"},
	{.name = "empty environment",
	 PVH,
	 "xen-sidecar quiet",
	 "quiet",
	 "@/boot/shim.elf",
	 NULL,
	 .env_shim = "",
	 .env_domains = ""},
	{.name = "options",
	 PVH,
	 "xen-sidecar sidecar=log sidecar.scratch=8M quiet sidecar.node_max=2",
	 "quiet sidecar.node_max=2",
	 "@/boot/shim.elf",
	 "sidecar=log sidecar.scratch=8M"},
	{.name = "options alone",
	 PVH,
	 "xen-sidecar sidecar=off ",
	 "",
	 "@/boot/shim.elf",
	 "sidecar=off"},
	{.name = "options in quotes",
	 PVH,
	 "xen-sidecar sidecar.vnuma=\"1G:0-3, 1G:4\" \"sidecar.vdistances=10, 20\" quiet",
	 "quiet",
	 "@/boot/shim.elf",
	 "sidecar.vnuma=\"1G:0-3, 1G:4\" \"sidecar.vdistances=10, 20\""},
	{.name = "options before the config's",
	 PVH,
	 "xen-sidecar sidecar.scratch=8M quiet",
	 "quiet",
	 "@/boot/shim.elf",
	 "sidecar.scratch=8M sidecar=log -- nosmp",
	 .extra = "sidecar=log -- nosmp"},
	{.name = "the config's options alone",
	 PVH,
	 "xen-sidecar quiet",
	 "quiet",
	 "@/boot/shim.elf",
	 "sidecar=log",
	 .extra = "sidecar=log"},
	{.name = "Linux's own dashes",
	 PVH,
	 "xen-sidecar sidecar=log -- init-word",
	 "-- init-word",
	 "@/boot/shim.elf",
	 "sidecar=log"},
	{.name = "word twice",
	 PVH,
	 "xen-sidecar xen-sidecar quiet",
	 "xen-sidecar quiet",
	 "@/boot/shim.elf",
	 NULL},
	{.name = "off", PVH, "xen-sidecar=off quiet", "quiet", NULL, NULL},
	{.name = "off, with options",
	 PVH,
	 "xen-sidecar=off sidecar=log quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "by default",
	 PVH,
	 "quiet",
	 "quiet",
	 "@/boot/shim.elf",
	 NULL,
	 .env_domains = "numa",
	 .nr_vnodes = 2},
	{.name = "by default, no line",
	 PVH,
	 NULL,
	 NULL,
	 "@/boot/shim.elf",
	 NULL,
	 .env_domains = "numa",
	 .nr_vnodes = 1},
	{.name = "by default, without vnodes",
	 PVH,
	 "quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_domains = "numa"},
	{.name = "by default, HVM",
	 HVM,
	 "quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_domains = "numa",
	 .nr_vnodes = 2},
	{.name = "by default, but off",
	 PVH,
	 "xen-sidecar=off quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_domains = "numa",
	 .nr_vnodes = 2},
	{.name = "by default, config has pvshim",
	 PVH,
	 "quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_domains = "numa",
	 .nr_vnodes = 2,
	 .pvshim = 1},
	{.name = "asked alone",
	 PVH,
	 "quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_domains = "asked",
	 .nr_vnodes = 2},

	/* Each of these is named in a line, and booted without the shim. */
	{.name = "default unknown",
	 PVH,
	 "quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_domains = "all\n",
	 .nr_vnodes = 2},
	{.name = "missing",
	 PVH,
	 "xen-sidecar=@/nowhere sidecar=log quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "no path", PVH, "xen-sidecar= quiet", "quiet", NULL, NULL},
	{.name = "relative",
	 PVH,
	 "xen-sidecar=boot/shim.elf quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "a folder",
	 PVH,
	 "xen-sidecar=@/boot quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "a FIFO",
	 PVH,
	 "xen-sidecar=@/fifo quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "a device",
	 PVH,
	 "xen-sidecar=/dev/null quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "empty",
	 PVH,
	 "xen-sidecar=@/empty quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "text", PVH, "xen-sidecar=@/text quiet", "quiet", NULL, NULL},
	{.name = "escapes",
	 PVH,
	 "xen-sidecar=\"@/\033[2J\n\" quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "an open quote",
	 PVH,
	 "xen-sidecar=\"@/shim.elf quiet",
	 "",
	 NULL,
	 NULL},
	{.name = "a loop of links",
	 PVH,
	 "xen-sidecar=@/loop quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "environment is wrong",
	 PVH,
	 "xen-sidecar quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .env_shim = "@/text"},
	{.name = "HVM",
	 HVM,
	 "xen-sidecar sidecar=log quiet",
	 "quiet",
	 NULL,
	 NULL},
	{.name = "PV", PV, "xen-sidecar quiet", "quiet", NULL, NULL},
	{.name = "config has pvshim=1",
	 PVH,
	 "xen-sidecar=@/shim.elf sidecar=log quiet",
	 "quiet",
	 NULL,
	 "sidecar=off",
	 .extra = "sidecar=off",
	 .pvshim = 1},
	{.name = "config has pvshim=0",
	 PVH,
	 "xen-sidecar quiet",
	 "quiet",
	 NULL,
	 NULL,
	 .pvshim = -1},
};

static const char *folder;
static int failures;

/* With the folder for '@'; to be freed. */
static char *filled(const char *s)
{
	const char *at = s ? strchr(s, '@') : NULL;
	char *all;

	if (!s)
		return NULL;
	if (!at)
		return strdup(s);
	if (asprintf(&all, "%.*s%s%s", (int)(at - s), s, folder, at + 1) < 0)
		abort();
	return all;
}

static void set_env(const char *name, const char *value)
{
	char *all = filled(value);

	if (all)
		setenv(name, all, 1);
	else
		unsetenv(name);
	free(all);
}

static bool same_text(const char *seen, const char *want)
{
	char *all = filled(want);
	bool same = seen && all ? strcmp(seen, all) == 0 : !seen && !all;

	if (!same)
		printf("  seen: %s\n  want: %s\n", seen ? seen : "none",
		       all ? all : "none");
	free(all);
	return same;
}

/* libxl looks for a PV guest's line in two places, and libvirt uses the second.
 */
static char **line_of(libxl_domain_build_info *b)
{
	return b->type == PV ? &b->u.pv.cmdline : &b->cmdline;
}

static void make_config(libxl_domain_config *config, const struct shim_case *c)
{
	static libxl_vnode_info vnodes[2];
	libxl_domain_build_info *b = &config->b_info;

	config->c_info.type = b->type = c->type;
	config->c_info.name = strdup("the\nguest");
	b->vnuma_nodes = vnodes;
	b->num_vnuma_nodes = c->nr_vnodes;
	b->max_vcpus = 1;
	*line_of(b) = filled(c->line);
	if (c->type == PVH) {
		b->u.pvh.pvshim_extra = filled(c->extra);
		b->u.pvh.pvshim.val = c->pvshim;
	}
}

static bool is_as_wanted(const libxl_domain_build_info *b,
			 const struct shim_case *c)
{
	int pvshim = c->path_after ? 1 : c->pvshim;

	return c->type != PVH ||
	       (same_text(b->u.pvh.pvshim_path, c->path_after) &
		same_text(b->u.pvh.pvshim_extra, c->extra_after) &
		(b->u.pvh.pvshim.val == pvshim));
}

static void test_shim(const struct shim_case *c)
{
	libxl_domain_config config = {0};
	libxl_domain_build_info *b = &config.b_info;
	uint32_t domid = 0;
	bool ok;

	make_config(&config, c);
	set_env("XEN_SIDECAR_SHIM", c->env_shim);
	set_env("XEN_SIDECAR_DOMAINS", c->env_domains);
	fprintf(stderr, "%s\n", c->name);
	light_rc = 0;
	libxl_domain_create_new(NULL, &config, &domid, NULL, NULL);
	ok = domid == 7 && same_text(*line_of(b), c->line_after) &&
	     is_as_wanted(b, c);
	printf("%s: xl_vnuma: shim: %s\n", ok ? "pass" : "FAIL", c->name);
	failures += !ok;
	free(*line_of(b));
	free(config.c_info.name);
	if (c->type == PVH) {
		free(b->u.pvh.pvshim_path);
		free(b->u.pvh.pvshim_extra);
	}
}

/* libxenguest would end the program, which may be libvirtd, on one more. */
static void test_length(const char *name, const char *word, size_t length,
			bool shim)
{
	char line[2000], after[2000], text[] = "@/boot/shim.elf";

	memset(after, 'x', length);
	after[length] = 0;
	snprintf(line, sizeof(line), "%s%s", word, after);
	test_shim(&(struct shim_case){.name = name,
				      .type = PVH,
				      .line = line,
				      .line_after = after,
				      .path_after = shim ? text : NULL,
				      .env_domains = "numa",
				      .nr_vnodes = 1});
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_shim(&cases[i]);
	test_length("1023 characters", "xen-sidecar ", 1023, true);
	test_length("1024 characters", "xen-sidecar ", 1024, false);
	test_length("by default, 1023 characters", "", 1023, true);
	test_length("by default, 1024 characters", "", 1024, false);
	return failures != 0;
}
