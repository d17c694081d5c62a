#!/bin/bash
# SPDX-License-Identifier: MIT
# The figures of a run of bench.sh: lines SERIES,VCPUS,ROUND,FIGURE,VALUE.
# Usage: collect.sh CONFIGS LOGS
set -euo pipefail

cfgs=$1
log=$2

value()
{
	sed -n "s/^$2=//p" "$1" | tail -n 1
}

# smp_us FILES: microseconds in which Linux brought up its secondary CPUs, from its log
smp_us()
{
	sed -n 's/^dmesg=\[ *\([0-9.]*\)\] smp: \(Bringing\|Brought\) .*/\1/p' \
		"$1.report" | awk '{ t[NR] = $1 } END {
			if (NR == 2) printf "%d\n", (t[2] - t[1]) * 1000000 }'
}

# shim_figures FILES: from the shim's log
shim_figures()
{
	sed -n 's/.*sidecar: [0-9]* vCPUs* started, \([0-9]*\) by multicall in \([0-9]*\) us, \([0-9]*\) by SIPI in \([0-9]*\) us.*/by_call,\1\ncall_us,\2\nby_sipi,\3\nsipi_us,\4/p
		s/.* vCPUs* parked, the last came after \([0-9]*\) us.*/start_us,\1/p
		s/.*shim: jump: \([0-9]*\) us after entry.*/jump_us,\1/p' \
		"$1.console"
	sed -n 's/.*shim: jump: .* after entry: //p' "$1.console" |
		tr ',' '\n' | sed 's/^ */stage./; s/ /,/'
}

# linux_figures FILES: from the guest's report
linux_figures()
{
	local create init

	create=$(value "$1.report" clock.create)
	init=$(value "$1.report" clock.init)
	if [ -n "$init" ]; then
		awk -v a="$create" -v b="$init" \
			'BEGIN { printf "init_ms,%d\n", (b - a) * 1000 }'
		awk -v t="$(value "$1.report" uptime.init)" \
			'BEGIN { printf "linux_ms,%d\n", t * 1000 }'
		echo "smp_us,$(smp_us "$1")"
	fi
	sed -n 's/^\(bench\.[a-z.]*\)=[0-9]* \([0-9]*\) [0-9]*$/\1,\2/p
		s/^\(bench\.[a-z.]*\)=\([0-9]*\)$/\1,\2/p' "$1.report"
	sed -nE 's/^bench\.(trips\.[a-z.]*)=([0-9]+) ([0-9]+) ([0-9]+) ([0-9]+) ([0-9]+)$/\1.least,\2\n\1.median,\3\n\1.p99,\4\n\1.most,\5\n\1.nr,\6/p' \
		"$1.report"
	sed -nE 's/^bench\.(gang\.[a-z]*\.[0-9])=([0-9]+)$/\1,\2/p' "$1.report"
	sed -n 's/^bench.jitter=.*"longest_ns": \([0-9]*\),.*"longest_ns": \([0-9]*\),.*/bench.jitter,\1\nbench.linux.jitter,\2/p' \
		"$1.report"
	sed -n 's/^\(trace\.[a-z]*\.*[0-9a-f]*\)=\([0-9]*\)$/\1,\2/p' \
		"$1.report"
}

echo "series,vcpus,round,figure,value"
for cfg in "$cfgs"/*.cfg; do
	name=$(basename "$cfg" .cfg)
	IFS=- read -r series vcpus r <<<"$name"
	[ -e "$log/$name.report" ] || continue
	{ shim_figures "$log/$name"; linux_figures "$log/$name"; } |
		sed "/,$/d; s/^/$series,$vcpus,$r,/"
done
