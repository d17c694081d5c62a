/* SPDX-License-Identifier: MIT */
/*
 * run --core: an ELF core file, as gdb opens it beside the job's .elf: a note
 * with the registers, and the job's slice of scratch in segments as the job saw
 * it. Pages of zeros are holes in the file.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "abi/job.h"
#include "core.h"
#include "report.h"

#define PAGE	   4096u
#define SEGMENTS   3u /* text, data, all behind the guard page */
#define DETAIL_MAX 512u
/* Where the segments' contents begin in the file. */
#define CONTENTS PAGE

static struct core {
	char path[JOB_PATH_MAX];
	char written[JOB_PATH_MAX]; /* the last one */
	char failed[JOB_PATH_MAX];  /* the last one */
	struct job_header header;
	bool many, detached;
	int error; /* of `failed` */
} core;

/* The note: a name of 8 bytes with its zeros, as its alignment wants it. */
struct note {
	Elf64_Nhdr h;
	char name[8];
	uint8_t status[sizeof(struct elf_prstatus)];
};
_Static_assert(sizeof(struct note) == 20 + sizeof(struct elf_prstatus) &&
		       sizeof(struct elf_prstatus) % 4 == 0,
	       "nothing between name and contents");

struct headers {
	Elf64_Ehdr e;
	Elf64_Phdr note, load[SEGMENTS];
	struct note status;
};
_Static_assert(sizeof(struct headers) <= CONTENTS, "room for the headers");

/* ---- Registers ---------------------------------------------------------- */

/* What Linux would have sent for it. */
static short signal_of(uint64_t vector)
{
	switch (vector) {
	case 0:	 /* #DE */
	case 16: /* #MF */
	case 19: /* #XM */
		return SIGFPE;
	case 1: /* #DB */
	case 3: /* #BP */
		return SIGTRAP;
	case 6: /* #UD */
		return SIGILL;
	case 12: /* #SS */
	case 17: /* #AC */
		return SIGBUS;
	default:
		return SIGSEGV;
	}
}

/* In the order of Linux's struct user_regs_struct. */
static void put_registers(elf_gregset_t to, const struct sidecar_fault *f)
{
	const uint64_t from[] = {
		f->r15, f->r14, f->r13,	   f->r12,
		f->rbp, f->rbx, f->r11,	   f->r10,
		f->r9,	f->r8,	f->rax,	   f->rcx,
		f->rdx, f->rsi, f->rdi,	   UINT64_MAX /* orig_rax: no call */,
		f->rip, f->cs,	f->rflags, f->rsp,
		f->ss,
	};

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		to[i] = from[i];
}

static void make_note(struct note *n, const struct sidecar_vcpu *v,
		      const struct sidecar_fault *f)
{
	struct elf_prstatus status = {
		.pr_cursig = signal_of(f->vector),
		.pr_info.si_signo = signal_of(f->vector),
		.pr_pid = (pid_t)sidecar_vcpu_id(v) + 1,
	};

	put_registers(status.pr_reg, f);
	*n = (struct note){
		.h = {.n_namesz = sizeof("CORE"),
		      .n_descsz = sizeof(n->status),
		      .n_type = NT_PRSTATUS},
		.name = "CORE",
	};
	memcpy(n->status, &status, sizeof(status));
}

/* ---- Segments ----------------------------------------------------------- */

/* From @from to @to in the slice; whole pages. */
static Elf64_Phdr segment(uint64_t from, uint64_t to, uint32_t flags)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = flags,
		.p_offset = CONTENTS + from,
		.p_vaddr = JOB_VA + from,
		.p_filesz = to > from ? to - from : 0,
		.p_memsz = to > from ? to - from : 0,
		.p_align = PAGE,
	};
}

static void make_headers(struct headers *h, const struct sidecar_vcpu *v,
			 size_t bytes)
{
	const struct job_header *j = &core.header;

	*h = (struct headers){
		.e = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				  ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		      .e_type = ET_CORE,
		      .e_machine = EM_X86_64,
		      .e_version = EV_CURRENT,
		      .e_phoff = sizeof(h->e),
		      .e_ehsize = sizeof(h->e),
		      .e_phentsize = sizeof(Elf64_Phdr),
		      .e_phnum = 1 + SEGMENTS},
		.note = {.p_type = PT_NOTE,
			 .p_offset = offsetof(struct headers, status),
			 .p_filesz = sizeof(h->status),
			 .p_align = 4},
		.load = {segment(0, j->text_bytes, PF_R | PF_X),
			 segment(j->text_bytes, j->memory_bytes, PF_R | PF_W),
			 segment((uint64_t)j->memory_bytes + PAGE, bytes,
				 PF_R | PF_W)},
	};
	make_note(&h->status, v, sidecar_job_fault(v));
}

/* ---- The file ----------------------------------------------------------- */

static bool is_zero(const uint8_t *p)
{
	return !*p && !memcmp(p, p + 1, PAGE - 1);
}

static bool write_at(int fd, const void *p, size_t bytes, uint64_t at)
{
	const char *from = p;
	ssize_t n;

	while (bytes) {
		n = pwrite(fd, from, bytes, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		at += (uint64_t)n;
		bytes -= (size_t)n;
	}
	return true;
}

static bool write_slice(int fd, const uint8_t *p, size_t bytes)
{
	uint8_t page[PAGE];

	if (ftruncate(fd, (off_t)(CONTENTS + bytes)))
		return false;
	for (size_t at = 0; at < bytes; at += PAGE) {
		/* it is device memory to Linux: looked at once */
		memcpy(page, p + at, PAGE);
		if (!is_zero(page) && !write_at(fd, page, PAGE, CONTENTS + at))
			return false;
	}
	return true;
}

static bool write_core(const char *path, const struct sidecar_vcpu *v,
		       const void *p, size_t bytes)
{
	struct headers h;
	bool ok;
	int fd;

	/* never what a link names, never with an older file's mode */
	if (unlink(path) && errno != ENOENT)
		return false;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return false;
	make_headers(&h, v, bytes);
	ok = write_at(fd, &h, sizeof(h), 0) && write_slice(fd, p, bytes);
	return !close(fd) && ok;
}

/* The library's: the vCPU is still ours, the slice as it was. */
static void job_died(void *arg, const struct sidecar_vcpu *v, const void *p,
		     size_t bytes)
{
	char path[JOB_PATH_MAX] = "";

	(void)arg;
	if (core.many)
		snprintf(path, sizeof(path), "%.4080s.%d", core.path,
			 sidecar_vcpu_linux_cpu(v));
	else
		memcpy(path, core.path, sizeof(path));
	if (write_core(path, v, p, bytes)) {
		memcpy(core.written, path, sizeof(path));
		return;
	}
	core.error = errno;
	memcpy(core.failed, path, sizeof(path));
	/* nobody else would hear of it */
	if (core.detached)
		syslog(LOG_ERR, "core %s: %s", path, strerror(core.error));
}

/* ---- Around it ---------------------------------------------------------- */

static uint32_t nr_chosen(const struct ctl *c)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i <= MAX_CPU; i++)
		nr += c->chosen[i];
	return nr;
}

/* The process of a detached job is in another folder. */
static bool make_absolute(const char *path)
{
	char *folder = *path == '/' ? NULL : getcwd(NULL, 0);
	int n = snprintf(core.path, sizeof(core.path), "%s%s%s",
			 folder ? folder : "", folder ? "/" : "", path);

	free(folder);
	if (n >= 0 && (size_t)n < sizeof(core.path))
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static void report_core(struct ctl *c, const char *path, int error)
{
	char detail[DETAIL_MAX];

	snprintf(detail, sizeof(detail), "core %.400s: %s", path,
		 strerror(error));
	report_item_text(c, SIDECAR_E_SYSTEM, detail);
}

bool core_begin(struct ctl *c, struct sidecar_job *job)
{
	core = (struct core){
		.many = c->all || c->vnode >= 0 || nr_chosen(c) > 1,
		.detached = c->detach,
	};
	if (!c->core)
		return true;
	if (job->file_bytes >= sizeof(core.header))
		memcpy(&core.header, job->file, sizeof(core.header));
	if (!make_absolute(c->core)) {
		report_core(c, c->core, errno);
		return false;
	}
	job->died = job_died;
	return true;
}

void core_end(struct ctl *c)
{
	if (core.error)
		report_core(c, core.failed, core.error);
	if (*core.written && !c->quiet)
		fprintf(stderr, "sidecarctl: core written to %s\n",
			core.written);
}
