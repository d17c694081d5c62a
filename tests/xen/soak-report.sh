#!/bin/bash
# SPDX-License-Identifier: MIT
# The report of make soak: what ran, how often, what failed, how long it took; which
# hosts fell silent, and why.
# Usage: soak-report.sh FOLDER HOST LEFT-OUT   (FOLDER has soak.sh's results and log)
set -euo pipefail

folder=$1
echo "make soak: $2"
awk '
function kind(name)
{
	if (name ~ /^fault-linux/) return "faults, Linux"
	if (name ~ /^fault-/) return "faults, test kernel"
	if (name ~ /^boot-[0-9]+$/) return "boots of a small guest"
	if (name ~ /^overcommitted-/) return "64 vCPUs on 2 CPUs"
	if (name ~ /^rounds-([0-9]+|at-once)$/) return "guests with many rounds"
	if (name ~ /^actions-[0-9]+$/) return "what dom0 does, repeated"
	if (name ~ /^topology-/) return "host topologies"
	if (name ~ /-skylake$/) return "Skylake-X"
	if (name ~ /-(5\.10|6\.12|6\.1-cloud|6\.12-rt|sid)$/) return "other Linuxes"
	return name == "model" ? "the model" : "other cases"
}
$1 == "begun" { sessions++; if (!begun) begun = $2 " " $3 }
$1 == "ended" { ended = $2 " " $3 }
$1 == "ok" || $1 == "FAIL" {
	if (!($2 in last)) order[++cases] = $2
	else if (last[$2] == "FAIL") later[$2] = 1
	last[$2] = $1
	time[$2] += $3
}
END {
	printf "begun %s, %s, in %d session%s\n\n", begun,
		ended ? "ended " ended : "not at its end (make soak goes on)",
		sessions, sessions == 1 ? "" : "s"
	for (i = 1; i <= cases; i++) {
		name = order[i]
		k = kind(name)
		if (!(k in total)) kinds[++nr] = k
		total[k]++
		seconds[k] += time[name]
		all += time[name]
		if (last[name] == "ok") { passed[k]++; ok++ }
		else bad = bad "\nfailed: " name
		if (last[name] == "ok" && name in later)
			bad = bad "\npassed only when tried again: " name
	}
	row = "%-26s %7s %7s %7s %8s\n"
	printf row, "", "cases", "passed", "failed", "minutes"
	for (i = 1; i <= nr; i++) {
		k = kinds[i]
		printf row, k, total[k], passed[k] + 0, total[k] - passed[k],
			sprintf("%.0f", seconds[k] / 60)
	}
	printf row, "all", cases + 0, ok + 0, cases - ok, sprintf("%.0f", all / 60)
	print bad
}' "$folder/results"
[ -z "$3" ] || echo "left out, as they could not be had:$3"
grep -h '^lab: the host ' "$folder/log" 2>/dev/null | sed 's/^lab: //; s/, logs.*//' |
	sort | uniq -c | sed 's/^ *\([0-9]*\) /\1 times: /' || true
