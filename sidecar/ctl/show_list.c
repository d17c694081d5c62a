/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl list: nodes and their vCPUs.
 */
#include <inttypes.h>

#include "show_list.h"

/* A vCPU at one moment: all fields of its line are read together. */
struct vcpu_snapshot {
	const struct sidecar_vcpu *v;
	int32_t linux_cpu;
	enum sidecar_linux in_linux;
	uint8_t state;
	int up;
	bool base, job;
};

static struct vcpu_snapshot look_at(const struct sidecar_vcpu *v)
{
	return (struct vcpu_snapshot){
		.v = v,
		.linux_cpu = sidecar_vcpu_linux_cpu(v),
		.in_linux = sidecar_vcpu_in_linux(v),
		.state = sidecar_vcpu_state(v),
		.up = sidecar_vcpu_is_up(v),
		.base = sidecar_vcpu_is_base(v),
		.job = sidecar_vcpu_has_job(v),
	};
}

static const char *linux_text(enum sidecar_linux l)
{
	switch (l) {
	case SIDECAR_LINUX_NONE:
		return "none";
	case SIDECAR_LINUX_OFFLINE:
		return "offline";
	case SIDECAR_LINUX_ONLINE:
		return "online";
	case SIDECAR_LINUX_MOVING:
		return "moving";
	case SIDECAR_LINUX_UNKNOWN:
		return "unknown";
	}
	return "?";
}

static const char *up_text(int up, bool json)
{
	if (json)
		return up < 0 ? "null" : up ? "true" : "false";
	return up < 0 ? "?" : up ? "up" : "DOWN";
}

static const char *state_text(const struct vcpu_snapshot *v)
{
	return v->base ? "-" : sidecar_state_text(v->state);
}

static const char *bool_text(bool value)
{
	return value ? "true" : "false";
}

/* Linux took it without telling the sidecar, whose status byte is unchanged. */
static bool is_taken(const struct vcpu_snapshot *v)
{
	return !v->base && v->in_linux == SIDECAR_LINUX_ONLINE &&
	       v->state != SIDECAR_REMOVED;
}

static const char *vcpu_remark(const struct vcpu_snapshot *v)
{
	if (v->base)
		return "  base vCPU";
	if (v->state >= SIDECAR_NR_STATES)
		return "  impossible state";
	if (v->job)
		return "  runs a job";
	return is_taken(v) ? "  taken by Linux itself" : "";
}

static void list_vcpu_json(FILE *to, const struct vcpu_snapshot *v)
{
	fprintf(to,
		"\n    {\"linux_cpu\": %" PRId32 ", \"vcpu\": %" PRIu32
		", \"apic_id\": %" PRIu32 ", \"slot\": %" PRIu32
		", \"base\": %s, \"state\": \"%s\", \"status\": %u, "
		"\"up\": %s, \"linux\": \"%s\", \"taken\": %s, "
		"\"job\": %s}",
		v->linux_cpu, sidecar_vcpu_id(v->v), sidecar_vcpu_apic_id(v->v),
		sidecar_vcpu_slot(v->v), bool_text(v->base), state_text(v),
		v->state, up_text(v->up, true), linux_text(v->in_linux),
		bool_text(is_taken(v)), bool_text(v->job));
}

static void list_vcpu(FILE *to, const struct vcpu_snapshot *v)
{
	fprintf(to,
		"  %5" PRId32 " %5" PRIu32 " %8" PRIu32 "  %-8s %-5s %-7s%s\n",
		v->linux_cpu, sidecar_vcpu_id(v->v), sidecar_vcpu_apic_id(v->v),
		state_text(v), up_text(v->up, false), linux_text(v->in_linux),
		vcpu_remark(v));
}

static void list_vcpus(struct show *p, struct sidecar *s,
		       const struct sidecar_node *n)
{
	const struct sidecar_vcpu *v;
	bool first = true;

	for (uint32_t i = 0; (v = sidecar_get_vcpu(s, i)); i++) {
		const struct vcpu_snapshot seen = look_at(v);

		if (sidecar_vcpu_node(v) != n)
			continue;
		if (p->json && !first)
			putc(',', p->to);
		(p->json ? list_vcpu_json : list_vcpu)(p->to, &seen);
		first = false;
	}
}

static void list_node(struct show *p, const struct sidecar_node *n)
{
	show_item(p);
	fprintf(p->to,
		p->json ? "{\"node\": %" PRIu32 ", \"vnode\": %" PRIu32
			  ", \"memory_vnode\": %" PRIu32
			  ", \"address\": %" PRIu64 ", \"bytes\": %" PRIu64
			  ", \"scratch_bytes\": %" PRIu64
			  ", \"shared_bytes\": %" PRIu64 ", \"vcpus\": ["
			: "sidecar node %" PRIu32 ": vnode %" PRIu32
			  ", memory of vnode %" PRIu32 " at 0x%" PRIx64
			  ": %" PRIu64 " bytes, %" PRIu64
			  " of them scratch, %" PRIu64 " shared\n"
			  "    CPU  vCPU  APIC id  state    Xen   Linux\n",
		sidecar_node_number(n), sidecar_node_vnode(n),
		sidecar_node_memory_vnode(n), sidecar_node_address(n),
		sidecar_node_bytes(n), sidecar_node_scratch_bytes(n),
		sidecar_node_shared_bytes(n));
}

void show_list(struct show *p, struct sidecar *s)
{
	const struct sidecar_node *n;

	show_begin(p);
	for (uint32_t i = 0; (n = sidecar_get_node(s, i)); i++) {
		list_node(p, n);
		list_vcpus(p, s, n);
		if (p->json)
			fputs("]}", p->to);
	}
	show_end(p);
}
