/* SPDX-License-Identifier: MIT */
/*
 * Linux's view of the CPUs. Linux numbers them in the order of the MADT's
 * enabled entries, vCPU id is the entry's uid; /proc/cpuinfo knows only CPUs
 * that are online, and has to agree about those.
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

/* ---- MADT --------------------------------------------------------------- */

/* False if the entry is no enabled CPU; Linux skips APIC id 0xff. */
static bool madt_cpu(const uint8_t *p, struct cpu *cpu)
{
	struct acpi_madt_lapic l;
	struct acpi_madt_x2apic x;

	if (p[0] == ACPI_MADT_LAPIC && p[1] >= sizeof(l)) {
		memcpy(&l, p, sizeof(l));
		*cpu = (struct cpu){l.uid, l.apic_id};
		return l.apic_id != 0xff && l.flags & ACPI_MADT_ENABLED;
	}
	if (p[0] == ACPI_MADT_X2APIC && p[1] >= sizeof(x)) {
		memcpy(&x, p, sizeof(x));
		*cpu = (struct cpu){x.uid, x.x2apic_id};
		return x.flags & ACPI_MADT_ENABLED;
	}
	return false;
}

/* Linux ignores a second entry with the same APIC id. */
static bool madt_known(const struct sidecar *s, const struct cpu *cpu)
{
	for (uint32_t i = 0; i < s->nr_cpus; i++)
		if (s->cpu[i].apic_id == cpu->apic_id)
			return true;
	return false;
}

static enum sidecar_error madt_entries(struct sidecar *s, const uint8_t *p,
				       size_t n)
{
	struct cpu cpu;

	for (size_t off = sizeof(struct acpi_madt); off < n;
	     off += p[off + 1]) {
		if (n - off < 2 || p[off + 1] < 2 || p[off + 1] > n - off)
			return error_set(s, SIDECAR_E_CPUS,
					 "MADT: bad entry at offset %zu", off);
		if (!madt_cpu(p + off, &cpu) || madt_known(s, &cpu))
			continue;
		if (s->nr_cpus == HANDLE_MAX_CPUS ||
		    cpus_find(s, cpu.vcpu_id) >= 0)
			return error_set(s, SIDECAR_E_CPUS,
					 "MADT: vCPU %u twice, or too many",
					 cpu.vcpu_id);
		s->cpu[s->nr_cpus++] = cpu;
	}
	return SIDECAR_OK;
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
		return error_set(s, SIDECAR_E_CPUS, "%s: %s", path,
				 strerror((int)-n));
	if ((size_t)n < sizeof(struct acpi_madt))
		return error_set(s, SIDECAR_E_CPUS, "MADT: only %ld bytes", n);
	memcpy(&h, p, sizeof(h));
	if (memcmp(h.signature, "APIC", 4) || h.length != (size_t)n ||
	    !table_sum_ok(p, (size_t)n))
		return error_set(s, SIDECAR_E_CPUS,
				 "MADT: bad signature, length or checksum");
	return madt_entries(s, p, (size_t)n);
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

static enum sidecar_error cpuinfo_check(struct sidecar *s, char *text)
{
	uint32_t cpu = HANDLE_MAX_CPUS, apic_id;
	char *next = text;
	char *line;

	while ((line = strsep(&next, "\n"))) {
		cpuinfo_value(line, "processor", &cpu);
		if (!cpuinfo_value(line, "apicid", &apic_id))
			continue;
		if (cpu >= s->nr_cpus || s->cpu[cpu].apic_id != apic_id)
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
		return error_set(s, SIDECAR_E_CPUS, "%s: %s", s->paths->cpuinfo,
				 strerror((int)-n));
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
		e = cpuinfo_read(s, p);
	free(p);
	return e;
}

int32_t cpus_find(const struct sidecar *s, uint32_t vcpu_id)
{
	for (uint32_t i = 0; i < s->nr_cpus; i++)
		if (s->cpu[i].vcpu_id == vcpu_id)
			return (int32_t)i;
	return -1;
}
