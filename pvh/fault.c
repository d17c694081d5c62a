/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand, see fault.h: only in the build for tests. The option is
 * read before anything else, as the first hypercalls come before the command
 * line is looked at; it trusts the start_info that it gets.
 */
#include "fault.h"
#include "shim.h"
#include "text.h"

#include <xen/arch-x86/hvm/start_info.h>

#define EINVAL_OF_XEN 22

static const char *const names[FAULT_NR] = {
#define FAULT_NAME(name) [FAULT_##name] = #name,
	FAULT_KINDS(FAULT_NAME)
#undef FAULT_NAME
};

static struct {
	uint32_t kind; /* FAULT_NR: none */
	uint64_t n, value;
	uint32_t used[FAULT_NR];
} now = {.kind = FAULT_NR};

static struct text text_of(const char *s)
{
	struct text t = {s, 0};

	while (s[t.len])
		t.len++;
	return t;
}

static void read_option(struct text word)
{
	struct text kind = text_until(&word, ':');
	uint64_t value = EINVAL_OF_XEN;

	for (uint32_t i = 0; i < FAULT_NR; i++) {
		if (text_eq(kind, text_of(names[i])))
			now.kind = i;
	}
	if (!text_is_number(text_until(&word, ':'), UINT32_MAX, &now.n) ||
	    (word.len && !text_is_number(word, UINT32_MAX, &value)))
		now.kind = FAULT_NR;
	now.value = value;
}

void fault_init(uint64_t start_info_pa)
{
	const struct hvm_start_info *si = (void *)start_info_pa;
	char *line = (char *)si->cmdline_paddr;
	struct text rest, word;

	if (!line)
		return;
	rest = text_of(line);
	while (text_word(&rest, &word)) {
		struct text value = word;

		if (!text_skip(&value, TEXT("sidecar.fault=")))
			continue;
		read_option(value);
		__builtin_memset((char *)word.p, ' ', word.len);
	}
}

long fault(enum fault_kind kind)
{
	now.used[kind]++;
	return now.kind == kind && now.used[kind] == now.n ? -(long)now.value
							   : 0;
}

uint64_t fault_of_vcpu(void)
{
	return now.kind == FAULT_late || now.kind == FAULT_never ||
			       now.kind == FAULT_overflow ||
			       now.kind == FAULT_fault
		       ? FAULT_WORD(now.n, now.kind, now.value)
		       : 0;
}

void fault_report(void)
{
	static char text[256];
	struct textbuf l;

	textbuf_init(&l, text, sizeof(text));
	for (uint32_t i = 0; i < FAULT_late; i++)
		textbuf_printf(&l, " %s=%u", names[i], now.used[i]);
	log_line("fault: uses:%s", text);
}
