/* SPDX-License-Identifier: MIT */
/*
 * The help of each command: what it does, its options, an example. The man page
 * has the rest.
 */
#include <stddef.h>
#include <string.h>

#include "help.h"

static const struct {
	const char *command, *text;
} helps[] = {
	{"list",
	 "Usage: sidecarctl list [CPU...]\n"
	 "Show the sidecar nodes with their memory, and each vCPU: its three numbers,\n"
	 "its state, whether it is up or DOWN in Xen (? without xen-privcmd), and\n"
	 "what Linux says about it. Without CPUs: all of them.\n"
	 "  -N, --node=VNODE    only this vnode\n"
	 "  -W, --watch[=SEC]   again every SEC seconds (2), until Ctrl-C\n"
	 "  -j, --json          print JSON\n"
	 "Example: sidecarctl list --watch=1\n"},
	{"ping",
	 "Usage: sidecarctl ping [CPU...]\n"
	 "Wake parked vCPUs and wait for an answer: shows that they live, and how long\n"
	 "a round trip takes. Without CPUs: every parked one.\n"
	 "  -n, --count=N       pings per CPU (1)\n"
	 "Example: sidecarctl ping -n 1000 5\n"},
	{"run",
	 "Usage: sidecarctl run JOB [CPU...] [-- ARG...]\n"
	 "Run a job (a file, or the name of one in " JOBS_DIR ")\n"
	 "and print its log and what it returned. Without CPUs: on the first idle vCPU.\n"
	 "Ctrl-C stops the job; a second Ctrl-C leaves it running.\n"
	 "  -a, --arg=N         next argument of the job, up to four: 5, 0x1f or 64K\n"
	 "  -t, --timeout=SEC   stop the job after SEC seconds\n"
	 "  -i, --in=FILE       the job's input; - is standard input\n"
	 "  -o, --out=FILE      where its output goes, of one CPU or rank 0; - is\n"
	 "                      standard output\n"
	 "  -g, --gang          one job on all the CPUs: ranks, a barrier, one end\n"
	 "  -m, --memory=SIZE   scratch for each job, like 16M, instead of a share\n"
	 "  -K, --core=FILE     what gdb opens, if an exception ends the job\n"
	 "  -d, --detach        return when the job runs\n"
	 "  -p, --prepare       bring the CPU online in Linux once before\n"
	 "  -f, --force         tell the job not to refuse\n"
	 "Example: sidecarctl run hello 5\n"},
	{"jitter",
	 "Usage: sidecarctl jitter [CPU...]\n"
	 "Measure when a vCPU was not running: the longest gap, and a histogram.\n"
	 "Without CPUs: on the first idle vCPU.\n"
	 "  -t, --timeout=SEC   measure for SEC seconds (1)\n"
	 "  -C[CPU], --compare[=CPU]  the same on a CPU of Linux, side by side\n"
	 "Example: sidecarctl jitter -t 60 --compare 5\n"},
	{"attach",
	 "Usage: sidecarctl attach CPU...\n"
	 "Show the log and the end of the job that runs there, or of the last one.\n"
	 "Ctrl-C ends sidecarctl, not the job.\n"},
	{"wait",
	 "Usage: sidecarctl wait CPU...\n"
	 "Wait for the job's end, and exit with what it returned; 124 stopped,\n"
	 "126 died, 125 an error of sidecarctl.\n"
	 "Example: sidecarctl run -d sum 5 && sidecarctl wait 5\n"},
	{"stop",
	 "Usage: sidecarctl stop [CPU...]\n"
	 "End running jobs, whoever started them. Without CPUs: all.\n"},
	{"stats",
	 "Usage: sidecarctl stats [CPU...]\n"
	 "Show how often a vCPU was woken, and how many commands, jobs and faults it\n"
	 "had since it last came into the sidecar.\n"},
	{"regs", "Usage: sidecarctl regs [CPU...]\n"
		 "Show control, debug and model-specific registers.\n"},
	{"translate", "Usage: sidecarctl translate ADDRESS [CPU...]\n"
		      "Translate a virtual address by a vCPU's page tables.\n"
		      "Example: sidecarctl translate 0x400000 5\n"},
	{"online",
	 "Usage: sidecarctl online CPU...\n"
	 "Give parked vCPUs to Linux, which brings them online. Refused while a job\n"
	 "runs.\n"
	 "  -f, --force         end the job first\n"
	 "Example: sidecarctl online 4-7 && taskset -c 4-7 make -j4\n"},
	{"return",
	 "Usage: sidecarctl return CPU...\n"
	 "Take CPUs from Linux back into the sidecar; needs the msr module.\n"
	 "  -f, --force         end a running job first\n"
	 "Example: sidecarctl return 4-7\n"},
	{"log",
	 "Usage: sidecarctl log\n"
	 "Show what the shim logged at boot, also if there was no console.\n"},
};

const char *help_text(const char *command)
{
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		if (!strcmp(helps[i].command, command))
			return helps[i].text;
	return NULL;
}
