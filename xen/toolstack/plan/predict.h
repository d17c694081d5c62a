/* SPDX-License-Identifier: MIT */
/*
 * What the shim will do for one config. The stages of the shim itself run, on
 * a guest that is built as xl would build it; nothing is decided here.
 */
#ifndef PLAN_PREDICT_H
#define PLAN_PREDICT_H

#include "pvh/boot.h"
#include "config.h"
#include "guest.h"

enum outcome {
	OUTCOME_ON,	 /* Linux boots, the others are parked */
	OUTCOME_OFF,	 /* Linux boots with all its vCPUs */
	OUTCOME_NO_SHIM, /* the guest has no shim, or another one */
	OUTCOME_REFUSED, /* no guest: xl, libxl, Xen or the shim say no */
	OUTCOME_BAD,	 /* the config cannot be read or has a bad value */
};
const char *outcome_text(enum outcome o);

struct prediction {
	const char *path;
	uint32_t xen_minor;
	enum outcome outcome;
	bool planned;	      /* @boot is filled as far as stage 9 */
	struct lines why;     /* one line if it is not ON */
	struct lines notes;   /* what it rests on */
	struct lines log;     /* the shim's, without times */
	struct lines dropped; /* what was asked for and will not be there */
	struct lines reasons; /* the shim's warnings about these */
	struct config config;
	struct guest guest;
	struct boot boot;
};

void predict(struct prediction *p, const char *path, const struct host *h);
void predict_free(struct prediction *p);
/*
 * The vCPUs that Linux boots, as it numbers them; of a plan that is on or off.
 * With sidecar.cpu_order=keep of a Linux that implements boot_cpus=. @ids has
 * room for TOPOLOGY_MAX_VCPUS.
 */
uint32_t predict_boots(const struct prediction *p, uint32_t *ids);

/*
 * Linux's number of vCPU @id, which is not @sure if it is hot-added; false if
 * Linux cannot have it.
 */
bool predict_cpu(const struct prediction *p, uint32_t id, uint32_t *cpu,
		 bool *sure);

/* ---- machine.c: what is below the shim --------------------------------- */

/*
 * Runs the shim's stages 3 to 6 and 8 on @g, and what stage 9 logs. No vCPU is
 * started. False if the shim ended the domain: the last line of @log says why.
 */
bool machine_boot(struct boot *b, struct guest *g, struct lines *log);

/* ---- dropped.c ---------------------------------------------------------- */

/* Fills @p->dropped and @p->reasons from @p->log. */
void dropped_find(struct prediction *p);

/* ---- packages_note.c ---------------------------------------------------- */

/* Notes what cpuid= is to be for the guest's vnodes, if it is not. */
void packages_note(struct prediction *p);

/* ---- print_text.c, print_json.c, print_svg.c ---------------------------- */

void print_text(FILE *f, const struct prediction *p, bool colour);
/* An array of @nr objects. */
void print_json(FILE *to, const struct prediction *p, uint32_t nr);
void print_svg(FILE *to, const struct prediction *p);
/* print_text.c: "carve 0x...", or why there is none; as the picture has it too.
 */
void print_carve(FILE *to, const struct plan_node *n);
/* print_text.c: "0,2,4-7" */
void print_ids(FILE *to, const uint32_t *ids, uint32_t nr);

#endif
