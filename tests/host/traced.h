/* SPDX-License-Identifier: MIT */
/*
 * sidecarctl in a process of its own, on the fake sidecar, whose system calls a
 * test sees and changes: by ptrace. What the fake vCPUs do there the test sees
 * too.
 */
#ifndef TRACED_H
#define TRACED_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl_line.h"
#include "../../sidecar/ctl/report.h"

/* However slow the machine is: nothing takes so long. */
#define DEADLINE_S 300u

/* What is done to it, at its system call number @at. */
struct trouble {
	enum trouble_kind {
		TROUBLE_NONE,
		TROUBLE_KILL_BEFORE,
		TROUBLE_KILL_AFTER,
		TROUBLE_KILL_WRITE, /* before its write number @at to pages */
		TROUBLE_FAIL,	    /* the call fails with @error */
		TROUBLE_FAIL_ON,    /* and all such calls that follow */
		TROUBLE_SIGNAL,	    /* @error is one */
		TROUBLE_HOLD,	    /* it is not run for @error ms */
	} kind;
	uint32_t at;
	int error;
	/* which calls are counted; NULL: all */
	bool (*counts)(const struct user_regs_struct *r);
};

struct traced_end {
	bool reached; /* there is a call with that number */
	bool killed;
	int exit;
	char said[2048]; /* on stderr */
};

/* What both processes see. */
static struct traced_shared {
	struct hw hw;
	volatile bool in_fake; /* the calls are the fake's own */
	volatile uint32_t nr_writes, kill_at;
} * traced_shared;
static struct wake_calls traced_calls;

/* ---- The process --------------------------------------------------------- */

static inline void traced_enter(void)
{
	traced_shared->in_fake = true;
}

static inline int traced_leave(int r)
{
	traced_shared->hw = hw;
	traced_shared->in_fake = false;
	return r;
}

static inline int traced_up(void *ctx, uint32_t id)
{
	traced_enter();
	return traced_leave(traced_calls.up(ctx, id));
}

static inline int traced_is_up(void *ctx, uint32_t id)
{
	traced_enter();
	return traced_leave(traced_calls.is_up(ctx, id));
}

static inline int traced_nmi(void *ctx, uint32_t id)
{
	traced_enter();
	return traced_leave(traced_calls.nmi(ctx, id));
}

static inline int traced_icr(void *ctx, uint64_t value)
{
	traced_enter();
	return traced_leave(traced_calls.icr(ctx, value));
}

static inline void traced_wrap_calls(void)
{
	traced_calls = waker;
	waker = (struct wake_calls){traced_calls.up ? traced_up : NULL,
				    traced_calls.is_up ? traced_is_up : NULL,
				    traced_calls.nmi ? traced_nmi : NULL,
				    traced_calls.icr ? traced_icr : NULL, NULL};
}

/* The vCPUs' pages, as the library has them: each write is seen. */
static inline void traced_protect(int protection)
{
	for (uint32_t i = 0; s && i < s->nr_vcpus; i++)
		if (s->vcpu[i].command)
			mprotect((void *)s->vcpu[i].command, 4096, protection);
	for (uint32_t i = 0; s && i < s->nr_nodes; i++)
		if (s->node[i].control)
			mprotect((void *)s->node[i].control, 4096, protection);
}

#define TRAP_FLAG 0x100

static inline void traced_on_write(int sig, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)info;
	if (sig == SIGTRAP) {
		traced_protect(PROT_READ);
		r[REG_EFL] &= ~TRAP_FLAG;
		return;
	}
	if (traced_shared->nr_writes++ == traced_shared->kill_at)
		raise(SIGKILL);
	traced_protect(PROT_READ | PROT_WRITE);
	r[REG_EFL] |= TRAP_FLAG;
}

static inline void traced_watch_writes(void)
{
	struct sigaction on = {.sa_sigaction = traced_on_write,
			       .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &on, NULL);
	sigaction(SIGTRAP, &on, NULL);
	traced_protect(PROT_READ);
}

static inline void traced_no_more(int sig)
{
	(void)sig;
}

static inline void traced_run(const char *line, const struct trouble *t,
			      int said)
{
	const struct sigaction on = {.sa_handler = traced_no_more};
	const struct command *cmd = arguments(line);
	enum sidecar_error e;

	dup2(said, 2);
	c.show.to = fopen("/dev/null", "w");
	traced_wrap_calls();
	sigaction(SIGUSR1, &on, NULL);
	/* a shell's background command ignores the first */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	alarm(DEADLINE_S);
	if (t->kind != TROUBLE_KILL_WRITE)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(t->kind == TROUBLE_KILL_WRITE ? SIGUSR1 : SIGSTOP);
	e = open_again();
	c.s = s;
	if (t->kind == TROUBLE_KILL_WRITE)
		traced_watch_writes();
	if (e)
		report_all(&c, e);
	else
		main_run(&c, cmd);
	report_repeats();
	sidecar_close(s);
	fflush(NULL);
	_exit(c.exit);
}

/* ---- The test ------------------------------------------------------------ */

/* Calls that a sanitizer makes too, or that nobody can do without. */
static inline bool traced_is_ours(const struct user_regs_struct *r)
{
	switch (r->orig_rax) {
	case SYS_mmap:
		return r->r10 & MAP_SHARED;
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_madvise:
	case SYS_exit_group:
	case SYS_getpid:
	case SYS_gettid:
	case SYS_sched_yield:
	case SYS_futex:
	case SYS_rt_sigreturn:
	case SYS_restart_syscall:
		return false;
	default:
		return true;
	}
}

static inline bool traced_counts(const struct trouble *t,
				 const struct user_regs_struct *r)
{
	return !traced_shared->in_fake && traced_is_ours(r) &&
	       (!t->counts || t->counts(r));
}

/* At the entry of such a call; whether it is to fail. */
static inline bool traced_begin(pid_t pid, const struct trouble *t,
				struct user_regs_struct *r)
{
	switch (t->kind) {
	case TROUBLE_KILL_BEFORE:
		kill(pid, SIGKILL);
		return false;
	case TROUBLE_SIGNAL:
		kill(pid, t->error);
		return false;
	case TROUBLE_HOLD:
		poll(NULL, 0, t->error);
		return false;
	case TROUBLE_FAIL:
	case TROUBLE_FAIL_ON:
		r->orig_rax = (unsigned long long)-1;
		ptrace(PTRACE_SETREGS, pid, NULL, r);
		return true;
	default:
		return false;
	}
}

static inline void traced_fail(pid_t pid, const struct trouble *t)
{
	struct user_regs_struct r;

	ptrace(PTRACE_GETREGS, pid, NULL, &r);
	r.rax = (unsigned long long)-(long long)t->error;
	ptrace(PTRACE_SETREGS, pid, NULL, &r);
}

static inline bool traced_is_call(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

/* One stop at each end of a call; the signal to go on with. */
static inline int traced_step(pid_t pid, const struct trouble *t, int status,
			      struct traced_end *end, uint32_t *nr)
{
	static bool inside, fails, chosen;
	struct user_regs_struct r;

	if (!traced_is_call(status)) {
		int sig = WSTOPSIG(status);

		if (sig == SIGSTOP)
			inside = fails = false;
		return sig == SIGSTOP ? 0 : sig;
	}
	inside = !inside;
	if (!inside && fails)
		traced_fail(pid, t);
	if (!inside && chosen && t->kind == TROUBLE_KILL_AFTER)
		kill(pid, SIGKILL);
	fails = chosen = false;
	ptrace(PTRACE_GETREGS, pid, NULL, &r);
	if (!inside || !traced_counts(t, &r))
		return 0;
	chosen = *nr == t->at || (t->kind == TROUBLE_FAIL_ON && *nr > t->at);
	end->reached |= chosen;
	fails = chosen && traced_begin(pid, t, &r);
	++*nr;
	return 0;
}

static inline int traced_follow(pid_t pid, const struct trouble *t,
				struct traced_end *end)
{
	uint32_t nr = 0;
	int status, sig = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (t->kind == TROUBLE_KILL_WRITE)
		return status;
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	       (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	while (WIFSTOPPED(status)) {
		sig = traced_step(pid, t, status, end, &nr);
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	return status;
}

/* The fake sidecar afterwards is as the process has left it. */
static inline struct traced_end traced(const char *line, struct trouble t)
{
	struct traced_end end = {0};
	int said = fileno(tmpfile()), status;
	pid_t pid;

	traced_shared->hw = hw;
	traced_shared->in_fake = false;
	traced_shared->nr_writes = 0;
	traced_shared->kill_at = t.at;
	fflush(NULL);
	pid = fork();
	if (!pid)
		traced_run(line, &t, said);
	status = traced_follow(pid, &t, &end);
	end.killed = WIFSIGNALED(status);
	end.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (t.kind == TROUBLE_KILL_WRITE)
		end.reached = traced_shared->nr_writes > t.at;
	assert_true(pread(said, end.said, sizeof(end.said) - 1, 0) >= 0);
	close(said);
	hw = traced_shared->hw;
	return end;
}

static inline int traced_make(void **state)
{
	traced_shared =
		mmap(NULL, sizeof(*traced_shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return traced_shared == MAP_FAILED ? -1 : fake_make(state);
}

#endif
