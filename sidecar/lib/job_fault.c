/* SPDX-License-Identifier: MIT */
/*
 * A copy, made while the command page is still about this job.
 */
#include "job_fault.h"

void job_fault_read(struct sidecar_vcpu *v, const struct sidecar_answer *a)
{
	v->job.fault.job = 0;
	if (a->result != SIDECAR_RESULT_JOB_DIED)
		return;
	v->job.fault = *(struct sidecar_fault *)&v->command->fault;
	/* an unknown service has none */
	if (v->job.fault.job != v->command->nr_jobs)
		v->job.fault.job = 0;
}

const struct sidecar_fault *sidecar_job_fault(const struct sidecar_vcpu *v)
{
	return v->job.fault.job ? &v->job.fault : NULL;
}
