#!/bin/bash
# SPDX-License-Identifier: MIT
# The tables of a bench.csv: medians, with minimum and maximum in brackets.
# Usage: table.sh bench.csv
set -euo pipefail

csv=$1

# figure SERIES VCPUS NAME [DIVISOR]: median (minimum-maximum), or - if there is none
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

# per SERIES VCPUS TIME COUNT: the median of TIME divided by COUNT
per()
{
	awk -v a="$(median "$1" "$2" "$3")" -v b="$4" \
		'BEGIN { if (a == "-" || b == "-" || b == 0) print "-"
			else printf "%.0f\n", a / b }'
}

# call_each VCPUS: a vCPU's share of the multicall
call_each()
{
	per shim "$1" call_us "$(median shim "$1" by_call)"
}

# ratio VCPUS: how many times longer Linux takes to bring up a CPU than the multicall
ratio()
{
	awk -v a="$(per direct "$1" smp_us $(($1 - 1)))" -v b="$(call_each "$1")" \
		'BEGIN { if (a == "-" || b == "-" || b == 0) print "-"
			else printf "%.0f\n", a / b }'
}

# growth: create to init with 127 vCPUs, divided by that with 4
growth()
{
	awk -v a="$(median many 127 init_ms)" -v b="$(median many 4 init_ms)" \
		'BEGIN { if (a == "-" || b == "-") print "-"
			else printf "%.2f\n", a / b }'
}

# calls VCPUS NUMBER: how many hypercalls of that number (public/xen.h)
calls()
{
	median count "$1" "trace.call.$2" | sed 's/^-$/0/'
}

# sizes SERIES...: the numbers of vCPUs for which one of them has figures
sizes()
{
	awk -F , -v list=" $* " 'index(list, " " $1 " ") { print $2 }' "$csv" |
		sort -nu
}

# before SERIES: milliseconds between xl create and the start of Linux's clock, 2 vCPUs
before()
{
	awk -v whole="$(median "$1" 2 init_ms)" -v own="$(median "$1" 2 linux_ms)" \
		'BEGIN { print (whole == "-" ? "-" : whole - own) }'
}

# more SERIES THAN: how many percent its create to init takes more, 2 vCPUs
more()
{
	awk -v a="$(median "$1" 2 init_ms)" -v b="$(median "$2" 2 init_ms)" \
		'BEGIN { if (a == "-" || b == "-") print "-"
			else printf "%+.1f\n", 100 * (a / b - 1) }'
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

rounds=$(cut -d , -f 3 "$csv" | sort -nu | tail -n 1)
echo "Medians of $rounds rounds, in brackets the least and the most. A nanosecond is an"
echo "instruction of the emulated host: all its CPUs, Xen, dom0 and guests together."
echo
echo "Linux by xl alone with all vCPUs, against the shim with one and the rest parked"
echo
titles "vCPUs" "alone: create to init, ms" "shim: create to init, ms" \
	"alone: secondary CPUs, us each" "shim: parked vCPUs, us each" \
	"of it in the multicall, us each" "alone / multicall"
for n in $(sizes direct shim); do
	row "$n" "$(figure direct "$n" init_ms)" "$(figure shim "$n" init_ms)" \
		"$(per direct "$n" smp_us $((n - 1)))" \
		"$(per shim "$n" start_us $((n - 1)))" \
		"$(call_each "$n")" \
		"$(ratio "$n")"
done
echo
echo "Two vCPUs, ms, by who unpacks the kernel"
echo
titles "kernel" "create to init" "until Linux's clock starts" "Linux to init" \
	"entry to jump, us" "against xl alone, %"
# boot_row SERIES KERNEL [THAN]: two vCPUs
boot_row()
{
	row "$2" "$(figure "$1" 2 init_ms)" "$(before "$1")" \
		"$(figure "$1" 2 linux_ms)" "$(figure "$1" 2 jump_us)" \
		"${3:+$(more "$1" "$3")}"
}
boot_row direct "6.1, vmlinux, xl alone"
boot_row shim "6.1, vmlinux, by the shim" direct
boot_row xz "6.1, bzImage by xz, xl alone"
boot_row shimxz "6.1, bzImage by xz, by the shim" xz
boot_row fixed "the same, nokaslr" xz
boot_row zstd "6.12, bzImage by zstd, xl alone"
boot_row shimzstd "6.12, bzImage by zstd, by the shim" zstd
echo
echo "Four vnodes, Linux on four vCPUs, the rest parked"
echo
titles "vCPUs" "create to init, ms" "Linux to init, ms" "start, us" \
	"each" "multicall, us" "vCPUs in it" "each" "SIPI, us" \
	"vCPUs by it" "each" "entry to jump, us"
for n in 4 16 32 64 127; do
	by_call=$(median many "$n" by_call)
	by_sipi=$(median many "$n" by_sipi)
	row "$n" "$(figure many "$n" init_ms)" "$(figure many "$n" linux_ms)" \
		"$(figure many "$n" start_us)" \
		"$(per many "$n" start_us $((n - 4)))" \
		"$(figure many "$n" call_us)" "$by_call" \
		"$(per many "$n" call_us "$by_call")" \
		"$(figure many "$n" sipi_us)" "$by_sipi" \
		"$(per many "$n" sipi_us "$by_sipi")" \
		"$(figure many "$n" jump_us)"
done
echo
echo "VM exits from the creation of a domain to its end, the shim alone (SVM codes)"
echo
titles "vCPUs" "CPUID 72" "MSR 7c" "CR access 0, 4, 10, 14" "DR7 37" \
	"HLT 78" "RDTSC 6e" "I/O 7b" "hypercalls 81" "of them multicall" \
	"event_channel_op" "sched_op" "hvm_op" "memory_op" "lost"
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
		"$(calls "$n" 13)" "$(calls "$n" 32)" "$(calls "$n" 29)" \
		"$(calls "$n" 34)" "$(calls "$n" 12)" \
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
echo
echo "Round trips from a pinned thread of Linux and back, by the time of day: medians, us"
echo
titles "to" "by" "least" "median" "99 of 100" "most" "trips" "median / line to a job"
# trips_row TO BY NAME
trips_row()
{
	row "$1" "$2" "$(figure trips 3 "trips.$3.least" 1000)" \
		"$(figure trips 3 "trips.$3.median" 1000)" \
		"$(figure trips 3 "trips.$3.p99" 1000)" \
		"$(figure trips 3 "trips.$3.most" 1000)" \
		"$(median trips 3 "trips.$3.nr")" \
		"$(awk -v a="$(median trips 3 "trips.$3.median")" \
			-v b="$(median trips 3 trips.job.line.median)" \
			'BEGIN { print (b > 0 ? sprintf("%.1f", a / b) : "-") }')"
}
trips_row "a job that polls" "a line" job.line
trips_row "a thread that polls" "a line" linux.line
trips_row "a job that polls" "rings" job.ring
trips_row "a thread that polls" "rings" linux.ring
trips_row "a job that waits" "rings, doorbell and event" job.bell
trips_row "a thread that sleeps" "rings, two futexes" linux.futex
trips_row "a thread that sleeps" "rings, two eventfds" linux.eventfd
echo
echo "A gang and threads of Linux on the same CPUs, by the time of day"
echo
titles "" "one, ms" "two, ms" "faster"
# gang_row WHO NAME
gang_row()
{
	row "$1" "$(figure gang 3 "gang.$2.1" 1000000)" \
		"$(figure gang 3 "gang.$2.2" 1000000)" \
		"$(awk -v a="$(median gang 3 "gang.$2.1" 1000)" \
			-v b="$(median gang 3 "gang.$2.2" 1000)" \
			'BEGIN { print (b > 0 ? sprintf("%.2f", a / b) : "-") }')"
}
gang_row "ranks of a gang" job
gang_row "threads of Linux" linux
echo
echo "Of more ranks the one with most instructions, in millions, without barriers"
echo
titles "ranks" "instructions" "one / this"
for n in 1 2 4 8; do
	row "$n" "$(figure gang 9 "gang.count.$n" 1000000)" \
		"$(awk -v a="$(median gang 9 gang.count.1 1000)" \
			-v b="$(median gang 9 "gang.count.$n" 1000)" \
			'BEGIN { print (b > 0 ? sprintf("%.2f", a / b) : "-") }')"
done
echo
echo "Targets"
echo
titles "" "wanted" "seen"
row "Linux's bring-up of a CPU / a vCPU's share of the multicall, 8 vCPUs" \
	">= 50" "$(ratio 8)"
row "create to init, 127 vCPUs / 4 vCPUs" "<= 1.10" "$(growth)"
