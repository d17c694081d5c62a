#!/bin/bash
# SPDX-License-Identifier: MIT
# Counts instructions instead of time: the clock of the emulated host is the number of
# instructions that it ran (a thousand are a microsecond in the shim's log).
# Boots the shim with 32 vCPUs on two vnodes ten times. The smallest value of each figure
# is the cost when nothing else ran in between. It may exceed the recorded value by 2 %, or
# by three times the recorded spread (smallest value to lower quartile), whichever is more.
# Usage: count.sh [record]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/count
log=$top/build/lab/log/4.17
recorded=$here/count.recorded

config()
{
	cat <<-END
	# The shim alone, run $1 of 10
	name = "instructions-$1"
	type = "pvh"
	pvshim = 1
	pvshim_path = "/usr/lib/xen/boot/shim.elf"
	kernel = "/boot/test-kernel"
	extra = "off"
	memory = 256
	maxmem = 256
	vcpus = 32
	maxvcpus = 32
	vnuma = [
		[ "pnode=0", "size=128", "vcpus=0-15", "vdistances=10,20" ],
		[ "pnode=1", "size=128", "vcpus=16-31", "vdistances=20,10" ],
	]
	END
}

# figures CONSOLE: lines NAME THOUSANDS-OF-INSTRUCTIONS, without stage wait, in which the
# host's scheduler decides
figures()
{
	sed -n 's/.*shim: jump: [0-9]* us after entry: //p' "$1" | tr ',' '\n' |
		awk '$1 != "wait" { print "stage." $1, $2; sum += $2 }
			END { print "entry-to-jump", sum }'
	sed -n 's/.* vCPUs* started, \([0-9]*\) by multicall in \([0-9]*\) us.*/\1 \2/p' \
		"$1" | awk '{ printf "started-vcpu %.1f\n", $2 / $1 }'
}

# summary: lines FIGURE LEAST SPREAD, over all runs
summary()
{
	local name

	cut -d ' ' -f 1 "$out/figures" | sort -u | while read -r name; do
		grep "^$name " "$out/figures" | sort -k 2n | awk -v n="$name" '
			{ v[NR] = $2 }
			END { print n, v[1], v[int((NR + 3) / 4)] - v[1] }'
	done
}

# judge: prints the figures beside the recorded ones; fails if one has grown or is missing
judge()
{
	join -a 1 -a 2 -e - -o 0,1.2,1.3,2.2,2.3 "$recorded" "$out/summary" |
		awk '
		BEGIN { printf "%-18s %10s %10s %8s %10s\n", "1000 instructions",
			"recorded", "least", "spread", "allowed" }
		$2 == "-" || $4 == "-" {
			print $1, $2 == "-" ? "is not recorded" : "is missing"
			bad++; next }
		{ m = $2 * 0.02 > 3 * $3 ? $2 * 0.02 : 3 * $3
		  worse = $4 > $2 + m
		  printf "%-18s %10.1f %10.1f %8.1f %10.1f%s\n", $1, $2, $4, $5,
			$2 + m, worse ? "  GREW" : ""
		  bad += worse }
		END { exit bad > 0 || NR == 0 }'
}

rm -rf "$out"
mkdir -p "$out"
for i in 0 1 2 3 4 5 6 7 8 9; do
	config "$i" >"$out/instructions-$i.cfg"
	printf 'lab timeout 200\nlab host-topology 1x2x1\n' >"$out/instructions-$i.expect"
	rm -f "$log/instructions-$i".*
done
"$top/tests/xen/run.sh" "$out"/*.cfg
for i in 0 1 2 3 4 5 6 7 8 9; do
	figures "$log/instructions-$i.console"
done >"$out/figures"
summary | sort >"$out/summary"
[ "${1:-}" != record ] || cp "$out/summary" "$recorded"
judge
