# SPDX-License-Identifier: MIT
# The report of xen-sidecar-check as text; report.awk has read it.

function row(what, text)
{
	printf "  %-14s%s\n", what, text
}

function print_host(    i)
{
	for (i = 1; i <= nr_facts; i++)
		row(facts[i], fact[facts[i]])
}

function print_cases(    i)
{
	for (i = 1; i <= nr; i++)
		row(name[i], sprintf("%-5s%s, %d failed%s, %d s", verdict[i],
			count(checks[i], "check"), wrong[i],
			skips[i] ? ", " skips[i] " not compared" : "", seconds[i]))
	for (i = 1; i <= nr_left; i++)
		row(left[i], "left out: " why[i])
	for (i = 1; i <= nr_bad; i++)
		row(bad_of[i], bad[i])
}

function print_start()
{
	if ("start.us" in value)
		row("start", "the shim started " value["start.vcpus"] " vCPUs in " \
			time(value["start.us"] * 1000) "; it ran for " \
			time(value["shim.us"] * 1000))
}

function print_trips()
{
	if ("trips.p50_ns" in value)
		row("round trip", "wake, command, answer: half within " \
			time(value["trips.p50_ns"]) ", 99 % within " \
			time(value["trips.p99_ns"]) ", longest " \
			time(value["trips.longest_ns"]))
	if ("linux.ping.mean_ns" in value)
		row("", "the same by sidecarctl in Linux: mean " \
			time(value["linux.ping.mean_ns"]) ", longest " \
			time(value["linux.ping.longest_ns"]))
}

function print_jitter()
{
	if ("jitter.longest_ns" in value)
		row("jitter", "longest gap of a job in " \
			time(value["jitter.ms"] * 1000000) ": " \
			time(value["jitter.longest_ns"]))
	if ("jitter.linux.longest_ns" in value)
		row("", "side by side: sidecar " \
			time(value["jitter.beside.longest_ns"]) ", a CPU of Linux " \
			time(value["jitter.linux.longest_ns"]))
}

function print_boot()
{
	if ("linux.uptime_s" in value)
		row("boot", "Linux's init with 8 vCPUs, 6 parked: after " \
			value["linux.uptime_s"] " s of Linux's time" \
			("alone.uptime_s" in value ? "; without the shim: " \
			value["alone.uptime_s"] " s" : ""))
}

function print_histogram(    i)
{
	if (!nr_rows) return
	print ""
	printf "%14s %14s%s\n", "gaps from", "sidecar", has_beside ? \
		sprintf(" %14s", "Linux") : ""
	for (i = 1; i <= nr_rows; i++)
		printf "%14s %14d%s\n", time(from[i]), sidecar[i], has_beside ? \
			sprintf(" %14d", beside[i]) : ""
}

END {
	print "verdict: " the_verdict()
	print ""
	print_host()
	print ""
	print_cases()
	print ""
	print_start()
	print_trips()
	print_jitter()
	print_boot()
	print_histogram()
}
