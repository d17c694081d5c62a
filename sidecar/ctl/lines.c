/* SPDX-License-Identifier: MIT */
/*
 * How each command is called: its words, its options, and what help says of
 * them. The man page has the rest.
 */
#include "lines.h"

const struct command_line line_list = {
	.words = "[CPU...]",
	.brief = "show nodes, vCPUs, their states and memory",
	.about =
		"Show the sidecar nodes with their memory, and each vCPU: its three numbers, its state, whether it is up or DOWN in Xen (? without xen-privcmd), and what Linux says about it. Without CPUs: all of them.",
	.options = {{'W', "again every SEC seconds (2), until Ctrl-C"}},
	.example = "list --watch=1",
};

const struct command_line line_ping = {
	.words = "[CPU...]",
	.brief = "wake vCPUs and wait for an answer",
	.about =
		"Wake parked vCPUs and wait for an answer: shows that they live, and how long a round trip takes. Without CPUs: every parked one.",
	.options = {{'n', "pings per CPU (1)"}},
	.example = "ping -n 1000 5",
};

const struct command_line line_run = {
	.words = "JOB [CPU...] [-- ARG...]",
	.brief =
		"run a job, on the first idle CPU if none is named; ARGs are for its main()",
	.about =
		"Run a job (a file, or the name of one in " JOBS_DIR
		") and print its log and what it returned. Without CPUs: on the first idle vCPU. Ctrl-C stops the job; a second Ctrl-C leaves it running.",
	.options =
		{
			{'a',
			 "next argument of the job, up to four: 5, 0x1f or 64K"},
			{'t', "stop the job after SEC seconds"},
			{'i', "the job's input; - is standard input"},
			{'o',
			 "where its output goes, of one CPU or rank 0; - is standard output"},
			{'g',
			 "one job on all the CPUs, which starts at once and ends together: ranks and a barrier"},
			{'m',
			 "scratch for each job, like 16M, instead of an equal share"},
			{'K',
			 "what gdb opens, if an exception ends the job; of several CPUs FILE.CPU"},
			{'d',
			 "return when the job runs; a small process keeps -t"},
			{'p', "bring each CPU online in Linux once before"},
			{'f', "tell the job not to refuse"},
		},
	.example = "run hello 5",
};

const struct command_line line_jitter = {
	.words = "[CPU...]",
	.brief = "measure gaps in a vCPU's time, on the same CPUs as run",
	.about =
		"Measure when a vCPU was not running: the longest gap, and a histogram. Without CPUs: on the first idle vCPU.",
	.options =
		{
			{'t', "measure for SEC seconds (1)"},
			{'C', "the same on a CPU of Linux, side by side"},
			{'p', "bring each CPU online in Linux once before"},
		},
	.example = "jitter -t 60 --compare 5",
};

const struct command_line line_attach = {
	.words = "CPU...",
	.brief = "show a running job's log and end, or the last one's",
	.about =
		"Show the log and the end of the job that runs there, or of the last one. Ctrl-C ends sidecarctl, not the job.",
};

const struct command_line line_wait = {
	.words = "CPU...",
	.brief = "wait for a job's end, and exit with its status",
	.about =
		"Wait for the job's end, and exit with what it returned; 124 stopped, 126 died, 125 an error of sidecarctl.",
	.example = "run -d sum 5 && sidecarctl wait 5",
};

const struct command_line line_stop = {
	.words = "[CPU...]",
	.brief = "end running jobs",
	.about = "End running jobs, whoever started them. Without CPUs: all.",
};

const struct command_line line_stats = {
	.words = "[CPU...]",
	.brief = "show counters",
	.about =
		"Show how often a vCPU was woken, and how many commands, jobs and faults it had since it last came into the sidecar.",
};

const struct command_line line_regs = {
	.words = "[CPU...]",
	.brief = "show registers",
	.about = "Show control, debug and model-specific registers.",
};

const struct command_line line_translate = {
	.words = "ADDRESS [CPU...]",
	.brief = "translate a virtual address",
	.about = "Translate a virtual address by a vCPU's page tables.",
	.example = "translate 0x400000 5",
};

const struct command_line line_online = {
	.words = "CPU...",
	.brief = "give parked vCPUs to Linux",
	.about =
		"Give parked vCPUs to Linux, which brings them online. Refused while a job runs.",
	.options = {{'f', "end a running job first"}},
	.example = "online 4-7 && taskset -c 4-7 make -j4",
};

const struct command_line line_return = {
	.words = "CPU...",
	.brief = "take CPUs from Linux back into the sidecar",
	.about =
		"Take CPUs from Linux back into the sidecar; needs the msr module.",
	.options = {{'f', "end a running job first"}},
	.example = "return 4-7",
};

const struct command_line line_log = {
	.words = "",
	.brief = "show the shim's boot log",
	.about =
		"Show what the shim logged at boot, also if there was no console.",
};
