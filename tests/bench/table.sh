#!/bin/bash
# SPDX-License-Identifier: MIT
# The tables of a bench.csv: medians, and in brackets the least and the most.
# Usage: table.sh bench.csv
set -euo pipefail

csv=$1

# figure SERIES VCPUS NAME [DIVISOR]: median (least-most), or - if there is none
figure()
{
	awk -F , -v s="$1" -v n="$2" -v f="$3" -v d="${4:-1}" '
		$1 == s && $2 == n && $4 == f { printf "%.3f\n", $5 / d }' "$csv" |
		sort -n | awk '
		{ v[NR] = $1 }
		function show(x) {
			if (x < 10 && x != int(x)) return sprintf("%.2f", x)
			return sprintf("%d", x + 0.5) }
		END {
			if (!NR) { print "-"; exit }
			if (NR % 2) m = v[(NR + 1) / 2]
			else m = (v[NR / 2] + v[NR / 2 + 1]) / 2
			printf "%s (%s-%s)\n", show(m), show(v[1]), show(v[NR])
		}'
}

median()
{
	figure "$@" | sed 's/ .*//'
}

# per SERIES VCPUS TIME COUNT: one median divided by another
per()
{
	awk -v a="$(median "$1" "$2" "$3")" -v b="$4" \
		'BEGIN { if (a == "-" || b == 0) print "-"
			else printf "%.0f\n", a / b }'
}

row()
{
	local cell

	printf '| %s |' "$1"
	shift
	for cell in "$@"; do
		printf ' %s |' "$cell"
	done
	echo
}

titles()
{
	row "$@"
	row "$@" | sed 's/[^|]/-/g'
}

echo "Linux by xl alone with all vCPUs, against the shim with one and the rest parked"
echo
titles "vCPUs" "alone: create to init, ms" "shim: create to init, ms" \
	"alone: secondary CPUs, us each" "shim: parked vCPUs, us each" \
	"of it in the multicall, us each"
for n in 2 4 8; do
	row "$n" "$(figure direct "$n" init_ms)" "$(figure shim "$n" init_ms)" \
		"$(per direct "$n" smp_us $((n - 1)))" \
		"$(per shim "$n" start_us $((n - 1)))" \
		"$(per shim "$n" call_us $((n - 1)))"
done
echo
echo "Four vnodes, Linux on four vCPUs, the rest parked"
echo
titles "vCPUs" "create to init, ms" "Linux to init, ms" "start, us" \
	"multicall, us" "vCPUs in it" "SIPI, us" "vCPUs by it" \
	"entry to jump, us"
for n in 4 16 32 64 127; do
	row "$n" "$(figure many "$n" init_ms)" "$(figure many "$n" linux_ms)" \
		"$(figure many "$n" start_us)" "$(figure many "$n" call_us)" \
		"$(median many "$n" by_call)" "$(figure many "$n" sipi_us)" \
		"$(median many "$n" by_sipi)" "$(figure many "$n" jump_us)"
done
echo
echo "VM exits from the creation of a domain to its end, the shim alone (SVM codes)"
echo
titles "vCPUs" "CPUID 72" "MSR 7c" "CR access 0, 4, 10, 14" "DR7 37" \
	"HLT 78" "RDTSC 6e" "I/O 7b" "hypercalls 81" "multicalls" "lost"
for n in 16 32 64 127; do
	cr=$(for i in 0 4 10 14; do median count "$n" "trace.exit.$i"; done |
		awk '{ s += $1 } END { print s }')
	row "$n" "$(median count "$n" trace.exit.72)" \
		"$(median count "$n" trace.exit.7c)" "$cr" \
		"$(median count "$n" trace.exit.37)" \
		"$(median count "$n" trace.exit.78)" \
		"$(median count "$n" trace.exit.6e)" \
		"$(median count "$n" trace.exit.7b)" \
		"$(median count "$n" trace.exit.81)" \
		"$(median count "$n" trace.call.13)" \
		"$(median count "$n" trace.lost)"
done
echo
echo "The shim from entry to jump by stage, us"
echo
mapfile -t stages < <(awk -F , '$1 == "many" && $4 ~ /^stage\./ && !n[$4]++ \
	{ print substr($4, 7) }' "$csv")
titles "vCPUs" "${stages[@]}"
for n in 4 16 32 64 127; do
	cells=()
	for s in "${stages[@]}"; do
		cells+=("$(median many "$n" "stage.$s")")
	done
	row "$n" "${cells[@]}"
done
echo
echo "One vCPU, in the sidecar and in Linux, us"
echo
titles "" "sidecar" "Linux"
row "wake and answer" "$(figure shim 4 bench.ping 1000)" \
	"$(figure shim 4 bench.linux.wake 1000)"
row "into Linux" "$(figure shim 4 bench.online 1000)" \
	"$(figure shim 4 bench.linux.online 1000)"
row "out of Linux" "$(figure shim 4 bench.return 1000)" \
	"$(figure shim 4 bench.linux.offline 1000)"
row "longest gap in 1 s" "$(figure shim 4 bench.jitter 1000)" \
	"$(figure shim 4 bench.linux.jitter 1000)"
