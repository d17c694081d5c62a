/* SPDX-License-Identifier: MIT */
/*
 * The keys that shape a guest. Nothing in a config is trusted: every number
 * has bounds, and reading stops at the first bad value with a line that names
 * it.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config_reader.h"
#include "file.h"
#include "xen/toolstack/request.h"

#define CONFIG_MAX_BYTES MIB
#define MAX_ENABLED	 1024
#define DEFAULT_MIB	 32 /* libxl__domain_build_info_setdefault() */
/* Stands for files that only exist while a guest is created. */
#define CONFIG_FETCHED "(of bootloader)"
/* What libxl gives a shim that has no pvshim_cmdline=. */
#define PVSHIM_LINE "pv-shim console=xen,pv"
/* Where the package has the shim, which the library looks for beside itself */
#define SHIM_INSTALLED "/usr/lib/xen/boot/shim.elf"

/* ---- Plain values ------------------------------------------------------ */

static const char *get_string(struct reader *r, const char *key)
{
	const char *s = NULL;

	switch (xlu_cfg_get_string(r->xlu, key, &s, 1)) {
	case 0:
		return s;
	case ESRCH:
		return NULL;
	default:
		BAD(r, "%s: a list (want one value)", key);
		return NULL;
	}
}

/* "" is the same as no file. */
static const char *get_path(struct reader *r, const char *key)
{
	const char *path = get_string(r, key);

	return path && *path ? path : NULL;
}

const char *config_size_hint(char *to, const char *key, struct text value)
{
	uint64_t mib = source_mib(value);

	*to = 0;
	if (mib)
		snprintf(to, SIZE_HINT_BYTES, " (want %s=%lu, in MiB)", key,
			 mib);
	return to;
}

static long get_number(struct reader *r, const char *key, long min, long max,
		       long none)
{
	const char *s = get_string(r, key);
	char hint[SIZE_HINT_BYTES];
	long v = none;

	if (!s)
		return none;
	if (xlu_cfg_get_long(r->xlu, key, &v, 1))
		BAD(r, "%s: \"%s\" is no number%s", key, s,
		    config_size_hint(hint, key, text_from(s, SIZE_MAX)));
	else if (v < min || v > max)
		BAD(r, "%s: %ld (want %ld to %ld)", key, v, min, max);
	else
		return v;
	return none;
}

static char *join(const char *a, const char *b, const char *c)
{
	char *s = lines_alloc(strlen(a) + strlen(b) + strlen(c) + 1);

	return strcat(strcat(strcpy(s, a), b), c);
}

/* tools/xl/xl_parse.c, parse_cmdline() */
static char *linux_line(struct reader *r)
{
	const char *line = get_string(r, "cmdline");
	const char *root = get_string(r, "root");
	const char *extra = get_string(r, "extra");

	if (line) {
		if (root || extra)
			lines_printf(
				r->notes,
				"xl ignores root= and extra= beside cmdline=");
		return join(line, "", "");
	}
	if (root && extra)
		return join(join("root=", root, " "), extra, "");
	if (root)
		return join("root=", root, "");
	return extra ? join(extra, "", "") : NULL;
}

/* tools/libs/light/libxl_create.c: shim_cmdline; @before: options of a request
 */
static char *shim_line(struct reader *r, const char *before)
{
	const char *line = get_string(r, "pvshim_cmdline");
	const char *extra = get_string(r, "pvshim_extra");
	char *whole =
		join(line ? line : PVSHIM_LINE, *before ? " " : "", before);
	char *all = join(whole, extra ? " " : "", extra ? extra : "");

	free(whole);
	return all;
}

static char *copied(struct text t)
{
	char *s = lines_alloc(t.len + 1);

	memcpy(s, t.p ? t.p : "", t.len);
	s[t.len] = 0;
	return s;
}

/* The request is granted; its words are in @q. */
static void use_request(struct reader *r, const struct request *q)
{
	struct config *c = r->c;
	char *options = copied(q->options);

	c->pvshim = true;
	c->asked_path = copied(q->path.p ? q->path : TEXT(SHIM_INSTALLED));
	c->pvshim_path = c->asked_path;
	c->shim_line = shim_line(r, options);
	free(options);
}

/* libxl-vnuma-shim.c */
static void read_request(struct reader *r)
{
	struct config *c = r->c;
	struct request q;
	long v;

	request_read(&q, c->linux_line);
	if (!q.asked)
		return;
	lines_printf(r->notes,
		     "needs xl-vnuma: xl itself leaves xen-sidecar to Linux");
	if (xlu_cfg_get_long(r->xlu, "pvshim", &v, 1) != ESRCH)
		lines_printf(r->notes, "pvshim= is used, not xen-sidecar");
	else if (q.linux_line.len > REQUEST_LINE_MAX)
		lines_printf(
			r->notes,
			"xen-sidecar has no effect: %zu characters behind it (want at most %d)",
			q.linux_line.len, REQUEST_LINE_MAX);
	else if (!q.off)
		use_request(r, &q);
	memmove(c->linux_line, q.linux_line.p, q.linux_line.len);
	c->linux_line[q.linux_line.len] = 0;
}

static void read_lines(struct reader *r)
{
	struct config *c = r->c;

	c->linux_line = linux_line(r);
	c->pvshim = get_number(r, "pvshim", LONG_MIN, LONG_MAX, 0) != 0;
	read_request(r);
	c->kernel = get_path(r, "kernel");
	c->ramdisk = get_path(r, "ramdisk");
	/* kernel= and ramdisk= are then files of the guest's disk */
	if (get_string(r, "bootloader")) {
		c->kernel = c->ramdisk = CONFIG_FETCHED;
		lines_printf(
			r->notes,
			"assumes that the bootloader brings Linux the command line of this config, and no more");
	}
	if (!c->pvshim || c->asked_path)
		return;
	c->pvshim_path = get_string(r, "pvshim_path");
	c->shim_line = shim_line(r, "");
	if (c->linux_line && strlen(c->linux_line) > REQUEST_LINE_MAX)
		REFUSED(r, "extra: %zu characters (libxl takes %u with a shim)",
			strlen(c->linux_line), REQUEST_LINE_MAX);
}

static void read_type(struct reader *r)
{
	const char *type = get_string(r, "type");

	r->c->name = get_string(r, "name");
	if (!r->c->name && !r->error)
		REFUSED(r, "name: missing (xl wants one)");
	if (!type)
		BAD(r, "type: missing (want \"pvh\")");
	else if (strcmp(type, "pvh") != 0)
		BAD(r,
		    "type: \"%s\" (want \"pvh\": only such a guest has the shim)",
		    type);
}

/* "host,x2apic=0": the form of cpuid= that names features. */
static bool takes_away(const char *cpuid, const char *feature)
{
	size_t len = strlen(feature);

	for (const char *p = cpuid; p; p = strchr(p, ',')) {
		p += *p == ',';
		while (*p == ' ')
			p++;
		if (!strncmp(p, feature, len) && p[len] == '=' &&
		    p[len + 1] == '0')
			return true;
	}
	return false;
}

static void read_cpuid(struct reader *r)
{
	const char *cpuid = NULL;

	r->c->x2apic = r->c->nx = true;
	switch (xlu_cfg_get_string(r->xlu, "cpuid", &cpuid, 1)) {
	case 0:
		r->c->x2apic = !takes_away(cpuid, "x2apic");
		r->c->nx = !takes_away(cpuid, "nx");
		break;
	case EINVAL:
		lines_printf(
			r->notes,
			"assumes that cpuid=[...] leaves the guest x2APIC and NX");
		break;
	}
}

/* ---- The whole --------------------------------------------------------- */

static void read_numbers(struct reader *r)
{
	r->memory = get_number(r, "memory", 1, MAX_MIB, UNSET);
	r->maxmem = get_number(r, "maxmem", 1, MAX_MIB, UNSET);
	r->vcpus = get_number(r, "vcpus", 1, MAX_ENABLED, UNSET);
	r->maxvcpus = get_number(r, "maxvcpus", 1, MAX_ENABLED, UNSET);
}

/* Without vcpus= libxl enables vCPU 0 alone. */
static void settle_vcpus(struct reader *r)
{
	struct config *c = r->c;
	const char *key = r->maxvcpus == UNSET ? "vcpus" : "maxvcpus";

	if (r->maxvcpus == UNSET)
		r->maxvcpus = r->vcpus == UNSET ? 1 : r->vcpus;
	if (r->vcpus > r->maxvcpus)
		REFUSED(r, "vcpus: %ld (maxvcpus= is %ld)", r->vcpus,
			r->maxvcpus);
	else if (r->maxvcpus > TOPOLOGY_MAX_VCPUS)
		REFUSED(r, "%s: %ld (Xen takes %d)", key, r->maxvcpus,
			TOPOLOGY_MAX_VCPUS);
	c->nr_vcpus = (uint32_t)r->maxvcpus;
	c->nr_enabled = r->vcpus == UNSET ? 1 : (uint32_t)r->vcpus;
	if (r->vcpus == UNSET && r->maxvcpus > 1)
		lines_printf(
			r->notes,
			"vcpus= is missing: xl enables vCPU 0 alone (want vcpus=%ld for all)",
			r->maxvcpus);
	c->madt =
		c->nr_vcpus > 1 || get_number(r, "apic", LONG_MIN, LONG_MAX, 1);
}

static void settle_memory(struct reader *r)
{
	if (r->maxmem == UNSET)
		r->maxmem = r->memory == UNSET ? DEFAULT_MIB : r->memory;
	if (r->memory == UNSET || r->memory > r->maxmem)
		r->memory = r->maxmem;
	if (r->memory < r->maxmem)
		lines_printf(
			r->notes,
			"memory=%ld below maxmem=%ld: Linux's balloon gives %ld MiB back to Xen before its init runs",
			r->memory, r->maxmem, r->maxmem - r->memory);
	r->c->memory_bytes = (uint64_t)r->maxmem * MIB;
	r->c->have_bytes = (uint64_t)r->memory * MIB;
}

static void read_all(struct reader *r)
{
	read_type(r);
	read_numbers(r);
	read_lines(r);
	read_cpuid(r);
	if (!r->error)
		config_read_vnuma(r);
	if (!r->error) {
		settle_vcpus(r);
		settle_memory(r);
	}
}

/* How a word begins that xl wants in quotes. */
#define UNQUOTED "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Keys whose value is a number. */
static const char *const numbers[] = {"pvshim", "memory", "maxmem", "vcpus",
				      "maxvcpus"};

static bool is_number_key(const char *name)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(name, numbers[i]) == 0)
			return true;
	return false;
}

/* What libxlutil says where a comma, bracket or quote is missing. */
static const struct {
	const char *said, *hint;
} complaints[] = {
	{"unexpected STRING", " (want a comma before it)"},
	{"unexpected $end, expecting ']'", " (want a closing ])"},
	{"unexpected IDENT, expecting $end", " (want a line for each key)"},
	{"near `\"", " (want a closing quote)"},
	{"near `\r", " (want lines that end as on Unix: dos2unix)"},
};

static const char *complaint_hint(const char *said)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		if (strstr(said, complaints[i].said))
			return complaints[i].hint;
	return "";
}

/* Most often it is a size with a unit, or a word, without quotes. */
static const char *line_hint(char *to, const struct source *s, uint32_t nr,
			     const char *said)
{
	struct text value = {NULL, 0};
	struct text key = source_key(source_line(s, nr), &value);
	char name[SIZE_HINT_BYTES / 2];

	snprintf(name, sizeof(name), "%.*s", (int)key.len,
		 key.len ? key.p : "");
	config_size_hint(to, name, value);
	if (*to)
		return to;
	if (value.len && strchr(UNQUOTED, *value.p))
		snprintf(to, SIZE_HINT_BYTES,
			 is_number_key(name)
				 ? " (want %s=NUMBER)"
				 : " (want %s=\"...\", with quotes)",
			 name);
	else
		snprintf(to, SIZE_HINT_BYTES, "%s", complaint_hint(said));
	return to;
}

static void place_error(struct reader *r, uint32_t nr, struct text said)
{
	char hint[SIZE_HINT_BYTES];
	struct lines what = {0};

	lines_printf(&what, "%.*s%s", (int)said.len, said.p,
		     line_hint(hint, &r->c->source, nr, said.p));
	source_report(&r->c->source, nr, r->why, what.line[0]);
	lines_free(&what);
	r->error = CONFIG_BAD;
}

/*
 * libxlutil complains at length: its first line is enough. It is
 * "PATH:LINE: what"; who shows it names the path.
 */
static void syntax_error(struct reader *r, const char *path, char *said)
{
	struct text place = text_from(said, SIZE_MAX);
	uint64_t nr;

	said[strcspn(said, "\n")] = 0;
	if (text_skip(&place, text_from(path, SIZE_MAX)) &&
	    text_skip(&place, TEXT(":")) && text_number(&place, &nr) &&
	    text_skip(&place, TEXT(": ")) && nr <= UINT32_MAX) {
		place_error(r, (uint32_t)nr, place);
	} else {
		BAD(r, "%s", said);
	}
}

static int parse_bytes(struct reader *r, const char *path)
{
	char *said = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&said, &len);
	int e = ENOMEM;

	if (!report)
		return e;
	r->xlu = xlu_cfg_init(report, path);
	if (r->xlu)
		e = xlu_cfg_readdata(r->xlu, r->c->source.text,
				     (int)r->c->source.len);
	fclose(report);
	if (e)
		syntax_error(r, path, said);
	free(said);
	return e;
}

/*
 * libxlutil ends the program on some bad input (assert() on a zero or a bad
 * escape in quotes), so a child tries it first.
 */
static bool survives(const char *path, const struct source *s)
{
	struct rlimit no_core = {0, 0};
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return false;
	if (!child) {
		FILE *null = freopen("/dev/null", "w", stderr);
		XLU_Config *xlu = null ? xlu_cfg_init(null, path) : NULL;

		setrlimit(RLIMIT_CORE, &no_core);
		if (xlu)
			xlu_cfg_readdata(xlu, s->text, (int)s->len);
		_exit(xlu ? 0 : 1);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

/* The file, then each word, as xl appends them. */
static int read_source(struct source *s, const char *path, char *const *words,
		       uint32_t nr_words)
{
	struct file f;
	int e = strcmp(path, "-") == 0
			? file_read_input(&f, CONFIG_MAX_BYTES)
			: file_read(&f, NULL, path, CONFIG_MAX_BYTES, true);

	if (e)
		return e;
	source_add(s, (const char *)f.bytes, f.size);
	file_free(&f);
	for (uint32_t i = 0; i < nr_words; i++) {
		source_add(s, "\n", 1);
		source_add(s, words[i], strlen(words[i]));
	}
	/* without it libxlutil overlooks an error at the very end */
	if (nr_words)
		source_add(s, "\n", 1);
	return 0;
}

static bool parse_file(struct reader *r, const char *path, char *const *words,
		       uint32_t nr_words)
{
	int e = read_source(&r->c->source, path, words, nr_words);

	if (e) {
		BAD(r, "%s", file_error(e));
		return false;
	}
	if (survives(path, &r->c->source)) {
		e = parse_bytes(r, path);
	} else {
		BAD(r,
		    "libxlutil cannot read it (a zero byte or a bad \\ in quotes?)");
		e = EINVAL;
	}
	if (e && r->xlu) {
		xlu_cfg_destroy(r->xlu);
		r->xlu = NULL;
	}
	return !e;
}

void config_report(const struct config *c, struct lines *to, const char *what)
{
	struct text key = {what, strcspn(what, ":")};

	source_report(&c->source, source_find(&c->source, key), to, what);
}

/* @r->why has what went wrong, without its place. */
static void report_error(struct reader *r, struct lines *why)
{
	for (uint32_t i = 0; i < r->why->nr; i++)
		config_report(r->c, why, r->why->line[i]);
	lines_free(r->why);
}

enum config_error config_read(struct config *c, const char *path,
			      char *const *words, uint32_t nr_words,
			      struct lines *notes, struct lines *why)
{
	struct lines said = {0};
	struct reader r = {.c = c, .notes = notes, .why = &said};

	*c = (struct config){0};
	if (parse_file(&r, path, words, nr_words)) {
		read_all(&r);
	} else if (!r.error) {
		BAD(&r, "cannot be read");
	}
	report_error(&r, why);
	if (r.error)
		lines_free(notes); /* about a guest that there will not be */
	source_note_misspelt(&c->source, notes);
	c->xlu = r.xlu;
	return r.error;
}

void config_free(struct config *c)
{
	if (c->xlu)
		xlu_cfg_destroy(c->xlu);
	free(c->shim_line);
	free(c->asked_path);
	free(c->linux_line);
	free(c->source.text);
	*c = (struct config){0};
}
