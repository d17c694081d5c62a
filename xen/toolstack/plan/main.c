/* SPDX-License-Identifier: MIT */
/* sidecar-plan(1): the options, and one prediction for each config. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "predict.h"
#include "lib/release.h"

#define XEN_MINOR_MIN	  17
#define XEN_MINOR_DEFAULT 17
#define VERSION_FILE	  "/sys/hypervisor/version/minor"

/* The worst of all configs; documented in sidecar-plan.1. */
#define EXIT_SIDECAR_OFF 1
#define EXIT_REFUSED	 2
#define EXIT_BAD	 3
#define EXIT_USAGE	 4 /* and what cannot be done: memory, output */
#define EXIT_DROPPED	 5 /* with --strict */
_Static_assert(EXIT_USAGE == LINES_EXIT_NO_MEMORY, "one exit code");

static const char usage[] =
	"Usage: sidecar-plan [OPTION...] CONFIG... [KEY=VALUE...]\n"
	"Says what the boot shim will do in the guests of these xl configs.\n"
	"CONFIG - is standard input. KEY=VALUE wins over each config, as with xl.\n"
	"  -j, --json        as JSON\n"
	"  -l, --log         as the lines of the shim's log, without times\n"
	"  -s, --svg FILE    a picture too, or with - only that; of one config\n"
	"  -r, --root DIR    kernel, ramdisk and shim are looked for below DIR\n"
	"      --strict      exit code 5 if something that was asked for is dropped,\n"
	"                    or a file of the config is missing; says what\n"
	"  -x, --xen 4.N     the Xen version; else the running one's, or 4.17\n"
	"      --no-x2apic   the host does not offer x2APIC to guests\n"
	"      --no-nx       the host does not offer NX to guests\n"
	"  -h, --help\n"
	"  -V, --version\n";

/* The first : makes getopt_long() tell a missing value from another error. */
static const char short_options[] = ":jls:r:x:hV";

enum {
	OPT_NO_X2APIC = 256,
	OPT_NO_NX,
	OPT_STRICT,
};

struct request {
	struct host host;
	const char *svg;
	bool json, log, strict, colour;
	char **config;
	uint32_t nr_configs;
};

static bool usage_error(const char *what, const char *value)
{
	fprintf(stderr, "sidecar-plan: %s%s (try --help)\n", what, value);
	return false;
}

/* The word for which getopt_long() returned ? or :, as it was written. */
static bool bad_option(int o, const char *word)
{
	char letter[] = {'-', (char)optopt, 0};

	if (o == ':')
		return usage_error("a value is missing: ", word);
	if (optopt && optopt < OPT_NO_X2APIC && !strchr(short_options, optopt))
		return usage_error("unknown option: ", letter);
	return usage_error(optopt ? "takes no value: " : "unknown option: ",
			   word);
}

static uint32_t running_minor(void)
{
	FILE *f = fopen(VERSION_FILE, "re");
	uint64_t minor = 0;
	char line[16] = "";
	struct text t;

	if (!f)
		return XEN_MINOR_DEFAULT;
	if (fgets(line, sizeof(line), f)) {
		t = text_from(line, strcspn(line, "\n"));
		text_is_number(t, 99, &minor);
	}
	fclose(f);
	return minor < XEN_MINOR_MIN ? XEN_MINOR_DEFAULT : (uint32_t)minor;
}

static bool set_xen(struct request *rq, const char *s)
{
	struct text t = text_from(s, SIZE_MAX);
	uint64_t minor;

	if (!text_skip(&t, TEXT("4.")) || !text_is_number(t, 99, &minor) ||
	    minor < XEN_MINOR_MIN)
		return usage_error("not a Xen version (want 4.17 or newer): ",
				   s);
	rq->host.xen_minor = (uint32_t)minor;
	return true;
}

static bool set_option(struct request *rq, int option, const char *word)
{
	switch (option) {
	case 'j':
		rq->json = true;
		return true;
	case 'l':
		rq->log = true;
		return true;
	case 's':
		rq->svg = optarg;
		return true;
	case 'r':
		rq->host.root = optarg;
		return true;
	case 'x':
		return set_xen(rq, optarg);
	case OPT_NO_X2APIC:
		rq->host.x2apic = false;
		return true;
	case OPT_NO_NX:
		rq->host.nx = false;
		return true;
	case OPT_STRICT:
		rq->strict = true;
		return true;
	case 'h':
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	case 'V':
		puts("sidecar-plan " RELEASE);
		exit(EXIT_SUCCESS);
	default:
		return bad_option(option, word);
	}
}

/* xl takes any word with a = for an addition to the config. */
static bool is_addition(const char *word)
{
	size_t key = strspn(word, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return key && word[key + strspn(word + key, " \t")] == '=';
}

static void split_words(struct request *rq, char **word, uint32_t nr)
{
	rq->config = lines_alloc((nr + 1) * sizeof(*word));
	rq->host.words = lines_alloc((nr + 1) * sizeof(*word));
	for (uint32_t i = 0; i < nr; i++)
		if (is_addition(word[i]))
			rq->host.words[rq->host.nr_words++] = word[i];
		else
			rq->config[rq->nr_configs++] = word[i];
}

/* The picture has standard output to itself. */
static bool svg_only(const struct request *rq)
{
	return rq->svg && !strcmp(rq->svg, "-");
}

/* https://no-color.org */
static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term &&
	       strcmp(term, "dumb") != 0;
}

static bool read_options(struct request *rq, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"log", no_argument, NULL, 'l'},
		{"svg", required_argument, NULL, 's'},
		{"root", required_argument, NULL, 'r'},
		{"xen", required_argument, NULL, 'x'},
		{"no-x2apic", no_argument, NULL, OPT_NO_X2APIC},
		{"no-nx", no_argument, NULL, OPT_NO_NX},
		{"strict", no_argument, NULL, OPT_STRICT},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, short_options, options, NULL)) !=
	       -1)
		if (!set_option(rq, o, argv[optind - 1]))
			return false;
	split_words(rq, argv + optind, (uint32_t)(argc - optind));
	if (!rq->nr_configs)
		return usage_error("no config given", "");
	if (rq->json && rq->log)
		return usage_error("--json or --log, not both", "");
	if (rq->svg && rq->nr_configs != 1)
		return usage_error("--svg is for one config", "");
	if (svg_only(rq) && (rq->json || rq->log))
		return usage_error("--svg - or another form, not both", "");
	return true;
}

/* ---- Output ------------------------------------------------------------ */

static bool any_dropped(const struct prediction *p)
{
	return p->dropped.nr || p->guest.missing.nr;
}

static int exit_code(const struct request *rq, const struct prediction *p)
{
	if (rq->strict && p->outcome <= OUTCOME_NO_SHIM && any_dropped(p))
		return EXIT_DROPPED;
	switch (p->outcome) {
	case OUTCOME_ON:
		return EXIT_SUCCESS;
	case OUTCOME_OFF:
	case OUTCOME_NO_SHIM:
		return EXIT_SIDECAR_OFF;
	case OUTCOME_REFUSED:
		return EXIT_REFUSED;
	case OUTCOME_BAD:
		return EXIT_BAD;
	}
	return EXIT_BAD;
}

/* From good to bad. */
static int worst(int a, int b)
{
	static const int codes[] = {EXIT_SUCCESS, EXIT_SIDECAR_OFF,
				    EXIT_DROPPED, EXIT_REFUSED,
				    EXIT_BAD,	  EXIT_USAGE};
	int i = sizeof(codes) / sizeof(codes[0]) - 1;

	while (codes[i] != a && codes[i] != b)
		i--;
	return codes[i];
}

/* Of --strict; on stderr, as the output may be a program's. */
static void print_dropped(const struct prediction *p)
{
	for (uint32_t i = 0; i < p->reasons.nr; i++)
		fprintf(stderr, "sidecar-plan: %s: dropped: %s\n", p->path,
			p->reasons.line[i]);
	for (uint32_t i = 0; i < p->guest.missing.nr; i++)
		fprintf(stderr, "sidecar-plan: %s: not on this machine: %s\n",
			p->path, p->guest.missing.line[i]);
}

static void print_errors(const struct prediction *p)
{
	for (uint32_t i = 0; i < p->why.nr; i++)
		fprintf(stderr, "sidecar-plan: %s: %s\n", p->path,
			p->why.line[i]);
}

static void print_log(const struct prediction *p)
{
	for (uint32_t i = 0; i < p->log.nr; i++)
		puts(p->log.line[i]);
}

static bool write_svg(const char *path, const struct prediction *p)
{
	FILE *f;
	bool ok;

	if (!p->planned) {
		fprintf(stderr, "sidecar-plan: %s: not written: no plan\n",
			path);
		return true;
	}
	if (!strcmp(path, "-")) {
		print_svg(stdout, p);
		return true; /* main() looks whether it was written */
	}
	f = fopen(path, "we");
	ok = f;
	if (f) {
		print_svg(f, p);
		ok = !ferror(f);
		ok = !fclose(f) && ok;
	}
	if (!ok)
		fprintf(stderr, "sidecar-plan: %s: %s\n", path,
			strerror(errno));
	return ok;
}

/* Bad values go to stderr, whatever the form. */
static void show(const struct request *rq, const struct prediction *p)
{
	if (p->outcome == OUTCOME_BAD || (rq->log && !p->log.nr) ||
	    (svg_only(rq) && !p->planned))
		print_errors(p);
	if (rq->strict)
		print_dropped(p);
	if (rq->log)
		print_log(p);
	else if (!rq->json && !svg_only(rq) && p->outcome != OUTCOME_BAD)
		print_text(stdout, p, rq->colour);
}

int main(int argc, char **argv)
{
	struct request rq = {.host = {.xen_minor = running_minor(),
				      .x2apic = true,
				      .nx = true}};
	struct prediction *p;
	int code = EXIT_SUCCESS;

	if (!read_options(&rq, argc, argv)) {
		free(rq.config);
		free(rq.host.words);
		return EXIT_USAGE;
	}
	rq.colour = wants_colour();
	p = lines_alloc(rq.nr_configs * sizeof(*p));
	for (uint32_t i = 0; i < rq.nr_configs; i++) {
		predict(&p[i], rq.config[i], &rq.host);
		code = worst(code, exit_code(&rq, &p[i]));
		show(&rq, &p[i]);
	}
	if (rq.json)
		print_json(stdout, p, rq.nr_configs);
	if (rq.svg && !write_svg(rq.svg, &p[0]))
		code = EXIT_USAGE;
	for (uint32_t i = 0; i < rq.nr_configs; i++)
		predict_free(&p[i]);
	free(p);
	free(rq.config);
	free(rq.host.words);
	if (fflush(stdout) || ferror(stdout)) {
		perror("sidecar-plan: standard output");
		return EXIT_USAGE;
	}
	return code;
}
