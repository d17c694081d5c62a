/* SPDX-License-Identifier: MIT */
/*
 * The text of sidecarctl -h, and the line about a bad command line.
 */
#include <stdio.h>

#include "usage.h"

static const char help_text[] =
	"Usage: sidecarctl [OPTION...] COMMAND [CPU...]\n"
	"  list [CPU...]         show nodes, vCPUs, their states and memory\n"
	"  ping [CPU...]         wake vCPUs and wait for an answer\n"
	"  run JOB [CPU...] [-- ARG...]  run a job, on the first idle CPU if none is\n"
	"                        named; ARGs are for its main()\n"
	"  jitter [CPU...]       measure gaps in a vCPU's time, on the same CPUs as run\n"
	"  attach CPU...         show a running job's log and end, or the last one's\n"
	"  wait CPU...           wait for a job's end, and exit with its status\n"
	"  stop [CPU...]         end running jobs\n"
	"  stats [CPU...]        show counters\n"
	"  regs [CPU...]         show registers\n"
	"  translate ADDRESS [CPU...]  translate a virtual address\n"
	"  online CPU...         give parked vCPUs to Linux\n"
	"  return CPU...         take CPUs from Linux back into the sidecar\n"
	"  log                   show the shim's boot log\n"
	"CPU is a Linux CPU number, a range (2-5), or a list of both (2,4-6).\n"
	"Default: every parked CPU, unless noted.\n"
	"JOB is a file, or the name of one in " JOBS_DIR ".\n"
	"sidecarctl COMMAND --help: more about a command\n"
	"  -c, --cpu=LIST     the same as CPU\n"
	"  -N, --node=VNODE   every parked CPU of a vnode\n"
	"  -A, --all          every parked CPU\n"
	"  -a, --arg=N        run: next argument of the job, up to four; 64K\n"
	"                     is 65536\n"
	"  -t, --timeout=SEC  run: stop the job after SEC seconds; jitter: measure for\n"
	"                     SEC seconds (1)\n"
	"  -C[CPU], --compare[=CPU]\n"
	"                     jitter: measure the same on a CPU of Linux, too\n"
	"  -p, --prepare      run, jitter: bring each CPU online in Linux once before\n"
	"  -g, --gang         run: one job on all these CPUs, which starts at once and ends\n"
	"                     together; the job has ranks and a barrier\n"
	"  -m, --memory=SIZE  run: each job's scratch, like 16M, instead of an equal share\n"
	"  -K, --core=FILE    run: what gdb opens, if an exception ends the job; of\n"
	"                     several CPUs FILE.CPU\n"
	"  -i, --in=FILE      run: the job's input; - is standard input\n"
	"  -o, --out=FILE     run: where the job's output goes, of one CPU or of rank 0; -\n"
	"                     is standard output\n"
	"  -d, --detach       run: return when the job runs; a small process keeps -t\n"
	"  -f, --force        online, return: end a running job first; run: tell the\n"
	"                     job not to refuse\n"
	"  -n, --count=N      ping: pings per CPU\n"
	"  -w, --wait=SEC     longest wait for a vCPU (5)\n"
	"  -W[SEC], --watch[=SEC]\n"
	"                     list: again every SEC seconds (2)\n"
	"  -j, --json         print JSON\n"
	"  -v, --verbose      tell how vCPUs are woken\n"
	"  -q, --quiet        no advice about CPUs\n"
	"  -V, --version      show the version\n"
	"  -h, --help         show this help, or that of COMMAND\n"
	"Exit: 0 done, 1 system error, 2 usage, 3 no sidecar, 4 no access (not\n"
	"root, /dev/mem, xen-privcmd, msr), 5 bad table or control page, 6 not a\n"
	"CPU of the sidecar, or not in it, 7 Linux has it or refuses, 8 busy, no\n"
	"answer, or the command or job failed. The first error counts. wait: what the\n"
	"job returned, 124 stopped, 126 died, 125 an error of sidecarctl.\n";

void usage_print_help(void)
{
	fputs(help_text, stdout);
}

bool usage_error(const char *about, const char *what, const char *word)
{
	fprintf(stderr, "sidecarctl: %s%s%s%s%s%s (try --help)\n", about,
		*about ? ": " : "", what, word ? " \"" : "", word ? word : "",
		word ? "\"" : "");
	return false;
}
