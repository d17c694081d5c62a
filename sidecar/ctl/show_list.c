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
	if (is_taken(v))
		return "  taken by Linux itself";
	return v->in_linux == SIDECAR_LINUX_NONE
		       ? "  Linux does not have it (xl vcpu-set, nr_cpus=)"
		       : "";
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
	char number[16] = "-";

	if (v->linux_cpu >= 0)
		snprintf(number, sizeof(number), "%" PRId32, v->linux_cpu);
	fprintf(to, "  %5s %5" PRIu32 " %8" PRIu32 "  %-8s %-5s %-7s%s\n",
		number, sidecar_vcpu_id(v->v), sidecar_vcpu_apic_id(v->v),
		state_text(v), up_text(v->up, false), linux_text(v->in_linux),
		vcpu_remark(v));
}

/* ---- Which, and how many ----------------------------------------------- */

struct list {
	struct show *p;
	struct sidecar *s;
	const struct show_list_choice *choice;
	/* of those that were shown */
	uint32_t nr_nodes, nr, nr_base, nr_idle, nr_jobs, nr_linux;
};

static bool is_shown(const struct list *l, const struct sidecar_vcpu *v)
{
	const struct show_list_choice *choice = l->choice;
	uint32_t id = sidecar_vcpu_id(v);

	return choice->all || (id < SHOW_LIST_VCPUS && choice->vcpu[id]) ||
	       choice->vnode == sidecar_node_vnode(sidecar_vcpu_node(v));
}

static void count(struct list *l, const struct vcpu_snapshot *v)
{
	l->nr++;
	if (v->base)
		l->nr_base++;
	else if (v->in_linux == SIDECAR_LINUX_ONLINE)
		l->nr_linux++;
	else if (v->job)
		l->nr_jobs++;
	else if (v->state == SIDECAR_IDLE)
		l->nr_idle++;
}

static void put_count(FILE *to, const char *comma, uint32_t nr,
		      const char *what)
{
	if (nr)
		fprintf(to, "%s%" PRIu32 " %s", comma, nr, what);
}

static void show_summary(const struct list *l)
{
	FILE *to = l->p->to;

	fprintf(to,
		"%" PRIu32 " vCPU%s in %" PRIu32 " sidecar node%s: %" PRIu32
		" base",
		l->nr, l->nr == 1 ? "" : "s", l->nr_nodes,
		l->nr_nodes == 1 ? "" : "s", l->nr_base);
	put_count(to, ", ", l->nr_idle, "idle");
	put_count(to, ", ", l->nr_jobs, "with a job");
	put_count(to, ", ", l->nr_linux, "online in Linux");
	put_count(to, ", ",
		  l->nr - l->nr_base - l->nr_idle - l->nr_jobs - l->nr_linux,
		  "in another state");
	fputs(sidecar_has_driver(l->s) ? ", by the driver\n" : "\n", to);
}

/* ---- Nodes ------------------------------------------------------------- */

static void list_vcpus(struct list *l, const struct sidecar_node *n)
{
	struct show *p = l->p;
	const struct sidecar_vcpu *v;
	bool first = true;

	for (uint32_t i = 0; (v = sidecar_get_vcpu(l->s, i)); i++) {
		const struct vcpu_snapshot seen = look_at(v);

		if (sidecar_vcpu_node(v) != n || !is_shown(l, v))
			continue;
		if (p->json && !first)
			putc(',', p->to);
		(p->json ? list_vcpu_json : list_vcpu)(p->to, &seen);
		count(l, &seen);
		first = false;
	}
}

struct size {
	char text[24];
};

/* In the largest unit of which it is a whole number; all have pages. */
static struct size size_of(uint64_t bytes)
{
	static const char *const unit[] = {"KiB", "MiB", "GiB"};
	uint64_t n = bytes >> 10;
	struct size s;
	int i = 0;

	while (i < 2 && n && !(n & 1023)) {
		n >>= 10;
		i++;
	}
	snprintf(s.text, sizeof(s.text), "%" PRIu64 " %s", n, unit[i]);
	return s;
}

static void node_json(FILE *to, const struct sidecar_node *n, bool driver)
{
	fprintf(to,
		"{\"node\": %" PRIu32 ", \"vnode\": %" PRIu32
		", \"memory_vnode\": %" PRIu32 ", \"address\": %" PRIu64
		", \"bytes\": %" PRIu64 ", \"scratch_bytes\": %" PRIu64
		", \"shared_bytes\": %" PRIu64 ", \"driver\": %s, \"vcpus\": [",
		sidecar_node_number(n), sidecar_node_vnode(n),
		sidecar_node_memory_vnode(n), sidecar_node_address(n),
		sidecar_node_bytes(n), sidecar_node_scratch_bytes(n),
		sidecar_node_shared_bytes(n), bool_text(driver));
}

static void node_text(FILE *to, const struct sidecar_node *n)
{
	fprintf(to,
		"sidecar node %" PRIu32 ": vnode %" PRIu32
		", %s of vnode %" PRIu32 " at 0x%" PRIx64
		", scratch %s, shared %s\n"
		"    CPU  vCPU  APIC id  state    Xen   Linux\n",
		sidecar_node_number(n), sidecar_node_vnode(n),
		size_of(sidecar_node_bytes(n)).text,
		sidecar_node_memory_vnode(n), sidecar_node_address(n),
		size_of(sidecar_node_scratch_bytes(n)).text,
		size_of(sidecar_node_shared_bytes(n)).text);
}

static bool has_shown(const struct list *l, const struct sidecar_node *n)
{
	const struct sidecar_vcpu *v;

	for (uint32_t i = 0; (v = sidecar_get_vcpu(l->s, i)); i++)
		if (sidecar_vcpu_node(v) == n && is_shown(l, v))
			return true;
	return false;
}

void show_list(struct show *p, struct sidecar *s,
	       const struct show_list_choice *choice)
{
	struct list l = {.p = p, .s = s, .choice = choice};
	const struct sidecar_node *n;

	show_begin(p);
	for (uint32_t i = 0; (n = sidecar_get_node(s, i)); i++) {
		if (!has_shown(&l, n))
			continue;
		show_item(p);
		if (p->json)
			node_json(p->to, n, sidecar_has_driver(s));
		else
			node_text(p->to, n);
		list_vcpus(&l, n);
		if (p->json)
			fputs("]}", p->to);
		l.nr_nodes++;
	}
	if (!p->json)
		show_summary(&l);
	show_end(p);
}
