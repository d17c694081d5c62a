/* SPDX-License-Identifier: MIT */
/*
 * The shim's part of fault.h. The option is read before anything else, as the
 * first hypercalls come before the command line is looked at; it trusts the
 * start_info that it gets.
 */
#include "fault.h"

#include <xen/arch-x86/hvm/start_info.h>

#include "abi/layout.h"
#include "lib/text.h"
#include "pvh/boot.h"
#include "xen/guest/hypercall.h"

#define EINVAL_OF_XEN 22
#define LINE_BYTES    640

static const char *const names[FAULT_NR] = {
#define FAULT_NAME(name) [FAULT_##name] = #name,
	FAULT_KINDS(FAULT_NAME)
#undef FAULT_NAME
};

/* One of each may be asked for; kind FAULT_NR: none. */
struct one_fault {
	uint32_t kind;
	uint64_t n, value, deadline;
	bool failed, said;
};

static struct {
	struct one_fault use, vcpu;
	uint32_t used[FAULT_NR];
	uint32_t at_end[FAULT_NR][BOOT_STAGES]; /* of each stage */
	uint32_t nr_stages;
} now = {.use.kind = FAULT_NR, .vcpu.kind = FAULT_NR};

static bool number_or_none(struct text t, uint64_t *value)
{
	return !t.len || text_is_number(t, UINT32_MAX, value);
}

static bool of_vcpu(uint32_t kind)
{
	return kind >= FAULT_late;
}

static void read_option(struct text word)
{
	struct text kind = text_until(&word, ':');
	struct one_fault f = {.kind = FAULT_NR, .value = EINVAL_OF_XEN};

	for (uint32_t i = 0; i < FAULT_NR; i++) {
		if (text_eq(kind, text_from(names[i], SIZE_MAX)))
			f.kind = i;
	}
	if (f.kind == FAULT_NR ||
	    !text_is_number(text_until(&word, ':'), UINT32_MAX, &f.n) ||
	    !number_or_none(text_until(&word, ':'), &f.value) ||
	    !number_or_none(word, &f.deadline))
		return;
	if (of_vcpu(f.kind))
		now.vcpu = f;
	else
		now.use = f;
}

static void fault_init(uint64_t start_info_pa)
{
	const struct hvm_start_info *si = (void *)start_info_pa;
	char *line = (char *)si->cmdline_paddr;
	struct text rest, word;

	if (!line)
		return;
	rest = text_from(line, SIZE_MAX);
	while (text_word(&rest, &word)) {
		struct text value = word;

		if (!text_skip(&value, TEXT("sidecar.fault=")))
			continue;
		read_option(value);
		__builtin_memset((char *)word.p, ' ', word.len);
	}
}

/* 0, or the error that this use of @kind is to end with. */
static long fault(enum fault_kind kind)
{
	if (++now.used[kind] != now.use.n || now.use.kind != kind)
		return 0;
	now.use.failed = true;
	return -(long)now.use.value;
}

static uint64_t fault_of_vcpu(void)
{
	if (now.vcpu.kind == FAULT_NR)
		return 0;
	now.vcpu.failed = true;
	return FAULT_WORD(now.vcpu.n, now.vcpu.kind, now.vcpu.value);
}

static uint32_t fault_deadline(uint32_t ms)
{
	return now.vcpu.deadline ? (uint32_t)now.vcpu.deadline : ms;
}

/* True once. */
static bool is_news(struct one_fault *f)
{
	bool news = f->failed && !f->said;

	f->said |= news;
	return news;
}

static void fault_say(void)
{
	if (is_news(&now.use))
		log_line("fault: %s use %lu failed", names[now.use.kind],
			 now.use.n);
	if (is_news(&now.vcpu))
		log_line("fault: vCPU %lu: %s", now.vcpu.n,
			 names[now.vcpu.kind]);
}

static void fault_stage(void)
{
	fault_say();
	for (uint32_t i = 0; i < FAULT_NR; i++)
		now.at_end[i][now.nr_stages] = now.used[i];
	now.nr_stages++;
}

static void fault_report(void)
{
	static char text[LINE_BYTES];
	struct textbuf l;

	if (now.use.kind != FAULT_NR && !now.use.failed)
		log_line("fault: %s use %lu not reached", names[now.use.kind],
			 now.use.n);
	textbuf_init(&l, text, sizeof(text));
	for (uint32_t i = 0; i < FAULT_late; i++) {
		textbuf_printf(&l, " %s=", names[i]);
		for (uint32_t k = 0; k < now.nr_stages; k++)
			textbuf_printf(&l, "%s%u", k ? "/" : "",
				       now.at_end[i][k]);
	}
	log_line("fault: uses:%s", text);
}

/* ---- What stands before the shim's own functions ------------------------ */

#define WRAP(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAP(void, shim_main, uint64_t start_info_pa)
{
	if (!multiboot2_entered)
		fault_init(start_info_pa);
	__real_shim_main(start_info_pa);
}

#define WRAP_STAGE(name)                         \
	WRAP(void, stage_##name, struct boot *b) \
	{                                        \
		__real_stage_##name(b);          \
		fault_stage();                   \
	}

WRAP_STAGE(xen)
WRAP_STAGE(start_info)
WRAP_STAGE(memory)
WRAP_STAGE(topology)
WRAP_STAGE(plan)
WRAP_STAGE(sidecar)
WRAP_STAGE(acpi)
WRAP_STAGE(linux)
WRAP_STAGE(wait)

WRAP(void, report_stages, const struct boot *b, const struct stage *stage)
{
	fault_report();
	__real_report_stages(b, stage);
}

WRAP(void, log_finish, void)
{
	__real_log_finish();
	fault_say();
}

__attribute__((noreturn)) void __wrap_log_die(const char *fmt, ...);

void __wrap_log_die(const char *fmt, ...)
{
	va_list ap;

	log_set_detail(true);
	fault_say();
	va_start(ap, fmt);
	log_vdie(fmt, ap);
	va_end(ap);
}

WRAP(void *, paging_map, uint64_t pa, uint64_t size)
{
	return fault(FAULT_map) ? NULL : __real_paging_map(pa, size);
}

/* ---- Places in memory: only those that decide() looks for --------------- */

static bool is_deciding;

static bool has_no_place(void)
{
	return is_deciding && fault(FAULT_alloc);
}

WRAP(struct error, decide, struct decision *d, const struct decide_request *rq)
{
	struct error e;

	is_deciding = true;
	e = __real_decide(d, rq);
	is_deciding = false;
	return e;
}

WRAP(bool, memmap_is_ram, const struct memmap *m, uint64_t start, uint64_t end)
{
	return !has_no_place() && __real_memmap_is_ram(m, start, end);
}

WRAP(bool, memmap_find_low, const struct memmap *m, const struct ranges *used,
     struct range window, uint64_t size, uint64_t align, uint64_t *start)
{
	return !has_no_place() &&
	       __real_memmap_find_low(m, used, window, size, align, start);
}

WRAP(bool, memmap_find_high, const struct memmap *m, const struct ranges *used,
     struct range window, uint64_t size, uint64_t align, uint64_t *start)
{
	return !has_no_place() &&
	       __real_memmap_find_high(m, used, window, size, align, start);
}

WRAP(struct range, memmap_largest_free, const struct memmap *m,
     const struct ranges *used, struct range window)
{
	return has_no_place() ? (struct range){0, 0}
			      : __real_memmap_largest_free(m, used, window);
}

/* ---- Hypercalls --------------------------------------------------------- */

#define WRAP_HYPERCALL(name)                                               \
	WRAP(long, hypercall_##name, unsigned int op, void *arg)           \
	{                                                                  \
		long failed = fault(FAULT_##name);                         \
                                                                           \
		return failed ? failed : __real_hypercall_##name(op, arg); \
	}

WRAP_HYPERCALL(memory_op)
WRAP_HYPERCALL(hvm_op)
WRAP(long, hypercall_event_channel_op, unsigned int op, void *arg)
{
	long failed = fault(FAULT_event_channel);

	return failed ? failed : __real_hypercall_event_channel_op(op, arg);
}

WRAP_HYPERCALL(sched_op)

/* One that is to fail has a call, or a mode, that Xen does not have. */
static void spoil_call(struct multicall_entry *c)
{
	struct vcpu_hvm_context *ctx = (struct vcpu_hvm_context *)c->args[2];

	if (c->args[0] == VCPUOP_initialise && fault(FAULT_initialise))
		ctx->mode = UINT32_MAX;
	if (fault(FAULT_vcpu_op))
		c->op = __HYPERVISOR_arch_7;
}

WRAP(long, hypercall_multicall, struct multicall_entry *calls, unsigned int nr)
{
	long failed;

	for (unsigned int i = 0; i < nr; i++)
		spoil_call(&calls[i]);
	failed = fault(FAULT_multicall);
	return failed ? failed : __real_hypercall_multicall(calls, nr);
}

/* ---- vCPUs -------------------------------------------------------------- */

extern uint8_t sidecar_image[];

/* Each node gets a copy of the image, with the word in it. */
WRAP(bool, start_vcpus, struct start *s)
{
	const struct layout_image_header *h = (const void *)sidecar_image;
	struct layout_node *n =
		(void *)(sidecar_image + h->node_va - LAYOUT_IMAGE_VA);

	n->fault = fault_of_vcpu();
	s->deadline_ms = fault_deadline(s->deadline_ms);
	return __real_start_vcpus(s);
}
