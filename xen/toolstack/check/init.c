/* SPDX-License-Identifier: MIT */
/*
 * The first process of the Linux guest of xen-sidecar-check: it reports what
 * Linux sees as lines `lab: KEY=VALUE`, as the lab's guests do, lets sidecarctl
 * use a parked vCPU, brings each CPU online twice, and powers off. Every wait
 * has a deadline.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CPUS	   "/sys/devices/system/cpu/"
#define NODES	   "/sys/devices/system/node/"
#define PAUSE_S	   60
#define COMMAND_S  120
#define MAX_CPUS   128
#define TEXT_BYTES 4096
#define LOG_BYTES  (1 << 20)
#define KLOG_READ  3
#define KLOG_LEVEL 8

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	fputs("lab: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* ---- Files --------------------------------------------------------------- */

/* The start of the file without its last line feed; empty if it can't be read.
 */
static const char *text_of(const char *path)
{
	static char text[TEXT_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	n = n < 0 ? 0 : n;
	if (n && text[n - 1] == '\n')
		n--;
	text[n] = 0;
	return text;
}

static const char *cpu_file(int cpu, const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), CPUS "cpu%d/%s", cpu, name);
	return path;
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
}

/* ---- What Linux sees ----------------------------------------------------- */

/* The field of /proc/uptime, seconds since Linux started. */
static void report_uptime(void)
{
	const char *text = text_of("/proc/uptime");

	say("uptime.init=%.*s", (int)strcspn(text, " "), text);
}

static void report_nodes(const char *key)
{
	char path[100];

	for (int node = 0; node < MAX_CPUS; node++) {
		snprintf(path, sizeof(path), NODES "node%d/cpulist", node);
		if (!access(path, R_OK))
			say("node%d.%s=%s", node, key, text_of(path));
	}
}

static void report(void)
{
	struct utsname u;

	uname(&u);
	say("kernel=%s", u.release);
	say("cmdline=%s", text_of("/proc/cmdline"));
	say("online=%s", text_of(CPUS "online"));
	say("present=%s", text_of(CPUS "present"));
	say("numa.nodes=%s", text_of(NODES "online"));
	report_nodes("cpus");
}

/* What the log of a healthy Linux does not have */
static bool is_bad(const char *line)
{
	static const char *const bad[] = {
		"WARNING:",	      "BUG:",	     "Oops", "Call Trace",
		"general protection", "llc-sibling", NULL};
	/* of the host's CPU and microcode; plain Linux says so, too */
	static const char *const harmless[] = {
		"Speculative Return Stack Overflow", "Spectre V2", "RETBleed",
		NULL};

	for (int i = 0; harmless[i]; i++)
		if (strstr(line, harmless[i]))
			return false;
	for (int i = 0; bad[i]; i++)
		if (strstr(line, bad[i]))
			return true;
	return false;
}

static void look_at_log(void)
{
	static char log[LOG_BYTES + 1];
	int n = klogctl(KLOG_READ, log, LOG_BYTES);

	say("taint=%s", text_of("/proc/sys/kernel/tainted"));
	log[n < 0 ? 0 : n] = 0;
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		if (is_bad(line))
			say("dmesg.bad=%s", line);
	say("dmesg.bytes=%d", n);
}

/* ---- Modules ------------------------------------------------------------- */

/* Those that xen-sidecar-check has put there; the others are in the kernel. */
static void load(const char *name, const char *parameters)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (syscall(SYS_finit_module, fd, parameters, 0))
		say("module.%s=%m", name);
	close(fd);
}

/* ---- sidecarctl ---------------------------------------------------------- */

static void pass_on(const char *key, int fd)
{
	FILE *from = fdopen(fd, "r");
	char line[TEXT_BYTES];

	while (from && fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = 0;
		say("%s=%s", key, line + strspn(line, " "));
	}
	if (from)
		fclose(from);
}

/* Runs sidecarctl; each line of its output becomes a value of @key. */
static void ctl(const char *key, const char *const *argv)
{
	int fd[2], status = 0;
	pid_t pid;

	if (pipe(fd))
		return;
	pid = fork();
	if (!pid) {
		alarm(COMMAND_S);
		dup2(fd[1], 1);
		dup2(fd[1], 2);
		close(fd[0]);
		close(fd[1]);
		execv("/sidecarctl", (char *const *)argv);
		_exit(127);
	}
	close(fd[1]);
	pass_on(key, fd[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		say("%s.exit=not run", key);
	else
		say("%s.exit=%d", key,
		    WIFEXITED(status) ? WEXITSTATUS(status)
				      : 128 + WTERMSIG(status));
}

#define CTL(key, ...) \
	ctl(key, (const char *const[]){"sidecarctl", "-q", __VA_ARGS__, NULL})

static void use_sidecar(void)
{
	CTL("list", "list");
	CTL("ping.all", "ping");
	CTL("ping", "-n", "1000", "ping", "2");
	CTL("hello", "-A", "run", "/hello.job");
	CTL("jitter", "-t", "2", "--compare=1", "jitter", "2");
	CTL("online", "online", "3");
	report_nodes("with_3");
	CTL("return", "return", "3");
	CTL("again", "ping", "3");
}

/* ---- CPUs ---------------------------------------------------------------- */

static bool set_online(int cpu, const char *value)
{
	const char *path = cpu_file(cpu, "online");
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (write(fd, value, 1) != 1) {
		close(fd);
		return false;
	}
	close(fd);
	return !strcmp(text_of(path), value);
}

/* Whether a process that is bound to it runs there */
static bool runs_on(int cpu)
{
	cpu_set_t one, before;
	bool ran;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	sched_getaffinity(0, sizeof(before), &before);
	ran = !sched_setaffinity(0, sizeof(one), &one) && sched_getcpu() == cpu;
	sched_setaffinity(0, sizeof(before), &before);
	return ran;
}

static int node_of(int cpu)
{
	char path[100];

	for (int node = 0; node < MAX_CPUS; node++) {
		snprintf(path, sizeof(path), CPUS "cpu%d/node%d", cpu, node);
		if (!access(path, F_OK))
			return node;
	}
	return -1;
}

static void take(int cpu)
{
	int node = -1;

	for (int turn = 1; turn <= 2; turn++) {
		if (!set_online(cpu, "1")) {
			say("take.%d=no online, time %d", cpu, turn);
			return;
		}
		if (!runs_on(cpu)) {
			say("take.%d=no process ran there, time %d", cpu, turn);
			return;
		}
		node = node_of(cpu);
		if (!set_online(cpu, "0")) {
			say("take.%d=no offline, time %d", cpu, turn);
			return;
		}
	}
	say("take.%d=ok node=%d", cpu, node);
}

static void take_all(void)
{
	for (int cpu = 1; cpu < MAX_CPUS; cpu++)
		if (!strcmp(text_of(cpu_file(cpu, "online")), "0"))
			take(cpu);
}

/* ---- The way through ----------------------------------------------------- */

/* Until dom0 writes a line, or for a minute */
static void pause_for_dom0(const char *where)
{
	struct pollfd p = {.fd = 0, .events = POLLIN};
	char line[100];

	say("%s", where);
	if (poll(&p, 1, PAUSE_S * 1000) == 1 && read(0, line, sizeof(line)) < 0)
		say("pause=%m");
}

static void use_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
}

int main(void)
{
	mount_all();
	use_console();
	klogctl(KLOG_LEVEL, NULL, 1);
	report_uptime();
	report();
	load("msr", "");
	load("xen-privcmd", "unrestricted=1");
	load("xen-evtchn", "");
	look_at_log();
	pause_for_dom0("ready");
	if (!access("/sys/firmware/acpi/tables/SCAR", F_OK)) {
		use_sidecar();
		take_all();
	}
	look_at_log();
	pause_for_dom0("taken");
	say("done");
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
