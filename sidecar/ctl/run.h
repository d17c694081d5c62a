/* SPDX-License-Identifier: MIT */
/* sidecarctl run and stop. */
#ifndef RUN_H
#define RUN_H

#include "ctl.h"

enum sidecar_error run_job(struct ctl *c);
/* The job that runs on a CPU, or the last one: its log and its end; its end. */
enum sidecar_error run_attach(struct ctl *c);
enum sidecar_error run_wait(struct ctl *c);
enum sidecar_error run_stop(struct ctl *c, struct sidecar_vcpu *v);

#endif
