/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand, see fault.h: only in the build for tests. The option is
 * read before anything else, as the first hypercalls come before the command
 * line is looked at; it trusts the start_info that it gets.
 */
#include "boot.h"
#include "fault.h"
#include "lib/text.h"

#include <xen/arch-x86/hvm/start_info.h>

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

void fault_init(uint64_t start_info_pa)
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

void fault_count(enum fault_kind kind, uint32_t nr)
{
	uint32_t before = now.used[kind];

	now.used[kind] += nr;
	if (now.use.kind == kind && before < now.use.n &&
	    now.use.n <= now.used[kind])
		now.use.failed = true;
}

long fault(enum fault_kind kind)
{
	fault_count(kind, 1);
	return now.use.kind == kind && now.used[kind] == now.use.n
		       ? -(long)now.use.value
		       : 0;
}

uint32_t fault_at(enum fault_kind kind)
{
	return now.use.kind == kind ? (uint32_t)now.use.n : 0;
}

uint64_t fault_of_vcpu(void)
{
	if (now.vcpu.kind == FAULT_NR)
		return 0;
	now.vcpu.failed = true;
	return FAULT_WORD(now.vcpu.n, now.vcpu.kind, now.vcpu.value);
}

uint32_t fault_deadline(uint32_t ms)
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

void fault_say(void)
{
	if (is_news(&now.use))
		log_line("fault: %s use %lu failed", names[now.use.kind],
			 now.use.n);
	if (is_news(&now.vcpu))
		log_line("fault: vCPU %lu: %s", now.vcpu.n,
			 names[now.vcpu.kind]);
}

void fault_stage(void)
{
	fault_say();
	for (uint32_t i = 0; i < FAULT_NR; i++)
		now.at_end[i][now.nr_stages] = now.used[i];
	now.nr_stages++;
}

void fault_report(void)
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
