/* SPDX-License-Identifier: MIT */
/*
 * CPUs that were named, and those that are meant where none was.
 */
#include "choose.h"

/* It may be given a command. */
static bool is_in_sidecar(const struct sidecar_vcpu *v)
{
	enum sidecar_linux in_linux = sidecar_vcpu_in_linux(v);

	return !sidecar_vcpu_is_base(v) &&
	       sidecar_vcpu_state(v) != SIDECAR_REMOVED &&
	       (in_linux == SIDECAR_LINUX_OFFLINE ||
		in_linux == SIDECAR_LINUX_NONE);
}

bool choose_is_idle(const struct sidecar_vcpu *v)
{
	return is_in_sidecar(v) && sidecar_vcpu_state(v) == SIDECAR_IDLE;
}

/* Of those that nobody named only the ones that are in the sidecar. */
bool choose_cpu(struct ctl *c, uint32_t cpu, struct sidecar_vcpu **v,
		enum sidecar_error *e)
{
	*e = sidecar_find_cpu(c->s, cpu, v);
	if (c->chosen[cpu])
		return true;
	if (*e || (!c->all && c->vnode < 0))
		return false;
	return (c->all ||
		c->vnode == sidecar_node_vnode(sidecar_vcpu_node(*v))) &&
	       is_in_sidecar(*v);
}
