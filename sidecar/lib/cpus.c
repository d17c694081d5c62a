/* SPDX-License-Identifier: MIT */
/*
 * Linux's view of the CPUs. Linux numbers them in the order of the MADT's
 * enabled entries, vCPU id is the entry's uid. Those that are disabled there it
 * numbers in ways that differ from version to version when it adds them: its
 * files tell. /proc/cpuinfo knows only CPUs that are online, and has to agree
 * about those.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/acpi.h"
#include "cpus.h"
#include "file.h"
#include "table.h"

#define MADT_MAX    65536u
#define CPUINFO_MAX (8u << 20)

static enum sidecar_error not_read(struct sidecar *s, const char *path,
				   long error)
{
	return error_set(s,
			 error == -ENOENT ? SIDECAR_E_CPUS : SIDECAR_E_SYSTEM,
			 "%s: %s", path, strerror((int)-error));
}

/* ---- MADT --------------------------------------------------------------- */

/* False if the entry is no CPU; Linux skips APIC id 0xff. */
static bool madt_cpu(const uint8_t *p, struct madt_cpu *cpu)
{
	struct acpi_madt_lapic l;
	struct acpi_madt_x2apic x;

	*cpu = (struct madt_cpu){.linux_cpu = -1};
	if (p[0] == ACPI_MADT_LAPIC && p[1] >= sizeof(l)) {
		memcpy(&l, p, sizeof(l));
		cpu->cpu = (struct cpu){l.uid, l.apic_id};
		cpu->disabled = !(l.flags & ACPI_MADT_ENABLED);
		return l.apic_id != 0xff;
	}
	if (p[0] == ACPI_MADT_X2APIC && p[1] >= sizeof(x)) {
		memcpy(&x, p, sizeof(x));
		cpu->cpu = (struct cpu){x.uid, x.x2apic_id};
		cpu->disabled = !(x.flags & ACPI_MADT_ENABLED);
		return true;
	}
	return false;
}

/* Each of these is an index into s->cpu[], or -1. */

static int32_t find_apic(const struct sidecar *s, uint32_t apic_id)
{
	for (uint32_t i = 0; i < s->nr_cpus; i++)
		if (s->cpu[i].cpu.apic_id == apic_id)
			return (int32_t)i;
	return -1;
}

static int32_t find_vcpu(const struct sidecar *s, uint32_t vcpu_id)
{
	for (uint32_t i = 0; i < s->nr_cpus; i++)
		if (s->cpu[i].cpu.vcpu_id == vcpu_id)
			return (int32_t)i;
	return -1;
}

static int32_t find_number(const struct sidecar *s, uint32_t linux_cpu)
{
	for (uint32_t i = 0; i < s->nr_cpus; i++)
		if (s->cpu[i].linux_cpu == (int32_t)linux_cpu)
			return (int32_t)i;
	return -1;
}

const struct madt_cpu *cpus_find(const struct sidecar *s, uint32_t vcpu_id)
{
	int32_t i = find_vcpu(s, vcpu_id);

	return i < 0 ? NULL : &s->cpu[i];
}

/*
 * Those that are enabled, or those that are not. Linux ignores a second entry
 * with the same APIC id.
 */
static enum sidecar_error madt_pass(struct sidecar *s, const uint8_t *p,
				    size_t n, bool disabled)
{
	struct madt_cpu cpu;

	for (size_t off = sizeof(struct acpi_madt); off < n;
	     off += p[off + 1]) {
		if (n - off < 2 || p[off + 1] < 2 || p[off + 1] > n - off)
			return error_set(s, SIDECAR_E_CPUS,
					 "MADT: bad entry at offset %zu", off);
		if (!madt_cpu(p + off, &cpu) || cpu.disabled != disabled ||
		    find_apic(s, cpu.cpu.apic_id) >= 0)
			continue;
		if (s->nr_cpus == HANDLE_MAX_CPUS ||
		    find_vcpu(s, cpu.cpu.vcpu_id) >= 0)
			return error_set(s, SIDECAR_E_CPUS,
					 "MADT: vCPU %u twice, or too many",
					 cpu.cpu.vcpu_id);
		if (!disabled)
			cpu.linux_cpu = (int32_t)s->nr_cpus;
		s->cpu[s->nr_cpus++] = cpu;
	}
	return SIDECAR_OK;
}

static enum sidecar_error madt_entries(struct sidecar *s, const uint8_t *p,
				       size_t n)
{
	enum sidecar_error e = madt_pass(s, p, n, false);

	return e ? e : madt_pass(s, p, n, true);
}

static enum sidecar_error madt_read(struct sidecar *s, uint8_t *p)
{
	struct acpi_header h;
	char path[512];
	long n;

	if (!file_path(path, sizeof(path), s->paths->tables, "/APIC"))
		return error_set(s, SIDECAR_E_SYSTEM, "path too long");
	n = file_read(path, p, MADT_MAX);
	if (n < 0)
		return not_read(s, path, n);
	if ((size_t)n < sizeof(struct acpi_madt))
		return error_set(s, SIDECAR_E_CPUS, "MADT: only %ld bytes", n);
	memcpy(&h, p, sizeof(h));
	if (memcmp(h.signature, "APIC", 4) || h.length != (size_t)n ||
	    !table_sum_ok(p, (size_t)n))
		return error_set(s, SIDECAR_E_CPUS,
				 "MADT: bad signature, length or checksum");
	return madt_entries(s, p, (size_t)n);
}

/* ---- Linux's numbers of hot-added CPUs ----------------------------------- */

/* The number that the two digits at @text are, as libxl writes them; or -1. */
static int32_t hex_pair(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *high = strchr(digits, text[0]);
	const char *low = high && text[0] ? strchr(digits, text[1]) : NULL;

	return low && text[1] ? (int32_t)((high - digits) << 4 | (low - digits))
			      : -1;
}

/* The vCPU id in the ACPI path of CPU @linux_cpu: \_SB_.PRxx; or -1. */
static int32_t read_acpi_path(const struct sidecar *s, uint32_t linux_cpu)
{
	static const char name[] = "\\_SB_.PR";
	const size_t at = sizeof(name) - 1;
	char path[512], text[32] = "";
	long n;

	if (!file_path(path, sizeof(path), s->paths->cpus,
		       "/cpu%u/firmware_node/path", linux_cpu))
		return -1;
	n = file_read(path, text, sizeof(text) - 1);
	if (n < (long)at + 2 || memcmp(text, name, at) ||
	    strcspn(text + at, "\n") != 2)
		return -1;
	return hex_pair(text + at);
}

/* Linux numbers at most as many as the MADT has. */
static enum sidecar_error read_numbers(struct sidecar *s)
{
	for (uint32_t n = 0; n < s->nr_cpus; n++) {
		int32_t id, i;

		id = find_number(s, n) < 0 ? read_acpi_path(s, n) : -1;
		if (id < 0)
			continue;
		i = find_vcpu(s, (uint32_t)id);
		if (i < 0 || s->cpu[i].linux_cpu >= 0)
			return error_set(
				s, SIDECAR_E_CPUS,
				"Linux CPU %u is vCPU %d by its ACPI path, unlike the MADT",
				n, id);
		s->cpu[i].linux_cpu = (int32_t)n;
	}
	return SIDECAR_OK;
}

static bool has_folder(const struct sidecar *s, uint32_t linux_cpu)
{
	char path[512], byte;

	return file_path(path, sizeof(path), s->paths->cpus, "/cpu%u",
			 linux_cpu) &&
	       file_read(path, &byte, 0) != -ENOENT;
}

bool cpus_has_unnamed(const struct sidecar *s)
{
	for (uint32_t n = 0; n < s->nr_cpus; n++)
		if (find_number(s, n) < 0 && has_folder(s, n))
			return true;
	return false;
}

/* ---- /proc/cpuinfo ------------------------------------------------------ */

/* The number after "@name<tabs>: "; false if @line is another. */
static bool cpuinfo_value(const char *line, const char *name, uint32_t *v)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len))
		return false;
	line += len + strspn(line + len, " \t");
	return sscanf(line, ": %u", v) == 1;
}

/* It also tells the number of a hot-added one that no file has named. */
static bool cpuinfo_agrees(struct sidecar *s, uint32_t linux_cpu,
			   uint32_t apic_id)
{
	int32_t i = find_number(s, linux_cpu);

	if (i >= 0)
		return s->cpu[i].cpu.apic_id == apic_id;
	i = find_apic(s, apic_id);
	if (i < 0 || s->cpu[i].linux_cpu >= 0 || linux_cpu >= s->nr_cpus)
		return false;
	s->cpu[i].linux_cpu = (int32_t)linux_cpu;
	return true;
}

static enum sidecar_error cpuinfo_check(struct sidecar *s, char *text)
{
	uint32_t cpu = HANDLE_MAX_CPUS, apic_id;
	char *next = text;
	char *line;

	while ((line = strsep(&next, "\n"))) {
		cpuinfo_value(line, "processor", &cpu);
		if (!cpuinfo_value(line, "apicid", &apic_id))
			continue;
		if (!cpuinfo_agrees(s, cpu, apic_id))
			return error_set(
				s, SIDECAR_E_CPUS,
				"Linux CPU %u has APIC id %u, unlike the order of the MADT",
				cpu, apic_id);
	}
	return SIDECAR_OK;
}

/* @p has a byte more than is read. */
static enum sidecar_error cpuinfo_read(struct sidecar *s, char *p)
{
	long n = file_read(s->paths->cpuinfo, p, CPUINFO_MAX);

	if (n < 0)
		return not_read(s, s->paths->cpuinfo, n);
	p[n] = 0;
	return cpuinfo_check(s, p);
}

enum sidecar_error cpus_read(struct sidecar *s)
{
	enum sidecar_error e;
	char *p = malloc(CPUINFO_MAX + 1);

	if (!p)
		return error_set(s, SIDECAR_E_SYSTEM, "no memory");
	e = madt_read(s, (uint8_t *)p);
	if (!e)
		e = read_numbers(s);
	if (!e)
		e = cpuinfo_read(s, p);
	free(p);
	return e;
}
