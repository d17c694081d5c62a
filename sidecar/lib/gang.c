/* SPDX-License-Identifier: MIT */
/*
 * A gang's page in shared memory is the one that belongs to one of its vCPUs,
 * which nobody else uses meanwhile. Whatever jobs write there, it is only
 * looked at for who is to be rung. Ranks of an earlier gang whose client died
 * may still look at the page: they find another id there, and give up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "file.h"
#include "gang.h"
#include "lock.h"
#include "vcpu.h"

_Static_assert(JOB_GANG_PAGES >= SIDECAR_NODE_VCPUS &&
		       JOB_GANG_PAGES * JOB_GANG_BYTES < SIDECAR_SHARED_ALIGN,
	       "a page for each vCPU of a node");

/* ---- Making it ---------------------------------------------------------- */

static struct sidecar_vcpu *vcpu_with_page(struct sidecar_vcpu *const *v,
					   uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (v[i]->node->shared_bytes)
			return v[i];
	return NULL;
}

/* Another one than what is there has. */
static void gang_clear_page(struct gang *g)
{
	uint64_t old = __atomic_load_n(&g->page->state, __ATOMIC_RELAXED);

	g->id = (uint32_t)(file_clock_ns() >> 10) | 1;
	if (g->id == JOB_GANG_ID(old))
		g->id += 2;
	__atomic_store_n(&g->page->state, JOB_GANG_STATE(g->id, 0, 0),
			 __ATOMIC_SEQ_CST);
	g->page->over = 0;
	g->page->nr_asleep = 0;
	memset(g->page->asleep, 0, sizeof(g->page->asleep));
}

static enum sidecar_error gang_map(struct gang *g, const struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	uint64_t pa;

	g->owner = v;
	g->lock = -1;
	g->node = v->node;
	g->offset = g->node->shared_bytes -
		    (v->pages + 1) * (uint64_t)JOB_GANG_BYTES;
	pa = g->node->shared_pa + g->offset;
	g->page = b->map(b, pa, JOB_GANG_BYTES, true);
	if (!g->page)
		return error_vcpu(v, SIDECAR_E_MEM, "%s: shared 0x%llx: %s",
				  b->memory, (unsigned long long)pa,
				  strerror(errno));
	gang_clear_page(g);
	return SIDECAR_OK;
}

static enum sidecar_error gang_fill(struct gang *g,
				    struct sidecar_vcpu *const *v, uint32_t nr)
{
	struct sidecar_vcpu *with_page = vcpu_with_page(v, nr);
	enum sidecar_error e;

	if (!with_page)
		return error_vcpu(
			v[0], SIDECAR_E_JOB,
			"no node of the gang has shared memory (the shim's sidecar.shared= gives it)");
	e = gang_map(g, with_page);
	if (e)
		return e;
	g->nr = g->nr_active = nr;
	for (uint32_t i = 0; i < nr; i++) {
		g->rank[i].v = v[i];
		v[i]->job.gang = g;
		v[i]->job.rank = i;
	}
	return SIDECAR_OK;
}

enum sidecar_error gang_make(struct sidecar_vcpu *const *v, uint32_t nr)
{
	struct gang *g = calloc(1, sizeof(*g) + nr * sizeof(g->rank[0]));
	enum sidecar_error e;

	if (!g)
		return error_vcpu(v[0], SIDECAR_E_SYSTEM, "%s",
				  strerror(errno));
	e = gang_fill(g, v, nr);
	if (e)
		free(g);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the ranks have it */
	return e;
}

bool gang_is_on(const struct gang *g, const struct sidecar_node *n)
{
	for (uint32_t i = 0; i < g->nr; i++)
		if (g->rank[i].v && g->rank[i].v->node == n)
			return true;
	return false;
}

/* ---- While it runs ------------------------------------------------------ */

/* It sleeps at a barrier that has ended, or will never. */
static void ring_sleeper(const struct gang *g, struct gang_rank *r,
			 uint32_t rank, uint64_t state)
{
	uint32_t asleep =
		__atomic_load_n(&g->page->asleep[rank], __ATOMIC_SEQ_CST);

	/* the words of barriers repeat */
	if (!asleep)
		r->rung = 0;
	if (!asleep || asleep == r->rung ||
	    (!g->ended && asleep == JOB_GANG_ASLEEP(JOB_GANG_TURN(state))))
		return;
	/* it looks by itself, too, should this fail */
	r->rung = asleep;
	sidecar_job_ring(r->v);
}

/* The next gang may have the page. */
static void release_page(struct gang *g)
{
	if (g->lock >= 0)
		lock_release(g->owner, g->lock);
	g->lock = -1;
}

uint64_t gang_next_ns(const struct gang *g)
{
	return g->lock >= 0 ? g->until_ns : UINT64_MAX;
}

void gang_tend(struct gang *g)
{
	uint64_t state = __atomic_load_n(&g->page->state, __ATOMIC_SEQ_CST);

	if (g->lock >= 0 && file_clock_ns() >= g->until_ns)
		release_page(g);
	for (uint32_t i = 0; i < g->nr; i++)
		if (g->rank[i].v)
			ring_sleeper(g, &g->rank[i], i, state);
}

/* ---- Its end ------------------------------------------------------------ */

static void ask_all_to_end(const struct gang *g)
{
	for (uint32_t i = 0; i < g->nr; i++)
		if (g->rank[i].v)
			sidecar_job_ask_to_end(g->rank[i].v);
}

static void keep_why(struct gang *g, const struct sidecar_vcpu *v,
		     const struct sidecar_answer *a)
{
	int32_t linux_cpu = sidecar_vcpu_linux_cpu(v);
	char cpu[24] = "";

	if (linux_cpu >= 0)
		snprintf(cpu, sizeof(cpu), " = CPU %d", linux_cpu);
	g->failed = true;
	snprintf(g->why, sizeof(g->why), "rank %u (vCPU %u%s): %.160s",
		 v->job.rank, v->cpu.vcpu_id, cpu,
		 *a->error ? a->error : v->s->detail);
}

/* The others stop because of it. */
static enum sidecar_error name_first(const struct sidecar_vcpu *v,
				     struct sidecar_answer *a)
{
	const struct gang *g = v->job.gang;
	size_t n = strlen(a->error);

	snprintf(a->error + n, sizeof(a->error) - n, ", as %s", g->why);
	return command_check_answer(v, a);
}

enum sidecar_error gang_leave(struct sidecar_vcpu *v, enum sidecar_error e,
			      struct sidecar_answer *a)
{
	struct gang *g = v->job.gang;

	if (!g->ended)
		__atomic_store_n(&g->page->over, g->id, __ATOMIC_SEQ_CST);
	g->ended = true;
	if (g->failed && e == SIDECAR_E_COMMAND &&
	    (a->result == SIDECAR_RESULT_STOPPED ||
	     a->result == SIDECAR_RESULT_JOB))
		e = name_first(v, a);
	else if (e && !g->failed)
		keep_why(g, v, a);
	g->rank[v->job.rank].v = NULL;
	if (g->failed)
		ask_all_to_end(g);
	gang_tend(g);
	return e;
}

/*
 * Ranks that are behind the others may still look whether a barrier that has
 * ended has ended: whoever makes another gang of the page needs this lock.
 */
static void keep_page(struct gang *g, int lock)
{
	g->lock = lock;
	g->until_ns = file_clock_ns() + g->owner->s->timeout_ns;
}

void gang_unlock(struct sidecar_vcpu *v)
{
	struct backend *b = v->s->backend;
	struct gang *g = v->job.gang;
	bool last = !--g->nr_active;

	g->rank[v->job.rank].v = NULL;
	v->job.gang = NULL;
	if (v == g->owner && !last)
		keep_page(g, v->job.lock);
	else
		lock_release(v, v->job.lock);
	if (!last)
		return;
	release_page(g);
	b->unmap(b, g->page, JOB_GANG_BYTES);
	free(g);
}
